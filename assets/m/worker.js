/* The service worker: the page starts from the phone's own store, whatever the connection. Data is never answered from here. */
const KEEP = `hall-phone-${SHELL.version}`;
const TILES = 'hall-phone-tiles';
const MOST_TILES = 600;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(KEEP).then((cache) => cache.addAll([...SHELL.files, SHELL.page, `${SHELL.page}manifest.webmanifest`])).then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  // the map's library is large: it is fetched when everything else is there, and the page works without it
  caches.open(KEEP).then((cache) => cache.addAll(SHELL.later)).catch(() => {});
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith('hall-phone-') && name !== KEEP && name !== TILES).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

/** Whoever signs out leaves no map behind. */
self.addEventListener('message', ({ data }) => data === 'forget' && caches.delete(TILES));

/** The network first, for it may be newer; the store when it does not answer soon. */
async function page(request) {
  const cache = await caches.open(KEEP);
  const late = new Promise((resolve) => setTimeout(resolve, 3000));
  const fresh = fetch(request).then((answer) => {
    if (answer.ok) cache.put(SHELL.page, answer.clone());
    return answer;
  });
  const first = await Promise.race([fresh.catch(() => null), late]);
  return first || (await cache.match(SHELL.page)) || fresh;
}

/** Files with a version in their address never change. */
async function kept(request, name, most) {
  const cache = await caches.open(name);
  const known = await cache.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok && answer.status === 200) {
    await cache.put(request, answer.clone());
    if (most) trim(cache, most);
  }
  return answer;
}

/** The latest, else the one before. */
async function latest(request, name) {
  const cache = await caches.open(name);
  try {
    const answer = await fetch(request);
    if (answer.ok) cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const known = await cache.match(request);
    if (known) return known;
    throw error;
  }
}

async function trim(cache, most) {
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - most))) await cache.delete(key);
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate' && url.pathname.startsWith(SHELL.page)) event.respondWith(page(request));
  else if (url.pathname.startsWith('/tiles/base/')) event.respondWith(kept(request, TILES, MOST_TILES));
  else if (url.pathname.startsWith('/style/')) event.respondWith(latest(request, TILES));
  else if (url.pathname.startsWith('/fonts/') && !url.pathname.endsWith('.css')) event.respondWith(kept(request, KEEP));
  else if (url.pathname.startsWith('/fonts/')) event.respondWith(latest(request, KEEP));
  else if (url.pathname.startsWith('/assets/m/') || url.pathname.startsWith('/assets/css/')) event.respondWith(kept(request, KEEP));
  else if (url.pathname.startsWith('/assets/vendor/maplibre-gl/')) event.respondWith(latest(request, KEEP));
  else if (url.pathname === `${SHELL.page}manifest.webmanifest`) event.respondWith(latest(request, KEEP));
});
