/** Hears changes as they happen; asks by itself while the socket is away. New tasks are told: banner, vibration, and a receipt to the sender. */
import { Offline, read, SignedOut } from './api.js';
import { icon, h } from './dom.js';
import { enter, send } from './queue.js';
import { change, keep, note, state } from './state.js';
import { t } from './texts.js';

const BACKOFF_MS = [1000, 2000, 5000, 15000, 30000];
const ASK_MS = { open: 60000, away: 15000 };
const GATHER_MS = 300;
const SILENT_MS = 50000;
const DONE = 40;
const SESSION_OVER = 4401;

let socket = null;
let failures = 0;
let silence = 0;
let asking = 0;
let reading = null;
let dirty = false;

/** Read the own worker and the own tasks anew. */
export function refresh() {
  if (reading) {
    dirty = true;
    return reading;
  }
  reading = lists().finally(() => {
    reading = null;
    if (dirty) {
      dirty = false;
      refresh();
    }
  });
  return reading;
}

async function lists() {
  clearTimeout(asking);
  try {
    if (!state.me || state.expired) return;
    const { worker } = await read('/api/v1/me/worker');
    if (!worker) return void change({ worker, readAt: Date.now() });
    const [open, done] = await Promise.all([read('/api/v1/tasks?mine=1&limit=200'), read(`/api/v1/tasks?mine=1&open=false&limit=${DONE}`)]);
    const first = !state.readAt;
    const before = state.tasks;
    change({ worker, tasks: open.items, done: done.items, readAt: Date.now() });
    await keep();
    if (!first) await compare(before, open.items, done.items);
    await receipts(open.items);
  } catch (error) {
    if (!(error instanceof Offline) && !(error instanceof SignedOut)) throw error;
  } finally {
    clearTimeout(asking);
    asking = setTimeout(refresh, ASK_MS[state.live]);
  }
}

async function compare(before, open, done) {
  for (const task of open.filter((one) => one.state === 'sent' && !before.some(({ id }) => id === one.id))) {
    await note({ kind: 'new', title: task.title, text: task.place_text, task: task.id });
    tell(task, t('phone.new_task'));
  }
  for (const task of done.filter((one) => one.state === 'cancelled' && before.some(({ id }) => id === one.id))) {
    await note({ kind: 'cancelled', title: task.title, text: task.place_text });
    tell(task, t('phone.task_cancelled_banner'));
  }
}

/** The sender sees that the task is on the phone. */
async function receipts(open) {
  for (const task of open.filter((one) => one.state === 'sent' && !one.delivered_at)) {
    if (state.queue.some((item) => item.task === task.id && item.body.action === 'deliver')) continue;
    await enter({ kind: 'task', task: task.id, title: task.title, body: { action: 'deliver' }, quiet: true });
  }
}

function tell(task, words) {
  if (navigator.vibrate) navigator.vibrate([300, 120, 300]);
  const open = task.state === 'sent';
  const banner = h('div', { class: `banner level-${task.level}`, role: 'alert' },
    icon(open ? 'bell' : 'info-circle'),
    h('a', { href: open ? `#/task/${task.id}` : '#/messages', onclick: () => banner.remove() }, h('b', null, words), h('span', null, `${task.title} · ${task.place_text}`)),
    h('button', { type: 'button', class: 'bare', 'aria-label': t('phone.close'), onclick: () => banner.remove() }, icon('x')));
  for (const old of document.querySelectorAll('.banner')) old.remove();
  document.body.append(banner);
  const opened = () => {
    if (banner.isConnected && !location.hash.startsWith(`#/task/${task.id}`)) return;
    banner.remove();
    window.removeEventListener('hashchange', opened);
  };
  window.addEventListener('hashchange', opened);
}

let gathering = 0;

function soon() {
  if (!gathering) gathering = setTimeout(() => ((gathering = 0), refresh()), GATHER_MS);
}

function listen() {
  clearTimeout(silence);
  silence = setTimeout(() => socket && socket.close(), SILENT_MS);
}

export function connect() {
  if (socket || !state.me || state.expired) return;
  socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/live`);
  socket.onmessage = ({ data }) => {
    listen();
    const { type, layer } = JSON.parse(data);
    if (type === 'hello') {
      failures = 0;
      change({ live: 'open' });
      send();
    }
    if (type === 'hello' || type === 'resync' || type === 'change' || (type === 'revision' && layer === 'open_events')) soon();
  };
  socket.onclose = ({ code }) => {
    socket = null;
    clearTimeout(silence);
    if (state.live === 'open') change({ live: 'away' });
    soon();
    if (code === SESSION_OVER) return;
    setTimeout(connect, BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)]);
    failures += 1;
  };
  listen();
}

export function disconnect() {
  clearTimeout(asking);
  if (socket) socket.close();
}

export function start() {
  window.addEventListener('online', () => (change({ online: true }), refresh(), connect()));
  window.addEventListener('offline', () => {
    change({ online: false });
    if (socket) socket.close();
  });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && (refresh(), connect()));
  document.addEventListener('sent', refresh);
  refresh();
  connect();
}
