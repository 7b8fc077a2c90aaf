/** Pointing at the map: a quiet word under the cursor, and a click that finds the one object that was meant, or asks which. */
(function (hall) {
  'use strict';

  const HOVER_MS = 60;
  const REACH_PX = 6;
  const MOST = 8;
  /** Small things win over large ones; sectors and cells only when nothing else is there. */
  const PRIORITY = { pin: 0, unit: 1, dot: 2, symbol: 2, cells: 3, label: 4, fill: 5, line: 5, sector: 9 };
  const LARGE = 4;

  let count = 0;
  let tip = null;

  /**
   * @typedef {{layer: string, id: ?number, part: string, n: number, lon: number, lat: number, properties: Object}} Found
   */

  /** The style's layers that can be pointed at. */
  function targets(gl) {
    return gl.getStyle().layers.filter((layer) => hall.style.keyOf(layer) && PRIORITY[hall.style.partOf(layer)] < 9).map((layer) => layer.id);
  }

  let pointable = null;
  const forget = () => (pointable = null);

  /**
   * What is drawn around a position, most specific first, each object once.
   * @returns {Found[]}
   */
  function at({ lng, lat }, reach = REACH_PX) {
    const gl = hall.map.gl();
    if (!gl || !gl.isStyleLoaded()) return [];
    pointable = pointable || targets(gl);
    const { x, y } = gl.project([lng, lat]);
    const seen = new Map();
    for (const feature of gl.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers: pointable })) {
      const found = read(feature, lng, lat);
      const name = found.id === null ? `${found.layer}@${found.lon},${found.lat}` : `${found.layer}:${found.id}`;
      const before = seen.get(name);
      if (!before || PRIORITY[found.part] < PRIORITY[before.part]) seen.set(name, found);
    }
    const all = Array.from(seen.values());
    const rank = (found) => Math.min(LARGE, PRIORITY[found.part]);
    return all.map((found, order) => ({ found, order })).sort((a, b) => rank(a.found) - rank(b.found) || a.order - b.order).map(({ found }) => found);
  }

  function read(feature, lng, lat) {
    const isPoint = feature.geometry.type === 'Point';
    const [lon, latitude] = isPoint ? feature.geometry.coordinates : [lng, lat];
    const n = Number(feature.properties.n || 1);
    return {
      layer: hall.style.keyOf(feature.layer), id: n === 1 && feature.id !== undefined ? feature.id : null, part: hall.style.partOf(feature.layer), n,
      lon, lat: latitude, properties: feature.properties,
    };
  }

  /** A few words from what the tile carries; the name itself comes with the panel. */
  function words(found) {
    const layer = hall.map.layer(found.layer);
    if (!layer) return { title: found.layer, text: '' };
    const title = hall.text(layer.title);
    if (found.id === null) return { title, text: hall.t('map.cell', { n: hall.number(found.n) }) };
    const parts = (layer.tile || []).map((field) => {
      const value = found.properties[field.name];
      if (value === undefined || value === null || value === '') return '';
      if (field.choices && field.choices[String(value)]) return hall.text(field.choices[String(value)]);
      return field.kind === 'text' ? String(value) : '';
    });
    return { title, text: parts.filter(Boolean).join(' · ') };
  }

  // ---- hover --------------------------------------------------------------------------------------------------

  function hideTip() {
    if (tip) tip.remove();
    tip = null;
    const map = hall.map.leaflet();
    map.getContainer().classList.remove('hall-pointing');
  }

  function hover(latlng) {
    if (hall.tools.active()) return hideTip();
    const [found] = at(latlng, 2);
    if (!found) return hideTip();
    const map = hall.map.leaflet();
    map.getContainer().classList.add('hall-pointing');
    // areas lie everywhere: a word on each would never be quiet
    if (PRIORITY[found.part] > LARGE) {
      if (tip) tip.remove();
      tip = null;
      return null;
    }
    const { title, text } = words(found);
    const content = hall.element('div', {}, hall.element('b', { text: title }), hall.element('span', { text }));
    if (!tip) tip = window.L.tooltip({ className: 'hall-tip', direction: 'top', offset: [0, -14], opacity: 1 });
    return tip.setLatLng([found.lat, found.lon]).setContent(content).addTo(map);
  }

  function throttled(run, wait) {
    let last = 0;
    let timer = 0;
    return (event) => {
      clearTimeout(timer);
      const rest = wait - (performance.now() - last);
      timer = setTimeout(() => {
        last = performance.now();
        run(event);
      }, Math.max(0, rest));
    };
  }

  // ---- click --------------------------------------------------------------------------------------------------

  /** Tell the page which object was chosen, and mark it. */
  function choose({ layer, id, lon, lat }) {
    count += 1;
    const pick = { layer, id, lon, lat };
    hall.map.select(layer, id, { lon, lat });
    hall.store('pick', { ...pick, n: count });
    hall.emit('chosen', pick);
  }

  /** Take the choice away. */
  function clear() {
    count += 1;
    hall.map.select(null);
    hall.store('pick', null);
  }

  function open(found) {
    if (found.id !== null) return choose(found);
    const map = hall.map.leaflet();
    return map.setView([found.lat, found.lon], Math.min(map.getZoom() + 2, map.getMaxZoom()), { animate: true, duration: 0.2 });
  }

  function click({ latlng, originalEvent }) {
    if (hall.tools.active() || (originalEvent && originalEvent.defaultPrevented)) return null;
    hall.chooser.close();
    const all = at(latlng);
    if (!all.length) return hall.store('pick', null);
    const several = originalEvent && (originalEvent.ctrlKey || originalEvent.metaKey);
    const camera = several && all.find(({ layer, id }) => layer === 'cameras' && id !== null);
    if (camera) return hall.video.dock('toggleCamera', camera.id);
    const small = all.filter((found) => PRIORITY[found.part] < LARGE);
    return small.length > 1 ? hall.chooser.open(latlng, all.slice(0, MOST), open) : open(all[0]);
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.on('state', forget);
    hall.on('pick', choose);
    hall.map.ready.then(({ leaflet, gl }) => {
      leaflet.on('click', click);
      if (!gl) return;
      leaflet.on('mousemove', throttled(({ latlng }) => hover(latlng), HOVER_MS));
      leaflet.on('mouseout dragstart zoomstart', hideTip);
    });
  });
  hall.pick = { at, words, choose, clear, open };
})((window.hall = window.hall || {}));
