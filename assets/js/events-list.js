/** The list of all cases: chips and days narrow it, the address keeps what was chosen, named views keep addresses. */
(function (hall) {
  'use strict';

  const STORED = 'hall.event_views';
  const MOST = 12;
  const WAIT_MS = 300;
  const LISTS = ['state', 'level', 'major', 'source'];
  const FLAGS = ['open', 'overdue'];
  let timer = 0;
  /** @type {Object<string, string>} */
  let query = {};

  const page = () => document.getElementById('event-page');
  const inList = () => Boolean(document.querySelector('.event-filters'));

  // ---- address and table --------------------------------------------------------------------------------------

  /** What the layer is filtered by: lists, and days as a span of time. */
  function filters() {
    const { from = '', to = '', ...rest } = query;
    const edge = (day, time) => (day ? `${day}T${time}+08:00` : '');
    return { ...rest, ...(from || to ? { reported_at: `${edge(from, '00:00:00')}..${edge(to, '23:59:59')}` } : {}) };
  }

  function apply() {
    const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
    history.replaceState(null, '', text ? `?${text}` : location.pathname);
    hall.store('event-query', filters());
    mark();
    const grid = window.dash_ag_grid && window.dash_ag_grid.getApi('event-grid');
    if (grid) grid.purgeInfiniteCache();
  }

  function mark() {
    for (const chip of document.querySelectorAll('[data-event-field]')) {
      const { eventField: name, eventValue: value } = chip.dataset;
      chip.setAttribute('aria-pressed', String((query[name] || '').split(',').includes(value)));
    }
    for (const field of document.querySelectorAll('input[data-event-day]')) field.value = query[field.dataset.eventDay] || '';
    const text = document.querySelector('input[data-event-text]');
    if (text && document.activeElement !== text) text.value = query.text || '';
    const wanted = Object.fromEntries(Object.entries(filters()).filter(([, value]) => value));
    for (const link of document.querySelectorAll('[data-event-export]')) {
      link.href = `${hall.origin}/api/v1/export/events.${link.dataset.eventExport}?${new URLSearchParams({ lang: hall.language, ...wanted })}`;
    }
  }

  function toggle(name, value) {
    const values = new Set((query[name] || '').split(',').filter(Boolean));
    if (!values.delete(value)) values.add(value);
    query = { ...query, [name]: Array.from(values).join(',') };
    apply();
  }

  function read() {
    const given = new URLSearchParams(location.search);
    const names = [...LISTS, ...FLAGS, 'from', 'to', 'text'];
    query = Object.fromEntries(names.filter((name) => given.get(name)).map((name) => [name, given.get(name)]));
  }

  // ---- views --------------------------------------------------------------------------------------------------

  function views() {
    try {
      const kept = JSON.parse(localStorage.getItem(STORED) || '[]');
      return Array.isArray(kept) ? kept.filter((view) => view && view.name && view.query) : [];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return []; // what is stored there is not ours
    }
  }

  function keep(all) {
    localStorage.setItem(STORED, JSON.stringify(all.slice(0, MOST)));
    listViews();
  }

  function save() {
    const field = document.querySelector('input[data-event-view-name]');
    const name = field.value.trim();
    if (!name) return field.focus();
    keep([...views().filter((view) => view.name !== name), { name, query }]);
    field.value = '';
    return null;
  }

  function listViews() {
    for (const list of document.querySelectorAll('[data-event-views]')) {
      list.replaceChildren(...views().map((view) => {
        const go = hall.element('button', { type: 'button', class: 'hall-view-open', html: hall.icon('bookmark', 16) }, hall.element('span', { text: view.name }));
        go.onclick = () => {
          query = { ...view.query };
          apply();
        };
        const drop = hall.element('button', { type: 'button', class: 'hall-view-drop', 'aria-label': hall.t('map.views.remove'), html: hall.icon('x', 14) });
        drop.onclick = () => keep(views().filter((other) => other.name !== view.name));
        return hall.element('li', { class: 'hall-view' }, go, drop);
      }));
    }
  }

  // ---- what can be done ---------------------------------------------------------------------------------------

  function click(event) {
    const { target } = event;
    const chip = target.closest('[data-event-field]');
    if (chip) return toggle(chip.dataset.eventField, chip.dataset.eventValue);
    if (target.closest('[data-event-view-save]')) return save();
    if (target.closest('[data-event-clear]')) {
      query = {};
      return apply();
    }
    if (target.closest('[data-print]')) return window.print();
    const link = target.closest('[data-event-export]');
    for (const box of document.querySelectorAll('.event-export-box[open]')) if (!box.contains(target) || link) box.open = false;
    return null;
  }

  function input({ target }) {
    if (target.dataset.eventDay) {
      query = { ...query, [target.dataset.eventDay]: target.value };
      apply();
    } else if (target.dataset.eventText !== undefined && target.matches('input')) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        query = { ...query, text: target.value.trim() };
        apply();
      }, WAIT_MS);
    }
  }

  /** Enter on a row of the table opens the case. */
  function key({ key: name, target }) {
    const row = name === 'Enter' && target.closest && target.closest('.ag-row[row-id]');
    if (row && inList()) location.assign(`${hall.origin}/events/${row.getAttribute('row-id')}`);
  }

  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  components.CaseLink = ({ data, value }) => (data ? window.React.createElement('a', { href: `/events/${data.id}`, className: 'case-link' }, value) : null);
  components.CaseLevel = ({ data, value }) => (data ? window.React.createElement('span', { className: 'level-mark', style: { '--colour': `var(--level-${data.level_value})` } }, value) : null);

  (hall.starts = hall.starts || []).push(() => {
    if (hall.map) return;
    document.addEventListener('click', click);
    document.addEventListener('input', input);
    document.addEventListener('keydown', key);
    let drawn = false;
    new MutationObserver(() => {
      if (!page() || !inList() || drawn) return;
      drawn = true;
      hall.textsReady.then(() => {
        read();
        hall.store('event-query', filters());
        mark();
        listViews();
        if (Object.keys(query).length) setTimeout(apply, 300);
      });
    }).observe(document.body, { childList: true, subtree: true });
  });
})((window.hall = window.hall || {}));
