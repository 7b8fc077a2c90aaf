/** 2.5D and 3D: MapLibre alone over the same place, with the same style, tilted, in the light of the hour. */

import { box, mirrored, take } from './leaflet3d.js';
import { controls } from './scene-bar.js';
import { round360 } from './parts.js';
import { chinaHour, sunAt } from './sun.js';
import { tilted } from './tilt.js';

const hall = window.hall;
const OPTIONS = {
  fadeDuration: 100, refreshExpiredTiles: false, validateStyle: false, maxTileCacheSize: 160, attributionControl: false, maxPitch: 75, minZoom: 8, maxZoom: 20,
  clickTolerance: 4,
};
/** 2.5D is nearly parallel: a long lens from afar, north stays up. */
const KINDS = { '3d': { pitch: 58, bearing: -17, lens: 36.87, turns: true }, '25d': { pitch: 45, bearing: 0, lens: 12, turns: false } };
const CLOSE_ENOUGH = 14.6;
const MIRROR_MS = 200;
const MOST_WATCHED = 120;
const SUN_MS = 60000;
const TOGETHER_M = 25;

/** @type {?{gl: Object, node: HTMLElement, kind: string, grip: Object, bar: Object, ends: Array<function(): void>, hour: ?number, taken: number[], mirror: Object, seen: string}} */
let here = null;

export const active = () => Boolean(here);
export const gl = () => here && here.gl;

/** Hour that is set by hand, or null for the clock's. */
const instant = () => (here && here.hour !== null ? chinaHour(hall.connection.now(), here.hour) : hall.connection.now());

function sunNow(canvas) {
  const { lng, lat } = canvas ? canvas.getCenter() : { lng: hall.map.leaflet().getCenter().lng, lat: hall.map.leaflet().getCenter().lat };
  return sunAt(instant(), lng, lat);
}

/** The plan's style, tilted; `other` has another theme and base than the map. */
export function turned(style, other = {}) {
  const { theme, base } = { ...hall.map.choices, ...other };
  return tilted(style, { theme, base, sun: sunNow(here.gl), mirror: here.mirror, taken: here.taken });
}

function note() {
  if (!here) return;
  const { gl: canvas, kind, hour } = here;
  hall.views.note({
    v: kind, p: `${Math.round(canvas.getPitch())},${Math.round(round360(canvas.getBearing()))}`, s3: hour === null ? null : String(Math.round(hour * 4) / 4),
  });
  here.bar.show({ kind, bearing: canvas.getBearing(), pitch: canvas.getPitch(), hour, sun: sunNow(canvas), at: instant() });
}

/** Base buildings that stand where a chosen building of ours is drawn in its own colour: two walls in one place would flicker. */
function takenBy() {
  const { gl: canvas } = here;
  const { selection, highlights, layers } = hall.map.choices;
  if (layers.buildings && layers.buildings.visible) return [];
  const ids = [selection, ...highlights].filter((item) => item && item.layer === 'buildings').map(({ id }) => id);
  if (!ids.length || !canvas.getSource('buildings')) return [];
  const own = canvas.querySourceFeatures('buildings', { sourceLayer: 'buildings', filter: ['in', ['id'], ['literal', ids]] });
  const middles = own.map(({ geometry }) => middleOf(geometry)).filter(Boolean);
  if (!middles.length) return [];
  const found = new Set();
  for (const feature of canvas.querySourceFeatures('base', { sourceLayer: 'building' })) {
    const middle = feature.id !== undefined && middleOf(feature.geometry);
    if (middle && middles.some((one) => hall.geodesy.distance(one, middle) < TOGETHER_M && (within(middle, own) || within(one, [feature])))) found.add(feature.id);
  }
  return [...found];
}

const rings = ({ type, coordinates }) => (type === 'Polygon' ? [coordinates[0]] : type === 'MultiPolygon' ? coordinates.map(([outer]) => outer) : []);

