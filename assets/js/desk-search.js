/** The search box: asks a moment after the last key, walks the list by keyboard, opens what was chosen. */
(function (hall) {
  'use strict';

  const WAIT_MS = 180;
  let timer = 0;
  let release = null;

  const field = () => document.getElementById('search-box');
  const list = () => document.getElementById('search-list');

  function ask() {
    const text = field().value.trim();
    const view = hall.map.view();
    const [lon, lat] = view ? view.center : [null, null];
    hall.store('search-text', text ? { text, lon, lat } : null);
    expand(Boolean(text));
  }

  function expand(open) {
    if (!list()) return;
    list().hidden = !open;
    field().setAttribute('aria-expanded', String(open));
    if (open && !release) release = hall.keys.onEscape(leave);
    if (!open && release) {
      release();
      release = null;
    }
  }

  /** Esc: the list goes first, then the text. */
  function leave() {
    release = null;
    clear();
    field().blur();
  }

  function clear() {
    field().value = '';
    ask();
    hall.map.showResults([]);
    hall.map.highlight([]);
  }

  function choose(row) {
    const { layer, id, lon, lat } = row.dataset;
    expand(false);
    if (row.dataset.bbox) hall.map.fit(row.dataset.bbox.split(',').map(Number), { padding: 40 });
    else hall.map.flyTo(Number(lon), Number(lat), { zoom: 17 });
    hall.desk.pick(`${layer}/${id}`);
    field().blur();
  }

  /** The text that was looked for stays marked as such until something else is written. */
  function input(event) {
    if (event.target !== field()) return;
    clearTimeout(timer);
    timer = setTimeout(ask, event.isComposing ? 3 * WAIT_MS : WAIT_MS);
  }

  /** Names the marked row to screen readers. */
  function mark() {
    const chosen = list() && list().querySelector('[aria-selected=true]');
    if (!field()) return;
    if (chosen) field().setAttribute('aria-activedescendant', chosen.id);
    else field().removeAttribute('aria-activedescendant');
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    document.addEventListener('input', input);
    document.addEventListener('focusin', ({ target }) => target === field() && target.value.trim() && expand(true));
    document.addEventListener('pointerdown', ({ target }) => target.closest('#search') || (field() && expand(false)));
    document.addEventListener('keyup', ({ target }) => target === field() && mark());
    document.addEventListener('click', ({ target }) => {
      const row = target.closest('[data-hit]');
      if (row) choose(row);
      else if (target.closest('[data-clear-search]')) {
        clear();
        field().focus();
      }
    });
  });
})((window.hall = window.hall || {}));
