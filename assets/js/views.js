/** Saved views: a name and an address, kept in this browser. The first nine open with the keys 1 to 9. */
(function (hall) {
  'use strict';

  const STORED = 'hall.views';
  const MOST = 9;

  /** @returns {Array<{name: string, hash: string}>} */
  function list() {
    try {
      const views = JSON.parse(localStorage.getItem(STORED) || '[]');
      return Array.isArray(views) ? views.filter((view) => view && view.name && view.hash).slice(0, MOST) : [];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return []; // what is stored there is not ours
    }
  }

  function keep(views) {
    localStorage.setItem(STORED, JSON.stringify(views));
    render();
  }

  /** Save the present view; a view of the same name is replaced. */
  function save(name) {
    const title = String(name || '').trim().slice(0, 40);
    const view = hall.map.view();
    if (!title || !view) return;
    const others = list().filter((saved) => saved.name !== title);
    if (others.length >= MOST) {
      hall.notice(hall.t('map.views.full'), { kind: 'warn', seconds: 6 });
      return;
    }
    keep([...others, { name: title, hash: `#${hall.url.write({ ...view, selection: null })}` }]);
  }

  /** Open the n-th view, counted from 1. */
  function open(number) {
    const view = list()[number - 1];
    if (view) hall.url.open(view.hash);
  }

  const remove = (name) => keep(list().filter((view) => view.name !== name));

  function row(view, index) {
    const go = hall.element('button', { type: 'button', class: 'hall-view-open', html: hall.icon('bookmark', 16) },
      hall.element('span', { text: view.name }), hall.element('kbd', { text: String(index + 1) }));
    go.onclick = () => open(index + 1);
    const drop = hall.element('button', { type: 'button', class: 'hall-view-drop', 'data-t-title': 'map.views.remove', html: hall.icon('x', 14) });
    drop.onclick = () => remove(view.name);
    return hall.element('li', { class: 'hall-view' }, go, drop);
  }

  /** Fill every `[data-saved-views]`. */
  function render() {
    for (const node of document.querySelectorAll('[data-saved-views]')) {
      node.replaceChildren(...list().map(row));
      hall.translate(node);
    }
    hall.emit('views', list());
  }

  /** The field in the page's `[data-view-name]` holds the name of the view to be saved. */
  function saveNamed() {
    const holder = document.querySelector('[data-view-name]');
    const field = holder && (holder.matches('input') ? holder : holder.querySelector('input'));
    if (!field) return;
    if (!field.value.trim()) {
      field.focus();
      return;
    }
    save(field.value);
    field.value = '';
  }

  (hall.starts = hall.starts || []).push(() => {
    document.addEventListener('click', ({ target }) => target.closest('[data-save-view]') && saveNamed());
    document.addEventListener('keydown', (event) => event.key === 'Enter' && event.target.closest('[data-view-name]') && saveNamed());
    hall.on('language', render);
    if (!hall.map) return;
    hall.map.ready.then(() => {
      render();
      // the page may draw its list later than the map
      new MutationObserver(() => {
        const empty = Array.from(document.querySelectorAll('[data-saved-views]')).some((node) => !node.childElementCount);
        if (empty && list().length) render();
      }).observe(document.body, { childList: true, subtree: true });
    });
  });
  Object.assign(hall.views, { list, save, open, remove, render });
})((window.hall = window.hall || {}));
