/** The page of video: catalogue and saved choices at the left, 1 to 16 pictures, live or on one time axis; patrols that turn by themselves. */

import * as api from './api.js';
import { day, hms, now } from './clock.js';
import { saveGroup } from './groups.js';
import { RATES, Replay } from './replay.js';
import { Grid } from './tiles.js';
import { Timeline } from './timeline.js';
import { Tree } from './tree.js';

const { hall } = window;
const make = hall.element;
const SIZES = [1, 4, 9, 16];
const VIEW_S = 1800;
const BACK_S = 120;
const ROWS_MS = 400;
const FRESH_MS = 20000;

const icon = (name, text, run, attributes = {}) => {
  const node = make('button', { type: 'button', class: 'icon-button', title: hall.t(text), 'aria-label': hall.t(text), html: hall.icon(name, 17), ...attributes });
  node.onclick = run;
  return node;
};
const choice = (label, on, run, attributes = {}) => {
  const node = make('button', { type: 'button', class: 'vw-choice', 'aria-pressed': String(on), text: label, ...attributes });
  node.onclick = run;
  return node;
};

/** Draw a bar anew without taking the focus from who walks through it. */
function renew(bar, parts) {
  const at = bar.contains(document.activeElement) ? Array.from(bar.querySelectorAll('button, input')).indexOf(document.activeElement) : -1;
  bar.replaceChildren(...parts);
  const again = at >= 0 && bar.querySelectorAll('button, input')[at];
  if (again) again.focus();
}

class Wall {
  constructor(root) {
    this.root = root;
    this.mode = 'live';
    this.size = 4;
    this.build();
    this.tree = new Tree(this.catalogue, { onCamera: (camera) => this.take(camera), onGroup: (cameras) => this.fill(cameras) });
    this.tree.load().catch((error) => this.fail(error));
    this.loadSets();
    this.restore();
    this.keys = (event) => this.key(event);
    window.addEventListener('keydown', this.keys, true);
    hall.on('language', () => window.location.reload());
    setInterval(() => this.mode === 'replay' && this.loadRows(), FRESH_MS);
  }

  build() {
    const search = make('input', { type: 'search', class: 'vw-input', placeholder: hall.t('video.find'), 'aria-label': hall.t('video.find') });
    search.oninput = () => this.tree.search(search.value);
    const online = choice(hall.t('video.only_online'), false, () => {
      const on = online.getAttribute('aria-pressed') !== 'true';
      online.setAttribute('aria-pressed', String(on));
      this.tree.setOnline(on);
    });
    this.catalogue = make('div', { class: 'vw-tree' });
    this.sets = make('div', { class: 'vw-sets', role: 'region', 'aria-label': hall.t('video.sets') });
    const side = make('aside', { class: 'vw-side', 'aria-label': hall.t('video.tree') }, make('div', { class: 'vw-find' }, search, online), this.catalogue, this.sets);
    this.bar = make('div', { class: 'vw-bar', role: 'toolbar', 'aria-label': hall.t('video.wall') });
    this.box = make('div', { class: 'vw-grid' });
    this.foot = make('div', { class: 'vw-foot' });
    this.main = make('section', { class: 'vw-main', 'aria-label': hall.t('video.wall') }, this.bar, this.box, this.foot);
    this.root.replaceChildren(side, this.main);
    this.grid = new Grid(this.box, {
      popHost: this.main, reason: () => ({ purpose: this.patrol ? 'patrol' : 'duty' }), onChange: () => this.changed(), onLive: () => this.setMode('live'),
      onDrop: (tile, id) => id && this.drop(tile, Number(id)), tools: { clip: true, remove: true, map: true },
    });
    this.grid.resize(this.size);
    this.axisNode = make('div', { class: 'vw-axis' });
    this.timeline = new Timeline(this.axisNode, { onSeek: (at) => this.replay && this.replay.seek(Math.min(at, now() - 3)), onView: () => this.rowsSoon() });
    this.clock = make('time', { class: 'vw-clock' });
    this.draw();
  }

  fail(error) {
    hall.notice(api.told(error), { kind: 'error', seconds: 10, key: 'video' });
  }

  // ---- what is on the wall ------------------------------------------------------------------------------------

  take(camera) {
    this.endPatrol();
    this.grid.add(camera);
  }

