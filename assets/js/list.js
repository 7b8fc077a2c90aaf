/** Lists that are walked by keyboard: up and down move through `[role=option]`, Enter opens, the map shows what is passed. */
(function (hall) {
  'use strict';

  /** @returns {HTMLElement[]} */
  const options = (list) => Array.from(list.querySelectorAll('[role=option]')).filter((node) => node.offsetParent !== null);

  function mark(list, node) {
    for (const other of options(list)) other.setAttribute('aria-selected', String(other === node));
    if (!node) return;
    node.scrollIntoView({ block: 'nearest' });
    if (node.id) list.setAttribute('aria-activedescendant', node.id);
    light(node);
  }

  /** A row with `data-layer`, `data-id`, `data-lon`, `data-lat` lights its object. */
  function light(node) {
    const { layer, id, lon, lat } = (node && node.dataset) || {};
    if (!hall.map) return;
    if (!layer || !lon) {
      hall.map.highlight([]);
      return;
    }
    hall.map.highlight([{ layer, id: Number(id), lon: Number(lon), lat: Number(lat) }]);
    if (node.dataset.move !== undefined) hall.map.reveal(Number(lon), Number(lat));
  }

  /** Move the mark by `step` rows; from nothing to the first or last. */
  function move(list, step) {
    const all = options(list);
    if (!all.length) return;
    const at = all.findIndex((node) => node.getAttribute('aria-selected') === 'true');
    mark(list, all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]);
  }

  function open(list) {
    const chosen = options(list).find((node) => node.getAttribute('aria-selected') === 'true');
    if (chosen) chosen.click();
  }

  const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };

  /**
   * Walk `list` with the keys pressed in `field` (a search box; without one, in the list itself). Bound once per element; rows may come and go.
   * @param {HTMLElement} list
   * @param {HTMLElement} [field]
   */
  function bind(list, field = list) {
    if (list.dataset.walked) return;
    list.dataset.walked = '1';
    field.addEventListener('keydown', (event) => {
      if (event.isComposing) return;
      if (STEPS[event.key]) move(list, STEPS[event.key]);
      else if (event.key === 'Enter') open(list);
      else return;
      event.preventDefault();
    });
    list.addEventListener('pointerover', (event) => light(event.target.closest('[role=option]')));
    list.addEventListener('pointerleave', () => light(null));
  }

  /** Bind every `[data-list]` that appears: `data-list="search-box"` names the field that steers it, an empty one the list itself. */
  function adopt() {
    for (const list of document.querySelectorAll('[data-list]:not([data-walked])')) {
      const field = list.dataset.list ? document.getElementById(list.dataset.list) : list;
      if (field) bind(list, field);
    }
  }

  (hall.starts = hall.starts || []).push(() => {
    new MutationObserver(adopt).observe(document.body, { childList: true, subtree: true });
    adopt();
  });
  hall.list = { bind, move, open };
})((window.hall = window.hall || {}));
