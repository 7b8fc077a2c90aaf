/**
 * The time machine: one slider moves map, counters, ticker and clock together through a window of the past. Everything shown is computed here from one
 * answer of /api/v1/replay, so that all of it belongs to the same instant. What is live goes away meanwhile, except the red alarm, which nobody may miss.
 */

import { Ways } from './ways.js';
import { Strip } from './strip.js';
import { Past, OPEN } from './past.js';

const hall = window.hall;
const make = hall.element;
const HIDDEN = ['events', 'open_events', 'workers', 'vehicles'];
const DAY_S = 86400;
const CHINA_S = 28800;
const CLOSED_SHOWN_S = 600;
const DRAW_MS = 120;
export const SPEEDS = [60, 300, 900, 3600];
const COLOURS = { dark: ['#94a3b8', '#ff4d5e', '#fb923c', '#fde047', '#60a5fa'], light: ['#64748b', '#d92336', '#c2570c', '#b58900', '#2563eb'] };
const INK = { dark: { disc: '#0b1a2e', done: '#34d399', over: '#ff4d5e', halo: '#050d1a', text: '#dce9f8', walk: '#5eead4', busy: '#38bdf8' },
  light: { disc: '#ffffff', done: '#0b7a53', over: '#c81e33', halo: '#ffffff', text: '#10243d', walk: '#0f9b8e', busy: '#0b78c2' } };

/** Everything of the present replay; null while the page is live. */
let here = null;

const now = () => hall.connection.now() / 1000;
export const midnight = (at) => Math.floor((at + CHINA_S) / DAY_S) * DAY_S - CHINA_S;
const iso = (at) => encodeURIComponent(new Date(at * 1000).toISOString().replace('.000', ''));

/** start-end-at-speed-layers that were on, each plain: seconds since 1970. */
const written = ({ start, end, at, speed, shown }) => [start, end, Math.round(at), speed, shown.join('+')].join('-');
function read(text) {
  const [start, end, at, speed, shown = ''] = (text || '').split('-');
  const [from, to, when, fast] = [start, end, at, speed].map(Number);
  if (!(from < to) || !(to - from <= 31 * DAY_S)) return null;
  return { start: from, end: to, at: Math.min(to, Math.max(from, when || from)), speed: SPEEDS.includes(fast) ? fast : SPEEDS[1],
    shown: shown.split(/[+ ]/).filter((key) => HIDDEN.includes(key)) };
}

/** What the panel shows is where a review begins: the day of that case, a little before its report. */
async function aroundPanel() {
  const panel = hall.desk.shown();
  if (!panel || panel.kind !== 'pick' || !['events', 'open_events'].includes(panel.data.layer)) return null;
  const { properties } = await hall.connection.json(`/api/v1/layers/events/${panel.data.id}`).catch(() => ({}));
  const reported = properties && Date.parse(properties.reported_at) / 1000;
  if (!reported) return null;
  const start = midnight(reported);
  return { start, end: Math.min(start + DAY_S, Math.ceil(now())), at: Math.max(start, reported - 120) };
}

// ---- drawing ------------------------------------------------------------------------------------------------------

const collection = (features) => ({ type: 'FeatureCollection', features });
const source = (features) => ({ type: 'geojson', data: collection(features) });

function overlay({ theme }) {
  const levels = COLOURS[theme];
  const ink = INK[theme];
  const level = ['match', ['get', 'level'], 1, levels[1], 2, levels[2], 3, levels[3], 4, levels[4], levels[0]];
  const size = (big) => ['interpolate', ['linear'], ['zoom'], 11, big * 0.55, 14, big * 0.8, 17, big * 1.2];
  return {
    sources: here.sources,
    below: {
      'slot-top': [
        { id: 'replay-workers', type: 'circle', source: 'replay-workers', paint: { 'circle-radius': size(5), 'circle-color': ink.walk, 'circle-stroke-color': ink.halo, 'circle-stroke-width': 1.2 } },
        { id: 'replay-closed', type: 'circle', source: 'replay-cases', filter: ['==', ['get', 'done'], 1],
          paint: { 'circle-radius': size(5.5), 'circle-color': ink.done, 'circle-opacity': ['get', 'fade'], 'circle-stroke-color': ink.halo, 'circle-stroke-width': 1 } },
        { id: 'replay-fresh', type: 'circle', source: 'replay-cases', filter: ['==', ['get', 'fresh'], 1],
          paint: { 'circle-radius': size(20), 'circle-color': level, 'circle-opacity': 0.16, 'circle-stroke-color': level, 'circle-stroke-width': 1.2, 'circle-stroke-opacity': 0.7 } },
        { id: 'replay-open', type: 'circle', source: 'replay-cases', filter: ['==', ['get', 'done'], 0],
          paint: { 'circle-radius': size(8.5), 'circle-color': ink.disc, 'circle-stroke-color': ['case', ['==', ['get', 'over'], 1], ink.over, level], 'circle-stroke-width': ['case', ['==', ['get', 'over'], 1], 3.4, 2.4] } },
        { id: 'replay-core', type: 'circle', source: 'replay-cases', filter: ['==', ['get', 'done'], 0], paint: { 'circle-radius': size(3.6), 'circle-color': level } },
      ],
    },
  };
}

