/**
 * A map of the wall: MapLibre alone, the product's style and tiles, nothing to drag. It is drawn on a canvas of `ratio` device pixels for each of its own,
 * so that roads, counts and names grow together with the wall. A scene is shown by switching layers under a still picture of the last one, which fades only
 * when the new one has come to rest. The view changes with the scene and never by itself.
 */

import { boot, h, NUMERALS, t } from './dom.js';
import { idle } from './feeds.js';

const LIBRARY = '/assets/vendor/maplibre-gl/maplibre-gl.mjs';
const WORKER = '/assets/vendor/maplibre-gl/maplibre-gl-worker.mjs';
const FADE_MS = 200;
const REST_MS = 9000;
const RESTORE_MS = 4000;
const LOAD_MS = 60000;
const EMPTY = { type: 'FeatureCollection', features: [] };
const LEVELS = ['match', ['get', 'level'], 1, '#ff4d5e', 2, '#fb923c', 3, '#fde047', 4, '#60a5fa', '#94a3b8'];
const BOLD = ['Noto Sans SC Medium'];
const HALO = { 'text-color': '#f2f8ff', 'text-halo-color': '#071222', 'text-halo-width': 1.6 };
const PRESENCE = ['match', ['get', 'state'], 'on_grid', '#1f6fb2', 'handling', '#38bdf8', 'off_grid', '#fbbf24', '#152238'];
/** @type {Promise<Object>} */
let library = null;
let ground = null;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const absolute = (path) => (path.startsWith('/') ? window.location.origin + path : path);

/** The command map's drawings of symbols, as they are: a plain script under the global `hall`. */
function drawings() {
  window.hall = window.hall || { assets: `${window.location.origin}/assets/` };
  return Promise.all(boot.plain.map((src) => new Promise((resolve, reject) => {
    const node = h('script', { src });
    node.onload = resolve;
    node.onerror = () => reject(new Error(src));
    document.head.append(node);
  })));
}

async function load() {
  if (!library) {
    library = import(LIBRARY).then(async (module) => {
      module.setWorkerUrl(new URL(WORKER, window.location.href).href);
      await drawings();
      return module;
    });
    library.catch(() => (library = null));
  }
  if (!ground) {
    ground = fetch('/style/dark.json', { headers: { 'X-Idle-S': idle() } }).then((answer) => {
      if (!answer.ok) throw new Error(`style: ${answer.status}`);
      return answer.json();
    });
    ground.catch(() => (ground = null));
  }
  return Promise.all([library, ground]);
}

const layer = (id, type, source, paint, more = {}) => ({ id, type, source, paint, ...more, layout: { ...more.layout, visibility: 'none' } });

