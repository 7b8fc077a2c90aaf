/** The shape that a selection is made with: shown with glow and handles, changed by hand or by number, told to the page when the hand lets go. */
(function (hall) {
  'use strict';

  const HANDLE_BEARING = 68;
  const LEAST_M = 10;
  const MOST_M = 20000;

  /**
   * @typedef {{kind: "circle" | "polygon" | "rectangle" | "line", geojson: Object, radius_m: ?number}} Shape
   */
  /** @type {?Shape} */
  let shape = null;
  let group = null;
  let count = 0;

  const toLatLng = ([lon, lat]) => [lat, lon];
  const toLonLat = ({ lng, lat }) => [Number(lng.toFixed(7)), Number(lat.toFixed(7))];
  const vertices = () => (shape.kind === 'line' ? shape.geojson.coordinates : shape.geojson.coordinates[0]);

  /** Round as a person would say it: to 1 m, from 100 m to 5, from 1 km to 50. */
  function round(metres) {
    const step = metres < 100 ? 1 : metres < 1000 ? 5 : 50;
    return Math.min(MOST_M, Math.max(LEAST_M, Math.round(metres / step) * step));
  }

  const icon = (className, size) => window.L.divIcon({ className, iconSize: [size, size], html: '' });
  const handle = (position, name) =>
    window.L.marker(toLatLng(position), { icon: icon('hall-handle', 18), draggable: true, keyboard: false, alt: hall.t(name), zIndexOffset: 500 });

  function tag(marker, text) {
    const content = hall.element('span', { text });
    if (marker.getTooltip()) marker.setTooltipContent(content);
    else marker.bindTooltip(content, { permanent: true, direction: 'right', offset: [14, 0], className: 'hall-tag small chosen', opacity: 1 });
  }

  // ---- kinds --------------------------------------------------------------------------------------------------

  function circle() {
    const L = window.L;
    const at = () => shape.geojson.coordinates;
    const edge = () => hall.geodesy.from(at(), shape.radius_m, HANDLE_BEARING);
    const ring = L.circle(toLatLng(at()), { radius: shape.radius_m, className: 'hall-shape', interactive: false });
    const spoke = L.polyline([toLatLng(at()), toLatLng(edge())], { className: 'hall-spoke', interactive: false });
    const middle = L.marker(toLatLng(at()), { icon: icon('hall-centre', 14), draggable: true, keyboard: false, alt: hall.t('map.shape.centre') });
    const grip = handle(edge(), 'map.shape.radius_handle');
    const draw = (end) => {
      ring.setLatLng(toLatLng(at())).setRadius(shape.radius_m);
      spoke.setLatLngs([toLatLng(at()), toLatLng(end)]);
      tag(grip, hall.t('map.shape.radius', { length: hall.geodesy.readLength(shape.radius_m) }));
    };
    const rest = () => {
      grip.setLatLng(toLatLng(edge()));
      middle.setLatLng(toLatLng(at()));
      draw(edge());
    };
    grip.on('drag', () => {
      const end = toLonLat(grip.getLatLng());
      shape.radius_m = round(hall.geodesy.distance(at(), end));
      draw(end);
    });
    middle.on('drag', () => {
      shape.geojson = { type: 'Point', coordinates: toLonLat(middle.getLatLng()) };
      grip.setLatLng(toLatLng(edge()));
      draw(edge());
    });
    for (const marker of [grip, middle]) marker.on('dragend', () => tell() || rest());
    group = L.layerGroup([ring, spoke, middle, grip]);
    group.rest = rest;
  }

  function polygon() {
    const L = window.L;
    const ring = L.polygon(vertices().slice(0, -1).map(toLatLng), { className: 'hall-shape', interactive: false });
    group = L.layerGroup([ring]);
    group.rest = () => tagArea(ring);
    group.on('add', () => {
      if (ring.editing && shape.kind === 'polygon') ring.editing.enable();
      ring.on('edit', () => {
        const corners = ring.getLatLngs()[0].map(toLonLat);
        shape.geojson = { type: 'Polygon', coordinates: [[...corners, corners[0]]] };
        group.rest();
        tell();
      });
    });
  }

  function tagArea(ring) {
    const north = ring.getLatLngs()[0].reduce((best, corner) => (corner.lat > best.lat ? corner : best));
    const content = hall.element('span', { text: hall.t('map.shape.area', { area: hall.geodesy.readArea(hall.geodesy.area(vertices())) }) });
    if (ring.getTooltip()) ring.setTooltipContent(content).openTooltip(north);
    else ring.bindTooltip(content, { permanent: true, direction: 'top', className: 'hall-tag small chosen', opacity: 1 }).openTooltip(north);
  }

  /** A line with a strip of `radius_m` on both sides; the strip is a stroke as wide as that on the ground. */
  function line() {
    const L = window.L;
    const path = vertices().map(toLatLng);
    const strip = L.polyline(path, { className: 'hall-strip', interactive: false, lineCap: 'round', lineJoin: 'round' });
    const spine = L.polyline(path, { className: 'hall-spine', interactive: false });
    const [from, to] = vertices();
    const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    const across = (Math.atan2((to[0] - from[0]) * Math.cos((middle[1] * Math.PI) / 180), to[1] - from[1]) * 180) / Math.PI + 90;
    const grip = handle(hall.geodesy.from(middle, shape.radius_m, across), 'map.shape.radius_handle');
    const draw = () => {
      const map = hall.map.leaflet();
      const scale = hall.geodesy.from(middle, 100, 90)[0] - middle[0];
      const perMetre = Math.abs(map.project([middle[1], middle[0] + scale]).x - map.project([middle[1], middle[0]]).x) / 100;
      strip.setStyle({ weight: 2 * shape.radius_m * perMetre });
      tag(grip, hall.t('map.shape.buffer', { length: hall.geodesy.readLength(shape.radius_m) }));
    };
    const rest = () => {
      grip.setLatLng(toLatLng(hall.geodesy.from(middle, shape.radius_m, across)));
      draw();
    };
    grip.on('drag', () => {
      shape.radius_m = round(hall.geodesy.distance(middle, toLonLat(grip.getLatLng())));
      draw();
    });
    grip.on('dragend', () => tell() || rest());
    group = L.layerGroup([strip, spine, grip]);
    group.rest = rest;
  }

  const KINDS = { circle, polygon, rectangle: polygon, line };

  // ---- showing ------------------------------------------------------------------------------------------------

  function tell() {
    count += 1;
    const told = shape && { ...forPage(), ...measures(), n: count };
    hall.store('shape', told);
    hall.emit('shape', told);
  }

  /** The shape as the page's store holds it. */
  function forPage() {
    const { kind, geojson, radius_m: radius } = shape;
    if (kind === 'circle') return { type: 'circle', lon: geojson.coordinates[0], lat: geojson.coordinates[1], radius_m: radius };
    return { type: kind === 'line' ? 'corridor' : 'region', geometry: geojson, buffer_m: radius };
  }

  function measures() {
    const { kind, radius_m: radius } = shape;
    if (kind === 'circle') return { area_m2: Math.PI * radius ** 2, length_m: 2 * Math.PI * radius };
    if (kind === 'line') return { area_m2: null, length_m: hall.geodesy.length(vertices()) };
    return { area_m2: hall.geodesy.area(vertices()), length_m: hall.geodesy.length(vertices()) };
  }

  function remove() {
    if (group) group.remove();
    group = null;
  }

  /**
   * Show a shape in place of the present one; `quietly` without telling the page.
   * @param {?Shape} next
   */
  function show(next, quietly = false) {
    remove();
    shape = next ? { ...next, radius_m: next.radius_m ? Math.min(MOST_M, Math.max(1, next.radius_m)) : null } : null;
    if (shape) {
      KINDS[shape.kind]();
      group.addTo(hall.map.leaflet());
      group.rest();
    }
    if (!quietly) tell();
  }

  /** Give a circle or strip another radius in metres, and tell the page. */
  function setRadius(metres) {
    if (!shape || !shape.radius_m || !Number.isFinite(Number(metres))) return;
    shape.radius_m = Math.min(MOST_M, Math.max(LEAST_M, Number(metres)));
    group.rest();
    tell();
  }

  const KIND_OF = { Point: 'circle', LineString: 'line', Polygon: 'polygon' };

  /** Draw GeoJSON as if by hand, without telling the page. */
  function showShape(geojson, { radius_m: radius = null } = {}) {
    if (!geojson) return show(null, true);
    const geometry = geojson.type === 'Feature' ? geojson.geometry : geojson;
    if (!KIND_OF[geometry.type]) throw new TypeError(`shape of type ${geometry.type}`);
    return show({ kind: KIND_OF[geometry.type], geojson: geometry, radius_m: radius }, true);
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.map.showShape = hall.map.queued(showShape);
    hall.map.ready.then(({ leaflet }) => leaflet.on('zoomend', () => group && group.rest()));
    hall.on('language', () => group && group.rest());
  });
  hall.shape = { show, setRadius, current: () => shape, toLonLat };
})((window.hall = window.hall || {}));
