/**
 * From one style to the next with the fewest calls. MapLibre's own comparison reads the whole style back from the map each time and fetches
 * GeoJSON again that has not changed; ours compares what we gave before, where an untouched layer is the very same object.
 */
(function (hall) {
  'use strict';

  const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);
  const FIXED = ['type', 'source', 'source-layer'];

  /** Names that are in either object with different values. */
  function changed(before = {}, after = {}) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !same(before[name], after[name]));
  }

  function alter(gl, before, after) {
    for (const name of changed(before.layout, after.layout)) gl.setLayoutProperty(after.id, name, (after.layout || {})[name], { validate: false });
    for (const name of changed(before.paint, after.paint)) gl.setPaintProperty(after.id, name, (after.paint || {})[name], { validate: false });
    if (!same(before.filter, after.filter)) gl.setFilter(after.id, after.filter, { validate: false });
    if (before.minzoom !== after.minzoom || before.maxzoom !== after.maxzoom) gl.setLayerZoomRange(after.id, after.minzoom, after.maxzoom);
  }

  /**
   * Tiles move to another address in place, so that the old ones stay until the new ones are there. MapLibre's `setTiles` loses its reload when a
   * layer of the source has changed in the same moment (the source pauses until the next frame): so the tiles are asked for after that frame.
   * @returns {boolean} false when the source must be made anew
   */
  function moved(gl, key, before, after, late) {
    const { tiles: oldTiles, data: oldData, ...oldRest } = before;
    const { tiles, data, ...rest } = after;
    if (!same(oldRest, rest)) return false;
    const source = gl.getSource(key);
    if (tiles && !same(oldTiles, tiles)) {
      source.tiles = tiles;
      late.push(key);
    }
    if (data && !same(oldData, data)) source.setData(data);
    return true;
  }

  /** Ask for the tiles of these sources again, once the present changes are drawn. */
  function refresh(gl, keys) {
    if (!keys.length) return Promise.resolve();
    return new Promise((resolve) => {
      gl.once('render', () => {
        for (const key of keys) if (gl.getSource(key)) gl.refreshTiles(key);
        resolve();
      });
      gl.triggerRepaint();
    });
  }

  /** Layers whose place, kind or source is another one are taken out and put in again. */
  function layers(gl, before, after) {
    const known = new Map(before.map((layer) => [layer.id, layer]));
    const wanted = new Set(after.map((layer) => layer.id));
    const kept = before.filter((layer) => wanted.has(layer.id)).map((layer) => layer.id);
    const order = after.filter((layer) => known.has(layer.id)).map((layer) => layer.id);
    const isSorted = kept.every((id, index) => id === order[index]);
    for (const layer of before) if (!wanted.has(layer.id)) gl.removeLayer(layer.id);
    for (let index = after.length - 1; index >= 0; index -= 1) {
      const layer = after[index];
      const old = known.get(layer.id);
      const next = index + 1 < after.length ? after[index + 1].id : undefined;
      if (old === layer) {
        if (!isSorted) gl.moveLayer(layer.id, next);
      } else if (old && FIXED.every((name) => old[name] === layer[name])) {
        alter(gl, old, layer);
        if (!isSorted) gl.moveLayer(layer.id, next);
      } else {
        if (old) gl.removeLayer(layer.id);
        gl.addLayer(layer, next);
      }
    }
  }

  /**
   * Bring the map from the style that it has to another one.
   * @param {Object} gl MapLibre's map
   * @param {Object} before the style that was given last
   * @param {Object} after
   * @returns {Promise<void>} when everything that is needed has been asked for
   */
  function apply(gl, before, after) {
    const moves = [];
    const late = [];
    for (const [key, source] of Object.entries(before.sources)) {
      const next = after.sources[key];
      if (!next) late.push(key);
      else if (next !== source && !moved(gl, key, source, next, moves)) {
        for (const layer of before.layers) if (layer.source === key && gl.getLayer(layer.id)) gl.removeLayer(layer.id);
        gl.removeSource(key);
        gl.addSource(key, next);
      }
    }
    for (const [key, source] of Object.entries(after.sources)) if (!before.sources[key]) gl.addSource(key, source);
    layers(gl, before.layers.filter((layer) => gl.getLayer(layer.id)), after.layers);
    for (const key of late) gl.removeSource(key);
    if (!same(before.light, after.light)) gl.setLight(after.light);
    if (!same(before.sky, after.sky)) gl.setSky(after.sky);
    return refresh(gl, moves);
  }

  hall.diff = { apply, refresh };
})((window.hall = window.hall || {}));
