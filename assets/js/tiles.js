/**
 * Vector tiles come through here: MapLibre forgets a layer's tiles when the layer is switched or its filter changes, this memory does not.
 * An address holds filter and revision, so its content never changes and it is fetched once.
 */
(function (hall) {
  'use strict';

  const SCHEME = 'hall';
  const MOST_BYTES = 32 * 1024 * 1024;

  /** @type {Map<string, ArrayBuffer>} the least recently used first */
  const kept = new Map();
  let bytes = 0;

  function keep(path, data) {
    kept.set(path, data);
    bytes += data.byteLength;
    for (const [oldest, old] of kept) {
      if (bytes <= MOST_BYTES) break;
      kept.delete(oldest);
      bytes -= old.byteLength;
    }
  }

  /** @type {Map<string, {data: Promise<ArrayBuffer>, stop: AbortController, waiting: number}>} */
  const running = new Map();

  async function ask(path, signal) {
    let answer;
    try {
      answer = await fetch(hall.origin + path, { signal });
    } catch (error) {
      if (error.name !== 'AbortError') hall.connection.doubt();
      throw error;
    }
    if (answer.status >= 500 || answer.status === 401) hall.connection.doubt();
    if (!answer.ok) throw new hall.connection.Refused(path, answer.status);
    const data = await answer.arrayBuffer();
    keep(path, data);
    return data;
  }

  /** One request for all who want the same tile; it is given up when the last of them does. */
  function shared(path, signal) {
    let request = running.get(path);
    if (!request) {
      const stop = new AbortController();
      request = { data: ask(path, stop.signal).finally(() => running.delete(path)), stop, waiting: 0 };
      running.set(path, request);
    }
    request.waiting += 1;
    signal.addEventListener('abort', () => {
      request.waiting -= 1;
      if (!request.waiting) request.stop.abort();
    }, { once: true });
    return request.data;
  }

  /**
   * The tile of a path, from memory or from the server.
   * @param {string} path
   * @param {AbortSignal} signal
   * @returns {Promise<ArrayBuffer>} a copy, as MapLibre gives it away to its worker
   */
  async function load(path, signal) {
    const known = kept.get(path);
    if (!known) return (await shared(path, signal)).slice(0);
    kept.delete(path);
    kept.set(path, known);
    return known.slice(0);
  }

  /** Teach MapLibre the scheme. */
  function install(maplibre) {
    maplibre.addProtocol(SCHEME, async ({ url }, { signal }) => ({ data: await load(url.slice(SCHEME.length + 3), signal) }));
  }

  /** An address of our own server in the scheme: `/tiles/…` becomes `hall:///tiles/…`. */
  const address = (path) => (path.startsWith('/') ? `${SCHEME}://${path}` : path);

  hall.tiles = { install, address, load, size: () => ({ tiles: kept.size, bytes }) };
})((window.hall = window.hall || {}));
