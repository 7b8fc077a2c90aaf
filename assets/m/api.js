/** Questions to the server. What did not arrive throws `Offline`; every answer comes back with its status. */
import { change, state } from './state.js';

const WAIT_MS = 20000;
const UPLOAD_MS = 120000;

/** No connection, no answer in time, or a server that does not answer now: the same may work later. */
export class Offline extends Error {}

/** The session is over. */
export class SignedOut extends Error {}

let touched = Date.now();
for (const kind of ['pointerdown', 'keydown']) document.addEventListener(kind, () => (touched = Date.now()), { capture: true, passive: true });

/** Whoever is on duty is there although the phone is in the pocket; everybody else is as present as the screen is touched. */
const idle = () => (state.worker && state.worker.status !== 'off_duty' ? {} : { 'X-Idle-S': String(Math.round((Date.now() - touched) / 1000)) });

/**
 * @param {string} path
 * @param {{method?: string, body?: *, type?: string}} [options] a body that is no Blob is sent as JSON
 * @returns {Promise<{status: number, ok: boolean, body: *}>}
 */
export async function ask(path, { method = 'GET', body } = {}) {
  const stop = new AbortController();
  const upload = body instanceof Blob;
  const timer = setTimeout(() => stop.abort(), upload ? UPLOAD_MS : WAIT_MS);
  let answer;
  let read;
  try {
    answer = await fetch(path, {
      method,
      signal: stop.signal,
      headers: { Accept: 'application/json', ...idle(), ...(body === undefined ? {} : { 'Content-Type': upload ? body.type : 'application/json' }) },
      body: body === undefined || upload ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    read = text && answer.headers.get('Content-Type').includes('json') ? JSON.parse(text) : text;
  } catch (error) {
    change({ online: false });
    throw new Offline(error.message);
  } finally {
    clearTimeout(timer);
  }
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
    change({ online: answer.status === 429 });
    throw new Offline(String(answer.status));
  }
  change({ online: true });
  if (answer.status === 401 && path !== '/api/v1/session') {
    change({ expired: true });
    throw new SignedOut();
  }
  return { status: answer.status, ok: answer.ok, body: read };
}

/** The body of an answer that must be good. */
export async function read(path) {
  const { ok, status, body } = await ask(path);
  if (!ok) throw new Error(`${path}: ${status} ${(body && body.detail) || ''}`);
  return body;
}
