/**
 * Rows that changed a moment ago, drawn before the tiles of their layer are made anew: the style puts them into the place of what the tiles still
 * show, in the same look. They go when tiles have come that know of them.
 */
(function (hall) {
  'use strict';

  const MOST = 400;
  /** Tiles that come sooner after a change may have been made before it. */
  const SURELY_MS = 1000;
  const MOST_PULSES = 12;
  const INSTANT = /^\d{4}-\d\d-\d\dT/;

  /** @type {Map<string, {layer: string, id: number, feature: ?Object, at: number}>} the oldest first */
  const rows = new Map();

  /** As tiles have it: instants are seconds, what colours a pin is text. */
  function asTile({ id, geometry, properties }) {
    const values = {};
    for (const [name, value] of Object.entries(properties)) {
      if (value === null) continue;
      values[name] = typeof value === 'string' && INSTANT.test(value) ? Math.floor(Date.parse(value) / 1000) : value;
    }
    if (values.level !== undefined) values.level = String(values.level);
    return { type: 'Feature', id, geometry, properties: values };
  }

  /** Does a row fulfil the filter that the reader has set? In the grammar of layers/conditions.py: "a,b" or "low..high". */
  function fits(properties, filter) {
    return Object.entries(filter || {}).every(([name, text]) => {
      const value = properties[name];
      if (!text.includes('..')) return text.split(',').includes(String(value));
      const [low, high] = text.split('..').map((edge) => (edge === '' ? null : INSTANT.test(edge) ? Date.parse(edge) / 1000 : Number(edge)));
      return value !== undefined && (low === null || value >= low) && (high === null || value <= high);
    });
  }

  /**
   * What the style needs, by layer: rows to draw, and ids that its tiles must not draw.
   * @param {Object<string, {filter: ?Object<string, string>}>} choices
   * @returns {Object<string, {ids: number[], features: Object[]}>}
   */
  function drawn(choices) {
    const found = {};
    for (const { layer, id, feature } of rows.values()) {
      found[layer] = found[layer] || { ids: [], features: [] };
      found[layer].ids.push(id);
      if (feature && fits(feature.properties, choices[layer] && choices[layer].filter)) found[layer].features.push(feature);
    }
    return found;
  }

  function flash(changes) {
    const [west, south, east, north] = hall.viewport.bounds();
    const seen = changes.filter(({ kind, alarm, feature, layer }) => {
      if (!feature || !(kind === 'insert' || alarm) || !hall.map.choices.layers[layer] || !hall.map.choices.layers[layer].visible) return false;
      const [lon, lat] = feature.geometry.coordinates;
      return lon >= west && lon <= east && lat >= south && lat <= north;
    });
    for (const { layer, row_id: id, feature } of seen.slice(-MOST_PULSES)) hall.pulse.fresh(layer, id, feature.geometry.coordinates, feature.properties.level);
  }

  function take(changes) {
    const now = Date.now();
    for (const { layer, row_id: id, feature } of changes) {
      const key = `${layer}/${id}`;
      rows.delete(key);
      rows.set(key, { layer, id, feature: feature && asTile(feature), at: now });
    }
    for (const key of rows.keys()) {
      if (rows.size <= MOST) break;
      rows.delete(key);
    }
    hall.map.redraw();
    flash(changes);
  }

  /** Does a tile that is here know of the row as it is now? */
  function isInTiles({ layer, id, feature }) {
    const gl = hall.map.gl();
    if (!feature || !gl || !gl.getSource(layer)) return false;
    const [found] = gl.querySourceFeatures(layer, { sourceLayer: layer, filter: ['==', ['id'], id] });
    return Boolean(found) && Object.entries(found.properties).every(([name, value]) => String(feature.properties[name]) === String(value));
  }

  /** Tiles of these layers have come: they know what changed well before. */
  function settle(moved) {
    const sure = Date.now() - SURELY_MS;
    hall.idle().then(() => {
      let gone = false;
      for (const [key, row] of rows) if (row.layer in moved && (row.at < sure || isInTiles(row))) gone = rows.delete(key) || gone;
      if (gone) hall.map.redraw();
    });
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.on('changes', (changes) => hall.map.ready.then(() => take(changes)));
    hall.on('moved', (moved) => hall.map.ready.then(() => settle(moved)));
    hall.on('resync', () => {
      rows.clear();
      hall.map.redraw();
    });
  });
  hall.liveRows = { drawn, of: (layer, id) => rows.get(`${layer}/${id}`) };
})((window.hall = window.hall || {}));
