/**
 * Everything that is entered goes through here: first into the phone's own store, then, in order, to the server. Each entry carries a mark of its own,
 * so an entry whose answer got lost is sent again and counts once. What the server refuses stays until it was read.
 */
import { ask, Offline, SignedOut } from './api.js';
import { mark } from './dom.js';
import { change, note, state } from './state.js';
import * as store from './store.js';

const OWNER = mark();
const LEASE_MS = 150000;
const BACKOFF_MS = [2000, 5000, 10000, 20000, 30000, 60000];

let running = null;
let again = false;
let failures = 0;
let retry = 0;

async function load() {
  change({ queue: await store.all('queue') });
}

/** Entries of the account that is signed in. */
export const own = () => state.queue.filter((item) => state.me && item.account === state.me.username);
export const waiting = () => own().filter((item) => item.state === 'waiting' && !item.quiet);
export const stopped = () => own().filter((item) => item.state === 'stopped');
export const foreign = () => state.queue.filter((item) => state.me && item.account !== state.me.username);

/**
 * Put an entry into the queue.
 * @param {{kind: string, title: string, body: Object, task?: number, quiet?: boolean}} entry
 * @param {{kind: string, blob: Blob}[]} [photos]
 */
export async function enter(entry, photos = []) {
  const id = mark();
  const keys = photos.map((_, index) => `${id}-${index}`);
  await store.within(['queue', 'photos'], 'readwrite', (queue, kept) => {
    photos.forEach(({ kind, blob }, index) => kept.put({ key: keys[index], kind, blob, attachment: null }));
    queue.put({ id, account: state.me.username, at: new Date().toISOString(), state: 'waiting', photos: keys, ...entry });
  });
  await load();
  send();
  return id;
}

/** Take an entry out, with its photos. */
async function drop(item) {
  await store.within(['queue', 'photos'], 'readwrite', (queue, photos) => {
    queue.delete(item.seq);
    for (const key of item.photos) photos.delete(key);
  });
  await load();
}

/** A refused entry was read: it goes. */
export const acknowledge = (item) => drop(item);

/** Send a refused entry once more, with something added. */
export async function mend(item, added) {
  await store.put('queue', { ...item, state: 'waiting', error: null, body: { ...item.body, ...added } });
  await load();
  send();
}

/** Hand the photos in; each one is remembered as soon as it arrived. */
async function upload(item) {
  const ids = [];
  for (const key of item.photos) {
    const photo = await store.get('photos', key);
    if (!photo) continue;
    if (photo.attachment === null) {
      const { ok, status, body } = await ask(`/api/v1/attachments?kind=${photo.kind}`, { method: 'POST', body: photo.blob });
      if (!ok) return { refused: { status, detail: (body && body.detail) || '' } };
      photo.attachment = body.id;
      await store.put('photos', photo);
    }
    ids.push(photo.attachment);
  }
  return { ids };
}

const post = (path, body) => ask(path, { method: 'POST', body });

const SENT = {
  task: (item, ids) => post(`/api/v1/tasks/${item.task}/actions`, { ...item.body, at: item.at, client_id: item.id, attachments: ids }),
  report: (item, ids) => post('/api/v1/events', { ...item.body, reported_at: item.at, external_no: item.id, attachments: ids }),
  async self_close(item, ids) {
    const { opinion, ...report } = item.body;
    const filed = await post('/api/v1/events', { ...report, reported_at: item.at, external_no: item.id, attachments: ids });
    if (!filed.ok) return filed;
    if (!filed.body.id) return { ok: false, status: 0, body: { detail: filed.body.needs, reported: filed.body } };
    const event = `/api/v1/events/${filed.body.id}`;
    const seen = await ask(event);
    const version = seen.ok ? seen.body.version : 1;
    const closed = await post(`${event}/actions`, { action: 'self_close', version, opinion, client_id: item.id });
    return closed.ok ? { ...closed, body: filed.body } : { ...closed, body: { ...closed.body, reported: filed.body } };
  },
  own: (item) => ask('/api/v1/me/worker', { method: 'PUT', body: item.body }),
};

async function one(item) {
  const { ids, refused } = await upload(item);
  const answer = refused ? { ok: false, status: refused.status, body: refused } : await SENT[item.kind](item, ids);
  if (answer.ok) {
    await drop(item);
    if (!item.quiet) await note({ kind: 'sent', title: item.title, text: (answer.body && answer.body.case_no) || '', what: item.what, needs: answer.body && answer.body.needs });
    return;
  }
  // a receipt that nobody entered by hand is no loss
  if (item.quiet) return void (await drop(item));
  const { detail = '', reported = null } = answer.body || {};
  await store.put('queue', { ...item, state: 'stopped', error: { status: answer.status, detail, case_no: reported && reported.case_no } });
  await load();
  if (navigator.vibrate) navigator.vibrate([80, 60, 80]);
}

async function pass() {
  if (!state.me || state.expired || !(await store.lease(OWNER, LEASE_MS))) return;
  let sent = 0;
  try {
    for (;;) {
      await load();
      const item = own().find((entry) => entry.state === 'waiting');
      if (!item) break;
      await one(item);
      sent += 1;
      failures = 0;
      await store.lease(OWNER, LEASE_MS);
    }
  } catch (error) {
    if (!(error instanceof Offline) && !(error instanceof SignedOut)) throw error;
    if (error instanceof Offline) later();
  } finally {
    await store.release(OWNER);
    if (sent) document.dispatchEvent(new CustomEvent('sent'));
  }
}

function later() {
  clearTimeout(retry);
  retry = setTimeout(send, BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)]);
  failures += 1;
}

/** Send what waits, now; while it is being sent, once more afterwards. */
export function send() {
  if (running) {
    again = true;
    return running;
  }
  clearTimeout(retry);
  running = pass().finally(() => {
    running = null;
    if (again) {
      again = false;
      send();
    }
  });
  return running;
}

/** How a task stands with what was entered but not yet sent. */
export function standing(task) {
  const AFTER = { accept: 'accepted', arrive: 'on_site', finish: 'done', decline: 'declined' };
  const entered = own().filter((item) => item.kind === 'task' && item.task === task.id && item.state === 'waiting' && AFTER[item.body.action]);
  const last = entered[entered.length - 1];
  return last ? { state: AFTER[last.body.action], pending: true } : { state: task.state, pending: false };
}

export async function start() {
  await load();
  window.addEventListener('online', send);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && send());
  send();
}
