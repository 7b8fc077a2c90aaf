/** Hexagons as GeoJSON, and how they are drawn: the map's own layers below the events, significance as an outline, noise quiet. */

const hall = window.hall;
const LOOKS = {
  dark: { ramp: ['#0f2c52', '#17508a', '#1f7fc4', '#5cc8fb'], line: '#2d5a8e', hot: '#fbbf24', cold: '#5eead4', text: '#dce9f8', soft: '#9fbad8', halo: '#050d1a', chosen: '#38bdf8' },
  light: { ramp: ['#d6e6f5', '#9cc6ea', '#4f9bd6', '#0b5fa5'], line: '#9db6d3', hot: '#b45309', cold: '#0f766e', text: '#10243d', soft: '#35516f', halo: '#ffffff', chosen: '#0b78c2' },
};

let library = null;

/** The H3 library, once. */
export function loadCells() {
  library = library || new Promise((resolve, reject) => {
    const node = hall.element('script', { src: `${hall.assets}vendor/h3-js/h3-js.umd.js` });
    node.onload = () => resolve(window.h3);
    node.onerror = () => {
      library = null;
      reject(new Error('h3-js'));
    };
    document.head.append(node);
  });
  return library;
}

const outlines = new Map();

/** Closed ring of a cell, longitude first; kept, since the same few thousand cells come again and again. */
export function outline(h3) {
  if (!outlines.has(h3)) outlines.set(h3, window.h3.cellToBoundary(h3, true).map(([lon, lat]) => [Number(lon.toFixed(6)), Number(lat.toFixed(6))]));
  return outlines.get(h3);
}

export const centre = (h3) => window.h3.cellToLatLng(h3).reverse();

const number = (value) => (value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

/** What a cell is coloured and labelled by. */
export const value = (cell, rate) => (rate === 'count' ? cell.count : cell.rate);

/** Dissolved outlines of cells: neighbours share one line. */
function merged(cells) {
  return cells.length ? [{ type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates: window.h3.cellsToMultiPolygon(cells.map(({ h3 }) => h3), true) } }] : [];
}

const source = (features) => ({ type: 'geojson', data: { type: 'FeatureCollection', features } });

/**
 * Sources for a set of cells.
 * @param {Array<{h3: string, count: number, rate: ?number, significant: boolean, z_score: number}>} cells
 * @param {{rate: string, highest: number, chosen: ?string, lines?: Array<Object>}} how `lines`: whose significance is outlined when the cells are a frame of the animation
 */
export function sources(cells, { rate, highest, chosen, lines = cells }) {
  const features = [];
  const labels = [];
  for (const cell of cells) {
    const told = value(cell, rate);
    const known = told !== null && told !== undefined;
    const heat = known && highest > 0 ? Math.sqrt(Math.min(1, told / highest)) : 0;
    const sure = Number(Boolean(cell.significant) && cell.z_score > 0);
    features.push({ type: 'Feature', geometry: { type: 'Polygon', coordinates: [outline(cell.h3)] }, properties: { h3: cell.h3, heat, sure } });
    if (known && told > 0) labels.push({ type: 'Feature', geometry: { type: 'Point', coordinates: centre(cell.h3) }, properties: { text: String(number(told)), sure } });
  }
  return {
    'hotspot-cells': source(features), 'hotspot-labels': source(labels),
    'hotspot-hot': source(merged(lines.filter(({ significant, z_score: z }) => significant && z > 0))),
    'hotspot-cold': source(merged(lines.filter(({ significant, z_score: z }) => significant && z < 0))),
    'hotspot-chosen': source(chosen ? merged([{ h3: chosen }]) : []),
  };
}

export function layers(theme) {
  const look = LOOKS[theme];
  const ramp = ['interpolate', ['linear'], ['get', 'heat'], 0, look.ramp[0], 0.35, look.ramp[1], 0.7, look.ramp[2], 1, look.ramp[3]];
  const glow = (name, colour, extra = {}) => [
    { id: `${name}-glow`, type: 'line', source: name, paint: { 'line-color': colour, 'line-width': 7, 'line-blur': 6, 'line-opacity': 0.35 } },
    { id: `${name}-line`, type: 'line', source: name, layout: { 'line-join': 'round' }, paint: { 'line-color': colour, 'line-width': 2.2, ...extra } },
  ];
  return {
    'slot-fill': [
      { id: 'hotspot-fill', type: 'fill', source: 'hotspot-cells', paint: { 'fill-color': ramp, 'fill-opacity': ['case', ['==', ['get', 'sure'], 1], 0.82, 0.42], 'fill-antialias': false } },
      { id: 'hotspot-edge', type: 'line', source: 'hotspot-cells', paint: { 'line-color': look.line, 'line-width': 0.7, 'line-opacity': 0.5 } },
    ],
    'slot-xray': [
      ...glow('hotspot-hot', look.hot),
      { id: 'hotspot-cold-line', type: 'line', source: 'hotspot-cold', paint: { 'line-color': look.cold, 'line-width': 1.2, 'line-dasharray': [3, 3], 'line-opacity': 0.7 } },
      ...glow('hotspot-chosen', look.chosen),
      { id: 'hotspot-label', type: 'symbol', source: 'hotspot-labels',
        layout: { 'text-field': ['get', 'text'], 'text-font': ['Noto Sans SC Medium'], 'text-size': ['case', ['==', ['get', 'sure'], 1], 14, 12], 'text-allow-overlap': true, 'text-ignore-placement': true },
        paint: { 'text-color': ['case', ['==', ['get', 'sure'], 1], look.text, look.soft], 'text-halo-color': look.halo, 'text-halo-width': 1.4 } },
    ],
  };
}