/** Layers of the wall itself, by the slot below which they lie. */
const OWN = {
  'slot-fill': [
    layer('w-cells', 'fill', 'w-cells', { 'fill-color': ['interpolate', ['linear'], ['get', 'share'], 0, '#0d3158', 0.25, '#125a97', 0.6, '#1f86cf', 1, '#5cc4f7'], 'fill-opacity': 0.78 }),
    layer('w-cells-line', 'line', 'w-cells', { 'line-color': '#0a1c33', 'line-width': 1 }),
    layer('w-grids', 'fill', 'w-grids', { 'fill-color': PRESENCE, 'fill-opacity': 0.78 }),
    layer('w-grids-line', 'line', 'w-grids', { 'line-color': '#071222', 'line-width': 1.2 }),
    layer('w-parts', 'fill', 'w-parts', { 'fill-color': ['interpolate', ['linear'], ['get', 'share'], 0, '#10263f', 1, '#3f8fd0'], 'fill-opacity': 0.7 }),
  ],
  'slot-line': [
    layer('w-streets', 'line', 'w-streets', { 'line-color': '#5b8fc7', 'line-width': 1.2, 'line-opacity': 0.7 }),
    layer('w-hot-glow', 'line', 'w-hot', { 'line-color': '#fbbf24', 'line-width': 8, 'line-blur': 6, 'line-opacity': 0.35 }),
    layer('w-hot', 'line', 'w-hot', { 'line-color': '#fbbf24', 'line-width': 2.4 }),
  ],
  'slot-xray': [
    layer('w-houses', 'fill-extrusion', 'w-houses', {
      'fill-extrusion-color': ['interpolate', ['linear'], ['get', 'people'], 0, '#33465e', 20, '#5d563f', 60, '#97783a', 150, '#d39a35'],
      'fill-extrusion-height': ['get', 'height'], 'fill-extrusion-opacity': 0.95,
    }),
    layer('w-influence', 'line', 'w-circles', { 'line-color': '#38bdf8', 'line-width': 2 }, { filter: ['==', ['get', 'kind'], 'influence'] }),
    layer('w-cordon', 'line', 'w-circles', { 'line-color': '#ff4d5e', 'line-width': 2.4, 'line-dasharray': [3, 2] }, { filter: ['==', ['get', 'kind'], 'cordon'] }),
  ],
  'slot-top': [
    layer('w-shelters', 'circle', 'w-shelters', { 'circle-radius': 6, 'circle-color': '#34d399', 'circle-stroke-width': 2, 'circle-stroke-color': '#05101f' }),
    layer('w-units', 'circle', 'w-units', {
      'circle-radius': ['match', ['get', 'family'], 'vehicle', 4.6, 3.2], 'circle-color': ['match', ['get', 'status'], 'busy', '#38bdf8', 'off_grid', '#fbbf24', 'lost', '#fbbf24', 'off_duty', '#3c5472', '#34d399'],
      'circle-stroke-width': ['match', ['get', 'family'], 'vehicle', 1.6, 0.6], 'circle-stroke-color': ['match', ['get', 'family'], 'vehicle', '#eaf4ff', '#05101f'],
    }),
    layer('w-sensors', 'circle', 'w-sensors', { 'circle-radius': 3, 'circle-color': '#94a3b8', 'circle-opacity': 0.8 }, { filter: ['==', ['get', 'status'], 'offline'] }),
    layer('w-open', 'circle', 'w-points', {
      'circle-radius': ['match', ['get', 'level'], 3, 4.6, 4, 4, 3.2], 'circle-color': LEVELS, 'circle-stroke-width': 1, 'circle-stroke-color': '#05101f', 'circle-opacity': 0.95,
    }, { filter: ['>', ['get', 'rank'], 2] }),
    layer('w-late', 'circle', 'w-points', { 'circle-radius': 6.5, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-width': 1.5, 'circle-stroke-color': '#ff4d5e' }, { filter: ['all', ['get', 'overdue'], ['>', ['get', 'rank'], 2]] }),
    // names and counts stay readable over dots, and lie under what is grave
    layer('w-street-names', 'symbol', 'w-street-names', { 'text-color': '#c3d5e9', 'text-halo-color': '#071222', 'text-halo-width': 1.6 }, { layout: { 'text-field': ['get', 'name'], 'text-font': BOLD, 'text-size': 13, 'text-max-width': 9, 'text-padding': 2 } }),
    layer('w-shelter-names', 'symbol', 'w-shelters', { ...HALO, 'text-color': '#9ff0cd' }, { layout: { 'text-field': ['get', 'name'], 'text-font': BOLD, 'text-size': 11.5, 'text-anchor': 'top', 'text-offset': [0, 0.8], 'text-max-width': 9 } }),
    layer('w-cells-n', 'symbol', 'w-cells-n', HALO, { layout: { 'text-field': ['to-string', ['get', 'n']], 'text-font': BOLD, 'text-size': 12.5, 'text-padding': 3 } }),
    layer('w-alarms-glow', 'circle', 'w-sensors', { 'circle-radius': 13, 'circle-color': '#ff4d5e', 'circle-opacity': 0.28, 'circle-blur': 0.7 }, { filter: ['==', ['get', 'status'], 'alarm'] }),
    layer('w-alarms', 'circle', 'w-sensors', { 'circle-radius': 5, 'circle-color': '#ff4d5e', 'circle-stroke-width': 1.5, 'circle-stroke-color': '#fff' }, { filter: ['==', ['get', 'status'], 'alarm'] }),
    layer('w-major-glow', 'circle', 'w-points', { 'circle-radius': 17, 'circle-color': LEVELS, 'circle-opacity': 0.32, 'circle-blur': 0.8 }, { filter: ['<=', ['get', 'rank'], 2] }),
    layer('w-major', 'circle', 'w-points', { 'circle-radius': 8.5, 'circle-color': '#0b1526', 'circle-stroke-width': 2.4, 'circle-stroke-color': LEVELS }, { filter: ['<=', ['get', 'rank'], 2] }),
    layer('w-major-n', 'symbol', 'w-points', { 'text-color': LEVELS }, {
      filter: ['<=', ['get', 'rank'], 2],
      layout: { 'text-field': ['match', ['get', 'level'], 1, NUMERALS[1], NUMERALS[2]], 'text-font': BOLD, 'text-size': 11, 'text-allow-overlap': true, 'text-ignore-placement': true },
    }),
  ],
};
const SOURCES = ['w-cells', 'w-cells-n', 'w-hot', 'w-grids', 'w-parts', 'w-points', 'w-units', 'w-sensors', 'w-circles', 'w-houses', 'w-shelters'];
const OWN_IDS = Object.values(OWN).flat().map(({ id }) => id);
const AREAS = new Set(Object.values(OWN).flat().filter(({ id, type }) => type === 'fill' || id.endsWith('-line') || id === 'w-cells-n').map(({ id }) => id));

/** Which own layers a scene shows. */
export const SHOWS = {
  overview: ['w-cells', 'w-cells-line', 'w-streets', 'w-hot-glow', 'w-hot', 'w-cells-n', 'w-major-glow', 'w-major', 'w-major-n', 'w-street-names'],
  events: ['w-streets', 'w-open', 'w-late', 'w-major-glow', 'w-major', 'w-major-n', 'w-street-names'],
  grids: ['w-grids', 'w-grids-line', 'w-streets', 'w-street-names'],
  hotspots: ['w-cells', 'w-cells-line', 'w-hot-glow', 'w-hot', 'w-cells-n', 'w-street-names'],
  video: ['w-streets', 'w-major-glow', 'w-major', 'w-major-n', 'w-street-names'],
  force: ['w-streets', 'w-units', 'w-major', 'w-major-n', 'w-street-names'],
  sensing: ['w-parts', 'w-streets', 'w-sensors', 'w-alarms-glow', 'w-alarms', 'w-street-names'],
  emergency: ['w-influence', 'w-cordon', 'w-houses', 'w-shelters', 'w-shelter-names', 'w-major-glow', 'w-major', 'w-major-n', 'w-units'],
};

/** The product's base with our own layers in its slots: quiet, without the desk's layers, which no scene shows. On imagery names alone stay of it. */
function dressed(style, tilted, ground) {
  const quiet = tilted ? {} : style.metadata['hall:quiet'] || {};
  const tilt = tilted ? style.metadata['hall:tilted'] || {} : {};
  const sources = {
    base: { ...style.sources.base, tiles: style.sources.base.tiles.map(absolute) },
    'w-streets': { ...style.sources.streets, tiles: style.sources.streets.tiles.map(absolute) },
    'w-street-names': { type: 'geojson', data: absolute(style.sources['streets-labels'].data) },
  };
  for (const name of SOURCES) sources[name] = { type: 'geojson', data: EMPTY };
  if (ground) sources['hall-ground'] = ground;
  const layers = [];
  for (const one of style.layers) {
    for (const own of OWN[one.id] || []) layers.push(own.source === 'w-streets' ? { ...own, 'source-layer': 'streets' } : own);
    if (one.metadata && one.metadata['hall:layer']) continue;
    const { visibility, ...paint } = { ...quiet[one.id], ...tilt[one.id] };
    // names of quarters stay away from the streets' own
    const off = (!tilted && /^base-label-(suburb|city|quarter|water|rescue)$/.test(one.id)) || (ground && /^base-(?!label|sea$)/.test(one.id));
    if (ground && one.id === 'base-sea') {
      layers.push(one, { id: 'hall-ground', type: 'raster', source: 'hall-ground' });
      continue;
    }
    layers.push({ ...one, paint: { ...one.paint, ...paint }, ...(visibility || off ? { layout: { ...one.layout, visibility: off ? 'none' : visibility } } : {}) });
  }
  return { ...style, sources, layers };
}

export class WallMap {
  /**
   * @param {HTMLElement} box
   * @param {{ratio: number, scale: number, bbox: ?Object, padding?: Object, tilted?: boolean, ground?: ?Object}} options `ratio`: how much larger everything is drawn than on a desk,
   *   `scale`: of the stage on the screen; `padding` in pixels of the stage; `ground`: imagery under everything
   */
  constructor(box, { ratio, scale, bbox, padding = {}, tilted = false, ground = null }) {
    Object.assign(this, { box, ratio, scale, bbox, tilted, ground, scene: null, gl: null, coming: null, data: {}, view: null, broken: false, removed: false });
    this.padding = Object.fromEntries(['top', 'right', 'bottom', 'left'].map((side) => [side, (padding[side] || 0) / ratio]));
    this.note = h('p', { class: 'map-note', text: t('wall.map.loading') });
    this.holder = h('div', { class: 'map-gl', style: { width: `${100 / ratio}%`, height: `${100 / ratio}%`, transform: `scale(${ratio})` } });
    this.still = h('canvas', { class: 'map-still', 'aria-hidden': 'true' });
    box.append(this.holder, this.still, this.note);
    // the panels are painted first
    /** Whether it could be drawn, as soon as that is known; false too when it was removed before. */
    this.ready = new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => this.begin().then(() => resolve(Boolean(this.gl))))));
  }

  async begin() {
    for (let tries = 0; !this.removed; tries += 1) {
      try {
        const [maplibre, style] = await load();
        if (this.removed) return;
        await this.mount(maplibre, style);
        await this.rest();
        this.holder.classList.add('drawn');
        this.note.hidden = true;
        return;
      } catch (error) {
        this.unmount();
        if (/webgl/i.test(String(error.message))) {
          this.broken = true;
          this.note.textContent = t('wall.map.none');
          this.note.hidden = false;
          return;
        }
        await wait(Math.min(2000 * (tries + 1), 20000));
      }
    }
  }

  async mount(maplibre, style) {
    const look = dressed(style, this.tilted, this.ground);
    const gl = new maplibre.Map({
      container: this.holder, style: look, interactive: false, attributionControl: false, fadeDuration: 0, validateStyle: false, refreshExpiredTiles: false,
      maxTileCacheSize: 24, pixelRatio: this.ratio * this.scale * window.devicePixelRatio, maxCanvasSize: [8192, 8192], trackResize: false,
      ...(this.bbox ? { bounds: box(this.bbox), fitBoundsOptions: { padding: this.padding } } : { center: [0, 0], zoom: 1 }),
      transformRequest: (url) => ({ url, headers: { 'X-Idle-S': idle() } }),
    });
    this.coming = gl;
    gl.setMissingStyleImageResolver(async (name) => {
      const { image, pixelRatio } = window.hall.images.draw(name, { ratio: this.ratio, theme: 'dark', base: style.metadata['hall:images'] || {} });
      if (!gl.hasImage(name)) gl.addImage(name, image, { pixelRatio });
    });
    gl.on('error', () => {}); // a tile that does not come leaves a hole until it is asked for again
    const canvas = gl.getCanvas();
    canvas.addEventListener('webglcontextlost', () => this.restore());
    await new Promise((resolve, reject) => {
      gl.once('load', resolve);
      setTimeout(() => reject(new Error('map: no answer')), LOAD_MS);
    });
    // a map is used when it is there, and not before
    this.gl = gl;
    for (const [name, value] of Object.entries(this.data)) this.put(name, value);
    if (this.view) this.place(this.view);
    if (this.scene) this.switch(this.scene);
  }

  /** The canvas lost its context: the last picture stays over a new map. */
  async restore() {
    if (this.restoring || this.removed) return;
    this.restoring = true;
    this.still.classList.add('shown');
    await wait(RESTORE_MS);
    this.unmount();
    await this.begin();
    await this.rest();
    this.still.classList.remove('shown');
    this.restoring = false;
  }

  unmount() {
    const gl = this.gl || this.coming;
    if (gl) {
      try {
        gl.remove();
      } catch { /* a map that never came up has nothing to take down */ }
    }
    this.gl = this.coming = null;
    this.holder.classList.remove('drawn');
    this.holder.replaceChildren();
  }

  remove() {
    this.removed = true;
    this.unmount();
    this.box.replaceChildren();
  }

  /** Features of one of our sources. */
  put(name, features) {
    this.data[name] = features;
    const source = this.gl && this.gl.getSource(name);
    if (source) source.setData({ type: 'FeatureCollection', features });
  }

  /** Look at a box or at a place. */
  place(view) {
    this.view = view;
    if (!this.gl) return;
    if (view.center) this.gl.jumpTo({ center: view.center, zoom: view.zoom, pitch: view.pitch || 0, bearing: view.bearing || 0, padding: this.padding });
    else this.gl.fitBounds(box(view), { padding: this.padding, duration: 0 });
  }

  switch(scene) {
    this.scene = scene;
    if (!this.gl) return;
    // areas would hide imagery: there what is drawn as points and lines stays
    const shown = new Set((SHOWS[scene] || []).filter((id) => !this.ground || !AREAS.has(id)));
    for (const id of OWN_IDS) {
      const next = shown.has(id) ? 'visible' : 'none';
      if (this.gl.getLayoutProperty(id, 'visibility') !== next) this.gl.setLayoutProperty(id, 'visibility', next);
    }
  }

  /** Nothing is loading or moving any more; at most some seconds, for a tile may never come. */
  async rest() {
    const { gl } = this;
    if (!gl) return;
    await Promise.race([
      new Promise((resolve) => {
        const look = () => (gl.loaded() && gl.areTilesLoaded() && !gl.isMoving() ? resolve() : gl.once('idle', look));
        gl.once('idle', look);
        gl.triggerRepaint();
      }),
      wait(REST_MS),
    ]);
  }

  /** Keep what is drawn now as a picture over the map. */
  capture() {
    const { gl } = this;
    if (!gl) return Promise.resolve();
    return Promise.race([new Promise((resolve) => {
      gl.once('render', () => {
        const canvas = gl.getCanvas();
        if (this.still.width !== canvas.width || this.still.height !== canvas.height) [this.still.width, this.still.height] = [canvas.width, canvas.height];
        this.still.getContext('2d').drawImage(canvas, 0, 0);
        resolve();
      });
      gl.triggerRepaint();
    }), wait(1500)]);
  }

  /**
   * Show a scene: the old picture stays until the new map is at rest, then fades.
   * @param {string} scene
   * @param {function(): void} change what else changes with it, while the picture covers it
   */
  async show(scene, change = () => {}) {
    const first = this.scene === null;
    if (!first && this.gl) {
      await this.capture();
      this.still.classList.add('shown');
    }
    change();
    this.switch(scene);
    await this.rest();
    this.still.classList.remove('shown');
    await wait(FADE_MS);
  }

  /** Where a position lies, in pixels of the stage from the corner of the map's box; null while there is no map. */
  at(lon, lat) {
    if (!this.gl) return null;
    const { x, y } = this.gl.project([lon, lat]);
    return { x: x * this.ratio, y: y * this.ratio };
  }
}

const box = ({ west, south, east, north }) => [[west, south], [east, north]];
export const point = (lon, lat, properties) => ({ type: 'Feature', properties, geometry: { type: 'Point', coordinates: [lon, lat] } });
export const polygon = (coordinates, properties) => ({ type: 'Feature', properties, geometry: { type: 'Polygon', coordinates } });

/** A circle on the ground as a ring. */
export function circle(lon, lat, radius, properties) {
  const ring = [];
  for (let step = 0; step <= 72; step += 1) {
    const angle = (step / 72) * 2 * Math.PI;
    ring.push([lon + (radius * Math.sin(angle)) / (111320 * Math.cos((lat * Math.PI) / 180)), lat + (radius * Math.cos(angle)) / 110574]);
  }
  return polygon([ring], properties);
}
