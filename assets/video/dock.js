/**
 * The dock of cameras over the map's lower left: four pictures on one clock, live or of the minutes around an event. It stays while the map moves;
 * the map shows each camera's number and what it sees.
 */

import * as api from './api.js';
import { hms, now, span } from './clock.js';
import { Marks } from './map.js';
import { RATES, Replay } from './replay.js';
import { Grid } from './tiles.js';
import { Timeline } from './timeline.js';

const { hall } = window;
const make = hall.element;
const TILES = 4;
const BEFORE_S = 30;
const AFTER_S = 60;
const MOST = 16;
const LEAST_PX = 560;
const EDGE_PX = 24;
const WALK_S = 5;
/** What a camera sees is asked for after this time: until then server and browser have the pictures to bring. */
const PICTURES_FIRST_MS = 2500;

let dock = null;

class Dock {
  constructor() {
    this.cameras = [];
    this.page = 0;
    this.event = null;
    this.mode = 'live';
    this.marks = new Marks({ onChoose: (at) => this.grid.choose(this.grid.tiles[at]), onHover: (at) => this.light(at) });
    this.build();
    this.releases = [
      hall.on('language', () => this.translate()),
      hall.keys.onEscape(() => this.close(true)),
    ];
    this.keys = (event) => this.key(event);
    window.addEventListener('keydown', this.keys, true);
    this.ticking = setInterval(() => this.mode === 'live' && this.write(), 1000);
  }

  build() {
    this.title = make('b', { class: 'vd-title' });
    this.about = make('span', { class: 'vd-about' });
    this.time = make('time', { class: 'vd-time' });
    this.offset = make('span', { class: 'vd-offset' });
    this.axis = make('div', { class: 'vd-axis' });
    this.range = make('span', { class: 'vd-range' });
    this.bar = make('div', { class: 'vd-tools' });
    this.head = make('header', { class: 'vd-head' }, make('span', { class: 'vd-icon', html: hall.icon('video', 16) }), this.title, this.about, this.time, this.offset, this.axis, this.range, this.bar);
    this.box = make('div', { class: 'vd-tiles' });
    this.grip = make('i', { class: 'vd-grip', title: hall.t('video.dock_size'), 'aria-hidden': 'true' });
    this.node = make('section', { class: 'vd', 'aria-label': hall.t('video.dock'), 'data-map-cover': 'bottom' }, this.head, this.box, this.grip);
    const area = document.getElementById('map-area');
    area.append(this.node);
    area.classList.add('with-dock');
    window.L.DomEvent.disableClickPropagation(this.node);
    window.L.DomEvent.disableScrollPropagation(this.node);
    this.timeline = new Timeline(this.axis, { compact: true, onSeek: (at) => this.replay && this.replay.seek(at) });
    this.grid = new Grid(this.box, {
      reason: () => (this.event ? { purpose: 'event', event_id: this.event.id } : { purpose: 'duty' }),
      onHover: (tile) => this.light(tile ? this.grid.tiles.indexOf(tile) : null),
      onChange: () => this.changed(), popHost: this.node, onLive: () => this.setMode('live'), onState: () => this.write(),
      tools: { clip: true, hold: true, remove: true },
    });
    this.grid.resize(TILES);
    this.grip.addEventListener('pointerdown', (event) => this.pull(event));
  }

  // ---- what it shows ------------------------------------------------------------------------------------------

  /**
   * @param {Object[]} cameras
   * @param {{event?: ?{id: number, at: number}, about?: string, replay?: boolean}} [why]
   */
  show(cameras, { event = null, about = '', replay = false } = {}) {
    for (const tile of this.grid.tiles) tile.show(null);
    this.endReplay();
    this.grid.setReplay(null);
    this.cameras = cameras.slice(0, MOST);
    this.page = 0;
    this.event = event;
    this.words = about;
    this.mode = 'live';
    if (replay) this.begin();
    this.fill();
  }

  add(camera) {
    const at = this.cameras.findIndex(({ id }) => id === camera.id);
    if (at >= 0) this.cameras.splice(at, 1);
    else this.cameras.push(camera);
    if (!this.cameras.length) return this.close();
    this.page = Math.floor((this.cameras.length - 1) / TILES);
    return this.fill();
  }

