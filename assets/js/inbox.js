/** The open cases beside the map: narrowed by clicks, walked by keys, fresh as soon as something happens; opening one leaves the map where it is. */
(function (hall) {
  'use strict';

  const STORED = 'hall.inbox';
  const WAIT_MS = 400;
  let count = 0;
  let timer = 0;
  let query = { step: '', levels: [], overdue: false, mine: false };

  let isShown = false;

  function ask() {
    count += 1;
    localStorage.setItem(STORED, JSON.stringify(query));
    hall.store('inbox-query', { ...query, n: count, ...(isShown ? {} : { closed: true }) });
  }

  /** The list is there only while its tab is open. */
  function look() {
    const node = document.getElementById('inbox');
    const shown = Boolean(node && node.offsetParent);
    if (shown === isShown) return;
    isShown = shown;
    ask();
  }

  /** Something happened: read again, once for all that happened at a time. */
  function soon() {
    if (timer || !isShown) return;
    timer = setTimeout(() => {
      timer = 0;
      ask();
    }, WAIT_MS);
  }

  function change(changes) {
    query = { ...query, ...changes };
    ask();
  }

  function open(row) {
    const { caseRow: id, lon, lat } = row.dataset;
    for (const other of document.querySelectorAll('.inbox-row[aria-current]')) other.removeAttribute('aria-current');
    row.setAttribute('aria-current', 'true');
    hall.pick.choose({ layer: 'open_events', id: Number(id), lon: Number(lon), lat: Number(lat) });
  }

  function click({ target }) {
    const step = target.closest('[data-inbox-step]');
    if (step) return change({ step: step.dataset.inboxStep });
    const level = target.closest('[data-inbox-level]');
    if (level) {
      const value = Number(level.dataset.inboxLevel);
      return change({ levels: query.levels.includes(value) ? query.levels.filter((other) => other !== value) : [...query.levels, value] });
    }
    const flag = target.closest('[data-inbox-flag]');
    if (flag) return change({ [flag.dataset.inboxFlag]: !query[flag.dataset.inboxFlag] });
    const row = target.closest('[data-case-row]');
    if (row) return open(row);
    const apply = target.closest('[data-backlog-apply]');
    return apply ? send(apply) : null;
  }

  /** Send what is ticked of the suggestion for the whole backlog. */
  function send(button) {
    const pairs = Array.from(document.querySelectorAll('.pair [data-tick=pairs][aria-checked=true]'), (tick) => tick.dataset.value);
    if (!pairs.length) return;
    button.disabled = true;
    count += 1;
    hall.store('backlog-apply', { kind: button.dataset.backlogApply, pairs, n: count });
  }

  function restore() {
    try {
      const kept = JSON.parse(localStorage.getItem(STORED) || '{}');
      if (kept && Array.isArray(kept.levels)) query = { ...query, ...kept };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error; // what is stored there is not ours
    }
    look();
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    document.addEventListener('click', click);
    for (const event of ['click', 'keyup']) document.addEventListener(event, () => setTimeout(look));
    hall.on('live', (message) => message && message.type === 'change' && message.layer === 'open_events' && soon());
    hall.map.ready.then(restore);
  });
  hall.inbox = { ask, change };
})((window.hall = window.hall || {}));
