/** The page of sources and replies: which records to show, a place that is taken over, and what stands in the panel when a button is pressed. */
(function (hall) {
  'use strict';

  let count = 0;
  const next = () => {
    count += 1;
    return Date.now() + count;
  };

  const filled = (selector) => Object.fromEntries(Array.from(document.querySelectorAll(`${selector} [data-field]`))
    .filter((node) => node.matches('input, select, textarea')).map((node) => [node.dataset.field, node.value]));

  const ask = () => hall.store('sources-query', { ...filled('.sources-form'), n: next() });

  function act(button) {
    const chosen = document.querySelector('#sources-panel .sources-place.chosen');
    const given = filled('#sources-panel');
    if (chosen && chosen.dataset.sourcesPlace === given.position) given.precision = chosen.dataset.precision;
    hall.store('sources-act', {
      act: button.dataset.sourcesAct, record: Number(button.dataset.record), crs: button.dataset.crs || null, given, n: next(),
    });
  }

  /** A place of the list stands for the position from now on. */
  function take(button) {
    for (const other of document.querySelectorAll('.sources-place.chosen')) other.classList.remove('chosen');
    button.classList.add('chosen');
    const field = document.querySelector('#sources-panel [data-field="position"]:is(input)');
    if (field) field.value = button.dataset.sourcesPlace;
  }

  function only(button) {
    const field = document.querySelector('.sources-form select[data-field="source"]');
    if (!field) return;
    field.value = field.value === button.dataset.sourcesSource ? '' : button.dataset.sourcesSource;
    ask();
  }

  const STEPS = [['[data-sources-act]', act], ['[data-sources-place]', take], ['[data-sources-source]', only]];

  (hall.starts = hall.starts || []).push(() => {
    document.addEventListener('click', ({ target }) => {
      const step = STEPS.find(([selector]) => target.closest(selector));
      if (step) step[1](target.closest(step[0]));
    });
    document.addEventListener('change', ({ target }) => target.closest('.sources-form') && ask());
  });
})((window.hall = window.hall || {}));
