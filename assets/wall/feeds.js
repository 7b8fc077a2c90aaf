/**
 * What the wall reads, each on its own clock: one that fails keeps its last answer, says how old that is, and is asked again by itself. Ages are measured
 * by the server's clock, because a wall's computer may have none that is right.
 */

const TIMEOUT_MS = 15000;
const BACKOFF_MS = [1500, 3000, 6000, 12000, 30000];

/** Server's clock minus ours. */
let offset = 0;
export const now = () => Date.now() + offset;
/** Take over the server's clock from an answer that has just come. */
function learn(at) {
  const told = Date.parse(at);
  if (Number.isFinite(told)) offset = told - Date.now();
}

/** Speeds everything up for soak tests: `?speed=60`. */
export const speed = Math.min(Math.max(Number(new URLSearchParams(window.location.search).get('speed')) || 1, 1), 600);

export const counts = { faults: 0, asked: 0, failed: 0 };
window.addEventListener('error', () => (counts.faults += 1));
window.addEventListener('unhandledrejection', () => (counts.faults += 1));

export class Refused extends Error {
  constructor(path, status, detail) {
    super(`${path}: ${status}`);
    this.status = status;
    this.detail = detail;
  }
}

/** Whoever opened the wall with an account of their own is away when nobody touches it: a wall keeps no session alive. A kiosk's ends with its token. */
let touched = Date.now();
for (const name of ['pointerdown', 'pointermove', 'keydown']) document.addEventListener(name, () => (touched = Date.now()), { passive: true, capture: true });
export const idle = () => String(Math.round((Date.now() - touched) / 1000));

/** Ask for JSON; null for 204. */
export async function ask(path, { method = 'GET', body } = {}) {
  counts.asked += 1;
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const answer = await fetch(path, {
      method, signal: stop.signal, headers: { Accept: 'application/json', 'X-Idle-S': idle(), ...(body ? { 'Content-Type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (answer.status === 204) return null;
    const given = (answer.headers.get('Content-Type') || '').includes('json') ? await answer.json() : null;
    if (!answer.ok || !given) throw new Refused(path, answer.ok ? 502 : answer.status, given && given.detail);
    if (given.at) learn(given.at);
    return given;
  } catch (error) {
    counts.failed += 1;
    throw error;
  } finally {
    clearTimeout(late);
  }
}

/** @type {Set<Feed>} */
export const feeds = new Set();

export class Feed {
  /**
   * @param {string} name
   * @param {string | function(): ?string} path null: nothing to ask now
   * @param {number} everyS
   */
  constructor(name, path, everyS) {
    Object.assign(this, { name, path, everyMs: everyS * 1000, value: null, at: 0, failedAt: 0, status: 0, failures: 0, running: false, timer: 0 });
    this.listeners = new Set();
    feeds.add(this);
  }

  /** Call with each answer, and at once with the last one. */
  on(run) {
    this.listeners.add(run);
    if (this.value) run(this.value);
    return this;
  }

  /** Take over an answer that came another way. */
  take(value) {
    if (!value) return;
    Object.assign(this, { value, at: value.at ? Date.parse(value.at) : now(), failures: 0, failedAt: 0, status: 200 });
    for (const run of this.listeners) run(value);
  }

  start() {
    if (!this.timer) this.soon(this.value ? this.everyMs / speed : 0);
    return this;
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  /** Ask no more, and forget who listened. */
  end() {
    this.stop();
    this.listeners.clear();
    feeds.delete(this);
  }

  soon(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read(), ms);
  }

  /** Ask now, unless a question is on its way. */
  async read() {
    if (this.running) return;
    const path = typeof this.path === 'function' ? this.path() : this.path;
    if (path) {
      this.running = true;
      try {
        this.take(await ask(path));
      } catch (error) {
        this.failures += 1;
        this.failedAt = this.failedAt || now();
        this.status = error.status || 0;
      }
      this.running = false;
    }
    if (this.timer) this.soon(this.failures ? BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length) - 1] : this.everyMs / speed);
  }

  /** loading | ok | stale (3 periods) | old (10 periods) | error (never had an answer). */
  state() {
    if (!this.value) return this.failures ? 'error' : 'loading';
    const age = now() - this.at;
    if (age > 10 * this.everyMs + 5000) return 'old';
    return age > 3 * this.everyMs + 2000 ? 'stale' : 'ok';
  }
}

// ---- the live socket: says that something happened; what it is, is asked ----------------------------------------

const SOCKET_MS = [500, 1500, 3000, 6000, 15000];
export const link = { open: false, since: null, lostAt: 0, sockets: 0, refused: 0 };

/** Call `heard(layer)` when rows of a layer changed; comes back by itself after a break. */
export function listen(heard) {
  let failures = 0;
  let silence = 0;
  let silentMs = 30000;

  function connect() {
    const socket = new WebSocket(`${window.location.origin.replace(/^http/, 'ws')}/live${link.since === null ? '' : `?since=${link.since}`}`);
    link.sockets += 1;
    const watch = () => {
      clearTimeout(silence);
      silence = setTimeout(() => socket.close(), silentMs);
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      watch();
      if (message.now) learn(message.now);
      if (message.type === 'hello') {
        [failures, link.open, link.lostAt] = [0, true, 0];
        if (link.since === null) link.since = message.last;
        silentMs = 1000 * (2 * message.ping_s + 5);
        heard(null);
      } else if (message.type === 'ping') link.since = Math.max(link.since, message.last);
      else if (message.type === 'change') {
        link.since = message.id;
        heard(message.layer);
      } else if (message.type === 'resync') {
        link.since = message.last;
        heard(null);
      }
    };
    socket.onclose = ({ code }) => {
      clearTimeout(silence);
      link.sockets -= 1;
      if (link.open || !link.lostAt) link.lostAt = now();
      link.open = false;
      link.refused = code === 4401 || code === 4403 ? code : 0;
      const wait = SOCKET_MS[Math.min(failures, SOCKET_MS.length - 1)] * (0.7 + 0.6 * Math.random());
      failures += 1;
      setTimeout(connect, wait);
    };
    watch();
  }
  connect();
  window.addEventListener('online', () => !link.open && feeds.forEach((feed) => feed.failures && feed.read()));
}
