/** Smaller things of the desk: files to take away, personal values in the clear, radius by number, figures of the rail, the running deadline. */
(function (hall) {
  'use strict';

  const none = () => window.dash_clientside.no_update;
  const FORMATS = ['csv', 'geojson', 'gpkg'];

  // ---- export -------------------------------------------------------------------------------------------------

  let menu = null;

  function closeMenu() {
    if (!menu) return;
    menu.release();
    menu.node.remove();
    menu = null;
  }

  function openMenu(button) {
    closeMenu();
    const items = FORMATS.map((format) => {
      const item = hall.element('button', { type: 'button', class: 'menu-item', role: 'menuitem', html: hall.icon('file-export', 16) },
        hall.element('span', { text: hall.t(`desk.format_${format}`) }));
      item.onclick = () => {
        closeMenu();
        save(button.dataset.export, format, 'exportShape' in button.dataset);
      };
      return item;
    });
    const node = hall.element('div', { class: 'menu export-menu', role: 'menu', 'aria-label': button.textContent }, ...items);
    button.closest('.panel-foot').append(node);
    menu = { node, release: hall.keys.onEscape(closeMenu), button };
    items[0].focus();
  }

  /** What the interface takes for the drawn shape. */
  function selection() {
    const { geojson, radius_m: radius } = hall.shape.current();
    return { geometry: geojson, ...(radius ? { radius_m: radius } : {}) };
  }

  async function save(key, format, byShape) {
    const filter = hall.map.choices.layers[key].filter || {};
    const path = `${hall.origin}/api/v1/export/${key}.${format}?`;
    const query = new URLSearchParams({ lang: hall.language, ...(byShape ? {} : filter) });
    const body = byShape ? { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...selection(), filters: { [key]: filter } }) } : {};
    const done = hall.notice(hall.t('desk.export_running'), { key: 'export', closes: false });
    try {
      const answer = await fetch(path + query, body);
      if (!answer.ok) throw new hall.connection.Refused(path, answer.status);
      hand(await answer.blob(), `${key}.${format}`);
      hall.notice(hall.t('desk.exported', { n: hall.number(Number(answer.headers.get('Hallmap-Rows'))) }), { key: 'export', seconds: 5 });
    } catch (error) {
      if (!(error instanceof hall.connection.Refused) && !(error instanceof TypeError)) throw error;
      done();
      hall.notice(hall.t(error.status === 400 ? 'desk.export_too_many' : 'desk.export_failed'), { kind: 'warn', key: 'export', seconds: 8 });
    }
  }

  function hand(blob, name) {
    const link = hall.element('a', { href: URL.createObjectURL(blob), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // ---- values in the clear ------------------------------------------------------------------------------------

  let asked = null;
  const dialog = () => document.getElementById('unmask-dialog');
  const reason = () => dialog().querySelector('input');

  function openDialog(text) {
    const [layer, ids] = text.split(':');
    asked = { layer, ids: ids.split(',').map(Number) };
    const node = dialog();
    node.classList.remove('answered');
    reason().value = '';
    node.onclose = () => {
      asked = null;
      hall.store('unmask', null); // what was read leaves the page with the dialog
    };
    node.showModal();
  }

  function readClear() {
    const field = reason();
    if (!field.value.trim() || !field.checkValidity()) {
      field.reportValidity();
      field.focus();
      return;
    }
    dialog().classList.add('answered');
    hall.store('unmask', { ...asked, reason: field.value.trim(), n: Date.now() });
  }

  // ---- figures ------------------------------------------------------------------------------------------------

  let told = { values: {}, alerts: {} };

  function write() {
    const set = (node, text) => node.textContent !== text && (node.textContent = text);
    for (const node of document.querySelectorAll('[data-value-count]')) {
      const [key, value] = node.dataset.valueCount.split(':');
      const known = told.values[key];
      set(node, known ? known[value] || '0' : '');
    }
    for (const node of document.querySelectorAll('[data-alert]')) set(node, told.alerts[node.dataset.alert] || '');
  }

  function figures(fresh) {
    if (fresh) {
      told = fresh;
      write();
    }
    return none();
  }

  // ---- time that is left --------------------------------------------------------------------------------------

  const two = (number) => String(number).padStart(2, '0');

  /** mm:ss within the hour before a deadline; the words of the server stand before and after. */
  function count() {
    for (const node of document.querySelectorAll('[data-until]')) {
      const seconds = Math.floor((Date.parse(node.dataset.until) - hall.connection.now()) / 1000);
      if (seconds >= 0 && seconds < 3600) node.textContent = `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
    }
  }

  // ---- shape --------------------------------------------------------------------------------------------------

  function fitShape() {
    const shape = hall.shape.current();
    if (!shape) return;
    const flat = shape.kind === 'circle' ? [shape.geojson.coordinates] : shape.geojson.coordinates.flat(shape.kind === 'line' ? 0 : 1);
    const reach = shape.radius_m || 0;
    const edges = flat.flatMap((at) => (reach ? [0, 90, 180, 270].map((bearing) => hall.geodesy.from(at, reach, bearing)) : [at]));
    const [lons, lats] = [edges.map(([lon]) => lon), edges.map(([, lat]) => lat)];
    hall.map.fit([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: 10 });
  }

  // ---- base maps of the operator ------------------------------------------------------------------------------

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

  function click({ target }) {
    const exporter = target.closest('[data-export]');
    if (exporter) return menu && menu.button === exporter ? closeMenu() : openMenu(exporter);
    if (menu && !menu.node.contains(target)) closeMenu();
    const unmask = target.closest('[data-unmask]');
    if (unmask) return openDialog(unmask.dataset.unmask);
    const chip = target.closest('[data-reason]');
    if (chip) return (reason().value = chip.dataset.reason);
    if (target.closest('[data-unmask-read]')) return readClear();
    const closer = target.closest('[data-close-dialog]');
    return closer ? closer.closest('dialog').close() : null;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.desk = Object.assign(window.dash_clientside.desk || {}, { figures });

  (hall.starts = hall.starts || []).push(() => {
    document.addEventListener('click', click);
    if (!hall.map) return;
    document.addEventListener('change', ({ target }) => 'radiusOwn' in (target.dataset || {}) && target.value && hall.draw.setRadius(Number(target.value)));
    document.addEventListener('keydown', (event) => event.key === 'Enter' && 'unmaskReason' in (event.target.dataset || {}) && readClear());
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
