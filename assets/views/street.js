/** Street view: a panorama over the lower part of the map, with its place and direction on the map and ways to the neighbours. */

import { ask, element, iconButton, overMap, radians, round360 } from './parts.js';
import { explain } from './views.js';

const hall = window.hall;
const FIELD = 95;
const WITHIN_M = 400;
const HALF_PX = 4096;
const TURN_MS = 300;
const FORWARD_DEG = 60;
/** Arrows on the ground stand so far below the horizon. */
const ARROW_TILT = -16;

/** @type {?{node: HTMLElement, viewer: ?Object, shown: Object, marker: Object, others: Object, direction: number, tilt: number, timer: number, release: function(): void, ends: Array<function(): void>}} */
let here = null;
let library = null;

function loadLibrary() {
  library = library || new Promise((resolve, reject) => {
    const folder = `${hall.assets}vendor/pannellum/`;
    document.head.append(element('link', { rel: 'stylesheet', href: `${folder}pannellum.css` }));
    const script = element('script', { src: `${folder}pannellum.js` });
    script.onload = resolve;
    script.onerror = () => {
      library = null;
      reject(new Error('pannellum'));
    };
    document.head.append(script);
  });
  return library;
}

/** The largest picture that the graphics card takes whole; null without WebGL. */
function largest() {
  const gl = document.createElement('canvas').getContext('webgl');
  if (!gl) return null;
  const most = gl.getParameter(gl.MAX_TEXTURE_SIZE);
  const lose = gl.getExtension('WEBGL_lose_context');
  if (lose) lose.loseContext();
  return most;
}

/** Cards that hold the whole picture at once, and screens that show so much, get it whole. */
const sizeFor = (most) => (most < 8192 || window.devicePixelRatio * window.innerWidth < 1500 ? 'half' : 'full');

const day = (text) => new Intl.DateTimeFormat(hall.language, { timeZone: 'Asia/Shanghai', dateStyle: 'medium', timeStyle: 'short' }).format(new Date(text));

function frame() {
  const title = element('b', { class: 'street-title cut' });
  const facts = element('span', { class: 'street-facts quiet cut' });
  const mark = element('span', { class: 'street-simulated', 'data-t': 'views.street_simulated', hidden: '' });
  const wide = iconButton('maximize', 'views.street_wide', () => {
    const isWide = node.classList.toggle('wide');
    wide.setAttribute('aria-pressed', String(isWide));
    if (here && here.viewer) setTimeout(() => here && here.viewer.resize(), 250);
  });
  const close = iconButton('x', 'views.close', () => leave());
  const picture = element('div', { class: 'street-picture' });
  const wait = element('p', { class: 'street-wait', 'data-t': 'views.street_loading' });
  const node = overMap(element('section', { class: 'street', 'data-t-title': 'views.street' },
    element('header', {}, title, facts, mark, element('span', { class: 'street-direction' }), wide, close), picture, wait));
  node.dataset.mapCover = 'bottom';
  window.L.DomEvent.disableClickPropagation(node);
  return node;
}

function cone() {
  return window.L.divIcon({ className: 'street-here', iconSize: [64, 64], html: '<i class="street-cone"></i><i class="street-dot"></i>' });
}

/** The arrow on the map looks where the picture does; on a tilted map it turns with the map. */
function point() {
  if (!here || !here.marker._icon) return;
  const gl = hall.map.gl();
  const turn = hall.views.ways().v && gl ? gl.getBearing() : 0;
  here.marker._icon.style.setProperty('--look', `${here.direction - turn}deg`);
  const said = here.node.querySelector('.street-direction');
  said.textContent = `${hall.t(`views.side.${['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'][Math.round(here.direction / 45) % 8]}`)} ${Math.round(here.direction)}°`;
}

function look() {
  if (!here || !here.viewer) return;
  here.direction = round360(here.viewer.getYaw() + here.shown.heading_deg);
  here.tilt = here.viewer.getPitch();
  point();
  clearTimeout(here.timer);
  here.timer = setTimeout(() => here && hall.views.note({ sv: `${here.shown.id}:${Math.round(here.direction)}:${Math.round(here.tilt)}` }), TURN_MS);
}

function arrow(neighbour) {
  return {
    pitch: ARROW_TILT, yaw: signed(neighbour.bearing_deg - here.shown.heading_deg), type: 'custom', cssClass: 'street-arrow',
    createTooltipFunc: (node) => {
      node.innerHTML = hall.icon('arrow-up', 26);
      node.title = hall.t('views.street_step', { metres: Math.round(neighbour.distance_m), name: neighbour.name });
      node.setAttribute('role', 'button');
      node.setAttribute('aria-label', node.title);
      node.tabIndex = 0;
      node.dataset.to = String(neighbour.id);
      node.onkeydown = (event) => event.key === 'Enter' && step(neighbour.id);
    },
    clickHandlerFunc: () => step(neighbour.id),
  };
}

const signed = (angle) => round360(angle + 180) - 180;

const step = (id) => enter(id, { direction: here ? here.direction : undefined, tilt: here ? here.tilt : 0 }).catch(console.error);

/** Go on in the direction one looks to, or back. */
function walk(back) {
  if (!here) return;
  const wanted = here.direction + (back ? 180 : 0);
  const [next] = here.shown.neighbours.map((one) => ({ one, off: Math.abs(signed(one.bearing_deg - wanted)) })).filter(({ off }) => off < FORWARD_DEG).sort((a, b) => a.off - b.off);
  if (next) step(next.one.id);
}