function features(at) {
  return here.past.at(at, CLOSED_SHOWN_S).map(({ one, mark, over }) => {
    const done = !OPEN.has(mark.state);
    return { type: 'Feature', id: one.id, geometry: { type: 'Point', coordinates: [one.lon, one.lat] },
      properties: { level: one.level, done: Number(done), over: Number(over), fresh: Number(at - one.marks[0].at < here.fresh), fade: done ? Math.max(0.15, 1 - (at - mark.at) / CLOSED_SHOWN_S) : 1 } };
  });
}

function walkers(at) {
  return here.ways.at(at).map(({ way, lon, lat }) => ({ type: 'Feature', id: way.worker_id, geometry: { type: 'Point', coordinates: [lon, lat] }, properties: { no: way.worker_no, role: way.role } }));
}

/** Bring everything to the instant. */
function show() {
  if (!here) return;
  const { at } = here;
  here.fresh = Math.max(120, here.speed);
  here.sources = { 'replay-cases': source(features(at)), 'replay-workers': source(walkers(at)) };
  hall.modes.draw('replay', overlay);
  here.strip.write(at, here.past.counts(at), here.past.news(at, 12), here.ways.told());
  if (here.card) card(here.card);
}

/** Draw at most so often; the last instant that was asked for is always drawn. */
let due = 0;
function soon() {
  if (!due) due = setTimeout(() => {
    due = 0;
    show();
  }, DRAW_MS);
}

export function seek(at) {
  if (!here) return;
  here.at = Math.min(here.end, Math.max(here.start, at));
  here.ways.need(here.at, here.playing ? here.speed : 0);
  soon();
  remember();
}

let noting = 0;
function remember() {
  clearTimeout(noting);
  noting = setTimeout(() => here && hall.modes.note('tm', written(here)), here && here.playing ? 2000 : 300);
}

// ---- playing ------------------------------------------------------------------------------------------------------

function frame(time) {
  if (!here || !here.playing) return;
  const passed = here.before ? (time - here.before) / 1000 : 0;
  here.before = time;
  seek(here.at + Math.min(passed, 0.5) * here.speed);
  if (here.at >= here.end) return play(false);
  requestAnimationFrame(frame);
}

export function play(on = !here.playing) {
  if (!here || here.playing === on) return;
  if (on && here.at >= here.end) here.at = here.start;
  here.playing = on;
  here.before = 0;
  here.strip.playing(on);
  if (on) requestAnimationFrame(frame);
  else remember();
}

export function speed(next) {
  here.speed = next;
  remember();
}

// ---- a case of the past ---------------------------------------------------------------------------------------------

/** What a case was at the instant, in a card over the map; its panel shows it as it is today, and says so. */
function card(one) {
  const before = document.querySelector('.rp-card');
  const mark = here.past.state(one, here.at);
  const rows = one.marks.map((each) => make('button', { type: 'button', class: `rp-mark${each.at > here.at ? ' later' : ''}`, 'data-jump': String(each.at) },
    make('time', { text: here.strip.clock(each.at, true) }), make('span', { text: hall.t(`replay.state.${each.state}`) || each.state })));
  const close = make('button', { type: 'button', class: 'icon-button', title: hall.t('replay.close'), 'aria-label': hall.t('replay.close'), html: hall.icon('x', 16) });
  close.onclick = () => {
    here.card = null;
    node.remove();
  };
  const node = make('aside', { class: 'rp-card', 'aria-label': hall.t('replay.case') },
    make('header', {}, make('i', { class: 'rp-level', style: `--colour: var(--level-${one.level})` }), make('b', { text: one.title }), close),
    make('p', { class: 'rp-then', text: mark ? hall.t('replay.then', { state: hall.t(`replay.state.${mark.state}`) || mark.state }) : hall.t('replay.not_yet') }),
    make('div', { class: 'rp-marks' }, ...rows),
    make('button', { type: 'button', class: 'button small', 'data-open': `events/${one.id}`, text: hall.t('replay.open_today') }));
  here.card = one;
  if (before) before.replaceWith(node);
  else {
    document.getElementById('map-area').append(node);
    window.L.DomEvent.disableClickPropagation(node);
  }
}

