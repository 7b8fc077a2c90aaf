/**
 * Requests to our own server: one clock, one idea of whether the server answers. While the live socket is open it tells what has moved; without it
 * the catalogue is asked again and again.
 */
(function (hall) {
  'use strict';

  const POLL_MS = 5000;
  const FED_MS = 60000;
  const RETRY_MS = [2000, 4000, 8000, 15000, 30000];
  /** Told every 5 seconds when the database last answered: after this it is away, and the page says so within 15 seconds. */
  const STALE_MS = 8000;

  /** @type {"ok" | "lost" | "signed_out"} */
  let state = 'ok';
  let lastGood = new Date();
  let offsetMs = 0;
  let failures = 0;
  let timer = 0;
  /** Does the live socket tell what moves? */
  let fed = false;

  /** The server's time in milliseconds since 1970. */
  const now = () => Date.now() + offsetMs;

  /** An answer that is not what was asked for. */
  class Refused extends Error {
    constructor(path, status) {
      super(`${path}: ${status}`);
      this.status = status;
    }
  }

  /**
   * Fetch JSON of this server.
   * @param {string} path from the root
   * @param {RequestInit} [options]
   * @throws {Refused} an HTTP error; the browser's own errors when nobody answers
   */
  async function json(path, options) {
    let answer;
    try {
      answer = await fetch(hall.origin + path, { headers: { Accept: 'application/json' }, ...options });
    } catch (error) {
      if (error.name !== 'AbortError') doubt();
      throw error;
    }
    if (answer.status >= 500 || answer.status === 401) doubt();
    if (!answer.ok) throw new Refused(path, answer.status);
    const date = Date.parse(answer.headers.get('Date') || '');
    // the header has whole seconds: only a clock that is really off is corrected
    if (!Number.isNaN(date)) offsetMs = Math.abs(date - Date.now()) > 2000 ? date - Date.now() : 0;
    return answer.json();
  }

  function turn(next) {
    if (next === state) return;
    const before = state;
    state = next;
    hall.emit('connection', { state, before, since: lastGood });
  }

  /** Something failed: ask the catalogue at once, which decides. */
  function doubt() {
    if (!failures && timer) schedule(0);
  }

  function schedule(delay) {
    clearTimeout(timer);
    timer = setTimeout(poll, delay);
  }

  async function poll() {
    let delay = fed ? FED_MS : POLL_MS;
    try {
      if (document.visibilityState === 'visible' || state !== 'ok') await look();
      failures = 0;
    } catch (error) {
      const again = error.status && error.status < 500 && error.status !== 401;
      turn(error.status === 401 ? 'signed_out' : again ? state : 'lost');
      delay = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
      failures += 1;
    }
    schedule(delay);
  }

  async function look() {
    const fresh = await json('/tiles/catalog.json');
    good(fresh.as_of ? new Date(fresh.as_of) : new Date(now()));
    hall.map.setRevisions(Object.fromEntries(fresh.layers.map((layer) => [layer.key, layer.revision])));
  }

  /** The server answered, and the database told it at that time what there is. */
  function good(asOf) {
    lastGood = asOf;
    hall.emit('data', lastGood);
    turn(now() - asOf > STALE_MS ? 'lost' : 'ok');
  }

  /** The live socket has spoken: no need to ask for what it tells. */
  function feed(asOf) {
    if (!fed) schedule(FED_MS);
    fed = true;
    failures = 0;
    good(asOf);
  }

  /** The live socket is gone. */
  function unfeed() {
    if (fed) schedule(0);
    fed = false;
  }

  /** Begin to ask, once the map stands. */
  function begin() {
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && schedule(0));
    window.addEventListener('online', () => schedule(0));
    window.addEventListener('offline', () => schedule(0));
    schedule(POLL_MS);
  }

  hall.connection = { json, now, begin, doubt, state: () => state, lastGood: () => lastGood, retry: () => schedule(0), feed, unfeed, Refused };
})((window.hall = window.hall || {}));
