/** Measuring by clicks: a distance or an area, its size running along with the cursor. */
(function (hall) {
  'use strict';

  /** @type {?{kind: "distance" | "area", points: L.LatLng[], group: L.LayerGroup, path: L.Polyline, ghost: L.Polyline, total: L.Tooltip, release: function(): void}} */
  let measuring = null;
  /** The last result, which stays until it is closed. */
  let result = null;

  const lonLats = (points) => points.map(({ lng, lat }) => [lng, lat]);

  function read(kind, points) {
    if (kind === 'area') return points.length < 3 ? '' : hall.geodesy.readArea(hall.geodesy.area(lonLats(points)));
    return points.length < 2 ? '' : hall.geodesy.readLength(hall.geodesy.length(lonLats(points)));
  }

  function start(kind) {
    hall.tools.stop();
    drop();
    const L = window.L;
    const map = hall.map.leaflet();
    const make = kind === 'area' ? L.polygon : L.polyline;
    const path = make([], { className: 'hall-measure', interactive: false });
    const ghost = make([], { className: 'hall-measure ghost', interactive: false });
    const total = L.tooltip({ permanent: true, direction: 'right', offset: [14, 0], className: 'hall-tag small measured', opacity: 1, interactive: false });
    const group = L.layerGroup([path, ghost]).addTo(map);
    measuring = { kind, points: [], group, path, ghost, total, release: hall.keys.onEscape(stop) };
    map.doubleClickZoom.disable();
    map.on('click', add).on('mousemove', follow).on('dblclick', stop);
    map.getContainer().classList.add('hall-drawing');
    document.addEventListener('keydown', entered);
    hall.emit('tool', kind);
  }

  const entered = (event) => event.key === 'Enter' && !hall.keys.isField(event.target) && stop();

  function add({ latlng }) {
    const { points, group, path } = measuring;
    const last = points[points.length - 1];
    const map = hall.map.leaflet();
    // the second click of a double click lands where the first did
    if (last && map.latLngToContainerPoint(last).distanceTo(map.latLngToContainerPoint(latlng)) < 3) return;
    points.push(latlng);
    path.setLatLngs(points);
    window.L.marker(latlng, { icon: window.L.divIcon({ className: 'hall-vertex', iconSize: [10, 10] }), interactive: false, keyboard: false }).addTo(group);
    label(points, latlng);
  }

  function follow({ latlng }) {
    const { points, ghost } = measuring;
    if (!points.length) return;
    const open = [...points, latlng];
    ghost.setLatLngs(measuring.kind === 'area' ? open : open.slice(-2));
    label(open, latlng);
  }

  function label(points, latlng) {
    const { kind, total, group } = measuring;
    const text = read(kind, points);
    if (!text) return;
    total.setLatLng(latlng).setContent(hall.element('span', { text }));
    if (!group.hasLayer(total)) group.addLayer(total);
  }

  /** End: the result stays with a cross to take it away, nothing stays of a single click. */
  function stop() {
    if (!measuring) return;
    const { kind, points, group, path, ghost, total, release } = measuring;
    const map = hall.map.leaflet();
    measuring = null;
    release();
    document.removeEventListener('keydown', entered);
    map.off('click', add).off('mousemove', follow).off('dblclick', stop);
    group.removeLayer(ghost);
    const text = read(kind, points);
    if (text) keep(group, path, total, text, points[points.length - 1]);
    else group.remove();
    setTimeout(() => {
      map.doubleClickZoom.enable();
      if (active()) return;
      map.getContainer().classList.remove('hall-drawing');
      hall.emit('tool', null);
    });
  }

  function keep(group, path, total, text, end) {
    const close = hall.element('button', { type: 'button', 'aria-label': hall.t('map.close'), html: hall.icon('x', 12) });
    close.onclick = drop;
    const content = hall.element('span', { class: 'hall-measured', text });
    content.append(close);
    window.L.DomEvent.disableClickPropagation(content);
    group.removeLayer(total);
    total.options.interactive = true;
    total.setLatLng(end).setContent(content);
    group.addLayer(total);
    result = { group, release: hall.keys.onEscape(drop) };
  }

  /** Take the last result away. */
  function drop() {
    if (!result) return;
    result.release();
    result.group.remove();
    result = null;
  }

  const active = () => (measuring ? measuring.kind : null);
  const toggle = (kind) => (active() === kind ? stop() : start(kind));

  hall.measure = {
    start: (kind) => hall.map.ready.then(() => start(kind)), stop, drop, toggle: (kind) => hall.map.ready.then(() => toggle(kind)), active,
  };
})((window.hall = window.hall || {}));
