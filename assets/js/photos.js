/** Photos of a case: handed in one by one, shown large on demand. */
(function (hall) {
  'use strict';

  /** What the server takes at most; it looks at the content itself. */
  const MOST_BYTES = 20 * 2 ** 20;

  /**
   * Hand a photo in.
   * @param {File} file
   * @param {"near" | "far" | "before" | "after" | "other"} kind
   * @returns {Promise<{id: number}>}
   */
  function send(file, kind) {
    if (file.size > MOST_BYTES) return Promise.reject(new hall.connection.Refused('/api/v1/attachments', 413));
    return hall.connection.json(`/api/v1/attachments?kind=${encodeURIComponent(kind)}`, { method: 'POST', body: file, headers: { 'Content-Type': file.type || 'application/octet-stream', Accept: 'application/json' } });
  }

  /** Show a photo over everything; arrows walk through those beside it. */
  function enlarge(node) {
    const box = node.closest('.photos') || node.parentElement;
    const siblings = Array.from(box.querySelectorAll('[data-photo]'));
    let at = siblings.indexOf(node);
    const image = hall.element('img', { alt: '' });
    const caption = hall.element('p', {});
    const close = hall.element('button', { type: 'button', class: 'icon-button close', 'aria-label': hall.t('map.close'), html: hall.icon('x', 18) });
    const dialog = hall.element('dialog', { class: 'photo-dialog', 'aria-label': hall.t('case.photos') }, close, image, caption);
    const show = (step) => {
      at = (at + step + siblings.length) % siblings.length;
      const { photo, caption: words = '' } = siblings[at].dataset;
      image.src = photo;
      image.alt = words;
      caption.textContent = siblings.length > 1 ? `${words}  ${at + 1} / ${siblings.length}` : words;
    };
    const release = hall.keys.onEscape(() => dialog.close());
    dialog.oncancel = (event) => event.preventDefault();
    dialog.onclose = () => {
      release();
      dialog.remove();
      node.focus();
    };
    dialog.onkeydown = ({ key }) => ({ ArrowRight: () => show(1), ArrowLeft: () => show(-1) }[key] || (() => {}))();
    dialog.onclick = ({ target }) => target === dialog && dialog.close();
    close.onclick = () => dialog.close();
    document.body.append(dialog);
    show(0);
    dialog.showModal();
  }

  hall.photos = { send, enlarge, MOST_BYTES };
})((window.hall = window.hall || {}));
