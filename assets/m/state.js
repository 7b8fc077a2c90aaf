/** What the page shows, in one place; whoever changes it says so, and the shown view is drawn anew. */
import * as store from './store.js';

export const state = {
  /** @type {?Object} answer of /api/v1/me; null: nobody is signed in */
  me: null,
  /** @type {?Object} the worker that the account stands for */
  worker: null,
  tasks: [],
  done: [],
  /** When the lists were read, by this phone's clock. */
  readAt: 0,
  online: navigator.onLine,
  /** @type {"open" | "away"} of the live socket */
  live: 'away',
  /** Entries of the queue, in their order; `account` says whose they are. */
  queue: [],
  messages: [],
  /** @type {?{lon: number, lat: number, accuracy: number, at: number}} */
  fix: null,
  /** @type {"" | "insecure" | "denied" | "unavailable"} why there is no position */
  noFix: '',
  expired: false,
};

const listeners = new Set();

/** Call `run` after every change. */
export function watch(run) {
  listeners.add(run);
  return () => listeners.delete(run);
}

let telling = 0;

export function change(values) {
  Object.assign(state, values);
  if (telling) return;
  telling = requestAnimationFrame(() => {
    telling = 0;
    for (const run of listeners) run();
  });
}

const mine = () => `data:${state.me.username}`;

/** Keep what was read, for the next start without a connection. */
export async function keep() {
  if (!state.me) return;
  const { me, worker, tasks, done, readAt } = state;
  await store.put('kept', { me, worker, tasks, done, readAt }, mine());
  await store.put('kept', me.username, 'last');
}

/** Bring back what was read last. */
export async function recall(username) {
  const name = username || (await store.get('kept', 'last'));
  const kept = name && (await store.get('kept', `data:${name}`));
  const messages = (name && (await store.get('kept', `messages:${name}`))) || [];
  if (kept) change({ ...kept, messages });
  return Boolean(kept);
}

export async function forget() {
  if (state.me) await store.remove('kept', mine());
  await store.remove('kept', 'last');
  change({ me: null, worker: null, tasks: [], done: [], messages: [], readAt: 0, expired: false });
}

const MOST_MESSAGES = 60;

/** Note something for the list of messages: {kind, title, text, task?}. */
export async function note(message) {
  const messages = [{ at: Date.now(), fresh: message.kind !== 'sent', ...message }, ...state.messages].slice(0, MOST_MESSAGES);
  change({ messages });
  await store.put('kept', messages, `messages:${state.me.username}`);
}

export async function seen() {
  if (!state.messages.some((one) => one.fresh)) return;
  const messages = state.messages.map((one) => ({ ...one, fresh: false }));
  change({ messages });
  await store.put('kept', messages, `messages:${state.me.username}`);
}
