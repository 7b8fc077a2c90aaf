/** Lines over the map that say what is wrong and what to do; at most one of a kind, read out by screen readers. */
(function (hall) {
  'use strict';

  const ICONS = { info: 'info-circle', warn: 'alert-triangle', error: 'cloud-off' };
  /** @type {Map<string, HTMLElement>} */
  const shown = new Map();

  function region() {
    const box = document.getElementById('map') || document.body;
    let node = box.querySelector('.hall-notices');
    if (!node) {
      node = hall.element('div', { class: 'hall-notices', role: 'status' });
      box.append(node);
      if (window.L) window.L.DomEvent.disableClickPropagation(node);
    }
    return node;
  }

  /**
   * Show a line.
   * @param {string} text
   * @param {{kind?: "info" | "warn" | "error", key?: string, seconds?: number, action?: {text: string, run: function(): void}, closes?: boolean,
   *   onClose?: function(): void}} [options] `key`: a later notice of the same key takes its place; without `seconds` it stays
   * @returns {function(): void} takes it away
   */
  function notice(text, { kind = 'info', key = text, seconds, action, closes = true, onClose } = {}) {
    dismiss(key);
    const node = hall.element('div', { class: `hall-notice ${kind}`, html: hall.icon(ICONS[kind], 16) }, hall.element('span', { text }));
    if (action) {
      const button = hall.element('button', { type: 'button', class: 'hall-notice-action', text: action.text });
      button.onclick = action.run;
      node.append(button);
    }
    if (closes) {
      const button = hall.element('button', { type: 'button', class: 'hall-notice-close', 'aria-label': hall.t('map.close'), html: hall.icon('x', 14) });
      button.onclick = () => {
        dismiss(key);
        if (onClose) onClose();
      };
      node.append(button);
    }
    shown.set(key, node);
    region().append(node);
    if (seconds) setTimeout(() => shown.get(key) === node && dismiss(key), seconds * 1000);
    return () => shown.get(key) === node && dismiss(key);
  }

  function dismiss(key) {
    const node = shown.get(key);
    if (node) node.remove();
    shown.delete(key);
  }

  hall.notice = notice;
  hall.dismiss = dismiss;
})((window.hall = window.hall || {}));
