/** The map in the middle: our base map alone, running major events, and cells with significantly many cases. It moves only when the reader moves it. */

const { hall } = window;
const LIBRARY = 'vendor/maplibre-gl/maplibre-gl.mjs';
const WORKER = 'vendor/maplibre-gl/maplibre-gl-worker.mjs';
const LEVELS = { 1: 'Ⅰ', 2: 'Ⅱ' };
const RATIO = 2;
const EMPTY = { type: 'FeatureCollection', features: [] };
const IDLE_MS = 8000;
const WIDE = new Set(['base-label-city', 'base-label-island', 'base-label-suburb', 'base-label-quarter']);
const NEAR_ZOOM = 13;
const COLOURS = { dark: { hot: '#fbbf24', cold: '#38bdf8', point: '#5eead4', ring: '#071222' }, light: { hot: '#b45309', cold: '#0b78c2', point: '#0f766e', ring: '#ffffff' } };

let library = null;
const styles = new Map();

function load() {
  library = library || import(hall.assets + LIBRARY).then((module) => {
    module.setWorkerUrl(hall.assets + WORKER);
    return module;
  });
  library.catch(() => (library = null));
  return library;
}

const themeNow = () => (document.documentElement.dataset.theme === 'light' ? 'light' : 'dark');
const absolute = (path) => (path.startsWith('/') ? hall.origin + path : path);

/** The base map alone, in a theme. */
async function ground(theme) {
  if (!styles.has(theme)) {
    const given = await hall.connection.json(`/style/${theme}.json`);
    const faces = Object.fromEntries(Object.entries(given['font-faces'] || {}).map(([family, files]) => [family, files.map((file) => ({ ...file, url: absolute(file.url) }))]));
    const quiet = (given.metadata && given.metadata['hall:quiet']) || {};
    const layers = given.layers.filter(({ id, type }) => id.startsWith('base-') && type !== 'fill-extrusion');
    styles.set(theme, {
      ...given, 'font-faces': faces, sources: { base: { ...given.sources.base, tiles: given.sources.base.tiles.map(absolute) } },
      layers: layers.map((layer) => {
        const { visibility, ...paint } = quiet[layer.id] || {};
        // names of streets and waters, and the typeface for them, only for who looks closer
        const near = layer.id.startsWith('base-label') && !WIDE.has(layer.id) ? { minzoom: Math.max(layer.minzoom || 0, NEAR_ZOOM) } : {};
        return { ...layer, ...near, paint: { ...layer.paint, ...paint }, ...(visibility ? { layout: { ...layer.layout, visibility } } : {}) };
      }),
    });
  }
  return styles.get(theme);
}

