/** A small map: our base map, a way, points. The library is fetched when the first map is shown. */
import { ask } from './api.js';
import { h, icon } from './dom.js';
import { t, theme } from './texts.js';

const LIBRARY = '/assets/vendor/maplibre-gl/maplibre-gl.mjs';
const WORKER = '/assets/vendor/maplibre-gl/maplibre-gl-worker.mjs';
const COLOURS = { light: { way: '#0b78c2', casing: '#ffffff', reach: 'rgba(11,120,194,.14)' }, dark: { way: '#38bdf8', casing: '#050d1a', reach: 'rgba(56,189,248,.16)' } };

const RATIO = 2;
const SCHEME = 'hall';

let library = null;
const styles = new Map();

function load() {
  library = library || import(LIBRARY).then((module) => {
    module.setWorkerUrl(new URL(WORKER, location.href).href);
    // tiles are fetched by the page and not by the library's worker: the service worker only sees the page
    module.addProtocol(SCHEME, async ({ url }, { signal }) => {
      const answer = await fetch(url.slice(SCHEME.length + 3), { signal });
      if (!answer.ok) throw new Error(`tile: ${answer.status}`);
      return { data: await answer.arrayBuffer() };
    });
    return module;
  });
  library.catch(() => (library = null));
  return library;
}

const absolute = (path) => (path.startsWith('/') ? location.origin + path : path);

/** The base map alone: no layer of the desk, nothing in 3D. */
async function ground(name) {
  if (!styles.has(name)) {
    const { ok, body } = await ask(`/style/${name}.json`);
    if (!ok) throw new Error('style');
    const faces = Object.fromEntries(Object.entries(body['font-faces'] || {}).map(([family, files]) => [family, files.map((file) => ({ ...file, url: absolute(file.url) }))]));
    styles.set(name, {
      ...body,
      'font-faces': faces,
      sources: { base: { ...body.sources.base, tiles: body.sources.base.tiles.map((path) => (path.startsWith('/') ? `${SCHEME}://${path}` : path)) } },
      layers: body.layers.filter((layer) => layer.id.startsWith('base-') && layer.type !== 'fill-extrusion'),
    });
  }
  return styles.get(name);
}

/** A symbol of the base map: dot, ring or cross, as the style describes it. */
function symbol({ shape, size, fill, ring } = { shape: 'dot', size: 2, fill: 'transparent', ring: 'transparent' }) {
  const node = document.createElement('canvas');
  node.width = node.height = (size + 2) * RATIO;
  const pen = node.getContext('2d');
  pen.scale(RATIO, RATIO);
  pen.translate(size / 2 + 1, size / 2 + 1);
  pen.fillStyle = fill;
  pen.strokeStyle = ring;
  if (shape === 'cross') {
    const arm = size / 6;
    pen.fillRect(-arm, -size / 2, 2 * arm, size);
    pen.fillRect(-size / 2, -arm, size, 2 * arm);
  } else {
    pen.lineWidth = shape === 'ring' ? 2 : 1;
    pen.beginPath();
    pen.arc(0, 0, size / 2 - pen.lineWidth / 2, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
  return pen.getImageData(0, 0, node.width, node.height);
}

const line = (coordinates) => ({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates } });
const EMPTY = { type: 'FeatureCollection', features: [] };

/**
 * Put a map into a box.
 * @param {HTMLElement} box
 * @param {{center: {lon: number, lat: number}, zoom?: number, still?: boolean}} options
 * @returns {Promise<?Object>} null when there is none now: the box says so
 */
export async function show(box, { center, zoom = 16, still = false }) {
  let maplibre;
  let style;
  box.classList.add('map-box');
  box.append(h('p', { class: 'map-note' }, t('phone.map_loading')));
  try {
    [maplibre, style] = await Promise.all([load(), ground(theme())]);
  } catch {
    box.replaceChildren(h('p', { class: 'map-note' }, t('phone.map_offline')));
    return null;
  }
  if (!box.isConnected) return null;
  box.replaceChildren();
  let map;
  try {
    map = new maplibre.Map({
      container: box, style, center: [center.lon, center.lat], zoom, interactive: !still, attributionControl: false, fadeDuration: 0,
      dragRotate: false, pitchWithRotate: false, maxZoom: 18.9, validateStyle: false,
    });
  } catch {
    box.replaceChildren(h('p', { class: 'map-note' }, t('phone.map_unable')));
    return null;
  }
  map.touchZoomRotate.disableRotation();
  map.setMissingStyleImageResolver(async (name) => {
    if (!map.hasImage(name)) map.addImage(name, symbol(style.metadata['hall:images'][name]), { pixelRatio: RATIO });
  });
  box.append(h('small', { class: 'map-source' }, '© OpenStreetMap'));
  const ready = new Promise((resolve) => map.once('load', resolve));
  const colours = COLOURS[theme()];
  const started = ready.then(() => {
    map.addSource('way', { type: 'geojson', data: EMPTY });
    map.addLayer({ id: 'way-casing', type: 'line', source: 'way', layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': colours.casing, 'line-width': 9 } });
    map.addLayer({ id: 'way', type: 'line', source: 'way', layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': colours.way, 'line-width': 5 } });
  });
  const markers = new Map();

  return {
    map,
    ready: started,
    /** Put an element at a place; the one with the same name moves. */
    mark(name, place, element) {
      let marker = markers.get(name);
      if (!marker) {
        marker = new maplibre.Marker({ element: element() });
        markers.set(name, marker);
        marker.setLngLat([place.lon, place.lat]).addTo(map);
      }
      marker.setLngLat([place.lon, place.lat]);
      return marker.getElement();
    },
    clear(name) {
      const marker = markers.get(name);
      if (marker) marker.remove();
      markers.delete(name);
    },
    /** Draw a way, or none. */
    way: (coordinates) => started.then(() => map.getSource('way') && map.getSource('way').setData(coordinates ? line(coordinates) : EMPTY)),
    /** Show all of these places. */
    fit(places, padding = 48) {
      const bounds = new maplibre.LngLatBounds();
      for (const { lon, lat } of places) bounds.extend([lon, lat]);
      map.fitBounds(bounds, { padding, maxZoom: 16.5, duration: 0 });
    },
    center: () => {
      const { lng, lat } = map.getCenter();
      return { lon: lng, lat };
    },
    go: (place, to = map.getZoom()) => map.easeTo({ center: [place.lon, place.lat], zoom: to, duration: 300 }),
    remove: () => map.remove(),
  };
}

export const dot = () => h('span', { class: 'me-dot', 'aria-label': t('phone.here'), role: 'img' });
export const pin = () => h('span', { class: 'pin' }, icon('map-pin', 40));
