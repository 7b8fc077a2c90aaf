/** The dictionary page: search in the tree, what is chosen, and what stands in the fields when a button is pressed. */
(function (hall) {
  'use strict';

  let count = 0;
  const next = () => {
    count += 1;
    return Date.now() + count;
  };

  const values = (nodes) => Object.fromEntries(nodes.filter((node) => node.matches('input, select, textarea')).map((node) => [node.dataset.field, node.value]));
  const fields = (root) => Array.from(root.querySelectorAll('[data-field]'));

  /** Conditions of the class on the page: each with its id, the new one with none. */
  const standards = () => Array.from(document.querySelectorAll('#dict-editor [data-standard]'))
    .map((row) => ({ ...values(fields(row)), id: row.dataset.standard }));

  function keyOf(button) {
    const here = button.closest('[data-dict-key]') || document.querySelector('#dict-editor [data-dict-key]');
    return here ? here.dataset.dictKey : '';
  }

  /** A button was pressed: what stands around it goes to the server. */
  function act(button) {
    const root = button.closest('.dict-rule, #dict-department-editor, #dict-day-editor, #dict-editor') || document.createElement('div');
    const given = values(fields(root).filter((node) => !node.closest('[data-standard]')));
    hall.store('dict-act', {
      act: button.dataset.dictAct, key: keyOf(button), rule: button.dataset.dictRule || '', given, standards: root.id === 'dict-editor' ? standards() : [], n: next(),
    });
  }

  function choose(button) {
    for (const leaf of document.querySelectorAll('.dict-leaf.chosen')) leaf.classList.remove('chosen');
    button.classList.add('chosen');
    hall.store('dict-pick', { code: button.dataset.dictClass });
    const middle = document.getElementById('dict-editor');
    if (middle) middle.scrollTop = 0;
  }

  const STEPS = [
    ['[data-dict-class]', choose],
    ['[data-dict-new]', (button) => hall.store('dict-pick', { sub: button.dataset.dictNew, n: next() })],
    ['[data-dict-new-sub]', (button) => hall.store('dict-pick', { new_sub: button.dataset.dictNewSub, n: next() })],
    ['[data-dict-edit-sub]', (button) => hall.store('dict-pick', { edit_sub: button.dataset.dictEditSub, n: next() })],
    ['[data-dict-act]', act],
    ['[data-dict-department]', (button) => hall.store('dict-department', { id: Number(button.dataset.dictDepartment), n: next() })],
    ['[data-dict-year]', (button) => hall.store('dict-year', { year: Number(button.dataset.dictYear) })],
    ['[data-dict-day]', (button) => hall.store('dict-year', { year: Number(button.dataset.dictDay.slice(0, 4)), day: button.dataset.dictDay })],
  ];

  function click({ target }) {
    const step = STEPS.find(([selector]) => target.closest(selector));
    if (step) step[1](target.closest(step[0]));
  }

  /** Fold the tree to what holds the text; an empty field folds it as it was. */
  function search(text) {
    const wanted = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const leaf of document.querySelectorAll('.dict-leaf')) {
      leaf.hidden = !wanted.every((word) => leaf.dataset.text.includes(word));
      if (!leaf.hidden) found += 1;
    }
    for (const branch of document.querySelectorAll('.dict-branch, .dict-major')) {
      branch.hidden = !branch.querySelector('.dict-leaf:not([hidden])');
      if (wanted.length) branch.open = !branch.hidden;
    }
    document.querySelector('[data-dict-nothing]').hidden = found > 0;
  }

  // ---- what the server describes and Dash does not watch ------------------------------------------------------

  const built = (node) => (typeof node === 'string' ? document.createTextNode(node) : hall.element(node[0], node[1], ...node[2].map(built)));
  const nameOf = (node) => node.dataset.major || node.dataset.branch || node.dataset.dictClass;

  /** Draw it; what was unfolded, chosen or searched for stays so. */
  function draw(told) {
    const host = told && document.getElementById(told.host);
    if (!host) return window.dash_clientside.no_update;
    const unfolded = new Set(Array.from(host.querySelectorAll('details[open]'), nameOf));
    const chosen = Array.from(host.querySelectorAll('.dict-leaf.chosen'), nameOf)[0];
    host.replaceChildren(...told.nodes.map(built));
    for (const node of host.querySelectorAll('details')) node.open = unfolded.has(nameOf(node));
    for (const node of host.querySelectorAll('.dict-leaf')) node.classList.toggle('chosen', nameOf(node) === chosen);
    const field = host.id === 'dict-tree' && document.querySelector('.dict-search input');
    if (field && field.value) search(field.value);
    return window.dash_clientside.no_update;
  }

  /** A field of a calculator has changed. */
  function calculate(target) {
    if (target.closest('.dict-calculator')) {
      const key = document.querySelector('#dict-editor [data-dict-key]');
      hall.store('dict-due-ask', { code: key ? key.dataset.dictKey : '', filed_at: target.value, n: next() });
    }
    const form = target.closest('.dict-sum-form');
    if (form) hall.store('dict-sum-ask', { ...values(fields(form)), n: next() });
  }

  /** The server has drawn another class, department or day into the same elements: their fields are made anew. */
  function renew(records) {
    const drawn = new Set(records.filter(({ type }) => type === 'attributes').map(({ target }) => target.parentElement));
    for (const holder of Array.from(drawn).flatMap((root) => Array.from(root.querySelectorAll('[data-input]')))) {
      holder.replaceChildren();
      holder.parentElement.insertBefore(holder, holder.nextSibling);
    }
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.desk = Object.assign(window.dash_clientside.desk || {}, { draw });

  (hall.starts = hall.starts || []).push(() => {
    new MutationObserver(renew).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-dict-drawn'] });
    document.addEventListener('click', click);
    document.addEventListener('input', ({ target }) => 'dictSearch' in target.dataset && search(target.value));
    document.addEventListener('change', ({ target }) => calculate(target));
    document.addEventListener('input', ({ target }) => target.closest('.dict-sum-form') && calculate(target));
  });
})((window.hall = window.hall || {}));
