/** What the phone keeps by itself, in IndexedDB: entries that wait, their photos, positions, drafts, and the last lists that were read. */
const NAME = 'hall-phone';
let opened = null;

function open() {
  opened = opened || new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('queue', { keyPath: 'seq', autoIncrement: true });
      request.result.createObjectStore('photos', { keyPath: 'key' });
      request.result.createObjectStore('positions', { keyPath: 'at' });
      request.result.createObjectStore('kept');
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

const answered = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Run in one transaction over the named stores; settled when it is written. */
export async function within(names, mode, run) {
  const transaction = (await open()).transaction(names, mode);
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  const result = await run(...names.map((name) => transaction.objectStore(name)), answered);
  await done;
  return result;
}

export const get = (store, key) => within([store], 'readonly', (one) => answered(one.get(key)));
export const all = (store, limit) => within([store], 'readonly', (one) => answered(one.getAll(null, limit)));
export const put = (store, value, key) => within([store], 'readwrite', (one) => answered(one.put(value, key)));
export const remove = (store, key) => within([store], 'readwrite', (one) => answered(one.delete(key)));

/** Only one page of this phone may send at a time: it holds a lease that it renews, as locks need https. */
export function lease(owner, forMs) {
  return within(['kept'], 'readwrite', async (kept) => {
    const held = await answered(kept.get('lease'));
    if (held && held.owner !== owner && held.until > Date.now()) return false;
    kept.put({ owner, until: Date.now() + forMs }, 'lease');
    return true;
  });
}

export const release = (owner) =>
  within(['kept'], 'readwrite', async (kept) => {
    const held = await answered(kept.get('lease'));
    if (held && held.owner === owner) kept.delete('lease');
  });