/** Jump to an instant of a case, and show it. */
export function jump(id, at) {
  const one = here.past.cases.find((each) => each.id === id);
  if (!one) return;
  play(false);
  seek(at);
  card(one);
  hall.map.flyTo(one.lon, one.lat, {});
}

function click(event) {
  if (!here || hall.tools.active()) return;
  const gl = hall.map.gl();
  if (!gl) return;
  const { x, y } = gl.project([event.latlng.lng, event.latlng.lat]);
  const [hit] = gl.queryRenderedFeatures([[x - 7, y - 7], [x + 7, y + 7]], { layers: ['replay-core', 'replay-closed'].filter((id) => gl.getLayer(id)) });
  if (hit) card(here.past.cases.find((one) => one.id === hit.id));
}

// ---- in and out -----------------------------------------------------------------------------------------------------

async function load(window_) {
  const asked = `start=${iso(window_.start)}&end=${iso(window_.end)}`;
  return new Past(await hall.connection.json(`/api/v1/replay?${asked}`));
}

/** Another window of the past: it is read, then everything moves there. */
export async function turn(start, end, at = start) {
  const mine = here;
  play(false);
  here.strip.busy(true);
  try {
    const past = await load({ start, end });
    if (here !== mine) return;
    Object.assign(here, { start, end, past, at: Math.min(end, Math.max(start, at)), ways: new Ways(start, end, soon), card: null });
    for (const old of document.querySelectorAll('.rp-card')) old.remove();
    here.strip.window(start, end, past);
    seek(here.at);
  } catch (error) {
    hall.notice(hall.t(error.status === 400 ? 'replay.too_much' : 'replay.failed'), { kind: 'error', seconds: 8, key: 'replay' });
    if (!(error instanceof TypeError) && !error.status) throw error;
  } finally {
    if (here === mine) here.strip.busy(false);
  }
}

const today = () => ({ start: midnight(now()), end: Math.ceil(now()), at: Math.max(midnight(now()), Math.floor(now()) - 3600) });

export async function enter(text) {
  const asked = read(text) || await aroundPanel() || today();
  const visible = HIDDEN.filter((key) => (hall.map.choices.layers[key] || {}).visible);
  if (here) {
    here.shown = [...new Set([...(visible.length ? [] : here.shown), ...(asked.shown || []), ...visible])];
    for (const key of visible) hall.map.setLayer(key, { visible: false });
    return turn(asked.start, asked.end, asked.at);
  }
  const shown = [...new Set([...(asked.shown || []), ...visible])];
  here = { start: asked.start, end: asked.end, at: asked.at, speed: asked.speed || SPEEDS[1], shown, playing: false, sources: {}, past: new Past({ cases: [] }), ways: new Ways(asked.start, asked.end, soon), card: null };
  for (const key of HIDDEN) hall.map.setLayer(key, { visible: false });
  document.getElementById('frame').classList.add('replaying');
  here.strip = new Strip({ speed: here.speed });
  here.releases = [hall.keys.onEscape(() => leave()), hall.on('language', () => here && (here.strip.translate(), show()))];
  hall.map.leaflet().on('click', click);
  hall.modes.note('tm', written(here));
  hall.emit('replay', true);
  return turn(asked.start, asked.end, asked.at);
}

/** Back to what is now: layers, counters, ticker and clock as they were. */
export function leave() {
  if (!here) return;
  const { strip, releases, shown } = here;
  play(false);
  clearTimeout(due);
  due = 0;
  here = null;
  for (const release of releases) release();
  hall.map.leaflet().off('click', click);
  strip.remove();
  for (const old of document.querySelectorAll('.rp-card')) old.remove();
  document.getElementById('frame').classList.remove('replaying');
  hall.modes.draw('replay', null);
  for (const key of shown) hall.map.setLayer(key, { visible: true });
  hall.modes.note('tm', null);
  hall.emit('replay', false);
}

/** The instant that is shown; null while the page is live. */
export const current = () => (here ? { at: here.at, start: here.start, end: here.end, playing: here.playing, cases: here.past.cases.length } : null);
export { DAY_S };
