/**
 * The leaders' cockpit: asks for tiles when they are due, keeps the last good picture of each, and says how old it is. Drawing is in tiles.js,
 * the map in map.js, pictures in videos.js, the lists behind a tile in rows.js.
 */

import * as map from './map.js';
import { close as closeSheet, open as openSheet } from './rows.js';
import { draws } from './tiles.js';
import * as videos from './videos.js';

const { hall } = window;

/** Milliseconds between two looks at a tile. */
const EVERY_MS = {
  figures: 5000, events: 5000, mode: 5000, videos: 30000, health: 10000, briefs: 30000, abnormal: 60000, domains: 60000, places: 300000, volumes: 300000, hotspots: 120000,
};
/** Tiles that are drawn from the data of another. */
const FROM = { streets: 'figures' };
const TICK_MS = 1000;
/** After so many missed looks a tile is late, then old. */
const LATE = 3;
const OLD = 10;

/** @type {Map<string, {at: number, data: Object, error: ?string, due: number, since: number, text: string}>} by tile */
const known = new Map();
const node = (tile) => document.querySelector(`[data-tile="${tile}"]`);
const part = (tile, which) => node(tile) && node(tile).querySelector(`[data-ck-${which}]`);

// ---- asking -----------------------------------------------------------------------------------------------------

let asking = null;

/** Ask for the tiles that are due; one request at a time. */
async function look(all = false) {
  if (asking || (document.visibilityState === 'hidden' && !all)) return asking;
  const now = performance.now();
  const due = Object.keys(EVERY_MS).filter((tile) => all || !known.has(tile) || known.get(tile).due <= now);
  if (!due.length) return null;
  asking = ask(due).finally(() => (asking = null));
  return asking;
}

async function ask(tiles) {
  let answer = null;
  try {
    answer = await hall.connection.json(`/api/v1/cockpit?tiles=${tiles.join()}`);
  } catch (error) {
    if (error.status === 401) window.location.assign(`/login?expired=1&next=${encodeURIComponent(window.location.pathname)}`);
    else if (!error.status && !(error instanceof TypeError)) throw error;
  }
  if (answer) document.querySelector('[data-ck-place]').textContent = answer.place;
  for (const tile of tiles) take(tile, (answer && answer.tiles[tile]) || { error: 'unavailable' });
  document.getElementById('cockpit').setAttribute('aria-busy', 'false');
  if (!document.body.dataset.ckReady) {
    document.body.dataset.ckReady = String(Math.round(performance.now()));
    performance.mark('cockpit-ready');
  }
  ages();
}

/** A tile's answer: with an error its last picture stays. */
function take(tile, { at, data, error }) {
  const before = known.get(tile) || { at: 0, data: null, since: 0, text: '' };
  const due = performance.now() + EVERY_MS[tile];
  if (error) {
    known.set(tile, { ...before, error, due, since: before.since || hall.connection.now() });
    if (!before.data) draw(tile);
    return;
  }
  const text = JSON.stringify(data);
  const same = text === before.text;
  known.set(tile, { at: Date.parse((data && data.data_time) || at), data, error: null, due, since: 0, text });
  if (!same || before.error) draw(tile);
}

// ---- drawing ----------------------------------------------------------------------------------------------------

function draw(tile) {
  const { data, error } = known.get(tile);
  if (tile === 'mode') return mode(data);
  if (tile === 'hotspots') return map.heat(data);
  for (const drawn of [tile, ...Object.keys(FROM).filter((one) => FROM[one] === tile)]) {
    if (!node(drawn)) continue;
    const box = part(drawn, drawn === 'events' ? 'list' : 'in');
    node(drawn).classList.toggle('ck-without', !data);
    if (!data) box.replaceChildren(said(error));
    else draws[drawn]({ box, data, count: part(drawn, 'count'), note: part(drawn, 'note'), foot: part(drawn, 'foot') });
  }
  if (tile === 'events' && data) map.show(data);
  return null;
}

/** Data of all tiles that are there, by name. */
const all = () => Object.fromEntries([...known].map(([tile, { data }]) => [tile, data]));

function said(error) {
  const text = hall.t(error === 'no_right' ? 'cockpit.no_right_tile' : 'cockpit.gone');
  return hall.element('div', { class: 'ck-said', html: hall.icon(error === 'no_right' ? 'lock' : 'cloud-off', 22) }, hall.element('span', { text }));
}

/** Peace and emergency: the red chip leads to the event. */
function mode(data) {
  const box = document.querySelector('[data-ck-mode]');
  if (!data || data.mode !== 'emergency') return box.replaceChildren();
  const link = hall.element('a', { class: 'ck-mode', href: data.event_id ? `/events/${data.event_id}` : '/wall' });
  link.append(hall.t('cockpit.emergency', { title: data.title || data.reason || '' }), ' ', hall.element('time', { 'data-ck-since': String(Date.parse(data.started_at)) }));
  box.replaceChildren(link);
  return clocks();
}

