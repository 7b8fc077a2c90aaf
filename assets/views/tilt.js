/** From the style of the plan to the style of the tilted view. Pure functions: nothing here touches a map. */

import { lightOf } from './sun.js';

const ROUND = ['dot', 'symbol', 'unit', 'pin', 'sector'];
const ACCENT = { dark: '#38bdf8', light: '#0b78c2' };
const XRAY = 0.55;
const round = { 'line-join': 'round', 'line-cap': 'round' };

const keyOf = (layer) => layer.metadata && layer.metadata['hall:layer'];
const partOf = (layer) => (layer.metadata && layer.metadata['hall:part']) || '';
const isShown = (layer) => !layer.layout || layer.layout.visibility !== 'none';

/** Layers of the base as the tilted view has them: raised buildings instead of flat ones. */
function adjusted(layer, changes) {
  if (!changes) return layer;
  const { visibility, ...paint } = changes;
  return { ...layer, paint: { ...layer.paint, ...paint }, ...(visibility ? { layout: { ...layer.layout, visibility } } : {}) };
}

/** Names that stand on the ground beside each other stand behind each other here: the small ones come later. */
const LATER = { 'base-label-poi': 1, 'base-label-green': 1, 'base-label-road': 0.6 };

function spaced(layer) {
  const more = LATER[layer.id];
  return more ? { ...layer, minzoom: (layer.minzoom || 13) + more } : layer;
}

/** A filled footprint stands up in its colour. */
function raised(layer, colour, more = 0) {
  const { paint, layout, filter, minzoom, maxzoom, metadata, source, id } = layer;
  const height = ['max', 3, ['coalesce', ['get', 'height_m'], 6]];
  return {
    id, type: 'fill-extrusion', source, 'source-layer': layer['source-layer'], ...(filter ? { filter } : {}), ...(metadata ? { metadata } : {}),
    ...(minzoom === undefined ? {} : { minzoom }), ...(maxzoom === undefined ? {} : { maxzoom }), ...(layout ? { layout } : {}),
    paint: {
      'fill-extrusion-color': colour || paint['fill-color'], 'fill-extrusion-height': more ? ['+', height, more] : height, 'fill-extrusion-base': 0,
      'fill-extrusion-opacity': 0.92, 'fill-extrusion-vertical-gradient': true,
    },
  };
}

const BUILDINGS = 'buildings';
const isFootprint = (layer) => keyOf(layer) === BUILDINGS && partOf(layer) === 'fill' && layer.type === 'fill';
const isChosen = (layer) => layer.id === `hall-chosen-${BUILDINGS}-fill` || layer.id === `hall-lit-${BUILDINGS}-fill`;

/** Lines that lie in Leaflet's panes in the plan, for the tilted canvas: on the ground, and weaker once more through the buildings. */
export function strokes(prefix, opacity) {
  const known = (name, value) => ['coalesce', ['get', name], value];
  return {
    id: `hall-mirror-${prefix}`, type: 'line', source: 'hall-mirror', layout: round, filter: ['>', known('width', 0), 0],
    paint: { 'line-color': known('stroke', '#38bdf8'), 'line-width': known('width', 2), 'line-opacity': ['*', opacity, known('opacity', 1)] },
  };
}

const area = {
  id: 'hall-mirror-area', type: 'fill', source: 'hall-mirror', filter: ['all', ['==', ['geometry-type'], 'Polygon'], ['has', 'fill']],
  paint: { 'fill-color': ['get', 'fill'], 'fill-opacity': ['coalesce', ['get', 'fill_opacity'], 0.05] },
};

/**
 * @param {Object} style of the plan, as it is dressed now
 * @param {{theme: string, base: string, sun: {azimuth: number, altitude: number}, mirror: Object, taken: number[]}} scene
 *   `mirror`: GeoJSON of what Leaflet draws; `taken`: ids of base buildings in whose place a coloured one stands
 */
export function tilted(style, { theme, base, sun, mirror, taken }) {
  const changes = (style.metadata && style.metadata['hall:tilted']) || {};
  const footprints = style.layers.find(isFootprint);
  const ownBuildings = footprints && isShown(footprints);
  const hasLines = mirror.features.length > 0;
  const upright = [];
  const drawn = [];
  let between = false;
  for (const layer of style.layers) {
    if (layer.id === 'slot-fill') between = true;
    if (layer.id === 'slot-line') {
      if (hasLines) drawn.push(area, strokes('ground', 1));
      drawn.push(layer);
      between = false;
      continue;
    }
    if (layer.id === 'slot-xray') drawn.push(...(hasLines ? [strokes('xray', XRAY)] : []), ...upright.splice(0), layer);
    else if (layer.id === 'base-building-3d') {
      const shown = base === 'none' || ownBuildings ? layer : adjusted(layer, changes[layer.id]);
      drawn.push(taken.length ? { ...shown, filter: ['all', ...(shown.filter ? [shown.filter] : []), ['!', ['in', ['id'], ['literal', taken]]]] } : shown);
    } else if (isFootprint(layer)) upright.unshift(raised(layer));
    else if (isChosen(layer)) drawn.push(raised(layer, ACCENT[theme], 0.6));
    else if (keyOf(layer) === BUILDINGS && partOf(layer) === 'line') continue;
    else if (keyOf(layer) && between && ROUND.includes(partOf(layer))) upright.push(layer);
    else drawn.push(spaced(adjusted(layer, changes[layer.id])));
  }
  return {
    ...style, layers: drawn, sources: hasLines ? { ...style.sources, 'hall-mirror': { type: 'geojson', data: mirror } } : style.sources,
    light: lightOf(sun, style.light),
  };
}
