/**
 * The open case in the right panel: its action bar and forms, the list of who can be sent, duplicates, photos.
 * What is decided goes into stores (docs/desk.md); the server says what came of it.
 */
(function (hall) {
  'use strict';

  /** What comes so soon after an act of ours is its echo. */
  const OWN_MS = 4000;
  let count = 0;
  let acted = 0;
  let release = null;

  const panel = () => document.getElementById('panel-body') || document.getElementById('case-page');
  const root = () => panel() && panel().querySelector('[data-case]');
  const all = (selector) => (panel() ? Array.from(panel().querySelectorAll(selector)) : []);

  // ---- forms of the action bar --------------------------------------------------------------------------------

  const form = (name) => all('[data-act-form]').find((node) => node.dataset.actForm === name);

  function closeForm() {
    if (release) release();
    release = null;
    for (const node of all('[data-act-form]')) node.hidden = true;
    for (const node of all('[data-act]')) node.setAttribute('aria-expanded', 'false');
    for (const menu of all('[data-act-menu]')) menu.hidden = true;
  }

  function openForm(name) {
    closeForm();
    const node = form(name);
    if (!node) return null;
    node.hidden = false;
    for (const button of all('[data-act]')) if (button.dataset.act === name) button.setAttribute('aria-expanded', 'true');
    release = hall.keys.onEscape(closeForm);
    const first = node.querySelector('input:not([type=hidden]), select, textarea, button');
    if (first) first.focus();
    return node;
  }

  /** A button of the bar: an act that asks for nothing is done at once, the others ask first. */
  function press(button) {
    if (!root()) return null; // the administration has acts of its own
    const { act: name } = button.dataset;
    const node = form(name);
    const asked = node && asks(node);
    const folded = all('.folded-list [data-candidates-open]')[0];
    if (button.dataset.sends !== undefined && folded && !chosen().length) return unfold(folded);
    if (button.dataset.sends !== undefined && !chosen().length && !asked) return complain(button, hall.t('case.choose_first'));
    return asked ? openForm(name) : submit(name);
  }

  /**
   * Is there a field to fill in? One that asks why the first of the list was not chosen counts only then, one that asks for a department instead of
   * people only when nobody is chosen.
   */
  function asks(node) {
    for (const field of node.querySelectorAll('[data-when=override]')) field.hidden = !overrides();
    for (const field of node.querySelectorAll('[data-when=nobody]')) field.hidden = chosen().length > 0;
    return Array.from(node.querySelectorAll('[data-field]')).some((field) => !field.closest('[hidden]:not([data-act-form])'));
  }

  function complain(button, text) {
    const said = panel().querySelector('[data-case-said]');
    if (said) said.textContent = text;
    button.focus();
  }

  // ---- what a form holds --------------------------------------------------------------------------------------

  const isShown = (field) => !field.closest('[hidden]');
  const offset = '+08:00';

  /** The value of one field; undefined when it is empty. */
  function read(field) {
    if (field.type === 'file') return undefined;
    if (field.type === 'checkbox') return field.checked ? field.value : undefined;
    if (field.type === 'datetime-local') return field.value ? `${field.value}:00${offset}` : undefined;
    return field.value.trim() || undefined;
  }

  /** Everything that is filled in, by the fields' names; a name of several boxes becomes a list. */
  function gather(node) {
    const given = {};
    for (const field of node.querySelectorAll('input[data-field], select[data-field], textarea[data-field]')) {
      const value = isShown(field) ? read(field) : undefined;
      if (value === undefined) continue;
      const { field: name } = field.dataset;
      if (field.type === 'checkbox') given[name] = [...(given[name] || []), value];
      else given[name] = value;
    }
    for (const tick of node.querySelectorAll('[data-tick][aria-checked=true]')) {
      const { tick: name, value } = tick.dataset;
      if (tick.getAttribute('role') === 'radio') given[name] = value;
      else given[name] = [...(given[name] || []), value];
    }
    return given;
  }

  function tick(button) {
    if (button.getAttribute('role') === 'radio') {
      for (const other of button.parentElement.querySelectorAll('[data-tick]')) other.setAttribute('aria-checked', String(other === button));
    } else button.setAttribute('aria-checked', String(button.getAttribute('aria-checked') !== 'true'));
  }

  function firstEmpty(node) {
    const required = node.querySelectorAll('input[data-required], select[data-required], textarea[data-required]');
    return Array.from(required).find((field) => {
      if (!isShown(field)) return false;
      return field.type === 'file' ? !field.files.length : !read(field);
    });
  }

  /** Hand photos in; what the server keeps of them goes with the act. */
  async function upload(node) {
    const ids = [];
    for (const field of node.querySelectorAll('input[type=file][data-field]')) {
      for (const file of field.files) ids.push((await hall.photos.send(file, field.dataset.kind || 'other')).id);
    }
    return ids;
  }

  async function submit(name) {
    const node = form(name);
    const given = node ? gather(node) : {};
    const empty = node && firstEmpty(node);
    if (empty) {
      hall.lacks(empty, hall.t('case.field_missing'));
      return null;
    }
    busy(true);
    try {
      const attachments = node ? await upload(node) : [];
      return send('case-act', { action: name, given: { ...given, ...(attachments.length ? { attachments } : {}), ...people(name) } });
    } catch (error) {
      if (!(error instanceof hall.connection.Refused) && !(error instanceof TypeError)) throw error;
      busy(false);
      return hall.notice(hall.t('case.photo_refused'), { kind: 'warn', key: 'photo', seconds: 8 });
    }
  }

  /** Who is sent, when the act sends somebody. */
  function people(name) {
    const button = all('[data-act]').find((other) => other.dataset.act === name);
    if (!button || button.dataset.sends === undefined) return {};
    return { orders: chosen().flatMap((row) => JSON.parse(row.dataset.order)) };
  }

  function busy(on) {
    for (const button of all('[data-act], [data-act-do]')) button.disabled = on;
  }

  function send(store, asked) {
    const node = root();
    if (!node) return;
    count += 1;
    acted = Date.now();
    hall.store(store, { event: Number(node.dataset.case), version: Number(node.dataset.version), ...asked, n: count });
  }

  // ---- who can be sent ----------------------------------------------------------------------------------------

  const rows = () => all('[data-candidate]');
  /** Chosen rows in the order of choosing: the first leads. */
  let order = [];
  const chosen = () => order.map((key) => rows().find((row) => row.dataset.candidate === key)).filter(Boolean);
  const overrides = () => rows().length > 0 && chosen().length > 0 && !chosen().some((row) => row.dataset.rank === '1');

  function check(row) {
    const { candidate: key } = row.dataset;
    order = order.includes(key) ? order.filter((other) => other !== key) : [...order, key];
    write();
  }

  /** Rows, primary button and map say the same. */
  function write() {
    for (const row of rows()) {
      const place = order.indexOf(row.dataset.candidate);
      row.setAttribute('aria-checked', String(place >= 0));
      row.classList.toggle('leads', place === 0 && order.length > 1);
    }
    const picked = chosen();
    const soonest = Math.min(...picked.map((row) => Number(row.dataset.minutes)).filter(Number.isFinite));
    const said = panel() && panel().querySelector('[data-case-said]');
    if (said && picked.length) {
      const second = Number.isFinite(soonest) ? [hall.element('span', { class: 'cut', text: hall.t('case.soonest', { minutes: soonest.toFixed(1) }) })] : [];
      said.replaceChildren(hall.element('b', { text: hall.t('case.chosen', { n: picked.length }) }), ...second);
    } else if (said) said.textContent = said.dataset.idle || '';
    for (const button of all('[data-sends]')) {
      const label = button.querySelector('span');
      if (label) label.textContent = picked.length ? `${button.dataset.sends} ${picked.length}` : button.dataset.sends;
    }
    hall.emit('candidates', { rows: rows(), chosen: picked });
  }

  /** A fresh list has come: choices of rows that are gone are forgotten. */
  function renew() {
    const keys = rows().map((row) => row.dataset.candidate);
    order = order.filter((key) => keys.includes(key));
    write();
  }

  function ask(changes) {
    const list = panel() && panel().querySelector('[data-candidates]');
    if (!list) return;
    const { candidates: event, kind, limit, minutes } = { ...list.dataset, ...changes };
    count += 1;
    hall.store('candidates-ask', { event: Number(event), kind, limit: Number(limit), minutes: Number(minutes) || null, n: count });
  }

  /** The list of a case that somebody was sent to is looked for when it is wanted. */
  function unfold(button) {
    button.parentElement.classList.remove('folded-list');
    count += 1;
    hall.store('candidates-ask', { event: Number(button.dataset.candidatesOpen), kind: 'worker', limit: 5, n: count });
  }

  function walk(event) {
    const list = event.target.closest('[data-candidates]');
    if (!list || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) hall.list.move(list, step);
    else if (event.key === ' ') {
      const row = list.querySelector('[data-candidate][aria-selected=true]') || rows()[0];
      if (row) check(row);
    } else if (event.key === 'Enter') {
      const button = all('[data-sends]')[0];
      if (button) press(button);
    } else return;
    event.preventDefault();
    hall.emit('candidate', list.querySelector('[data-candidate][aria-selected=true]'));
  }

  // ---- clicks -------------------------------------------------------------------------------------------------

  const CLICKS = [
    ['[data-act-do]', (node) => submit(node.dataset.actDo)],
    ['[data-act-cancel]', closeForm],
    ['[data-act-more]', (node) => {
      const menu = panel().querySelector('[data-act-menu]');
      const open = menu.hidden;
      closeForm();
      menu.hidden = !open;
      node.setAttribute('aria-expanded', String(open));
      if (!open) return;
      release = hall.keys.onEscape(closeForm);
      menu.querySelector('button').focus();
    }],
    ['[data-act]', press],
    ['[data-tick]', tick],
    ['[data-pair]', (node) => send('case-pair', { other: Number(node.dataset.pair), decision: node.dataset.decision })],
    ['[data-candidates-open]', unfold],
    ['[data-candidate-kind]', (node) => ask({ kind: node.dataset.candidateKind })],
    ['[data-candidate-limit]', (node) => ask({ limit: node.dataset.candidateLimit })],
    ['[data-candidate]', check],
    ['[data-fit-candidates]', () => hall.candidates && hall.candidates.fit()],
    ['[data-photo]', (node) => hall.photos.enlarge(node)],
    ['[data-five]', (node) => {
      const five = node.getAttribute('aria-pressed') !== 'true';
      node.setAttribute('aria-pressed', String(five));
      node.closest('.section').classList.toggle('five', five);
    }],
  ];

  function click({ target }) {
    for (const [selector, run] of CLICKS) {
      const found = target.closest(selector);
      if (found && !found.disabled) return run(found);
    }
    const open = all('[data-act-menu]').find((menu) => !menu.hidden);
    return open && !open.contains(target) ? closeForm() : null;
  }

  // ---- the case changes under the reader ----------------------------------------------------------------------

  const isWriting = () => all('[data-act-form]').some((node) => !node.hidden) || order.length > 0 || all('.said-bar.alarm').length > 0;

  /** Somebody else acted on the open case: show it anew, unless something is being written here. */
  function changed({ layer, row_id: id }) {
    const node = root();
    if (Date.now() - acted < OWN_MS || !node || layer !== 'open_events' || Number(node.dataset.case) !== id || !hall.desk.shown || !hall.desk.shown()) return;
    clearTimeout(changed.timer);
    changed.timer = setTimeout(() => {
      if (!root() || Number(root().dataset.case) !== id) return;
      if (!isWriting()) return hall.desk.refresh();
      const line = panel().querySelector('[data-case-moved]');
      if (line) line.hidden = false;
    }, 600);
  }

  (hall.starts = hall.starts || []).push(() => {
    document.addEventListener('click', click);
    document.addEventListener('keydown', walk);
    document.addEventListener('pointerover', ({ target }) => {
      const row = target.closest && target.closest('[data-candidate]');
      if (row !== click.row) {
        click.row = row;
        hall.emit('candidate', row);
      }
    });
    let shownCase = '';
    new MutationObserver((records) => {
      if (!records.some(({ target }) => panel() && panel().contains(target))) return;
      const node = root();
      const name = node ? `${node.dataset.case}@${node.dataset.version}` : '';
      if (name !== shownCase) {
        shownCase = name;
        order = [];
        if (release) release();
        release = null;
      }
      if (records.some(({ target, addedNodes, removedNodes }) => target.id === 'candidates-body' || [...addedNodes, ...removedNodes].some((part) => part.nodeType === 1 && (part.matches('[data-candidate]') || part.querySelector('[data-candidate], [data-case]'))))) renew();
    }).observe(document.body, { childList: true, subtree: true });
    hall.on('live', (message) => message && message.type === 'change' && changed(message));
  });
  hall.case = { closeForm, openForm, submit, chosen, check, ask };
})((window.hall = window.hall || {}));