  fill() {
    this.grid.fill(this.cameras.slice(this.page * TILES, (this.page + 1) * TILES));
    this.draw();
  }

  turn(step) {
    const pages = Math.ceil(this.cameras.length / TILES);
    this.page = (this.page + step + pages) % pages;
    this.fill();
  }

  /** Tiles were swapped, emptied or enlarged. */
  changed() {
    const shown = this.grid.tiles.map(({ camera }) => camera);
    this.cameras.splice(this.page * TILES, TILES, ...shown.filter(Boolean));
    this.marks.draw(shown);
    this.complete(shown);
    this.node.classList.toggle('big', Boolean(this.grid.large));
    this.draw();
  }

  /** Lists of cameras are short: what the sectors and lines of the tiles need more comes from the layer. */
  async complete(shown) {
    const lacking = shown.filter((camera) => camera && !camera.asked);
    if (!lacking.length) return;
    for (const camera of lacking) camera.asked = true;
    const rows = await known(lacking.map(({ id }) => id));
    for (const row of rows) Object.assign(lacking.find(({ id }) => id === row.id), { ...row, distance_m: lacking.find(({ id }) => id === row.id).distance_m });
    for (const tile of this.grid.tiles) tile.label();
    await new Promise((resolve) => { setTimeout(resolve, PICTURES_FIRST_MS); });
    if (dock !== this) return;
    await Promise.all(lacking.map(async (camera) => {
      // until the ground that it sees is known, and for a camera that the server has not looked at yet, the plain sector is drawn
      const sight = await api.sight(camera.id).catch(() => null);
      if (sight) camera.view = sight.geometry;
    }));
    this.marks.draw(this.grid.tiles.map(({ camera }) => camera));
  }

  light(at) {
    this.marks.light(at);
    this.grid.tiles.forEach((tile, index) => tile.node.classList.toggle('lit', index === at));
  }

  // ---- live and recorded --------------------------------------------------------------------------------------

  setMode(mode) {
    if (mode === this.mode) return;
    if (mode === 'live') {
      this.endReplay();
      this.mode = 'live';
      this.grid.setReplay(null);
    } else this.begin();
    this.draw();
  }

  /** Play the minute around the event; without one, the last minutes. */
  begin() {
    const at = this.event ? this.event.at : now() - AFTER_S;
    const [start, end] = this.event ? [at - BEFORE_S, at + AFTER_S] : [at - 4 * AFTER_S, now()];
    this.mode = 'replay';
    this.replay = new Replay({
      query: this.grid.reason(), onTick: (told) => this.tick(told), onWindow: () => this.window(),
    });
    this.replay.limit = true;
    this.grid.setReplay(this.replay);
    this.timeline.setMarks(this.event ? [{ at, text: hall.t('video.first_report') }] : []);
    this.replay.open(start, end, this.event ? start : at);
    this.replay.play();
  }

  endReplay() {
    if (this.replay) this.replay.end();
    this.replay = null;
  }

  window() {
    const { start, end } = this.replay.window;
    this.timeline.view(start, end);
    this.draw();
  }

  tick({ at, playing }) {
    this.timeline.move(at);
    const rows = Array.from(this.replay.tracks.values(), ({ camera, intervals }) => ({ label: camera.name, intervals }));
    const key = JSON.stringify(rows);
    if (key !== this.rowsShown) {
      this.rowsShown = key;
      this.timeline.setRows(rows);
    }
    this.write(at);
    if (playing !== this.playing) {
      this.playing = playing;
      this.drawTools();
    }
  }

  // ---- words --------------------------------------------------------------------------------------------------

  draw() {
    const isReplay = this.mode === 'replay';
    this.node.classList.toggle('replaying', isReplay);
    this.title.textContent = hall.t(isReplay ? 'video.replay_title' : 'video.live_title');
    const from = this.page * TILES;
    const number = this.cameras.length > TILES ? hall.t('video.page_of', { from: from + 1, to: Math.min(from + TILES, this.cameras.length), n: this.cameras.length })
      : hall.t('video.channels', { n: this.cameras.length });
    this.about.textContent = [number, this.words].filter(Boolean).join(' · ');
    this.range.textContent = isReplay && this.event ? hall.t('video.window', { before: BEFORE_S, after: AFTER_S }) : '';
    this.drawTools();
    this.write();
  }

