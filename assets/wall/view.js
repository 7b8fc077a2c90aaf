/**
 * What a step of the programme may do with the map of its scene: fly over it, or set two views of it side by side. It lies over the plan on maps of its own, which come
 * and go with the step: the plan is never moved, and is there again when this one goes or cannot be drawn.
 */

import { h, t } from './dom.js';
import { ask, speed } from './feeds.js';
import { WallMap } from './map.js';
import { shorten } from './panels.js';

const COMING_MS = 40000;
const FADE_MS = 400;
const NEAR = { zoom: 15.2 };
const TILTED = { zoom: 15.2, pitch: 55, bearing: -18 };
const MARGIN_PX = 30;
const { hall } = window;

/** What a step does with its map, as one word; empty when it lies still. */
export const viewOf = ({ flight, compare }) => (compare ? `compare:${compare}` : flight ? `flight:${flight}` : '');

/** It cannot be shown; `said` tells the viewers why the plan is there. */
class Unshown extends Error {
  constructor(said) {
    super(said);
    this.said = said;
  }
}

let flights = null;
/** The flights of the command map. They tell their page of a beginning and an end; here nobody listens. */
function pilot() {
  hall.emit = hall.emit || (() => {});
  flights = flights || import('/assets/views/flights.js');
  flights.catch(() => (flights = null));
  return flights;
}

/** The imagery that is first by name, as a source; null when the server has none. */
async function imagery() {
  const { imagery: [first] } = await ask('/tiles/catalog.json');
  if (!first) return null;
  const { tiles, tile_size: tileSize, minzoom, maxzoom, bounds, attribution } = first;
  return { type: 'raster', tiles: tiles.map((path) => window.location.origin + path), tileSize, minzoom, maxzoom, bounds, attribution };
}

export class SceneView {
  /**
   * @param {HTMLElement} middle
   * @param {{ratio: number, scale: number, padding: Object, whole: Object, plan: WallMap, place: {lon: number, lat: number, name: string}}} given `plan`: the map
   *   that it lies over, whose features it shows; `place`: where a comparison close by looks
   */
  constructor(middle, given) {
    Object.assign(this, given, { maps: [], ended: false, stop: null });
    this.node = h('div', { class: 'scene-view', 'aria-hidden': 'true' });
    middle.append(this.node);
  }

  map(frame, options) {
    const made = new WallMap(frame, { ratio: this.ratio, scale: this.scale, bbox: null, ...options });
    made.data = { ...this.plan.data };
    this.maps.push(made);
    return made;
  }

  /**
   * Draw it out of sight.
   * @returns {Promise<boolean>} false when it was ended meanwhile
   * @throws {Unshown} the plan has to do
   */
  async prepare({ flight, compare }, scene) {
    const what = t(`wall.view.of_${compare || 'flight'}`);
    await this.came([this.plan], what);
    if (this.ended) return false;
    if (compare) await this.side(compare);
    else await this.course(flight);
    this.maps.forEach((map) => map.switch(scene));
    await this.came(this.maps, what);
    return !this.ended;
  }

  /** Wait until maps are drawn, but not for ever. */
  async came(maps, what) {
    let late = 0;
    const found = await Promise.race([Promise.all(maps.map(({ ready }) => ready)), new Promise((resolve) => (late = setTimeout(() => resolve(null), COMING_MS)))]);
    clearTimeout(late);
    if (this.ended) return;
    if (!found) throw new Unshown(t('wall.view.late', { view: what }));
    if (!found.every(Boolean)) throw new Unshown(t('wall.view.none', { view: what }));
  }

  async side(compare) {
    const ground = compare === 'imagery' ? await imagery() : null;
    if (compare === 'imagery' && !ground) throw new Unshown(t('wall.view.no_imagery'));
    if (this.ended) return;
    this.node.classList.add('sides');
    const padding = Object.fromEntries(['top', 'right', 'bottom', 'left'].map((side) => [side, MARGIN_PX]));
    for (const name of ['plan', compare]) {
      const box = h('div', { class: 'map-box' });
      const where = compare === 'tilted' && this.place.name ? ` · ${this.place.name}` : '';
      const title = h('h2', { class: 'map-title', text: `${t(`wall.view.${name}`)}${where}` });
      this.node.append(h('div', { class: 'map-frame', 'data-view': name }, box, title));
      shorten(title);
      const map = this.map(box, { padding, tilted: name === 'tilted', ground: name === 'imagery' ? ground : null, bbox: ground ? this.whole : null });
      if (!ground) map.place({ center: [this.place.lon, this.place.lat], ...(name === 'tilted' ? TILTED : NEAR) });
    }
  }

  async course(id) {
    let path;
    try {
      path = await ask(`/api/v1/fly-paths/${id}`);
    } catch (error) {
      throw new Unshown(t(error.status === 404 ? 'wall.view.no_flight' : 'wall.view.late', { view: t('wall.view.of_flight') }));
    }
    if (this.ended) return;
    this.path = path;
    const box = h('div', { class: 'map-box' });
    this.node.append(h('div', { class: 'map-frame', 'data-view': 'flight' }, box), h('h2', { class: 'map-title', text: t('wall.view.flight', { name: path.name }) }));
    const map = this.map(box, { padding: this.padding, tilted: true });
    const [{ lon, lat, zoom, pitch, bearing }] = path.stops;
    map.place({ center: [lon, lat], zoom, pitch, bearing });
  }

  /** Let it be seen; a flight begins. */
  async begin() {
    this.node.classList.add('shown');
    if (!this.path) return;
    const { run, stop } = await pilot();
    const [{ gl }] = this.maps;
    if (this.ended || !gl) return;
    this.stop = stop;
    const stops = this.path.stops.map((one) => ({ ...one, seconds: one.seconds / speed }));
    run(gl, stops, { loops: this.path.loops, steady: true }).catch(console.error);
  }

  /** It fades, and is gone. */
  end() {
    if (this.ended) return;
    this.ended = true;
    if (this.stop) this.stop();
    this.node.classList.remove('shown');
    setTimeout(() => {
      this.maps.forEach((map) => map.remove());
      this.node.remove();
    }, FADE_MS);
  }
}
