/** Garbage against bins on a map of its own: cases that no bin serves, the bins around, bins that overflow, and suggested sites with what they would serve. */

import { create } from '../cockpit/map.js';

const { hall } = window;
const AROUND = 48;
const COLOURS = {
  dark: { unserved: '#fbbf24', bin: '#8fabc9', overflowing: '#ff4d5e', site: '#38bdf8' },
  light: { unserved: '#b45309', bin: '#4a617c', overflowing: '#c81e33', site: '#0b78c2' },
};
const maps = new WeakMap();

const point = (lon, lat, properties = {}) => ({ type: 'Feature', geometry: { type: 'Point', coordinates: [lon, lat] }, properties });
const collection = (features) => ({ type: 'FeatureCollection', features });

/** A circle on the ground as a polygon. */
function circle({ lon, lat }, radius) {
  const [dy, dx] = [radius / 110574, radius / (111320 * Math.cos((lat * Math.PI) / 180))];
  const ring = Array.from({ length: AROUND + 1 }, (_, at) => {
    const turn = (2 * Math.PI * at) / AROUND;
    return [lon + dx * Math.cos(turn), lat + dy * Math.sin(turn)];
  });
  return { type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: {} };
}

function extent(places) {
  const [lons, lats] = [places.map(([lon]) => lon), places.map(([, lat]) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

function pin(map, { rank, lon, lat, cases }) {
  const node = hall.element('span', { class: 'an-pin', text: String(rank), title: hall.t('analysis.pin', { rank, cases }) });
  return new map.hallLibrary.Marker({ element: node }).setLngLat([lon, lat]).addTo(map);
}

function fill(map, told) {
  const colours = COLOURS[map.hallTheme];
  const dots = (name, features, radius) => {
    map.addSource(name, { type: 'geojson', data: collection(features) });
    map.addLayer({ id: name, type: 'circle', source: name, paint: { 'circle-radius': radius, 'circle-color': colours[name], 'circle-opacity': 0.85, 'circle-stroke-width': 0 } });
  };
  map.addSource('reach', { type: 'geojson', data: collection(told.sites.map((site) => circle(site, told.radius_m))) });
  map.addLayer({ id: 'reach', type: 'fill', source: 'reach', paint: { 'fill-color': colours.site, 'fill-opacity': 0.14 } });
  map.addLayer({ id: 'reach-line', type: 'line', source: 'reach', paint: { 'line-color': colours.site, 'line-opacity': 0.7 } });
  dots('bin', told.bins.map(([lon, lat]) => point(lon, lat)), 2);
  dots('unserved', told.unserved.map(([lon, lat]) => point(lon, lat)), 2.5);
  dots('overflowing', told.overflowing.map(({ lon, lat }) => point(lon, lat)), 5);
  for (const site of [...told.sites].reverse()) pin(map, site);
}

/** Draw what was counted; a map that stood there before is taken down. */
export async function show(box, told) {
  const before = maps.get(box);
  if (before) before.remove();
  box.replaceChildren();
  await hall.texts('cockpit');
  const places = [...told.sites.map(({ lon, lat }) => [lon, lat]), ...told.unserved];
  const map = await create(box, places.length ? extent(places) : null);
  if (!map) return;
  maps.set(box, map);
  fill(map, told);
}