/** Sizes changed: how many rows fit is counted anew. */
function again() {
  for (const tile of known.keys()) if (known.get(tile).data) draw(tile);
}

// ---- ages and clocks --------------------------------------------------------------------------------------------

const clockOf = (at) => hall.clockTime(new Date(at));

function age(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return hall.t('cockpit.age_s', { n: seconds });
  if (seconds < 5400) return hall.t('cockpit.age_min', { n: Math.round(seconds / 60) });
  if (seconds < 129600) return hall.t('cockpit.age_h', { n: Math.round(seconds / 3600) });
  return hall.t('cockpit.age_d', { n: Math.round(seconds / 86400) });
}

function tell(box, { at, error, since, every }) {
  const old = hall.connection.now() - at;
  const state = error ? 'gone' : old > OLD * every ? 'old' : old > LATE * every ? 'late' : '';
  box.className = `ck-age ${state}`;
  let text = at ? age(old) : '';
  if (error === 'no_right') text = '';
  else if (error) text = hall.t(at ? 'cockpit.kept' : 'cockpit.gone_since', { time: clockOf(at || since) });
  else if (state === 'old') text = hall.t('cockpit.as_of', { time: clockOf(at) });
  if (box.textContent !== text) box.textContent = text;
}

function ages() {
  for (const [tile, { at, error, since, data }] of known) {
    const every = (data && data.every_s ? data.every_s * 1000 : 0) || EVERY_MS[tile];
    for (const drawn of [tile, ...Object.keys(FROM).filter((one) => FROM[one] === tile)]) {
      const box = node(drawn) && part(drawn, 'age');
      if (box) tell(box, { at, error, since, every });
    }
  }
  const figures = known.get('figures');
  const health = known.get('health');
  const box = document.querySelector('[data-ck-overall]');
  if (!figures) return;
  tell(box, { ...figures, every: EVERY_MS.figures });
  if (!figures.error) {
    const parts = [hall.t('cockpit.data_of', { age: age(hall.connection.now() - figures.at) })];
    if (health && health.data) parts.push(hall.t('cockpit.systems', { fine: health.data.fine, connected: health.data.connected }));
    box.textContent = parts.join(' · ');
  }
}

/** Clocks of running events: hh:mm:ss since their report. */
function clocks() {
  const now = hall.connection.now();
  for (const box of document.querySelectorAll('[data-ck-since]')) {
    const seconds = Math.max(0, Math.floor((now - Number(box.dataset.ckSince)) / 1000));
    const two = (value) => String(value).padStart(2, '0');
    const days = Math.floor(seconds / 86400);
    const text = `${days ? hall.t('cockpit.days', { n: days }) : ''}${two(Math.floor((seconds % 86400) / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
    if (box.textContent !== text) box.textContent = text;
  }
}

// ---- paper ------------------------------------------------------------------------------------------------------

let theme = null;

/** What paper needs: the light theme, and still pictures where canvases and videos are. */
function toPaper() {
  if (theme === null) {
    theme = document.documentElement.dataset.theme || 'dark';
    map.still(); // before its box changes: what is drawn anew then comes too late for who prints by the browser's own menu
    videos.still();
  }
  document.documentElement.dataset.theme = 'light';
  document.body.classList.add('ck-paper');
  again(); // as many rows as paper has room for
}

function fromPaper() {
  if (theme !== null) document.documentElement.dataset.theme = theme;
  theme = null;
  document.body.classList.remove('ck-paper');
  again();
}

/** The map is drawn in its light colours, in the shape that it has on paper, before its picture is taken. */
async function print() {
  closeSheet();
  toPaper();
  await map.inLight();
  map.still();
  window.print();
}

// ---- beginning --------------------------------------------------------------------------------------------------

function click({ target }) {
  const opener = target.closest('[data-ck-open]');
  if (opener) {
    openSheet(opener.dataset.ckOpen, { ...opener.dataset, all: all() });
    return;
  }
  if (target.closest('[data-ck-print]')) print();
}

function over({ target }) {
  const row = target.closest && target.closest('[data-ck-event]');
  map.light(row ? Number(row.dataset.ckEvent) : null);
}

async function begin() {
  await hall.texts('cockpit');
  videos.begin(() => all());
  look(true);
  map.begin(document.querySelector('[data-tile="events"] [data-ck-map]'));
  setInterval(() => {
    look();
    ages();
    clocks();
  }, TICK_MS);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
  document.addEventListener('click', click);
  document.addEventListener('pointerover', over);
  document.addEventListener('focusin', over);
  window.addEventListener('beforeprint', toPaper);
  window.addEventListener('afterprint', fromPaper);
  let due = 0;
  new ResizeObserver(() => {
    cancelAnimationFrame(due);
    due = requestAnimationFrame(again);
  }).observe(document.getElementById('cockpit'));
  new MutationObserver(() => map.dress()).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  if (document.fonts) document.fonts.ready.then(again);
}

begin();
hall.cockpit = { look: () => look(true), all, paper: toPaper, map };
