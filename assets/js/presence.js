/**
 * Is somebody there? Pages ask the server by themselves all the time, so each request says how long ago the reader last did something; a session
 * that nobody uses ends although its page goes on refreshing. Says so on the page before it happens.
 */
(function (hall) {
  'use strict';

  const HEADER = 'X-Idle-S';
  const SHARED = 'hall.active'; // tabs of one browser share the session
  const SHARE_MS = 5000;
  const REPORT_MS = 60000;
  const WARN_MS = 120000;
  const WARN_END_MS = 300000;

  /** Loading the page was an act. */
  let last = Date.now();
  let shared = 0;
  let reported = Date.now();
  /** @type {?{idleMs: ?number, endsAt: ?number}} what the server says of the session; null before it has, and for tokens */
  let session = null;
  let warned = '';

  function act() {
    last = Date.now();
    if (last - shared < SHARE_MS) return;
    shared = last;
    localStorage.setItem(SHARED, String(last));
  }

  /** Milliseconds since the reader did something, in any tab. */
  const idle = () => Math.max(0, Date.now() - last);

  const own = (url) => new URL(url, location.href).origin === location.origin;
  const plain = window.fetch.bind(window);

  window.fetch = (input, options) => {
    const request = input instanceof Request;
    if (!own(request ? input.url : String(input))) return plain(input, options);
    const headers = new Headers((options && options.headers) || (request ? input.headers : undefined));
    headers.set(HEADER, String(Math.round(idle() / 1000)));
    return plain(input, { ...options, headers });
  };

  /** Ask what is left of the session; who did something is reported by that. */
  async function ask() {
    reported = Date.now();
    let answer;
    try {
      answer = await hall.connection.json('/api/v1/me');
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof hall.connection.Refused)) throw error;
      return;
    }
    session = {
      idleMs: answer.idle_after_s === null ? null : answer.idle_after_s * 1000,
      endsAt: answer.session_ends_at === null ? null : Date.parse(answer.session_ends_at),
    };
  }

  function signIn() {
    location.assign(`/login?expired=1&next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
  }

  function say(kind, at) {
    const mark = kind && `${kind}:${Math.round(at / 1000)}`;
    if (mark === warned) return;
    warned = mark;
    if (!kind) return hall.dismiss('presence');
    const time = hall.clockTime(new Date(at + hall.connection.now() - Date.now()), true);
    const action = kind === 'idle' ? { text: hall.t('presence.stay'), run: act } : { text: hall.t('map.health.sign_in'), run: signIn };
    return hall.notice(hall.t(`presence.${kind}`, { time }), { kind: 'warn', key: 'presence', closes: kind !== 'idle', action });
  }

  function look() {
    const now = Date.now();
    if (last > reported && now - reported >= REPORT_MS) ask();
    if (!session) return;
    const idleEnd = session.idleMs === null ? Infinity : last + session.idleMs;
    // the clock of the server decides when a session ends as a whole
    const end = session.endsAt === null ? Infinity : session.endsAt - (hall.connection.now() - now);
    if (Math.min(idleEnd, end) <= now) {
      session = null;
      say('', 0);
      ask(); // is refused, which leads to the sign-in
    } else if (end - now <= WARN_END_MS) say('ends', end);
    else if (idleEnd - now <= WARN_MS) say('idle', idleEnd);
    else say('', 0);
  }

  (hall.starts = hall.starts || []).push(() => {
    for (const event of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
      document.addEventListener(event, act, { capture: true, passive: true });
    }
    window.addEventListener('storage', ({ key, newValue }) => {
      if (key === SHARED) last = Math.max(last, Number(newValue) || 0);
    });
    hall.textsReady.then(ask);
    setInterval(look, 1000);
  });
  hall.presence = { idle, act };
})((window.hall = window.hall || {}));
