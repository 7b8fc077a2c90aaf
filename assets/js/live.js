/**
 * The live socket: hears what changes as it happens and hands it on. Comes back by itself after a break and gets what it missed; while it is away the
 * page asks for revisions as before. Others listen: `hall.on('live', change)` for each change, `hall.on('resync', …)` when lists must be read anew.
 */
(function (hall) {
  'use strict';

  const BACKOFF_MS = [300, 1000, 2000, 4000, 8000, 15000];
  const GATHER_MS = 60;
  const FIGURES_MS = 1000;
  const TICKS_MS = { open: 60000, away: 10000 };
  const SESSION_OVER = 4401;
  const RIGHTS_CHANGED = 4403;

  let socket = null;
  /** Id of the last change that was heard; null before the first hello. */
  let since = null;
  let failures = 0;
  let silentMs = 45000;
  let silence = 0;
  let retry = 0;
  /** @type {"open" | "away"} */
  let state = 'away';

  // ---- what is heard goes on in handfuls ----------------------------------------------------------------------

  let waiting = [];
  let revisions = {};
  let gathering = 0;

  function flush() {
    gathering = 0;
    const changes = waiting;
    const moved = revisions;
    waiting = [];
    revisions = {};
    if (changes.length) {
      hall.emit('changes', changes);
      for (const change of changes) hall.emit('live', change);
      figures();
    }
    if (Object.keys(moved).length) {
      hall.emit('moved', moved);
      if (hall.map) hall.map.setRevisions(moved);
    }
  }

  /** The first of a handful goes at once. */
  function gather() {
    if (gathering) return;
    gathering = setTimeout(flush, GATHER_MS);
  }

  let told = 0;
  let telling = 0;

  const dash = (id, properties) => document.getElementById('ticker') && window.dash_clientside.set_props && window.dash_clientside.set_props(id, properties);

  /** Counters, ticker and the day's chart are read anew, at most once a second. */
  function figures() {
    if (telling) return;
    telling = setTimeout(() => {
      telling = 0;
      told = Date.now();
      dash('tick', { n_intervals: told });
    }, Math.max(150, told + FIGURES_MS - Date.now()));
  }

  // ---- messages -----------------------------------------------------------------------------------------------

  const alive = (message) => hall.connection.feed(message.as_of ? new Date(message.as_of) : new Date(hall.connection.now()));

  const HEARD = {
    hello(message) {
      failures = 0;
      if (since === null) since = message.last;
      silentMs = 1000 * (2 * message.ping_s + 5);
      Object.assign(revisions, message.revisions);
      turn('open');
      alive(message);
      gather();
    },
    ping(message) {
      since = Math.max(since, message.last);
      alive(message);
    },
    change(message) {
      since = message.id;
      waiting.push(message);
      gather();
    },
    revision({ layer, revision }) {
      revisions[layer] = revision;
      gather();
    },
    resync(message) {
      since = message.last;
      waiting = [];
      Object.assign(revisions, message.revisions);
      gather();
      hall.emit('resync', message);
      figures();
    },
  };

  function hear({ data }) {
    const message = JSON.parse(data);
    listen();
    if (HEARD[message.type]) HEARD[message.type](message);
  }

  // ---- the socket ---------------------------------------------------------------------------------------------

  function turn(next) {
    if (state === next) return;
    state = next;
    document.documentElement.dataset.live = state;
    dash('tick', { interval: TICKS_MS[state] });
    hall.emit('feed', state);
    say();
  }

  /** A socket that says nothing for two pings is dead, whatever the browser believes. */
  function listen() {
    clearTimeout(silence);
    silence = setTimeout(() => socket && socket.close(), silentMs);
  }

  function open() {
    clearTimeout(retry);
    const query = since === null ? '' : `?since=${since}`;
    socket = new WebSocket(`${hall.origin.replace(/^http/, 'ws')}/live${query}`);
    socket.onmessage = hear;
    socket.onclose = lost;
    listen();
  }

  function lost({ code }) {
    socket = null;
    clearTimeout(silence);
    turn('away');
    hall.connection.unfeed();
    // other rights: whatever the page shows was read with the old ones
    if (code === RIGHTS_CHANGED) return location.reload();
    if (code === SESSION_OVER) return hall.connection.retry(); // is refused, which leads to the sign-in
    const delay = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] * (0.7 + 0.6 * Math.random());
    failures += 1;
    retry = setTimeout(open, delay);
    return undefined;
  }

  function again() {
    if (socket || state === 'open') return;
    failures = 0;
    open();
  }

  /** What the mark in the top bar says when pointed at. */
  function say() {
    for (const node of document.querySelectorAll('.connection, .live')) {
      node.title = `${hall.t(`live.${state}`)} · ${hall.t('map.data_as_of', { time: hall.clockTime(hall.connection.lastGood(), true) })}`;
    }
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    document.documentElement.dataset.live = state;
    hall.map.ready.then(() => {
      open();
      window.addEventListener('online', again);
      hall.on('connection', (now) => now.state === 'ok' && again());
      hall.on('data', say);
      hall.on('language', say);
    });
  });
  hall.live = { state: () => state, since: () => since, flush, close: () => socket && socket.close() };
})((window.hall = window.hall || {}));