  fill(cameras, size = this.size) {
    this.setSize(SIZES.find((one) => one >= Math.min(16, Math.max(cameras.length, size))) || 16);
    this.grid.fill(cameras.slice(0, this.size));
  }

  async drop(tile, id) {
    const [camera] = await api.cameras({ ids: String(id), limit: 1 });
    if (camera) this.grid.put(tile, camera);
  }

  setSize(size) {
    this.size = size;
    this.grid.resize(size);
    this.changed();
  }

  changed() {
    const cameras = this.grid.cameras();
    if (this.tree) this.tree.mark(cameras.map(({ id }) => id));
    this.remember();
    this.draw();
    if (this.mode === 'replay') this.rowsSoon();
  }

  /** The address holds the wall: loaded again, it shows the same. */
  remember() {
    const given = new URLSearchParams({ n: String(this.size) });
    if (this.patrol) given.set('patrol', String(this.patrol.set.id));
    else given.set('c', this.grid.tiles.map(({ camera }) => (camera ? camera.id : '')).join());
    history.replaceState(null, '', `#${given}`);
  }

  async restore() {
    const given = new URLSearchParams(window.location.hash.slice(1));
    const size = Number(given.get('n'));
    if (SIZES.includes(size)) this.setSize(size);
    const wanted = (given.get('c') || '').split(',').map(Number);
    const ids = wanted.filter(Boolean);
    if (given.has('patrol')) {
      const all = await api.sets('patrol');
      const set = all.find(({ id }) => id === Number(given.get('patrol')));
      if (set) this.startPatrol(set);
    } else if (ids.length) {
      const cameras = await api.cameras({ ids: ids.join(), limit: ids.length });
      this.grid.fill(wanted.map((id) => cameras.find((camera) => camera.id === id) || null));
    } else if (!given.has('c')) {
      // whoever comes without a choice of their own begins with what the hall has saved
      const [first] = await api.sets('layout');
      if (first && !this.grid.cameras().length) this.openSet(first);
    }
  }

  // ---- saved choices ------------------------------------------------------------------------------------------

  async loadSets() {
    const all = await api.sets().catch(() => []);
    const groups = ['group', 'patrol', 'layout'].map((kind) => [kind, all.filter((set) => set.kind === kind)]);
    this.sets.replaceChildren(...groups.flatMap(([kind, sets]) => [make('h2', { text: hall.t(`video.sets_${kind}`) }), ...(sets.length ? sets.map((set) => this.setRow(set)) : [make('p', { class: 'vw-none', text: hall.t(`video.none_${kind}`) })])]));
  }

  setRow(set) {
    const open = make('button', { type: 'button', class: 'vw-set', html: hall.icon({ group: 'folder', patrol: 'repeat', layout: 'layout-grid' }[set.kind], 14) },
      make('span', { class: 'vw-name', text: set.name }), make('span', { class: 'vw-count', text: set.kind === 'patrol' ? hall.t('video.patrol_about', { n: set.camera_ids.length, s: set.dwell_s }) : String(set.camera_ids.length) }));
    open.onclick = () => this.openSet(set);
    const parts = [open];
    if (set.own) parts.push(icon('trash', 'video.set_delete', async () => {
      await api.removeSet(set.id).catch((error) => this.fail(error));
      this.loadSets();
    }));
    return make('div', { class: 'vw-set-row' }, ...parts);
  }

  async openSet(set) {
    this.endPatrol();
    if (set.kind === 'patrol') return this.startPatrol(set);
    const cameras = await api.cameras({ ids: set.camera_ids.slice(0, 16).join(), limit: 16 });
    return this.fill(set.camera_ids.map((id) => cameras.find((camera) => camera.id === id)).filter(Boolean), set.tiles);
  }

  save(kind) {
    const cameras = this.grid.cameras();
    if (!cameras.length) return hall.notice(hall.t('video.none_on_wall'), { seconds: 5, key: 'video' });
    return saveGroup(cameras, this.root, { kind, tiles: kind === 'patrol' ? Math.min(this.size, 4) : this.size, onSaved: () => this.loadSets() });
  }

  // ---- patrol -------------------------------------------------------------------------------------------------

