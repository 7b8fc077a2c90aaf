/** Two views of one place beside each other, a line between them that is moved by hand: plan and imagery, two pictures, or events of two periods. */

import { element, iconButton, overMap } from './parts.js';

const hall = window.hall;
const OPTIONS = { interactive: false, fadeDuration: 0, refreshExpiredTiles: false, validateStyle: false, maxTileCacheSize: 80, attributionControl: false, maxPitch: 75 };
const STEP = 0.02;
const DAY_MS = 86400000;
const CHINA_MS = 8 * 3600000;
const PERIODS = [7, 30, 90];

/**
 * The other side: its base, filters that stand in for those of the map, and the share of the box that the map itself keeps.
 * @type {?{gl: Object, node: HTMLElement, line: HTMLElement, bar: HTMLElement, style: Object, side: {base: ?string, filters: Object}, share: number, ends: Array<function(): void>}}
 */
let here = null;
/** The module of the tilted view, where it is shown. */
let scene = null;

/** base;layer.field=text;…@share, whole per cent. */
function written({ base, filters }, share) {
  const parts = [base || '', ...Object.entries(filters).flatMap(([layer, fields]) => Object.entries(fields).map(([field, text]) => `${layer}.${field}=${text}`))];
  return `${parts.join(';')}@${Math.round(share * 100)}`;
}

function read(text) {
  const [, side, share] = /^(.*?)(?:@(\d+))?$/s.exec(text);
  const [base, ...rest] = side.split(';');
  const filters = {};
  for (const part of rest) {
    const found = /^(\w+)\.(\w+)=(.*)$/s.exec(part);
    if (found) (filters[found[1]] = filters[found[1]] || {})[found[2]] = found[3];
  }
  const kept = Number(share) / 100;
  return { side: { base: base || null, filters }, share: kept > 0 && kept < 1 ? kept : 0.5 };
}

/** The map's style with the other side's choices in it. */
function styled() {
  const { choices } = hall.map;
  const { base: wanted, filters } = here.side;
  const isTheme = wanted === 'dark' || wanted === 'light';
  const known = !wanted || isTheme || hall.style.ground(wanted, hall.map.catalog());
  const layers = { ...choices.layers };
  for (const [key, filter] of Object.entries(filters)) if (layers[key]) layers[key] = { ...layers[key], visible: true, filter: { ...layers[key].filter, ...filter } };
  const other = { theme: isTheme ? wanted : choices.theme, base: isTheme ? 'vector' : known && wanted ? wanted : choices.base };
  const style = hall.map.dressed({ ...other, layers });
  return scene && scene.active() ? scene.turned(style, other) : style;
}

function follow() {
  if (!here) return;
  const leaflet = hall.map.leaflet();
  const other = hall.map.gl();
  const tilted = hall.views.ways().v && other;
  const { lng, lat } = tilted ? other.getCenter() : leaflet.getCenter();
  here.gl.jumpTo({
    center: [lng, lat], zoom: tilted ? other.getZoom() : leaflet.getZoom() - hall.viewport.OFFSET, pitch: tilted ? other.getPitch() : 0, bearing: tilted ? other.getBearing() : 0,
  });
}

function cut() {
  const { node, line, share } = here;
  node.style.clipPath = `inset(0 0 0 ${share * 100}%)`;
  line.style.left = `${share * 100}%`;
  line.setAttribute('aria-valuenow', String(Math.round(share * 100)));
}

function note() {
  if (here) hall.views.note({ cmp: written(here.side, here.share) });
}

async function redraw() {
  if (!here || !here.ready) return;
  const { base } = here.side;
  if (hall.views.ways().v && !scene) scene = await import('./scene.js');
  if (base === 'dark' || base === 'light') await hall.map.loadStyle(base);
  if (!here) return;
  const next = styled();
  hall.diff.apply(here.gl, here.style, next);
  here.style = next;
}

function handle() {
  const line = element('div', { class: 'swipe-line', role: 'slider', tabindex: '0', 'aria-valuemin': '2', 'aria-valuemax': '98', 'aria-orientation': 'horizontal', 'data-t-title': 'views.swipe_line' },
    element('i', { html: hall.icon('chevron-left', 16) }), element('i', { html: hall.icon('chevron-right', 16) }));
  line.setAttribute('aria-label', hall.t('views.swipe_line')); // before the language is ever changed
  const to = (share) => {
    here.share = Math.min(0.98, Math.max(0.02, share));
    cut();
  };
  window.L.DomEvent.disableClickPropagation(line); // the map is not dragged along
  line.onpointerdown = (event) => {
    event.preventDefault();
    event.stopPropagation();
    line.focus({ preventScroll: true });
    line.setPointerCapture(event.pointerId);
    const { left, width } = line.parentElement.getBoundingClientRect();
    line.onpointermove = ({ clientX }) => to((clientX - left) / width);
    line.onpointerup = line.onpointercancel = () => {
      line.onpointermove = null;
      note();
    };
  };
  line.onkeydown = (event) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP, Home: -1, End: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    to(here.share + by);
    note();
  };
  return line;
}

// ---- what to compare ------------------------------------------------------------------------------------------

const stamp = (time) => new Date(time + CHINA_MS).toISOString().slice(0, 10);
const midnight = (now) => Math.floor((now + CHINA_MS) / DAY_MS) * DAY_MS - CHINA_MS;
/** Whole days of China's calendar as the filter of events reads them; both ends are within. */
const range = (start, end) => `${stamp(start)}T00:00:00+08:00..${stamp(end - 1)}T23:59:59+08:00`;

