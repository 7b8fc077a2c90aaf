/** What the rail and the panels tell in numbers: rows by value, warnings, the running deadline, the operator's own base maps, size of the shape. */
(function (hall) {
  'use strict';

  const none = () => window.dash_clientside.no_update;
  let told = { values: {}, alerts: {} };

  function write() {
    const set = (node, text) => node.textContent !== text && (node.textContent = text);
    for (const node of document.querySelectorAll('[data-value-count]')) {
      const [key, value] = node.dataset.valueCount.split(':');
      const known = told.values[key];
      set(node, known ? known[value] || '0' : '');
    }
    for (const node of document.querySelectorAll('[data-alert]')) {
      const { text = '', title = '' } = told.alerts[node.dataset.alert] || {};
      set(node, text);
      if (node.title !== title) node.title = title;
    }
  }

  function figures(fresh) {
    if (fresh) {
      told = fresh;
      write();
    }
    return none();
  }

  const two = (number) => String(number).padStart(2, '0');

  /** mm:ss within the hour before a deadline; the words of the server stand before and after. */
  function count() {
    for (const node of document.querySelectorAll('[data-until]')) {
      const seconds = Math.floor((Date.parse(node.dataset.until) - hall.connection.now()) / 1000);
      if (seconds >= 0 && seconds < 3600) node.textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
    }
  }

  function fitShape() {
    const shape = hall.shape.current();
    if (!shape) return;
    const flat = shape.kind === 'circle' ? [shape.geojson.coordinates] : shape.geojson.coordinates.flat(shape.kind === 'line' ? 0 : 1);
    const reach = shape.radius_m || 0;
    const edges = flat.flatMap((at) => (reach ? [0, 90, 180, 270].map((bearing) => hall.geodesy.from(at, reach, bearing)) : [at]));
    const [lons, lats] = [edges.map(([lon]) => lon), edges.map(([, lat]) => lat)];
    hall.map.fit([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: 10 });
  }

  function moreBases() {
    const holder = document.querySelector('[data-more-bases]');
    const catalog = hall.map.catalog();
    if (!holder || !catalog) return;
    const known = [...(catalog.imagery || []).map((item) => [`imagery:${item.key}`, item]), ...(catalog.basemaps || []).map((item) => [`wmts:${item.key}`, item])];
    const text = JSON.stringify([hall.language, known.map(([key]) => key)]);
    if (holder.dataset.drawn === text) return;
    holder.dataset.drawn = text;
    holder.replaceChildren(...known.map(([key, item]) => hall.element('button', {
      type: 'button', class: 'segment', 'data-base': key, 'aria-pressed': 'false', text: hall.text(item.title),
    })));
    hall.rail.write();
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.desk = Object.assign(window.dash_clientside.desk || {}, { figures });

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    document.addEventListener('change', ({ target }) => 'radiusOwn' in (target.dataset || {}) && target.value && hall.draw.setRadius(Number(target.value)));
    setInterval(count, 1000);
    hall.on('language', moreBases);
    hall.on('catalog', moreBases);
    hall.map.ready.then(() => {
      new MutationObserver(() => {
        write();
        moreBases();
      }).observe(document.getElementById('layer-rail'), { childList: true, subtree: true });
      moreBases();
    });
  });
  hall.desk = Object.assign(hall.desk || {}, { fitShape });
})((window.hall = window.hall || {}));
