/** From the server's style and the reader's choices to the style that MapLibre gets. Pure functions: nothing here touches the map. */
(function (hall) {
  'use strict';

  const OPACITIES = {
    fill: ['fill-opacity'], line: ['line-opacity'], circle: ['circle-opacity', 'circle-stroke-opacity'], symbol: ['icon-opacity', 'text-opacity'],
    'fill-extrusion': ['fill-extrusion-opacity'], raster: ['raster-opacity'], heatmap: ['heatmap-opacity'],
  };
  const DIMMED = 0.36;
  const MATCHING = '~matching';
  const FRESH = '~live';
  const LIVE = 'hall-live-';

  /**
   * Choices for one layer.
   * @typedef {{visible: boolean, opacity: number, filter: ?Object<string, string>, dim: boolean}} LayerChoice
   */

  /**
   * Multiply an opacity. Zoom may only stand at the top of an expression, so the factor goes into the outputs of a step or interpolation.
   * @param {*} value number or expression
   * @param {number} factor
   */
  function scaled(value, factor) {
    if (factor === 1) return value;
    if (typeof value === 'number') return value * factor;
    const [operator] = value;
    const first = operator === 'step' ? 2 : operator === 'interpolate' ? 4 : 0;
    if (!first) return ['*', value, factor];
    return value.map((part, index) => (index >= first && (index - first) % 2 === 0 ? scaled(part, factor) : part));
  }

  /** Query of a layer's tiles: its filter in a fixed order, so that the same choice is the same address, and its revision. */
  function query(filter, revision) {
    const parts = Object.keys(filter || {}).sort().filter((name) => filter[name]).map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(filter[name])}`);
    if (revision !== undefined && revision !== null) parts.push(`v=${encodeURIComponent(revision)}`);
    return parts.join('&');
  }

  /** Absolute address of something that MapLibre asks for itself. */
  const absolute = (url) => (url.startsWith('/') ? hall.origin + url : url);

  function tiles(source, filter, revision) {
    return source.tiles.map((template) => {
      const [path, given] = hall.tiles.address(template).split('?');
      const version = revision === undefined ? new URLSearchParams(given || '').get('v') : revision;
      const text = query(filter, version);
      return text ? `${path}?${text}` : path;
    });
  }

  const keyOf = (layer) => layer.metadata && layer.metadata['hall:layer'];
  const partOf = (layer) => (layer.metadata && layer.metadata['hall:part']) || '';

  function faded(layer, factor) {
    if (factor === 1) return layer;
    const paint = { ...layer.paint };
    for (const name of OPACITIES[layer.type] || []) paint[name] = scaled(paint[name] === undefined ? 1 : paint[name], factor);
    return { ...layer, paint };
  }

  function shown(layer, visible) {
    return { ...layer, layout: { ...layer.layout, visibility: visible ? 'visible' : 'none' } };
  }

  /** One layer of the style as it is drawn now; two while the layer compares (dimmed rows below matching ones). */
  function chosen(layer, choice) {
    if (!choice) return [layer];
    const whole = faded(shown(layer, choice.visible), choice.opacity);
    if (!compares(choice)) return [whole];
    const matching = { ...whole, id: whole.id + MATCHING, source: layer.source + MATCHING };
    return [faded(whole, DIMMED), matching];
  }

  /** Rows that changed a moment ago take the place of theirs in the tiles. Cells stay: their rows are counted anew with the next tiles. */
  function enlivened(layer, key, rows) {
    if (!rows || partOf(layer).startsWith('cells') || layer.source !== key) return [layer];
    const others = ['!', ['in', ['id'], ['literal', rows.ids]]];
    const { 'source-layer': _, ...own } = layer;
    return [
      { ...layer, filter: layer.filter ? ['all', layer.filter, others] : others },
      { ...own, id: `${layer.id}${FRESH}`, source: LIVE + key },
    ];
  }

  const compares = (choice) => Boolean(choice.dim && choice.filter && Object.keys(choice.filter).length);

  function adjusted(layer, changes) {
    if (!changes) return layer;
    const { visibility, ...paint } = changes;
    const next = { ...layer, paint: { ...layer.paint, ...paint } };
    return visibility ? shown(next, visibility === 'visible') : next;
  }

  /** Is this layer of the vector base hidden under that base? Names stay above imagery; nothing stays without a base. */
  function hiddenBy(base, layer) {
    if (!layer.id.startsWith('base-') || base === 'vector') return false;
    if (layer.id === 'base-sea') return base !== 'none';
    return base === 'none' || !layer.id.startsWith('base-label');
  }

  /** The source of the imagery or foreign map that is chosen as base; null for our own base, and for one that is no longer offered. */
  function ground(base, catalog) {
    const [kind, name] = base.split(/:(.*)/);
    const offered = { imagery: catalog.imagery, wmts: catalog.basemaps }[kind] || [];
    const found = offered.find((item) => item.key === name);
    if (!found) return null;
    const source = { type: 'raster', tiles: found.tiles.map(absolute), tileSize: found.tile_size || 256 };
    for (const part of ['minzoom', 'maxzoom', 'attribution', 'bounds']) if (found[part] !== undefined && found[part] !== null) source[part] = found[part];
    return source;
  }

  /**
   * The style to draw.
   * @param {Object} style as the server sent it
   * @param {{layers: Object<string, LayerChoice>, revisions: Object<string, *>, base: string, ground: ?Object, quiet: boolean,
   *   overlay: {sources: Object, below: Object<string, Object[]>}, live: Object<string, {ids: number[], features: Object[]}>}} choices
   *   `ground` is the imagery or foreign map under everything; `overlay` are our own sources, and layers by the id that they go below;
   *   `live` are rows that stand for those of the tiles until the tiles know of them
   */
  function dress(style, { layers, revisions, base, ground, quiet, overlay, live = {} }) {
    const quieter = (quiet && style.metadata && style.metadata['hall:quiet']) || {};
    const sources = {};
    for (const [key, source] of Object.entries(style.sources)) {
      const choice = layers[key];
      if (!source.tiles) sources[key] = typeof source.data === 'string' ? { ...source, data: absolute(source.data) } : source;
      else if (!choice) sources[key] = { ...source, tiles: source.tiles.map(source.type === 'vector' ? hall.tiles.address : absolute) };
      else {
        const both = compares(choice);
        sources[key] = { ...source, tiles: tiles(source, both ? null : choice.filter, revisions[key]) };
        if (both) sources[key + MATCHING] = { ...source, tiles: tiles(source, choice.filter, revisions[key]) };
      }
    }
    const drawn = [];
    for (const layer of style.layers) {
      for (const own of overlay.below[layer.id] || []) drawn.push(own);
      const key = keyOf(layer);
      if (key) drawn.push(...chosen(layer, layers[key]).flatMap((one) => enlivened(one, key, live[key])));
      else if (hiddenBy(base, layer)) drawn.push(shown(layer, false));
      else drawn.push(adjusted(layer, quieter[layer.id]));
      if (ground && layer.id === 'base-sea') drawn.push({ id: 'hall-ground', type: 'raster', source: 'hall-ground' });
    }
    for (const own of overlay.below[''] || []) drawn.push(own);
    if (ground) sources['hall-ground'] = ground;
    for (const [key, { features }] of Object.entries(live)) sources[LIVE + key] = { type: 'geojson', data: { type: 'FeatureCollection', features } };
    return { ...style, sources: { ...sources, ...overlay.sources }, layers: drawn };
  }

  hall.style = { dress, ground, scaled, query, keyOf, partOf, absolute, compares, MATCHING };
})((window.hall = window.hall || {}));
