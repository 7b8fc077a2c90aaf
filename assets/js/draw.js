/** Drawing by hand: the tools of dash-leaflet's EditControl behind our own buttons. What comes out becomes the shape of the selection. */
(function (hall) {
  'use strict';

  const FIRST_RADIUS_M = 300;
  const FIRST_BUFFER_M = 50;
  const TOOLS = { circle: 'Circle', polygon: 'Polygon', rectangle: 'Rectangle', line: 'Polyline' };
  const STROKE = { color: 'currentColor', weight: 2, fillOpacity: 0.05, className: 'hall-shape' };

  /** @type {?{kind: string, handler: Object, pressed: ?L.LatLng, made: boolean, release: function(): void}} */
  let drawing = null;

  /** The words that Leaflet.draw shows at the cursor. */
  function words() {
    const { handlers } = window.L.drawLocal.draw;
    handlers.circle.tooltip.start = hall.t('map.draw.circle_hint');
    handlers.circle.radius = hall.t('map.draw.radius');
    handlers.simpleshape.tooltip.end = hall.t('map.draw.release_hint');
    handlers.rectangle.tooltip.start = hall.t('map.draw.rectangle_hint');
    for (const name of ['polygon', 'polyline']) {
      handlers[name].tooltip = { start: hall.t('map.draw.first_hint'), cont: hall.t('map.draw.next_hint'), end: hall.t(`map.draw.${name}_end_hint`) };
    }
    handlers.polyline.error = hall.t('map.draw.crossing');
  }

  function handlerFor(kind, map) {
    const options = { shapeOptions: STROKE, repeatMode: false, metric: true, feet: false, showArea: false, showLength: kind === 'line' };
    if (kind === 'polygon') Object.assign(options, { allowIntersection: false, drawError: { color: 'currentColor', timeout: 2500 } });
    if (kind === 'polygon' || kind === 'line') {
      options.icon = options.touchIcon = window.L.divIcon({ className: 'hall-vertex', iconSize: [10, 10] });
    }
    return new window.L.Draw[TOOLS[kind]](map, options);
  }

  /**
   * Begin to draw. Another tool in hand is put down.
   * @param {"circle" | "polygon" | "rectangle" | "line"} kind
   */
  function start(kind) {
    hall.tools.stop();
    const map = hall.map.leaflet();
    if (!window.L.Draw || !window.L.Draw[TOOLS[kind]]) return; // dash-leaflet's part is still on its way
    words();
    const handler = handlerFor(kind, map);
    drawing = { kind, handler, pressed: null, made: false, release: hall.keys.onEscape(stop) };
    hall.chooser.close();
    map.getContainer().classList.add('hall-drawing');
    map.on('mousedown', remember);
    handler.enable();
    hall.emit('tool', kind);
  }

  const remember = ({ latlng }) => drawing && (drawing.pressed = latlng);

  function stop() {
    if (!drawing) return;
    const { handler } = drawing;
    finish();
    handler.disable();
  }

  function finish() {
    const map = hall.map.leaflet();
    drawing.release();
    drawing = null;
    map.off('mousedown', remember);
    // the click that ends a drawing is not a click on what lies there
    setTimeout(() => {
      if (drawing) return;
      map.getContainer().classList.remove('hall-drawing');
      hall.emit('tool', null);
    });
  }

  const toggle = (kind) => (drawing && drawing.kind === kind ? stop() : start(kind));

  // ---- what came out ------------------------------------------------------------------------------------------

  function created({ layer }) {
    if (!drawing) return;
    drawing.made = true;
    hall.shape.show(shapeOf(drawing.kind, layer));
    discard(layer);
  }

  function shapeOf(kind, layer) {
    const { toLonLat } = hall.shape;
    if (kind === 'circle') return circleAt(layer.getLatLng(), layer.getRadius());
    if (kind === 'line') {
      return { kind, radius_m: FIRST_BUFFER_M, geojson: { type: 'LineString', coordinates: layer.getLatLngs().map(toLonLat) } };
    }
    const corners = layer.getLatLngs()[0].map(toLonLat);
    return { kind, radius_m: null, geojson: { type: 'Polygon', coordinates: [[...corners, corners[0]]] } };
  }

  function circleAt(latlng, radius) {
    return { kind: 'circle', radius_m: Math.max(10, Math.round(radius)), geojson: { type: 'Point', coordinates: hall.shape.toLonLat(latlng) } };
  }

  /** EditControl keeps what was drawn in its group; ours is shown instead. */
  function discard(layer) {
    setTimeout(() => {
      hall.map.leaflet().eachLayer((group) => {
        if (group instanceof window.L.FeatureGroup && group.hasLayer(layer)) group.removeLayer(layer);
      });
    });
  }

  /** A click without a drag still means a circle: of the usual radius. */
  function stopped() {
    if (!drawing) return;
    const { kind, made, pressed } = drawing;
    finish();
    if (kind === 'circle' && !made && pressed) hall.shape.show(circleAt(pressed, FIRST_RADIUS_M));
  }

  /** A circle around a position, as from the menu of a place. */
  const circleAround = (latlng, radius = FIRST_RADIUS_M) => hall.shape.show(circleAt(latlng, radius));

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.map.ready.then(({ leaflet }) => {
      leaflet.on('draw:created', created);
      leaflet.on('draw:drawstop', stopped);
    });
  });
  hall.draw = {
    start: (kind) => hall.map.ready.then(() => start(kind)), stop, toggle: (kind) => hall.map.ready.then(() => toggle(kind)),
    setRadius: (metres) => hall.shape.setRadius(metres), clear: () => hall.shape.show(null), circleAround, active: () => (drawing ? drawing.kind : null),
  };
})((window.hall = window.hall || {}));