function keys(event) {
  if (!here || event.target.closest('input, textarea, select')) return;
  if (event.key === 'w' || event.key === 'PageUp') walk(false);
  else if (event.key === 's' || event.key === 'PageDown') walk(true);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** A click on the map beside every object leads to the panorama nearest to it. */
function click({ latlng, originalEvent }) {
  if (!here || hall.tools.active() || (originalEvent && originalEvent.defaultPrevented)) return;
  const [found] = hall.pick.at(latlng).filter(({ id, layer }) => id !== null && layer === 'panoramas');
  if (found) enter(found.id, {}).catch(console.error);
}

const fresh = () => ({ ...(here || {}) });

async function standpoint(panorama) {
  if (panorama) return ask(`/api/v1/panoramas/${panorama}`);
  const { selection } = hall.map.choices;
  const seen = selection && selection.lon !== undefined && hall.map.leaflet().getBounds().contains([selection.lat, selection.lon]) ? selection : null;
  if (seen && seen.layer === 'panoramas') return ask(`/api/v1/panoramas/${seen.id}`);
  const { lng, lat } = seen ? { lng: seen.lon, lat: seen.lat } : hall.map.leaflet().getCenter();
  const found = await ask(`/api/v1/panoramas/nearest?lon=${lng.toFixed(6)}&lat=${lat.toFixed(6)}&within_m=${WITHIN_M}`);
  // whoever chose something looks at it
  if (seen && found.id) found.towards = round360((Math.atan2((seen.lon - found.lon) * Math.cos(radians(found.lat)), seen.lat - found.lat) * 180) / Math.PI);
  return found;
}

/**
 * Show a panorama: the one of that id, else the one nearest to what is chosen or to the middle of the map.
 * @param {?number} panorama
 * @param {{direction?: number, tilt?: number}} [options] degrees from north over east, and above the horizon
 */
export async function enter(panorama, { direction, tilt = 0 } = {}) {
  const most = largest();
  if (most === null) {
    explain('views.no_webgl.title', 'views.no_webgl.text', 'views.no_webgl.detail');
    hall.views.note({ sv: null });
    return false;
  }
  const [found] = await Promise.all([standpoint(panorama), loadLibrary()]);
  if (found.refused !== undefined) {
    const [title, text] = found.refused === 403 ? ['views.street_forbidden', 'views.street_forbidden_text'] : ['views.street_none', 'views.street_none_text'];
    explain(title, text);
    if (!here) hall.views.note({ sv: null });
    hall.map.setLayer('panoramas', { visible: true });
    return false;
  }
  if (!here) begin();
  const old = fresh();
  here.shown = found;
  here.direction = Number.isFinite(direction) ? direction : found.towards === undefined ? round360(found.heading_deg) : found.towards;
  here.tilt = tilt || 0;
  if (old.viewer) old.viewer.destroy();
  const { node } = here;
  node.classList.remove('ready', 'failed');
  node.querySelector('.street-title').textContent = found.name;
  node.querySelector('.street-facts').textContent = [found.road === found.name ? '' : found.road, found.taken_at ? day(found.taken_at) : '', found.source === 'sample' ? '' : found.source].filter(Boolean).join(' · ');
  node.querySelector('.street-simulated').hidden = !found.simulated;
  const size = most < HALF_PX ? 'preview' : sizeFor(most);
  const box = element('div', { class: 'street-picture' });
  node.querySelector('.street-picture').replaceWith(box);
  here.viewer = window.pannellum.viewer(box, {
    type: 'equirectangular', panorama: `${hall.origin}${found.picture}&size=${size}`, autoLoad: true, showControls: false, compass: false, hfov: FIELD, minHfov: 40, maxHfov: 115,
    yaw: signed(here.direction - found.heading_deg), pitch: here.tilt, keyboardZoom: true, friction: 0.2, hotSpots: found.neighbours.map(arrow), crossOrigin: 'use-credentials',
  });
  const { viewer } = here;
  viewer.on('load', () => node.classList.add('ready'));
  viewer.on('error', () => node.classList.add('failed'));
  viewer.on('animatefinished', look);
  for (const name of ['mousemove', 'touchmove', 'keyup']) box.addEventListener(name, look, { passive: true });
  here.marker.setLatLng([found.lat, found.lon]);
  look();
  hall.views.note({ sv: `${found.id}:${Math.round(here.direction)}:${Math.round(here.tilt)}` });
  hall.map.reveal(found.lon, found.lat);
  return true;
}

function begin() {
  const node = frame();
  const leaflet = hall.map.leaflet();
  const marker = window.L.marker(leaflet.getCenter(), { icon: cone(), interactive: false, keyboard: false, alt: hall.t('views.street_here'), zIndexOffset: 900 }).addTo(leaflet);
  here = { node, viewer: null, shown: null, marker, direction: 0, tilt: 0, timer: 0, release: hall.keys.onEscape(() => leave()), ends: [] };
  hall.map.setLayer('panoramas', { visible: true });
  leaflet.on('click', click);
  document.addEventListener('keydown', keys, true);
  const turned = () => point();
  leaflet.on('viewreset moveend', turned);
  const words = hall.on('language', () => {
    hall.translate(node);
    point();
  });
  here.ends.push(words, () => leaflet.off('viewreset moveend', turned));
  document.querySelector('.map-area, body').classList.add('with-street');
}

export function leave() {
  if (!here) return;
  const { node, viewer, marker, release, ends, timer } = here;
  here = null;
  clearTimeout(timer);
  for (const end of ends) end();
  hall.map.leaflet().off('click', click);
  document.removeEventListener('keydown', keys, true);
  if (viewer) viewer.destroy();
  marker.remove();
  node.remove();
  release();
  document.querySelector('.map-area, body').classList.remove('with-street');
  hall.views.note({ sv: null });
}