  write(at = this.mode === 'live' ? now() : this.replay.now()) {
    this.time.textContent = hms(at);
    this.offset.textContent = this.mode === 'live' ? this.playingWords() : this.offsetWords(at);
  }

  playingWords() {
    const playing = this.grid.tiles.filter(({ told }) => told && told.state === 'playing').length;
    return hall.t('video.playing', { n: playing });
  }

  offsetWords(at) {
    if (!this.event) return hall.t('video.ago', { span: span(now() - at) });
    const away = Math.round(at - this.event.at);
    return away ? hall.t(away < 0 ? 'video.before_report' : 'video.after_report', { span: span(Math.abs(away)) }) : hall.t('video.first_report');
  }

  drawTools() {
    const isReplay = this.mode === 'replay';
    const tool = (icon, text, run, options = {}) => {
      const node = make('button', { type: 'button', class: `icon-button ${options.classes || ''}`.trim(), title: hall.t(text), 'aria-label': hall.t(text), ...(options.attributes || {}) });
      node.innerHTML = options.html || hall.icon(icon, 16);
      node.onclick = run;
      return node;
    };
    const rate = this.replay ? this.replay.rate : 1;
    const parts = [
      ...(this.cameras.length > TILES ? [tool('chevron-left', 'video.page_back', () => this.turn(-1)), tool('chevron-right', 'video.page_on', () => this.turn(1))] : []),
      ...(isReplay ? [
        tool('player-skip-back', 'video.step_back', () => this.replay.step(-1)),
        tool(this.playing ? 'player-pause' : 'player-play', this.playing ? 'video.pause' : 'video.play', () => this.toggle(), { classes: 'vd-play' }),
        tool('player-skip-forward', 'video.step_on', () => this.replay.step(1)),
        tool('player-track-next', 'video.speed', () => this.faster(), { classes: 'vd-rate', html: rate === 1 ? hall.icon('player-track-next', 16) : `<b>${rate}×</b>` }),
      ] : []),
      tool(isReplay ? 'antenna' : 'history', isReplay ? 'video.to_live' : 'video.to_replay', () => this.setMode(isReplay ? 'live' : 'replay')),
      tool('folder', 'video.open_group', () => this.openGroup()),
      tool('bookmark-plus', 'video.save_group', () => this.save()),
      tool('maximize', 'video.full', () => this.full()),
      tool('x', 'video.close_dock', () => this.close()),
    ];
    const label = document.activeElement && this.bar.contains(document.activeElement) ? Array.from(this.bar.children).indexOf(document.activeElement) : -1;
    this.bar.replaceChildren(...parts);
    if (label >= 0 && parts[label]) parts[label].focus();
  }

  translate() {
    this.node.setAttribute('aria-label', hall.t('video.dock'));
    this.grid.translate();
    this.draw();
  }

  // ---- acts ---------------------------------------------------------------------------------------------------

  toggle() {
    if (this.replay.playing) this.replay.pause();
    else this.replay.play();
  }

  faster() {
    const at = RATES.indexOf(this.replay.rate);
    this.replay.setRate(RATES[(at + 1) % RATES.length]);
    this.drawTools();
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.node.requestFullscreen().catch(() => hall.notice(hall.t('video.full_refused'), { seconds: 5, key: 'full' }));
  }

  async save() {
    const { saveGroup } = await import('./groups.js');
    saveGroup(this.cameras, this.node);
  }

  async openGroup() {
    const { chooseGroup } = await import('./groups.js');
    chooseGroup(this.node, openGroup);
  }