  async startPatrol(set) {
    this.endPatrol();
    if (this.mode === 'replay') this.setMode('live');
    const cameras = await this.many(set.camera_ids);
    if (!cameras.length) return hall.notice(hall.t('video.none'), { seconds: 5, key: 'video' });
    this.setSize(set.tiles);
    this.patrol = { set, cameras, at: -1, left: 0, paused: false };
    this.patrol.timer = setInterval(() => this.tickPatrol(), 1000);
    return this.tickPatrol();
  }

  async many(ids) {
    const found = [];
    for (let at = 0; at < ids.length; at += 100) found.push(...await api.cameras({ ids: ids.slice(at, at + 100).join(), limit: 100 }));
    const known = new Map(found.map((camera) => [camera.id, camera]));
    return ids.map((id) => known.get(id)).filter(Boolean);
  }

  tickPatrol() {
    const { patrol } = this;
    if (patrol.paused) return;
    patrol.left -= 1;
    if (patrol.left <= 0) {
      const pages = Math.ceil(patrol.cameras.length / patrol.set.tiles);
      patrol.at = (patrol.at + 1) % pages;
      patrol.left = patrol.set.dwell_s;
      this.grid.fill(patrol.cameras.slice(patrol.at * patrol.set.tiles, (patrol.at + 1) * patrol.set.tiles));
    }
    this.said.textContent = this.patrolWords();
  }

  patrolWords() {
    const { set, cameras, at, left } = this.patrol;
    return hall.t('video.patrol_now', { name: set.name, at: at + 1, n: Math.ceil(cameras.length / set.tiles), left });
  }

  endPatrol() {
    if (this.patrol) clearInterval(this.patrol.timer);
    this.patrol = null;
    this.draw();
  }

  // ---- live and recorded --------------------------------------------------------------------------------------

  setMode(mode) {
    if (mode === this.mode) return;
    this.endPatrol();
    this.mode = mode;
    if (this.replay) this.replay.end();
    this.replay = null;
    if (mode === 'replay') {
      this.replay = new Replay({ query: { purpose: 'duty' }, onTick: (told) => this.tick(told) });
      this.grid.setReplay(this.replay);
      const at = now() - BACK_S;
      this.timeline.view(at - VIEW_S, at + VIEW_S / 6);
      this.replay.open(at - BACK_S, now(), at);
      this.replay.play();
      this.loadRows();
    } else this.grid.setReplay(null);
    this.draw();
  }

  tick({ at, playing, rate }) {
    if (!this.timeline.held) this.timeline.move(at);
    const { start, end } = this.timeline;
    if (playing && (at > end || at < start)) {
      const span = end - start;
      this.timeline.view(at - span * 0.1, at + span * 0.9);
      this.rowsSoon();
    }
    this.clock.textContent = `${day(at)} ${hms(at)}`;
    const key = `${playing}${rate}`;
    if (key !== this.shownKey) {
      this.shownKey = key;
      this.drawFoot();
    }
  }

  rowsSoon() {
    clearTimeout(this.rowsDue);
    this.rowsDue = setTimeout(() => this.loadRows(), ROWS_MS);
  }

  async loadRows() {
    const { start, end } = this.timeline;
    const span = end - start;
    const rows = await Promise.all(this.grid.cameras().map(async (camera) => {
      const found = await api.timeline(camera.id, start - span, Math.min(end + span, now())).catch(() => ({ intervals: [], held: [] }));
      const both = (parts) => (parts || []).map((part) => [api.seconds(part.start), api.seconds(part.end)]);
      return { label: camera.name, intervals: both(found.intervals), held: both(found.held) };
    }));
    this.timeline.setRows(rows);
  }

  // ---- bars ---------------------------------------------------------------------------------------------------