function middleOf(geometry) {
  const all = rings(geometry).flat();
  if (!all.length) return null;
  const [lons, lats] = [all.map(([lon]) => lon), all.map(([, lat]) => lat)];
  return [(Math.min(...lons) + Math.max(...lons)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2];
}

/** Even-odd rule. */
function within([x, y], features) {
  return features.some(({ geometry }) => rings(geometry).some((line) => {
    let inside = false;
    for (let at = 0, last = line.length - 1; at < line.length; last = at, at += 1) {
      const [[ax, ay], [bx, by]] = [line[at], line[last]];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
    return inside;
  }));
}

/** What Leaflet draws has changed: the canvas draws it anew. */
function reflect() {
  if (!here) return;
  const data = mirrored(hall.map.leaflet());
  const text = JSON.stringify(data);
  if (text === here.seen) return;
  here.seen = text;
  here.mirror = data;
  hall.map.restyle();
}

function retake() {
  if (!here) return;
  const ids = takenBy();
  if (JSON.stringify(ids) === JSON.stringify(here.taken)) return;
  here.taken = ids;
  hall.map.restyle();
}

/** A drag that ends on the canvas is no click. */
function guard(node) {
  let from = null;
  node.addEventListener('pointerdown', ({ clientX, clientY }) => (from = [clientX, clientY]), true);
  node.addEventListener('click', (event) => {
    if (from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 4) event.stopPropagation();
  }, true);
  node.addEventListener('contextmenu', (event) => event.preventDefault());
}

function watch() {
  const leaflet = hall.map.leaflet();
  const { gl: canvas, ends } = here;
  let due = 0;
  const soon = () => {
    clearTimeout(due);
    due = setTimeout(reflect, 30);
  };
  leaflet.on('layeradd layerremove', soon);
  const timer = setInterval(() => here && here.mirror.features.length && here.mirror.features.length < MOST_WATCHED && reflect(), MIRROR_MS);
  const clock = setInterval(() => {
    if (here && here.hour === null) hall.map.restyle();
    note();
  }, SUN_MS);
  const state = hall.on('state', () => setTimeout(retake, 50));
  const words = hall.on('language', () => here && here.bar.translate());
  const marks = () => retake();
  canvas.on('moveend', note);
  canvas.on('idle', marks);
  canvas.on('rotate', () => here && here.bar.turn(canvas.getBearing()));
  ends.push(() => {
    leaflet.off('layeradd layerremove', soon);
    clearInterval(timer);
    clearInterval(clock);
    state();
    words();
  });
}

/** How high one must be to see it from the side: the plan of a whole city is not tilted. */
const zoomFor = (zoom, still) => (still ? zoom : Math.max(zoom, CLOSE_ENOUGH));

/**
 * Show the city tilted.
 * @param {"3d" | "25d"} kind
 * @param {{pitch?: number, bearing?: number, hour?: ?number, still?: boolean}} [options] `still`: stay at the present zoom
 * @returns {Promise<boolean>}
 */
export async function enter(kind, { pitch, bearing, hour = null, still = false } = {}) {
  const own = KINDS[kind];
  const camera = { pitch: Number.isFinite(pitch) ? Math.min(OPTIONS.maxPitch, Math.max(0, pitch)) : own.pitch, bearing: Number.isFinite(bearing) && own.turns ? bearing : own.bearing };
  if (here) {
    if (hour !== null || still) here.hour = hour;
    if (here.kind !== kind) set(kind, camera);
    else if (Number.isFinite(pitch)) here.gl.easeTo({ ...camera, duration: 500 });
    hall.map.restyle();
    note();
    return true;
  }
  const leaflet = hall.map.leaflet();
  const { lng, lat } = leaflet.getCenter();
  const began = performance.now();
  const zoom = leaflet.getZoom() - hall.viewport.OFFSET;
  const node = box(leaflet);
  here = { gl: null, node, kind, grip: null, bar: null, ends: [], hour, taken: [], mirror: mirrored(leaflet), seen: '' };
  const first = turned(hall.map.dressed());
  const canvas = new window.maplibregl.Map({
    ...OPTIONS, container: node, style: first, center: [lng, lat], zoom: still && Number.isFinite(pitch) ? zoom : zoomFor(zoom, still), ...camera,
    canvasContextAttributes: { antialias: false },
  });
  here.gl = canvas;
  hall.map.outfit(canvas);
  guard(node);
  canvas.once('load', () => performance.measure('hall.scene', { start: began }));
  await new Promise((resolve) => canvas.once('style.load', resolve));
  here.ends.push(hall.health.watch(canvas, () => leave()));
  here.grip = take(leaflet, canvas);
  here.bar = controls({ turn, tip, set: (name) => set(name), light, leave: () => hall.views.set('plan') });
  lens(own);
  node.classList.add('ready');
  await hall.map.lend(canvas, (style) => turned(style), first);
  watch();
  reflect();
  note();
  return true;
}

/** North up, or a turn by so many degrees. */
function turn(by) {
  if (!here) return;
  here.gl.easeTo({ bearing: by === null ? 0 : here.gl.getBearing() + by, duration: 400 });
}

function tip(by) {
  if (!here) return;
  here.gl.easeTo({ pitch: Math.min(OPTIONS.maxPitch, Math.max(0, here.gl.getPitch() + by)), duration: 300 });
}

/** The hour of the light; null goes with the clock. */
function light(hour) {
  if (!here) return;
  here.hour = hour;
  hall.map.restyle();
  note();
}

function lens({ lens: angle, turns }) {
  const { gl: canvas } = here;
  if (canvas.setVerticalFieldOfView) canvas.setVerticalFieldOfView(angle);
  canvas.dragRotate[turns ? 'enable' : 'disable']();
  canvas.touchZoomRotate[turns ? 'enableRotation' : 'disableRotation']();
  canvas.keyboard[turns ? 'enableRotation' : 'disableRotation']();
}

/** From 2.5D to 3D and back on the same canvas. */
function set(kind, camera = KINDS[kind]) {
  if (!here || here.kind === kind) return;
  here.kind = kind;
  lens(KINDS[kind]);
  here.gl.easeTo({ pitch: camera.pitch, bearing: camera.bearing, duration: 600 });
  note();
}

/** Back to the plan: middle and zoom stay. */
export async function leave() {
  if (!here) return;
  const { gl: canvas, node, grip, bar, ends } = here;
  canvas.stop();
  for (const end of ends) end();
  here = null;
  grip.release();
  bar.remove();
  await hall.map.lend(null);
  canvas.remove();
  node.remove();
  hall.views.note({ v: null, p: null, s3: null });
  hall.map.redraw();
}
