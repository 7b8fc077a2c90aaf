/** Where the phone is. Positions are collected only on duty and with the worker's consent, and go to the server in batches. */
import { ask, Offline, SignedOut } from './api.js';
import { distance } from './dom.js';
import { change, state } from './state.js';
import * as store from './store.js';

const EVERY_MS = 15000;
const EVERY_M = 25;
const BATCH = 200;
const FLUSH_MS = 20000;
const OLDEST_MS = 24 * 3600000;

let watching = null;
let last = null;
let battery = null;

export const sharing = () => Boolean(state.worker && state.worker.sharing_since && state.worker.status !== 'off_duty');

/** Watch the position while somebody looks at it or it is shared; say why when that cannot be. */
export function look() {
  if (watching !== null) return;
  if (!window.isSecureContext) return void change({ noFix: 'insecure' });
  if (!navigator.geolocation) return void change({ noFix: 'unavailable' });
  watching = navigator.geolocation.watchPosition(found, failed, { enableHighAccuracy: true, maximumAge: 5000, timeout: 30000 });
}

function failed({ code }) {
  change({ noFix: code === 1 ? 'denied' : state.fix ? '' : 'unavailable' });
  if (code !== 1) return;
  navigator.geolocation.clearWatch(watching);
  watching = null;
}

function found({ coords, timestamp }) {
  const at = Math.min(timestamp || Date.now(), Date.now());
  const fix = { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy, at };
  change({ fix, noFix: '' });
  if (!sharing() || !state.me) return;
  if (last && at - last.at < EVERY_MS && distance(last, fix) < EVERY_M) return;
  if (last && at <= last.at) return;
  last = fix;
  store.put('positions', {
    at: new Date(at).toISOString(),
    lon: fix.lon,
    lat: fix.lat,
    accuracy_m: coords.accuracy,
    speed_kmh: coords.speed === null ? null : coords.speed * 3.6,
    heading_deg: Number.isFinite(coords.heading) ? coords.heading : null,
    battery_pct: battery && Math.round(battery.level * 100),
    account: state.me.username,
  });
}

/** Hand positions in; a batch whose answer got lost comes again and counts once. */
async function flush() {
  if (!state.me || state.expired || !navigator.onLine) return;
  const kept = await store.all('positions', BATCH);
  const old = kept.filter((one) => one.account !== state.me.username || Date.now() - Date.parse(one.at) > OLDEST_MS || !sharing());
  const batch = kept.filter((one) => !old.includes(one));
  const forget = (list) => store.within(['positions'], 'readwrite', (positions) => list.forEach(({ at }) => positions.delete(at)));
  if (old.length) await forget(old);
  if (!batch.length) return;
  try {
    const answer = await ask('/api/v1/positions', { method: 'POST', body: { positions: batch.map(({ account, ...position }) => position) } });
    if (answer.ok || answer.status === 400 || answer.status === 403) await forget(batch);
  } catch (error) {
    if (!(error instanceof Offline) && !(error instanceof SignedOut)) throw error;
  }
}

/** Nothing more is collected, and what was collected is forgotten. */
export async function stop() {
  last = null;
  await store.within(['positions'], 'readwrite', (positions) => positions.clear());
}

export function start() {
  if (navigator.getBattery) navigator.getBattery().then((one) => (battery = one), () => {});
  if (sharing()) look();
  setInterval(flush, FLUSH_MS);
  window.addEventListener('online', flush);
}
export { flush };