  draw() {
    this.root.classList.toggle('replaying', this.mode === 'replay');
    this.said = make('span', { class: 'vw-said', role: 'status' });
    if (this.patrol) this.said.textContent = this.patrolWords();
    const sizes = make('div', { class: 'vw-choices', role: 'group', 'aria-label': hall.t('video.sizes') }, ...SIZES.map((size) => choice(String(size), size === this.size, () => {
      this.endPatrol();
      this.setSize(size);
    })));
    const modes = make('div', { class: 'vw-choices', role: 'group', 'aria-label': hall.t('video.mode') },
      choice(hall.t('video.live'), this.mode === 'live', () => this.setMode('live')), choice(hall.t('video.replay'), this.mode === 'replay', () => this.setMode('replay')));
    const patrol = this.patrol ? [
      icon(this.patrol.paused ? 'player-play' : 'player-pause', this.patrol.paused ? 'video.patrol_on' : 'video.patrol_pause', () => {
        this.patrol.paused = !this.patrol.paused;
        this.draw();
      }), icon('square', 'video.patrol_end', () => {
        this.endPatrol();
        this.remember();
      })] : [];
    renew(this.bar, [modes, sizes, this.said, ...patrol, make('span', { class: 'vw-fill' }), icon('bookmark-plus', 'video.save_group', () => this.save('group')),
      icon('repeat', 'video.save_patrol', () => this.save('patrol')), icon('layout-grid', 'video.save_layout', () => this.save('layout')), icon('maximize', 'video.full', () => this.full())]);
    this.drawFoot();
  }

  drawFoot() {
    if (this.mode === 'live') {
      this.foot.replaceChildren();
      return;
    }
    const { replay } = this;
    const when = make('input', { type: 'datetime-local', step: '1', class: 'vw-input', 'aria-label': hall.t('video.go_to') });
    when.onchange = () => {
      const at = Date.parse(`${when.value}+08:00`) / 1000;
      if (!Number.isFinite(at)) return;
      this.timeline.view(at - VIEW_S / 2, at + VIEW_S / 2);
      replay.seek(Math.min(at, now() - 3));
      this.rowsSoon();
    };
    const rates = make('div', { class: 'vw-choices', role: 'group', 'aria-label': hall.t('video.speed') },
      ...RATES.map((rate) => choice(`${rate}×`, rate === (replay ? replay.rate : 1), () => replay.setRate(rate))));
    const playing = replay && replay.playing;
    renew(this.foot, [make('div', { class: 'vw-controls' }, icon('player-skip-back', 'video.step_back', () => replay.step(-1)),
      icon(playing ? 'player-pause' : 'player-play', playing ? 'video.pause' : 'video.play', () => (replay.playing ? replay.pause() : replay.play())),
      icon('player-skip-forward', 'video.step_on', () => replay.step(1)), this.clock, rates, make('span', { class: 'vw-fill' }), make('label', { class: 'vw-goto' }, make('span', { text: hall.t('video.go_to') }), when)), this.axisNode]);
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.main.requestFullscreen().catch(() => hall.notice(hall.t('video.full_refused'), { seconds: 5, key: 'full' }));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || hall.keys.isField(event.target) || !this.root.isConnected || this.root.hidden) return;
    const free = !event.target.closest('button, .vw-list, .vt-pop, .vtl-thumb, dialog');
    const done = this.grid.key(event) || (free && this.replay && event.key === ' ' && (this.replay.playing ? this.replay.pause() : this.replay.play(), true));
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Tabs of the page: the wall, the cameras' state, the record of who looked. */
export async function mount(root) {
  const may = new Set((root.dataset.may || '').split(','));
  const bodies = {};
  const tabs = [['wall', 'watch'], ['health', 'watch'], ['access', 'search']].filter(([, right]) => may.has(right)).map(([name]) => name);
  const head = make('div', { class: 'vw-tabs', role: 'tablist', 'aria-label': hall.t('title.video') });
  const show = async (name) => {
    for (const tab of head.children) {
      tab.setAttribute('aria-selected', String(tab.dataset.name === name));
      tab.tabIndex = tab.dataset.name === name ? 0 : -1;
    }
    for (const [other, node] of Object.entries(bodies)) node.hidden = other !== name;
    if (bodies[name]) return;
    const node = make('div', { class: `vw vw-${name}`, role: 'tabpanel', id: `vw-${name}`, 'aria-labelledby': `vw-tab-${name}` });
    bodies[name] = node;
    root.append(node);
    if (name === 'wall') hall.video.wall = new Wall(node);
    else (await import('./lists.js'))[name](node);
  };
  for (const name of tabs) {
    const tab = make('button', { type: 'button', role: 'tab', class: 'tab-head', id: `vw-tab-${name}`, 'data-name': name, 'aria-controls': `vw-${name}`, text: hall.t(`video.tab_${name}`) });
    tab.onclick = () => show(name);
    head.append(tab);
  }
  root.replaceChildren(head);
  await show(tabs[0]);
}
