/** The filter panel's controls: each click changes the map at once; the figures follow from the server. */
(function (hall) {
  'use strict';

  let count = 0;

  const filterOf = (key) => ({ ...(hall.map.choices.layers[key].filter || {}) });

  /** Ask for the panel of a layer as it is filtered now. */
  function open(key) {
    const choice = hall.map.choices.layers[key];
    if (!choice) return;
    count += 1;
    hall.store('filter', { layer: key, filter: choice.filter || {}, dim: choice.dim, n: count });
  }

  function apply(key, filter) {
    const choice = hall.map.choices.layers[key];
    hall.map.setLayer(key, { filter, ...(choice.visible ? {} : { visible: true }) });
    // the choice is taken over before the next line runs only when the map stands; so wait for it
    hall.map.ready.then(() => open(key));
  }

  function toggleValue({ layerKey, filterField, filterValue }) {
    const filter = filterOf(layerKey);
    const values = new Set((filter[filterField] || '').split(',').filter(Boolean));
    if (!values.delete(filterValue)) values.add(filterValue);
    filter[filterField] = Array.from(values).join(',');
    apply(layerKey, filter);
  }

  function toggleText({ layerKey, filterField, filterText }) {
    const filter = filterOf(layerKey);
    filter[filterField] = filter[filterField] === filterText ? '' : filterText;
    apply(layerKey, filter);
  }

  /** The hall's days begin at midnight in its own zone. */
  const instant = (day, plus) => new Date(Date.parse(`${day}T00:00:00+08:00`) + plus).toISOString().replace('.000', '').replace('.999', '');
  const LAST_MS = 86399999;

  function range(field) {
    const { layerKey, filterRange } = field.dataset;
    const ends = {};
    for (const other of document.querySelectorAll(`input[data-layer-key="${layerKey}"][data-filter-range="${filterRange}"]`)) {
      const { value, type, dataset } = other;
      if (value !== '') ends[dataset.filterEnd] = type === 'date' ? instant(value, dataset.filterEnd === 'high' ? LAST_MS : 0) : value;
    }
    const { low = '', high = '' } = ends;
    if (low && high && (field.type === 'date' ? low > high : Number(low) > Number(high))) {
      field.setCustomValidity(hall.t('desk.range_upside_down'));
      field.reportValidity();
      return;
    }
    field.setCustomValidity('');
    apply(layerKey, { ...filterOf(layerKey), [filterRange]: low || high ? `${low}..${high}` : '' });
  }

  function click({ target }) {
    const button = target.closest('[data-filter-field]');
    if (button) return button.dataset.filterText ? toggleText(button.dataset) : toggleValue(button.dataset);
    const opener = target.closest('[data-filter]');
    if (opener) return open(opener.dataset.filter);
    const clear = target.closest('[data-filter-clear]');
    if (clear) return apply(clear.dataset.filterClear, null);
    return null;
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    document.addEventListener('click', click);
    document.addEventListener('change', ({ target }) => target.dataset && target.dataset.filterRange && range(target));
  });
  hall.desk = Object.assign(hall.desk || {}, { filter: open });
})((window.hall = window.hall || {}));
