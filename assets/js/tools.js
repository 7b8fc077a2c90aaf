/** The column of tools at the right of the map, the scale and the credit. */
(function (hall) {
  'use strict';

  const LOCATED_ZOOM = 16;

  /** Buttons from above; `null` is a line between. The name is what the tool tells by the event `tool`, when it is one that stays in hand. */
  const BUTTONS = [
    { icon: 'current-location', text: 'map.tool.locate', run: () => locate() },
    { icon: 'home', text: 'map.tool.home', run: () => hall.map.fit(hall.map.catalog().bounds) },
    null,
    { icon: 'circle', text: 'map.tool.circle', name: 'circle', run: () => hall.draw.toggle('circle') },
    { icon: 'polygon', text: 'map.tool.polygon', name: 'polygon', run: () => hall.draw.toggle('polygon') },
    { icon: 'rectangle', text: 'map.tool.rectangle', name: 'rectangle', run: () => hall.draw.toggle('rectangle') },
    { icon: 'line', text: 'map.tool.buffer', name: 'line', run: () => hall.draw.toggle('line') },
    null,
    { icon: 'ruler-measure', text: 'map.tool.distance', name: 'distance', run: () => hall.measure.toggle('distance') },
    { icon: 'dimensions', text: 'map.tool.area', name: 'area', run: () => hall.measure.toggle('area') },
    null,
    { icon: 'ripple', text: 'map.tool.reach', name: 'reach', run: () => hall.roads.toggleReach() },
    { icon: 'wall', text: 'map.tool.closure', name: 'closure', run: () => hall.roads.toggleClosure(), when: '[data-may-close]' },
    null,
    { icon: 'plus', text: 'map.tool.zoom_in', run: () => hall.map.leaflet().zoomIn() },
    { icon: 'minus', text: 'map.tool.zoom_out', run: () => hall.map.leaflet().zoomOut() },
    { icon: 'keyboard', text: 'map.tool.help', run: () => hall.keys.help() },
  ];

  function button({ icon, text, name, run }) {
    const node = hall.element('button', { type: 'button', class: 'hall-tool', 'data-t-title': text, html: hall.icon(icon, 18) });
    if (name) Object.assign(node.dataset, { tool: name });
    if (name) node.setAttribute('aria-pressed', 'false');
    node.onclick = run;
    return node;
  }

  function column() {
    const node = hall.element('div', { class: 'hall-tools', role: 'toolbar', 'aria-orientation': 'vertical', 'aria-label': hall.t('map.tools') },
      ...BUTTONS.filter((item) => !item || !item.when || document.querySelector(item.when)).map((item) => (item ? button(item) : hall.element('hr'))));
    hall.translate(node);
    return node;
  }

  /** The page's own place for the tools, else the map's upper right corner. */
  function place(node, map) {
    const home = document.getElementById('map-tools');
    if (home) return home.replaceChildren(node);
    const control = new window.L.Control({ position: 'topright' });
    control.onAdd = () => {
      window.L.DomEvent.disableClickPropagation(node);
      window.L.DomEvent.disableScrollPropagation(node);
      return node;
    };
    return control.addTo(map);
  }

  function press(name) {
    for (const node of document.querySelectorAll('.hall-tool[data-tool]')) node.setAttribute('aria-pressed', String(node.dataset.tool === name));
  }

  // ---- where am I ---------------------------------------------------------------------------------------------

  let here = null;

  function locate() {
    const map = hall.map.leaflet();
    if (!navigator.geolocation) {
      hall.notice(hall.t('map.locate.unavailable'), { kind: 'warn', key: 'locate', seconds: 6 });
      return;
    }
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      if (here) here.remove();
      const at = [coords.latitude, coords.longitude];
      const ring = window.L.circle(at, { radius: coords.accuracy, className: 'hall-here-ring', interactive: false });
      const dot = window.L.marker(at, { icon: window.L.divIcon({ className: 'hall-here', iconSize: [14, 14] }), interactive: false, alt: hall.t('map.locate.here') });
      here = window.L.layerGroup([ring, dot]).addTo(map);
      hall.map.flyTo(coords.longitude, coords.latitude, { zoom: LOCATED_ZOOM });
    }, () => hall.notice(hall.t('map.locate.failed'), { kind: 'warn', key: 'locate', seconds: 6 }), { enableHighAccuracy: true, timeout: 8000 });
  }

  /** The tool in hand, if one is: then the map does not answer clicks itself. */
  function active() {
    const box = hall.map.leaflet().getContainer();
    return hall.draw.active() || hall.measure.active() || (box.classList.contains('hall-drawing') ? 'ending' : null);
  }

  /** Put the tool in hand down. */
  function stop() {
    hall.draw.stop();
    hall.measure.stop();
    if (hall.roads) hall.roads.stop();
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.map.ready.then(({ leaflet }) => {
      place(column(), leaflet);
      hall.on('language', () => document.querySelector('.hall-tools').replaceWith(column()));
      window.L.control.scale({ imperial: false, maxWidth: 100, position: 'bottomright' }).addTo(leaflet);
      if (leaflet.attributionControl) leaflet.attributionControl.setPrefix(false);
      hall.on('tool', press);
    });
  });
  hall.tools = { active, stop, locate };
})((window.hall = window.hall || {}));
