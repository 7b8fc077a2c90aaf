/** The ways of seeing the city as one choice: brings the map from one to the other, and keeps the address. */

import { element } from './parts.js';

const hall = window.hall;
const SCENES = ['3d', '25d'];

let scene = null; // the module of 2.5D and 3D, once it is there
let turnstile = Promise.resolve();

/** One change after the other: a quick second click waits for the first. */
const inTurn = (run) => (...parameters) => {
  turnstile = turnstile.catch(() => null).then(() => run(...parameters));
  return turnstile;
};

let unsaid = () => {};

/** Say what cannot be shown, and why, in a card over the map that stays until it is closed or something else is looked at. */
export function explain(title, text, detail) {
  unsaid();
  const close = element('button', { type: 'button', class: 'button small', 'data-t': 'views.close' });
  const card = element('div', { class: 'view-card', role: 'alert' }, element('b', { 'data-t': title }), element('p', { 'data-t': text }),
    ...(detail ? [element('p', { class: 'quiet', 'data-t': detail })] : []), close);
  const release = hall.keys.onEscape(() => card.remove());
  unsaid = () => {
    release();
    card.remove();
  };
  close.onclick = () => unsaid();
  document.querySelector('.map-area, .leaflet-container').append(card);
  hall.translate(card);
  close.focus({ preventScroll: true });
}

const isDrawn = () => Boolean(hall.map.gl());

async function showScene(kind, options = {}) {
  if (!isDrawn()) {
    explain('views.no_webgl.title', 'views.no_webgl.text', 'views.no_webgl.detail');
    return false;
  }
  scene = scene || await import('./scene.js');
  return scene.enter(kind, options);
}

async function leaveScene() {
  if (scene && scene.active()) await scene.leave();
}

const street = () => import('./street.js');
const compared = () => import('./compare.js');

/** The operator's own pictures first, then a foreign map of pictures that was configured. */
function imagery() {
  const catalog = hall.map.catalog();
  if (catalog.imagery.length) return `imagery:${catalog.imagery[0].key}`;
  const foreign = catalog.basemaps.find(({ key }) => /img|sat|image|photo/i.test(key));
  return foreign ? `wmts:${foreign.key}` : null;
}

let seen = null; // the imagery that was chosen last

async function apply(view, options = {}) {
  const { choices } = hall.map;
  if (choices.base !== 'vector' && choices.base !== 'none') seen = choices.base;
  if (view === 'street') return (await street()).enter(options.panorama, options);
  if (SCENES.includes(view)) return showScene(view, options);
  if (view === 'imagery') {
    const base = seen && hall.style.ground(seen, hall.map.catalog()) ? seen : imagery();
    if (!base) {
      explain('views.no_imagery.title', 'views.no_imagery.text', 'views.no_imagery.detail');
      return false;
    }
    await closeStreet();
    await leaveScene();
    await hall.map.setBase(base);
    return true;
  }
  await closeStreet();
  await leaveScene();
  if (view === 'plan') await hall.map.setBase(choices.theme);
  return true;
}

async function closeStreet() {
  if (hall.views.ways().sv) (await street()).leave();
}

/**
 * See the city in another way; layers, choice and place stay.
 * @param {"plan" | "imagery" | "25d" | "3d" | "street"} view
 * @param {Object} [options] of 3D: pitch, bearing
 */
export const set = inTurn(apply);

/** Open one panorama by its id. */
export const openStreet = inTurn((panorama, options = {}) => apply('street', { ...options, panorama }));
export { openStreet as street };

/** An hour of the day, or null: the clock's. */
function hourOf(text) {
  const hour = Number(text);
  return text !== undefined && hour >= 0 && hour < 24 ? hour : null;
}

const numbers = (text) => (text || '').split(/[,:]/).map(Number);

hall.on('panel', (shown) => shown && unsaid());

/** Bring the map to what an address says. */
export const follow = inTurn(async (ways) => {
  if (SCENES.includes(ways.v)) {
    const [pitch, bearing] = numbers(ways.p);
    const shown = await showScene(ways.v, { pitch: ways.p ? pitch : undefined, bearing: ways.p ? bearing : undefined, hour: hourOf(ways.s3), still: true });
    if (!shown) hall.views.note({ v: null, p: null, s3: null });
  } else await leaveScene();
  if (ways.sv) {
    const [panorama, direction, tilt] = numbers(ways.sv);
    await (await street()).enter(panorama || null, { direction, tilt });
  } else await closeStreet();
  if (ways.cmp) await (await compared()).open(ways.cmp);
  else if (hall.views.ways().cmp) (await compared()).close();
});

/**
 * Lay another view beside the present one, with a line between them that is moved by hand.
 * @param {?{base?: string, filters?: Object<string, Object<string, string>>}} left what the map itself changes to; null leaves it
 * @param {{base?: string, filters?: Object<string, Object<string, string>>}} right
 */
export const compare = inTurn(async (left, right) => {
  if (!isDrawn()) return explain('views.no_webgl.title', 'views.no_webgl.text', 'views.no_webgl.detail');
  if (left && left.base) await hall.map.setBase(left.base);
  for (const [layer, filter] of Object.entries((left && left.filters) || {})) await hall.map.setLayer(layer, { visible: true, filter });
  return (await compared()).show(right || {});
});

export const toggleCompare = inTurn(async () => {
  unsaid();
  if (!isDrawn()) return explain('views.no_webgl.title', 'views.no_webgl.text', 'views.no_webgl.detail');
  return (await compared()).toggle();
});

/**
 * Fly a saved path: its id, its name, or `{stops, loops}`.
 * @returns {Promise<boolean>} whether it was flown to its end
 */
export async function fly(path, options = {}) {
  const { find, run } = await import('./flights.js');
  const found = typeof path === 'object' ? path : await find(path);
  if (!found) return false;
  // the plan's canvas goes where Leaflet goes: a flight takes the one that has a camera of its own
  if (!hall.views.ways().v && !(await set('3d', { still: true }))) return false;
  return run(hall.map.gl(), found.stops, { loops: found.loops, ...options });
}
