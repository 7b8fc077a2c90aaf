/** What we draw ourselves into the map's style: the chosen object with outline and glow, quieter ones for a hovered row or the members of a list. */
(function (hall) {
  'use strict';

  const ACCENT = { dark: '#38bdf8', light: '#0b78c2' };
  /** Radius in pixels of the ring around a point, by the form of its layer. */
  const RINGS = { pin: 22, unit: 17, dot: 13 };

  function areaLayers(name, key, ids, accent, strength) {
    const base = { source: key, 'source-layer': key, filter: ['in', ['id'], ['literal', ids]] };
    const round = { 'line-join': 'round', 'line-cap': 'round' };
    return [
      { ...base, id: `hall-${name}-fill`, type: 'fill', paint: { 'fill-color': accent, 'fill-opacity': 0.22 * strength } },
      { ...base, id: `hall-${name}-glow`, type: 'line', layout: round,
        paint: { 'line-color': accent, 'line-width': 10, 'line-blur': 9, 'line-opacity': 0.55 * strength } },
      { ...base, id: `hall-${name}-line`, type: 'line', layout: round,
        paint: { 'line-color': accent, 'line-width': 1 + 1.4 * strength, 'line-opacity': 0.4 + 0.6 * strength } },
    ];
  }

  const point = ({ layer, id, lon, lat }, form) => ({
    type: 'Feature', properties: { layer, id, radius: RINGS[form] || RINGS.dot }, geometry: { type: 'Point', coordinates: [lon, lat] },
  });

  function pointLayers(name, accent, strength) {
    const radius = (more) => ['+', ['get', 'radius'], more];
    return [
      { id: `hall-${name}-halo`, type: 'circle', source: `hall-${name}`,
        paint: { 'circle-radius': radius(1), 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': accent, 'circle-stroke-width': 7,
          'circle-stroke-opacity': 0.28 * strength } },
      { id: `hall-${name}-ring`, type: 'circle', source: `hall-${name}`,
        paint: { 'circle-radius': radius(0), 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': accent, 'circle-stroke-width': 1 + 1.5 * strength,
          'circle-stroke-opacity': 0.4 + 0.6 * strength } },
    ];
  }

  const collection = (features) => ({ type: 'geojson', data: { type: 'FeatureCollection', features } });

  /**
   * Our sources, and our layers by the style layer that they go below.
   * @returns {{sources: Object, below: Object<string, Object[]>}}
   */
  function layers(choices, catalog) {
    const accent = ACCENT[choices.theme];
    const sources = {};
    const below = { 'slot-fill': [], 'slot-line': [], 'slot-xray': [], 'slot-top': [] };
    for (const own of hall.modes.overlays(choices)) {
      Object.assign(sources, own.sources);
      for (const [slot, added] of Object.entries(own.below)) below[slot].push(...added);
    }
    const marks = [['lit', choices.highlights, 0.5], ['chosen', choices.selection ? [choices.selection] : [], 1]];
    for (const [name, items, strength] of marks) {
      const points = [];
      const areas = {};
      for (const item of items) {
        const known = catalog.layers.find((layer) => layer.key === item.layer);
        if (known && known.geometry !== 'point' && item.id) (areas[item.layer] = areas[item.layer] || []).push(item.id);
        else if (item.lon !== undefined) points.push(point(item, known && known.form));
      }
      for (const [key, ids] of Object.entries(areas)) below['slot-xray'].push(...areaLayers(`${name}-${key}`, key, ids, accent, strength));
      if (points.length) {
        sources[`hall-${name}`] = collection(points);
        below['slot-top'].push(...pointLayers(name, accent, strength));
      }
    }
    return { sources, below };
  }

  // ---- choosing -----------------------------------------------------------------------------------------------

  let label = null;

  function showLabel(selection) {
    if (label) label.remove();
    label = null;
    if (!selection || !selection.label || selection.lon === undefined) return;
    const { title, text } = typeof selection.label === 'string' ? { title: selection.label } : selection.label;
    const content = hall.element('div', {}, hall.element('b', { text: title }), ...(text ? [hall.element('span', { text })] : []));
    label = window.L.tooltip({ permanent: true, direction: 'top', className: 'hall-tag', offset: [0, -26], interactive: false })
      .setLatLng([selection.lat, selection.lon]).setContent(content).addTo(hall.map.leaflet());
  }

  /**
   * Mark one object; null takes the mark away.
   * @param {?string} layer key
   * @param {number} [id]
   * @param {{lon?: number, lat?: number, label?: string | {title: string, text: string}}} [where] without a position only areas can be marked
   */
  function select(layer, id, where = {}) {
    hall.map.choices.selection = layer ? { layer, id: Number(id), ...where } : null;
    showLabel(hall.map.choices.selection);
    hall.map.redraw();
  }

  /** Mark several quietly; an empty list takes the marks away. */
  function highlight(items) {
    hall.map.choices.highlights = items || [];
    hall.map.redraw();
  }

  /** The mark follows what it marks: vehicles and workers move with every revision. */
  function follow() {
    const { selection } = hall.map.choices;
    const gl = hall.map.gl();
    if (!selection || !gl || !gl.getSource(selection.layer)) return;
    const known = hall.map.layer(selection.layer);
    if (!known || known.geometry !== 'point') return;
    const [found] = gl.querySourceFeatures(selection.layer, { sourceLayer: selection.layer, filter: ['==', ['id'], selection.id] });
    if (!found) return;
    const [lon, lat] = found.geometry.coordinates;
    if (hall.geodesy.distance([lon, lat], [selection.lon, selection.lat]) > 1) select(selection.layer, selection.id, { ...selection, lon, lat });
  }

  hall.overlay = { layers, showLabel };
  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.on('revisions', () => hall.idle().then(follow));
    hall.map.select = hall.map.queued(select);
    hall.map.highlight = hall.map.queued(highlight);
  });
})((window.hall = window.hall || {}));
