/** Personal values in the clear: the dialog asks for a reason; what was read leaves the page when it closes. */
(function (hall) {
  'use strict';

  let asked = null;
  const dialog = () => document.getElementById('unmask-dialog');
  const reason = () => dialog().querySelector('input');

  function openDialog(text) {
    const [layer, ids] = text.split(':');
    asked = { layer, ids: ids.split(',').map(Number) };
    const node = dialog();
    node.classList.remove('answered');
    reason().value = '';
    const release = hall.keys.onEscape(() => node.close());
    node.oncancel = (event) => event.preventDefault(); // the browser's own Esc: ours closes it
    node.onclose = () => {
      release();
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

  function click({ target }) {
    const opener = target.closest('[data-unmask]');
    if (opener) return openDialog(opener.dataset.unmask);
    const chip = target.closest('[data-reason]');
    if (chip) return (reason().value = chip.dataset.reason);
    if (target.closest('[data-unmask-read]')) return readClear();
    const closer = target.closest('[data-close-dialog]');
    return closer ? closer.closest('dialog').close() : null;
  }

  (hall.starts = hall.starts || []).push(() => {
    document.addEventListener('click', click);
    document.addEventListener('keydown', (event) => event.key === 'Enter' && 'unmaskReason' in (event.target.dataset || {}) && readClear());
  });
})((window.hall = window.hall || {}));
