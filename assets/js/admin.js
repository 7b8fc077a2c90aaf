/** The administration: what stands in the fields goes to the server when a button is pressed or a choice of the search form changes. */
(function (hall) {
  'use strict';

  let count = 0;

  const filled = (selector) => Object.fromEntries(Array.from(document.querySelectorAll(`${selector} [data-field]`))
    .filter((node) => node.matches('input, select')).map((node) => [node.dataset.field, node.value]));

  function click({ target }) {
    const button = target.closest('[data-act]');
    if (!button || hall.map) return; // a case at the desk has acts of its own
    count += 1;
    hall.store('admin-act', { act: button.dataset.act, given: filled('#admin-editor'), n: count });
  }

  function search(before) {
    count += 1;
    hall.store('audit-query', { ...filled('.audit-form'), older: before, n: count });
  }

  function addSource({ target }) {
    if (!target.closest('[data-add-source]')) return;
    count += 1;
    hall.store('admin-video-new', { ...filled('#admin-video-form'), n: count });
  }

  (hall.starts = hall.starts || []).push(() => {
    document.addEventListener('click', click);
    document.addEventListener('click', addSource);
    document.addEventListener('click', ({ target }) => target.closest('[data-audit-older]') && search(true));
    document.addEventListener('change', ({ target }) => target.closest('.audit-form') && search(false));
  });
})((window.hall = window.hall || {}));
