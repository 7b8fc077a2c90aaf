/**
 * Leaflet on a tilted canvas: positions go through the canvas's camera, moves are handed on to it, so that marks, words, drawing tools and clicks
 * work as in the plan. Lines and areas, which a tilted view bends, are told to the canvas as GeoJSON instead.
 */

import { element } from './parts.js';

const hall = window.hall;
const HANDLERS = ['dragging', 'scrollWheelZoom', 'doubleClickZoom', 'boxZoom', 'keyboard', 'touchZoom', 'tap'];
const CIRCLE_CORNERS = 64;
const AWAY = -99999;
const ASTRAY_PX = 3;

/**
 * @param {L.Map} leaflet
 * @param {Object} gl the tilted canvas
 * @returns {{release: function(): void, sync: function(): void, place: function(): void}}
 */
export function take(leaflet, gl) {
  const { L } = window;
  const kept = {};
  const put = (name, run) => {
    kept[name] = Object.hasOwn(leaflet, name) ? leaflet[name] : undefined;
    leaflet[name] = run;
  };
  const project = (latlng) => {
    const { lat, lng } = L.latLng(latlng);
    const { x, y } = gl.project([lng, lat]);
    // what lies behind the camera is mirrored into the picture: the way back leads elsewhere
    const back = gl.unproject([x, y]);
    const off = Math.hypot((back.lng - lng) * Math.cos((lat * Math.PI) / 180), back.lat - lat);
    const perPixel = 360 / (512 * 2 ** gl.getZoom());
    const isAstray = !Number.isFinite(off) || off > ASTRAY_PX * perPixel * 20;
    return isAstray ? L.point(AWAY, AWAY) : L.point(x, y);
  };
  const unproject = (point) => {
    const { x, y } = L.point(point);
    const { lng, lat } = gl.unproject([x, y]);
    return L.latLng(lat, lng);
  };
  put('latLngToContainerPoint', project);
  put('containerPointToLatLng', unproject);
  put('latLngToLayerPoint', (latlng) => leaflet.containerPointToLayerPoint(project(latlng)));
  put('layerPointToLatLng', (point) => unproject(leaflet.layerPointToContainerPoint(point)));
  put('getBounds', () => {
    const seen = gl.getBounds();
    return L.latLngBounds([seen.getSouth(), seen.getWest()], [seen.getNorth(), seen.getEast()]);
  });
  put('setView', (center, zoom, options = {}) => {
    const { lat, lng } = L.latLng(center);
    const target = { center: [lng, lat], zoom: (zoom === undefined ? leaflet.getZoom() : zoom) - hall.viewport.OFFSET };
    if (options === false || options.animate === false) gl.jumpTo(target);
    else gl.easeTo({ ...target, duration: 400 });
    return leaflet;
  });
  put('panBy', (offset) => {
    const { x, y } = L.point(offset);
    gl.panBy([x, y], { duration: 200 });
    return leaflet;
  });
  put('invalidateSize', () => {
    leaflet._sizeChanged = true;
    gl.resize();
    return leaflet;
  });

  const handlers = HANDLERS.filter((name) => leaflet[name] && leaflet[name].enabled());
  for (const name of handlers) leaflet[name].disable();
  if (leaflet.dragging && leaflet.dragging._draggable) leaflet.dragging._draggable._moved = false; // a former drag would swallow every click

  /** Take over where the camera has come to rest. */
  const sync = () => {
    const { lng, lat } = gl.getCenter();
    leaflet._resetView(L.latLng(lat, lng), gl.getZoom() + hall.viewport.OFFSET, true);
  };
  /** Marks and words follow the camera. */
  const place = () => leaflet.fire('viewreset');
  gl.on('move', place);
  gl.on('moveend', sync);
  gl.on('movestart', () => leaflet.fire('dragstart'));
  const tool = hall.on('tool', (name) => gl.dragPan[name === 'circle' || name === 'rectangle' ? 'disable' : 'enable']());
  leaflet.getContainer().classList.add('hall-tilted');
  sync();

  return {
    sync, place,
    release() {
      tool();
      gl.off('move', place);
      gl.off('moveend', sync);
      for (const [name, run] of Object.entries(kept)) {
        if (run === undefined) delete leaflet[name];
        else leaflet[name] = run;
      }
      for (const name of handlers) leaflet[name].enable();
      leaflet.getContainer().classList.remove('hall-tilted');
      const { lng, lat } = gl.getCenter();
      leaflet._sizeChanged = true;
      leaflet._resetView(L.latLng(lat, lng), gl.getZoom() + hall.viewport.OFFSET, true);
    },
  };
}

function ring(circle) {
  const { lng, lat } = circle.getLatLng();
  const corners = Array.from({ length: CIRCLE_CORNERS + 1 }, (_, at) => hall.geodesy.from([lng, lat], circle.getRadius(), (360 * at) / CIRCLE_CORNERS));
  return { type: 'Polygon', coordinates: [corners] };
}

const number = (text, otherwise) => (Number.isFinite(parseFloat(text)) ? parseFloat(text) : otherwise);

/** What Leaflet draws as lines and areas, with the colours that its sheet gives. */
export function mirrored(leaflet) {
  const { L } = window;
  const features = [];
  leaflet.eachLayer((layer) => {
    if (!(layer instanceof L.Path) || !layer._path || (layer instanceof L.CircleMarker && !(layer instanceof L.Circle))) return;
    const look = getComputedStyle(layer._path);
    const geometry = layer instanceof L.Circle ? ring(layer) : layer.toGeoJSON().geometry;
    if (!geometry || !JSON.stringify(geometry.coordinates).match(/\d/)) return;
    const properties = {
      n: L.stamp(layer), stroke: look.stroke === 'none' ? '#38bdf8' : look.stroke, width: look.stroke === 'none' ? 0 : number(look.strokeWidth, 2),
      opacity: number(look.strokeOpacity, 1) * number(look.opacity, 1),
    };
    if (look.fill && look.fill !== 'none' && geometry.type.endsWith('Polygon')) Object.assign(properties, { fill: look.fill, fill_opacity: number(look.fillOpacity, 0.05) });
    features.push({ type: 'Feature', geometry, properties });
  });
  return { type: 'FeatureCollection', features };
}

/** The box of the tilted canvas, below everything that Leaflet draws. */
export function box(leaflet) {
  const node = element('div', { class: 'hall-scene', 'aria-hidden': 'true' });
  leaflet.getContainer().prepend(node);
  return node;
}
