/** Files to take away: a menu of formats over the button, the rows of a filter or of the drawn shape. */
(function (hall) {
  'use strict';

  const FORMATS = ['csv', 'geojson', 'gpkg'];
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

  function click({ target }) {
    const button = target.closest('[data-export]');
    if (button) return menu && menu.button === button ? closeMenu() : openMenu(button);
    return menu && !menu.node.contains(target) ? closeMenu() : null;
  }

  (hall.starts = hall.starts || []).push(() => hall.map && document.addEventListener('click', click));
})((window.hall = window.hall || {}));
