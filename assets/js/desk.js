/**
 * The desk around the map: its right panel opens for a chosen object, a drawn shape or a filter, and leads back the way it came.
 * What elements ask for by their `data-` attributes is listed in docs/desk.md.
 */
(function (hall) {
  'use strict';

  const MOST_STEPS = 20;
  /** What the panel shows now: {kind: "pick" | "shape" | "filter" | "board", data}. */
  let shown = null;
  /** What it showed before, the newest last. */
  let trail = [];
  let returning = false;
  let release = null;
  let count = 0;

  const none = () => window.dash_clientside.no_update;
  const node = (id) => document.getElementById(id);
  const same = (a, b) => a && b && a.kind === b.kind && (a.kind === 'shape' || name(a) === name(b));
  const name = ({ kind, data }) => ({ pick: `${data.layer}/${data.id}`, board: data.name }[kind] || data.layer);

  // ---- the panel ----------------------------------------------------------------------------------------------

  function open(kind, data) {
    const next = { kind, data };
    if (shown && !same(shown, next) && !returning) trail = [...trail, shown].slice(-MOST_STEPS);
    returning = false;
    shown = next;
    node('frame').classList.add('with-panel');
    node('frame').classList.toggle('with-trail', trail.length > 0);
    if (!release) release = hall.keys.onEscape(close);
    hall.emit('panel', shown);
  }

  /** Close the panel; the map keeps its place. */
  function close() {
    if (release) release();
    release = null;
    const last = shown;
    shown = null;
    trail = [];
    node('frame').classList.remove('with-panel', 'with-trail');
    hall.emit('panel', null);
    if (!last) return;
    if (last.kind === 'pick') hall.pick.clear();
    if (last.kind === 'filter' || last.kind === 'board') hall.store(last.kind, null);
    if (hall.shape.current()) hall.draw.clear();
  }

  function back() {
    const before = trail.pop();
    if (!before) return close();
    returning = true;
    return show(before);
  }

  function show({ kind, data }) {
    count += 1;
    const { room, ...rest } = data;
    hall.store(kind, { ...rest, ...(room ? { room } : {}), ...(kind === 'pick' ? { from: 'link' } : {}), n: `again-${count}` });
  }

  /** The server has found the row: show it on the map, unless the panel was closed or shows another one by now. */
  function arrive(layer, id, calls) {
    if (shown && same(shown, { kind: 'pick', data: { layer, id } })) hall.command(calls);
  }

  /** Draw the panel anew, as in another language. */
  const renew = () => shown && show(shown);

  /** Draw the panel of an object anew because it has changed: the map stays as it is. */
  function refresh() {
    if (!shown || shown.kind !== 'pick') return;
    count += 1;
    hall.store('pick', { ...shown.data, from: 'change', n: `change-${count}` });
  }

  /** Open a panel that belongs to no row: a new report, what lies around a place, who could do the whole backlog. */
  function board(boardName, data = {}) {
    count += 1;
    hall.store('board', { ...data, name: boardName, n: `board-${count}` });
  }

  /** Dash says that one of the four stores has changed. */
  function follow(pick, shape, filter, boardData) {
    const { triggered } = window.dash_clientside.callback_context;
    for (const { prop_id: changed } of triggered) {
      const kind = changed.split('.')[0];
      const data = { pick, shape, filter, board: boardData }[kind];
      if (data) open(kind, data);
      else if (shown && shown.kind === kind) close();
    }
    return none();
  }

  /** Choose a row from a link: "buildings/12" or "buildings/12?room=7". */
  function pick(link) {
    const [path, query] = link.split('?');
    const [layer, id] = path.split('/');
    const room = Number(new URLSearchParams(query || '').get('room')) || undefined;
    count += 1;
    hall.store('pick', { layer, id: Number(id), from: 'link', n: `link-${count}`, ...(room ? { room } : {}) });
  }

  // ---- what can be clicked ------------------------------------------------------------------------------------

  function select(button) {
    const [layer, id] = button.dataset.selectArea.split('/');
    hall.connection.json(`/api/v1/layers/${layer}/${id}`).then(({ geometry }) => {
      hall.store('unfold', button.dataset.class);
      hall.shape.show({ kind: 'polygon', geojson: outline(geometry), radius_m: null });
    });
  }

  /** The largest part of an area, as a selection takes it. */
  function outline(geometry) {
    if (geometry.type === 'Polygon') return geometry;
    const parts = geometry.coordinates.map((coordinates) => ({ type: 'Polygon', coordinates }));
    return parts.sort((a, b) => hall.geodesy.area(b.coordinates[0]) - hall.geodesy.area(a.coordinates[0]))[0];
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      hall.notice(hall.t('desk.copied'), { seconds: 3, key: 'copied' });
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      hall.notice(text, { seconds: 15, key: 'copied' });
    }
  }

  function openTab(button) {
    const tablist = button.closest('[role=tablist]');
    for (const tab of tablist.querySelectorAll('[role=tab]')) {
      const on = tab === button;
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on ? 0 : -1;
      const body = node(tab.getAttribute('aria-controls'));
      if (body) body.classList.toggle('hidden', !on);
    }
  }

  function chooseRoom(cell) {
    for (const other of document.querySelectorAll('[data-room][aria-pressed=true]')) other.setAttribute('aria-pressed', 'false');
    cell.setAttribute('aria-pressed', 'true');
    hall.store('room', Number(cell.dataset.room));
  }

  function fold(head) {
    const open = head.getAttribute('aria-expanded') !== 'true';
    head.setAttribute('aria-expanded', String(open));
    head.nextElementSibling.classList.toggle('hidden', !open);
  }

  function menu(button) {
    const body = document.querySelector(`[data-menu-of="${button.dataset.menu}"]`);
    const open = body.classList.toggle('hidden') === false;
    button.setAttribute('aria-expanded', String(open));
  }

  const position = (text) => text.split(',').map(Number);

  /** Attribute → what a click on its element does. The first that fits counts. */
  const CLICKS = {
    open: (button) => pick(button.dataset.open),
    closePanel: close,
    back,
    copyLink: () => copy(hall.url.share()),
    around: (button) => {
      const [lon, lat] = position(button.dataset.around);
      hall.draw.circleAround(window.L.latLng(lat, lon));
    },
    locate: (button) => {
      const [lon, lat] = position(button.dataset.locate);
      hall.map.flyTo(lon, lat, { zoom: 17 });
    },
    board: (button) => board(button.dataset.board, JSON.parse(button.dataset.boardData || '{}')),
    selectArea: select,
    unfold: (button) => hall.store('unfold', button.dataset.unfold),
    radius: (button) => hall.draw.setRadius(Number(button.dataset.radius)),
    fitShape: () => hall.desk.fitShape(),
    room: chooseRoom,
    tab: openTab,
    fold,
    menu,
    foldRail: () => node('frame').classList.toggle('rail-folded'),
    askView: () => {
      openTab(node('rail-tab-views'));
      node('frame').classList.remove('rail-folded');
      const field = document.querySelector('[data-view-name] input');
      if (field) field.focus();
    },
    setLanguage: (button) => switchLanguage(button.dataset.setLanguage),
    switchTheme: () => switchTheme(),
    help: () => hall.keys.help(),
    signOut: () => signOut(),
  };

  function click(event) {
    for (const [attribute, run] of Object.entries(CLICKS)) {
      const found = event.target.closest(`[data-${attribute.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}]`);
      if (found) {
        run(found);
        break;
      }
    }
    for (const open of document.querySelectorAll('details[data-menu][open]')) if (!open.contains(event.target)) open.open = false;
  }

  function hover(event) {
    const row = event.target.closest('[data-hover]');
    const before = hover.row;
    if (row === before) return;
    hover.row = row;
    if (!row) return hall.map.highlight([]);
    const [layer, id] = row.dataset.hover.split('/');
    const place = row.dataset.lon ? { lon: Number(row.dataset.lon), lat: Number(row.dataset.lat) } : {};
    return hall.map.highlight([{ layer, id: Number(id), ...place }]);
  }

  /** Left and right walk through tabs, as a tab list must. */
  function key(event) {
    const tab = event.target.closest('[role=tab]');
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const tabs = Array.from(tab.closest('[role=tablist]').querySelectorAll('[role=tab]'));
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    openTab(next);
    next.focus();
  }

  // ---- language, theme, session -------------------------------------------------------------------------------


  async function switchLanguage(language) {
    await hall.setLanguage(language);
    if (!hall.map) return location.reload();
    hall.store('language', language);
    return renew();
  }

  function switchTheme() {
    const next = document.documentElement.dataset.theme === 'light' ? 'dark' : 'light';
    hall.remember('hall_theme', next);
    if (hall.map) hall.map.setTheme(next);
    else document.documentElement.dataset.theme = next;
  }

  async function signOut() {
    await fetch(`${hall.origin}/api/v1/session`, { method: 'DELETE' });
    location.assign('/login');
  }

  /** A request was refused because the session is over: sign in again and come back to this very view. */
  function signedOut(over) {
    if (over) location.assign(`/login?expired=1&next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
    return none();
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.desk = Object.assign(window.dash_clientside.desk || {}, { follow, signedOut });

  (hall.starts = hall.starts || []).push(() => {
    document.addEventListener('click', click);
    document.addEventListener('keydown', key);
    if (!hall.map) return;
    document.addEventListener('pointerover', hover);
    hall.on('state', () => hall.remember('hall_theme', document.documentElement.dataset.theme || 'dark'));
  });
  hall.desk = Object.assign(hall.desk || {}, { pick, board, arrive, close, back, renew, refresh, copy, shown: () => shown });
})((window.hall = window.hall || {}));
