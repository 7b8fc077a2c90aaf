/**
 * Native input fields where the page asks for one: `<span data-input="date" data-label="…" data-value="…">` gets an `<input>` inside.
 * Dash has no plain input element; its own field brings 30 KB and looks of its own.
 */
(function (hall) {
  'use strict';

  const PLAIN = ['value', 'min', 'max', 'step', 'placeholder', 'maxlength', 'minlength'];

  /** A choice of one: `data-options` is JSON of [value, words]. */
  function choice(label, options, value) {
    const field = hall.element('select', { 'aria-label': label || '' },
      ...JSON.parse(options).map(([key, words]) => hall.element('option', { value: key, text: words })));
    field.value = value || '';
    return field;
  }

  /** Several lines of text. */
  function area(label) {
    return hall.element('textarea', { 'aria-label': label || '', rows: '3', spellcheck: 'false' });
  }

  /** Files from this computer; they may be dropped on the holder as well. */
  function files(holder, label) {
    const field = hall.element('input', { type: 'file', 'aria-label': label || '', accept: holder.dataset.accept || 'image/*', ...('multiple' in holder.dataset ? { multiple: '' } : {}) });
    holder.dataset.prompt = hall.t('photos.choose');
    field.addEventListener('change', () => {
      holder.dataset.prompt = field.files.length ? hall.t('photos.chosen', { n: field.files.length }) : hall.t('photos.choose');
      holder.classList.toggle('filled', field.files.length > 0);
    });
    for (const name of ['dragover', 'drop']) {
      holder.addEventListener(name, (event) => {
        event.preventDefault();
        if (name !== 'drop' || !event.dataTransfer.files.length) return;
        field.files = event.dataTransfer.files;
        field.dispatchEvent(new Event('change', { bubbles: true }));
      });
    }
    return field;
  }

  function line(type, label) {
    const kept = { password: 'new-password' }[type] || 'off';
    return hall.element('input', { type: type === 'search' ? 'text' : type, autocomplete: kept, spellcheck: 'false', 'aria-label': label || '' });
  }

  function make(type, holder, label, options) {
    if (type === 'select') return choice(label, options, holder.dataset.value);
    if (type === 'textarea') return area(label);
    return type === 'file' ? files(holder, label) : line(type, label);
  }

  function build(holder) {
    const { input: type, label, id, controls, options, ...rest } = holder.dataset;
    const field = make(type, holder, label, options);
    for (const [name, value] of Object.entries(rest)) {
      if (PLAIN.includes(name)) {
        if (value !== '') field.setAttribute(name, value);
      } else field.dataset[name] = value;
    }
    if (id) field.id = id;
    if (controls) {
      for (const [name, value] of [['role', 'combobox'], ['aria-controls', controls], ['aria-expanded', 'false'], ['aria-autocomplete', 'list']]) {
        field.setAttribute(name, value);
      }
    }
    if (type === 'number') field.inputMode = 'decimal';
    if (type === 'textarea' && rest.value) field.value = rest.value;
    holder.replaceChildren(field);
  }

  /** The page has drawn a field with another value or in another language. */
  function renew(holder) {
    const field = holder.firstElementChild;
    if (!field) return build(holder);
    if (holder.dataset.label) field.setAttribute('aria-label', holder.dataset.label);
    if (holder.dataset.placeholder) field.placeholder = holder.dataset.placeholder;
    if (holder.dataset.value !== undefined && document.activeElement !== field && field.type !== 'range') field.value = holder.dataset.value;
    return null;
  }

  function adopt(records) {
    for (const record of records) {
      if (record.type === 'attributes') renew(record.target);
      for (const added of record.addedNodes) {
        if (!(added instanceof Element)) continue;
        if (added.matches('[data-input]') && !added.firstElementChild) build(added);
        for (const holder of added.querySelectorAll('[data-input]:empty')) build(holder);
      }
    }
  }

  /** Say beneath a field what it lacks, until something else is put in; no text takes that back. */
  hall.lacks = (field, text = '') => {
    const box = field.closest('.case-field') || field.parentElement;
    const said = box.querySelector('.lack') || box.appendChild(hall.element('p', { class: 'lack', role: 'alert' }));
    said.textContent = text;
    field.setAttribute('aria-invalid', String(!!text));
    if (!text) return;
    field.focus();
    box.addEventListener('input', () => hall.lacks(field), { once: true });
  };

  (hall.starts = hall.starts || []).push(() => {
    for (const holder of document.querySelectorAll('[data-input]:empty')) build(holder);
    new MutationObserver(adopt).observe(document.body, {
      childList: true, subtree: true, attributes: true, attributeFilter: ['data-value', 'data-label', 'data-placeholder'],
    });
  });
})((window.hall = window.hall || {}));
