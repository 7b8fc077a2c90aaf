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

  /**
   * The tile of a path, from memory or from the server.
   * @param {string} path
   * @param {AbortSignal} signal
   * @returns {Promise<ArrayBuffer>} a copy, as MapLibre gives it away to its worker
   */
  async function load(path, signal) {
    const known = kept.get(path);
    if (known) {
      kept.delete(path);
      kept.set(path, known);
      return known.slice(0);
    }
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
    return data.slice(0);
  }

  /** Teach MapLibre the scheme. */
  function install(maplibre) {
    maplibre.addProtocol(SCHEME, async ({ url }, { signal }) => ({ data: await load(url.slice(SCHEME.length + 3), signal) }));
  }

  /** An address of our own server in the scheme: `/tiles/…` becomes `hall:///tiles/…`. */
  const address = (path) => (path.startsWith('/') ? `${SCHEME}://${path}` : path);

  hall.tiles = { install, address, load, size: () => ({ tiles: kept.size, bytes }) };
})((window.hall = window.hall || {}));
