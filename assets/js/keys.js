/** Keyboard: one key one act, silent while a field has the focus; `Esc` closes what was opened last and nothing else. */
(function (hall) {
  'use strict';

  /** @type {Map<string, {run: function(): void, text: string}>} */
  const bound = new Map();
  /** @type {Array<function(): void>} */
  const closing = [];

  /**
   * @param {string} key as KeyboardEvent.key says it
   * @param {string} text key of the words in the help card; an empty one is not listed
   * @param {function(): void} run
   */
  function bind(key, text, run) {
    bound.set(key, { run, text });
  }

  /**
   * What `Esc` does next.
   * @param {function(): void} close
   * @returns {function(): void} takes it back, when the thing was closed in another way
   */
  function onEscape(close) {
    closing.push(close);
    return () => {
      const at = closing.lastIndexOf(close);
      if (at >= 0) closing.splice(at, 1);
    };
  }

  const TYPING = 'textarea, select, [contenteditable="true"], input:not([type=checkbox], [type=radio], [type=range], [type=button])';
  const isField = (node) => node instanceof Element && node.closest(TYPING) !== null;

  function press(event) {
    if (event.key === 'Escape') {
      const close = closing.pop();
      if (!close) return;
      event.preventDefault();
      event.stopPropagation();
      close();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isField(event.target)) return;
    const act = bound.get(event.key);
    if (!act) return;
    event.preventDefault();
    act.run();
  }

  // ---- help card ----------------------------------------------------------------------------------------------

  function rows() {
    const listed = Array.from(bound).filter(([, { text }]) => text);
    const groups = new Map();
    for (const [key, { text }] of listed) groups.set(text, [...(groups.get(text) || []), key]);
    return Array.from(groups, ([text, keys]) => {
      const caps = keys.length > 3 ? [keys[0], '–', keys[keys.length - 1]] : keys;
      return hall.element('div', { class: 'hall-help-row' },
        hall.element('dt', {}, ...caps.map((cap) => hall.element(cap === '–' ? 'span' : 'kbd', { text: cap }))),
        hall.element('dd', { 'data-t': text }));
    });
  }

  function help() {
    const open = document.querySelector('dialog.hall-help');
    if (open) return open.close();
    const close = hall.element('button', { type: 'button', class: 'hall-help-close', 'data-t-title': 'map.close', html: hall.icon('x', 18) });
    const card = hall.element('dialog', { class: 'hall-help', 'aria-label': hall.t('map.help.title') },
      hall.element('header', {}, hall.element('h2', { 'data-t': 'map.help.title' }), close), hall.element('dl', {}, ...rows()),
      hall.element('p', { 'data-t': 'map.help.mouse' }));
    hall.translate(card);
    document.body.append(card);
    const release = onEscape(() => card.close());
    card.oncancel = (event) => event.preventDefault(); // the browser's own Esc: ours closes it
    card.onclose = () => {
      release();
      card.remove();
    };
    close.onclick = () => card.close();
    card.onclick = (event) => event.target === card && card.close();
    return card.showModal();
  }

  const focus = (selector) => {
    const node = document.querySelector(selector);
    if (!node) return;
    const target = node.matches('input, button, [tabindex]') ? node : node.querySelector('input, button, [tabindex]');
    if (target) target.focus();
  };

  (hall.starts = hall.starts || []).push(() => {
    document.addEventListener('keydown', press, true);
    // the drawing tools would end at the key's way up as well, though it has just closed something above them
    document.addEventListener('keyup', (event) => event.key === 'Escape' && event.stopPropagation(), true);
    bind('/', 'map.help.search', () => focus('#search-box'));
    bind('?', 'map.help.help', help);
    bind('Escape', 'map.help.escape', () => {});
    if (!hall.map) return;
    bind('l', 'map.help.layers', () => focus('#layer-rail'));
    bind('c', 'map.help.circle', () => hall.draw.toggle('circle'));
    bind('p', 'map.help.polygon', () => hall.draw.toggle('polygon'));
    bind('m', 'map.help.measure', () => hall.measure.toggle('distance'));
    bind('+', 'map.help.zoom_in', () => hall.map.leaflet().zoomIn());
    bind('=', '', () => hall.map.leaflet().zoomIn());
    bind('-', 'map.help.zoom_out', () => hall.map.leaflet().zoomOut());
    for (let number = 1; number <= 9; number += 1) bind(String(number), 'map.help.views', () => hall.views.open(number));
  });
  hall.keys = { bind, onEscape, help, isField };
})((window.hall = window.hall || {}));