function bases() {
  const catalog = hall.map.catalog();
  return [['', hall.t('views.swipe_same')], ['dark', hall.t('views.swipe_dark')], ['light', hall.t('views.swipe_light')],
    ...catalog.imagery.map(({ key, title }) => [`imagery:${key}`, hall.text(title)]), ...catalog.basemaps.map(({ key, title }) => [`wmts:${key}`, hall.text(title)])];
}

const select = (name, options, chosen, run) => {
  const node = element('select', { name, 'data-t-title': `views.swipe_${name}` }, ...options.map(([value, text]) => element('option', { value, text })));
  node.value = chosen;
  node.onchange = () => run(node.value);
  return node;
};

/** So many days against as many before them. */
async function periods(days) {
  const now = midnight(hall.connection.now()) + DAY_MS;
  if (!days) {
    here.side.filters = {};
    await hall.map.setLayer('events', { filter: null });
  } else {
    const first = now - days * DAY_MS;
    await hall.map.setLayer('events', { visible: true, filter: { reported_at: range(first, now) } });
    here.side.filters = { events: { reported_at: range(first - days * DAY_MS, first) } };
  }
  after();
}

function after() {
  redraw();
  tags();
  note();
}

const spell = (text) => (text || '').replace(/T[^.]*?(\.\.|$)/g, '$1').replace('..', ' – ');

function tags() {
  const { bar, side } = here;
  const own = (hall.map.choices.layers.events || {}).filter;
  const names = Object.fromEntries(bases());
  const view = hall.map.view();
  const left = [names[view.base] || hall.t('views.swipe_map'), own && own.reported_at ? spell(own.reported_at) : ''];
  const right = [side.base ? names[side.base] || side.base : names[view.base] || hall.t('views.swipe_map'), side.filters.events ? spell(side.filters.events.reported_at) : left[1]];
  bar.querySelector('.swipe-left').textContent = left.filter(Boolean).join(' · ');
  bar.querySelector('.swipe-right').textContent = right.filter(Boolean).join(' · ');
}

function barFor() {
  const days = element('span', {});
  const node = overMap(element('div', { class: 'swipe-bar', role: 'group', 'data-t-title': 'views.swipe' }, element('b', { class: 'swipe-left' }), element('i', { html: hall.icon('arrows-sort', 14) }),
    element('b', { class: 'swipe-right' }), select('base', bases(), here.side.base || '', (value) => {
      here.side.base = value || null;
      after();
    }), days, iconButton('x', 'views.close', () => close())));
  const current = here.side.filters.events && here.side.filters.events.reported_at ? 'own' : '';
  days.append(select('period', [['', hall.t('views.swipe_all')], ...(current ? [['own', hall.t('views.swipe_own')]] : []), ...PERIODS.map((count) => [String(count), hall.t('views.swipe_days', { n: count })])],
    current, (value) => value !== 'own' && periods(Number(value))));
  hall.translate(node);
  return node;
}

// ---- opening and closing ----------------------------------------------------------------------------------------

async function start(side, share) {
  if (here) close(true);
  const leaflet = hall.map.leaflet();
  const box = leaflet.getContainer();
  const node = element('div', { class: 'swipe', 'aria-hidden': 'true' });
  here = { gl: null, node, line: handle(), bar: null, style: null, side: { base: side.base || null, filters: side.filters || {} }, share, ends: [], ready: false };
  const mine = here;
  if (hall.views.ways().v) scene = await import('./scene.js');
  if (here.side.base === 'dark' || here.side.base === 'light') await hall.map.loadStyle(here.side.base);
  if (here !== mine) return;
  box.append(node, here.line);
  here.style = styled();
  here.gl = new window.maplibregl.Map({ ...OPTIONS, container: node, style: here.style, center: [0, 0], zoom: 9 });
  hall.map.outfit(here.gl);
  follow();
  cut();
  here.bar = barFor();
  tags();
  hall.translate(here.line);
  const moved = () => follow();
  leaflet.on('move zoomend moveend viewreset resize', moved);
  const drawn = hall.on('drawn', () => redraw());
  const state = hall.on('state', () => here && here.bar && tags());
  const words = hall.on('language', () => {
    here.bar.replaceWith((here.bar = barFor()));
    tags();
  });
  const remove = hall.health.watch(here.gl, () => close());
  here.ends.push(() => leaflet.off('move zoomend moveend viewreset resize', moved), drawn, state, words, remove);
  await new Promise((resolve) => here.gl.once('style.load', resolve));
  if (here !== mine) return;
  here.ready = true;
  redraw();
  note();
}

/** @param {{base?: string, filters?: Object, share?: number}} side */
export const show = (side) => start(side, side.share || 0.5);

/** Open what an address says. */
export const open = (text) => {
  const { side, share } = read(text);
  return start(side, share);
};

/** Open with what can be compared at hand: imagery where there is some, else the other theme. */
export function toggle() {
  if (here) return close();
  const [first] = hall.map.catalog().imagery;
  const other = hall.map.choices.base !== 'vector' ? hall.map.choices.theme : first ? `imagery:${first.key}` : hall.map.choices.theme === 'dark' ? 'light' : 'dark';
  return start({ base: other }, 0.5);
}

export function close(quietly = false) {
  if (!here) return;
  const { gl, node, line, bar, ends } = here;
  here = null;
  for (const end of ends) end();
  if (gl) gl.remove();
  for (const part of [node, line, bar]) if (part) part.remove();
  if (quietly !== true) hall.views.note({ cmp: null });
}