  /** Pull the upper right corner: the pictures keep their form. */
  pull(event) {
    event.preventDefault();
    this.grip.setPointerCapture(event.pointerId);
    const left = this.node.getBoundingClientRect().left;
    const most = this.node.parentElement.clientWidth - EDGE_PX;
    const go = ({ clientX }) => this.node.style.setProperty('--dock', `${Math.round(Math.max(LEAST_PX, Math.min(most, clientX - left)))}px`);
    this.grip.addEventListener('pointermove', go);
    this.grip.addEventListener('pointerup', () => this.grip.removeEventListener('pointermove', go), { once: true });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || hall.keys.isField(event.target)) return;
    const inside = this.node.contains(event.target);
    const done = this.grid.key(event) || (inside && this.replay && this.walk(event));
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  walk({ key, target }) {
    if (target.closest('button, .vtl-thumb, .vt-pop')) return false;
    if (key === ' ') this.toggle();
    else if (key === 'ArrowLeft') this.replay.seek(this.replay.now() - WALK_S);
    else if (key === 'ArrowRight') this.replay.seek(this.replay.now() + WALK_S);
    else if (key === ',' || key === '.') this.replay.step(key === '.' ? 1 : -1);
    else return false;
    return true;
  }

  close(byKey = false) {
    for (const release of byKey ? this.releases.slice(0, 1) : this.releases) release();
    window.removeEventListener('keydown', this.keys, true);
    clearInterval(this.ticking);
    this.grid.end();
    this.endReplay();
    this.marks.clear();
    this.node.parentElement.classList.remove('with-dock');
    this.node.remove();
    dock = null;
    hall.emit('video', null);
  }
}

// ---- ways in ------------------------------------------------------------------------------------------------------

function opened() {
  dock = dock || new Dock();
  hall.emit('video', dock);
  return dock;
}

const nothing = (text) => hall.notice(hall.t(text), { kind: 'warn', seconds: 6, key: 'video' });

/** Those that can be looked at come first; the order is otherwise kept. */
const playableFirst = (cameras) => [...cameras].sort((a, b) => Number(b.playable !== false && b.online !== false) - Number(a.playable !== false && a.online !== false));

/** Cameras that see an event, the minute around its first report; where nobody recorded it, what they show now. */
export async function openEvent({ id, replay = true }) {
  const found = await api.ask(`/api/v1/events/${id}/video?limit=${TILES * 2}`);
  const { cameras } = found;
  if (!cameras.length) return nothing('video.none_near');
  const shown = cameras.slice(0, TILES);
  const recorded = shown.some(({ intervals }) => intervals.length);
  if (replay && !recorded) hall.notice(hall.t('video.not_recorded'), { seconds: 8, key: 'video' });
  const seeing = shown.filter(({ sees }) => sees).length;
  const about = seeing === shown.length ? hall.t('video.seeing') : seeing ? hall.t('video.some_seeing', { n: seeing }) : hall.t('video.nearest_only');
  return opened().show(cameras, { event: { id, at: api.seconds(found.at) }, about, replay: replay && recorded });
}

/** Cameras by their ids: one of a panel, several that were clicked. */
export async function openCameras(ids, { about = '', replay = false } = {}) {
  const cameras = await known(ids);
  if (!cameras.length) return nothing('video.none');
  return opened().show(cameras, { about, replay });
}

/** Ctrl-click: in, and a second time out. */
export async function toggleCamera(id) {
  const [camera] = await known([id]);
  if (camera) opened().add(camera);
}

/** The cameras in a drawn shape, the nearest to its middle first; along a line, in its order. */
export async function openShape(shape) {
  const cameras = await inShape(shape);
  if (!cameras.length) return nothing('video.none_in_shape');
  return opened().show(playableFirst(cameras), { about: hall.t('video.in_shape') });
}

function inShape(shape) {
  if (shape.type === 'circle') return api.cameras({ lon: shape.lon, lat: shape.lat, radius_m: shape.radius_m, limit: MOST });
  if (shape.type === 'corridor') return api.select({ route: shape.geometry, buffer_m: shape.buffer_m, limit: MOST });
  return api.select({ geometry: shape.geometry, limit: MOST });
}

/** A saved group. */
export async function openGroup({ name, camera_ids: ids }) {
  return openCameras(ids.slice(0, MOST), { about: name });
}

const known = (ids) => api.cameras({ ids: ids.join(), limit: ids.length });

export const close = () => dock && dock.close();
export const current = () => dock;