/** A symbol of the base map, as its style describes it. */
function symbol({ shape, size, fill, ring } = { shape: 'dot', size: 2, fill: 'transparent', ring: 'transparent' }) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = (size + 2) * RATIO;
  const pen = canvas.getContext('2d');
  pen.scale(RATIO, RATIO);
  pen.translate(size / 2 + 1, size / 2 + 1);
  Object.assign(pen, { fillStyle: fill, strokeStyle: ring, lineWidth: shape === 'ring' ? 2 : 1 });
  if (shape === 'cross') {
    pen.fillRect(-size / 12, -size / 2, size / 6, size);
    pen.fillRect(-size / 2, -size / 12, size, size / 6);
  } else {
    pen.beginPath();
    pen.arc(0, 0, size / 2 - pen.lineWidth / 2, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/**
 * Put a map into a box.
 * @param {HTMLElement} box
 * @param {?[number, number, number, number]} extent west, south, east, north
 * @returns {Promise<?Object>} null where nothing can be drawn: the box says so
 */
export async function create(box, extent) {
  let maplibre;
  let style;
  const theme = themeNow();
  try {
    [maplibre, style] = await Promise.all([load(), ground(theme)]);
    const map = new maplibre.Map({
      container: box, style, attributionControl: false, fadeDuration: 0, dragRotate: false, pitchWithRotate: false, maxZoom: 18, validateStyle: false,
      canvasContextAttributes: { preserveDrawingBuffer: true }, ...(extent ? { bounds: extent, fitBoundsOptions: { padding: 14 } } : { center: [113.55, 22.17], zoom: 11 }),
    });
    map.touchZoomRotate.disableRotation();
    map.hallTheme = theme;
    map.setMissingStyleImageResolver(async (name) => {
      const images = (styles.get(map.hallTheme) || style).metadata['hall:images'];
      if (!map.hasImage(name)) map.addImage(name, symbol(images[name]), { pixelRatio: RATIO });
    });
    box.append(hall.element('small', { class: 'ck-map-source', text: '© OpenStreetMap' }));
    map.hallLibrary = maplibre;
    await new Promise((resolve) => map.once('load', resolve));
    return map;
  } catch (error) {
    console.error(error);
    box.replaceChildren(hall.element('div', { class: 'ck-said', html: hall.icon('cloud-off', 20) }, hall.element('span', { text: hall.t('cockpit.no_map') })));
    return null;
  }
}

// ---- the cockpit's own map --------------------------------------------------------------------------------------

let box = null;
let map = null;
let making = null;
let touched = false;
/** Everything that belongs to the present view is drawn. */
let stands = false;
let told = null;
/** @type {Map<number, {marker: Object, node: HTMLElement}>} */
const pins = new Map();
let cells = EMPTY;
let hot = null;

export function begin(node) {
  box = node;
  const open = hall.element('a', { class: 'ck-map-open', href: '/', title: hall.t('cockpit.open_map'), 'aria-label': hall.t('cockpit.open_map'), html: hall.icon('external-link', 15) });
  open.addEventListener('pointerdown', () => {
    if (map) open.href = `/#z=${map.getZoom().toFixed(2)}&c=${map.getCenter().lng.toFixed(5)},${map.getCenter().lat.toFixed(5)}`;
  });
  box.append(open);
}

/** Show the running events. */
export async function show(data) {
  told = data;
  if (!making) {
    making = create(box, data.extent).then((made) => {
      map = made;
      if (map) {
        layers();
        heat(hot);
        map.on('idle', () => (stands = true));
        map.on('movestart', ({ originalEvent }) => originalEvent && (touched = true));
        new ResizeObserver(() => {
          stands = false;
          map.resize();
          // another size shows the whole area anew, unless somebody has chosen what to look at
          if (!touched && told.extent) map.fitBounds(told.extent, { padding: 14, animate: false });
        }).observe(box);
        box.dataset.ckMapReady = 'true';
      }
    });
  }
  await making;
  if (map) place();
}

function layers() {
  const colours = COLOURS[map.hallTheme];
  map.addSource('hot', { type: 'geojson', data: cells });
  map.addLayer({ id: 'hot', type: 'fill', source: 'hot', paint: { 'fill-color': colours.cold, 'fill-opacity': ['interpolate', ['linear'], ['get', 'z'], 1, 0.18, 8, 0.62] } }, first('base-label-house'));
  map.addLayer({ id: 'hot-line', type: 'line', source: 'hot', paint: { 'line-color': colours.hot, 'line-width': 1.5 } });
}

const first = (id) => (map.getLayer(id) ? id : undefined);

function place() {
  const seen = new Set(told.items.map(({ id }) => id));
  for (const [id, { marker }] of pins) {
    if (!seen.has(id)) {
      marker.remove();
      pins.delete(id);
    }
  }
  for (const event of told.items) {
    if (!pins.has(event.id)) {
      const node = hall.element('a', { class: `ck-disc ck-pin l${event.level}`, href: `/events/${event.id}`, 'data-ck-event': String(event.id), text: LEVELS[event.level], title: event.title, 'aria-label': event.title });
      const marker = new map.hallLibrary.Marker({ element: node }).setLngLat([event.lon, event.lat]).addTo(map);
      pins.set(event.id, { marker, node });
    } else pins.get(event.id).marker.setLngLat([event.lon, event.lat]);
  }
}

/** Light one event on the map, or none. */
export function light(id) {
  for (const [each, { node }] of pins) node.classList.toggle('lit', each === id);
}

// ---- cells ------------------------------------------------------------------------------------------------------

/** Show the cells of the tile `hotspots`; without data it says so. */
export async function heat(data) {
  hot = data;
  await making;
  if (!map) return;
  const found = data ? data.cells : [];
  cells = { type: 'FeatureCollection', features: found.map(({ boundary, z_score: z, count, h3 }) => ({ type: 'Feature', properties: { z, count, h3 }, geometry: { type: 'Polygon', coordinates: [boundary] } })) };
  if (map.getSource('hot')) map.getSource('hot').setData(cells);
  note(data ? hall.t(found.length ? 'cockpit.cells_note' : 'cockpit.no_hot', { n: found.length, days: data.days }) : hall.t('cockpit.no_cells'));
}

function note(text) {
  let line = box.querySelector('.ck-map-note');
  if (!line) {
    line = hall.element('span', { class: 'ck-map-note' });
    box.append(line);
  }
  line.textContent = text;
}

// ---- theme and paper --------------------------------------------------------------------------------------------

/** Wear the page's theme. */
export async function dress() {
  const theme = themeNow();
  if (!map || map.hallTheme === theme) return;
  map.hallTheme = theme;
  const style = await ground(theme);
  if (map.hallTheme !== theme) return;
  stands = false;
  map.setStyle(style, { diff: false });
  map.once('style.load', layers);
}

/** Settled when the map stands in the light theme, or cannot soon. */
export async function inLight() {
  if (!map) return;
  await dress();
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))); // the box has its new size
  const drawn = stands ? null : new Promise((resolve) => map.once('idle', resolve));
  await Promise.race([drawn, new Promise((resolve) => setTimeout(resolve, IDLE_MS))]);
}

/** A picture in the place of the canvas, for paper: the map as it stands, with its events. */
export function still() {
  if (!map || !stands) return;
  let image = box.querySelector(':scope > img');
  if (!image) {
    image = hall.element('img', { alt: '' });
    box.prepend(image);
  }
  const source = map.getCanvas();
  const canvas = hall.element('canvas');
  Object.assign(canvas, { width: source.width, height: source.height });
  const pen = canvas.getContext('2d');
  pen.drawImage(source, 0, 0);
  const ratio = source.width / Math.max(1, source.clientWidth);
  for (const event of told ? told.items : []) mark(pen, map.project([event.lon, event.lat]), event.level, ratio);
  image.src = canvas.toDataURL('image/png');
}

function mark(pen, { x, y }, level, ratio) {
  const colour = getComputedStyle(document.documentElement).getPropertyValue(`--level-${level}`);
  const ground = getComputedStyle(document.documentElement).getPropertyValue('--panel');
  pen.beginPath();
  pen.arc(x * ratio, y * ratio, 10 * ratio, 0, 2 * Math.PI);
  Object.assign(pen, { fillStyle: ground, strokeStyle: colour, lineWidth: 3 * ratio, font: `700 ${11 * ratio}px "Noto Sans SC", sans-serif`, textAlign: 'center', textBaseline: 'middle' });
  pen.fill();
  pen.stroke();
  pen.fillStyle = colour;
  pen.fillText(LEVELS[level], x * ratio, y * ratio);
}

export const ready = () => Boolean(map);
