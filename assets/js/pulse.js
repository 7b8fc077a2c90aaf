/** A new event pulses in the colour of its level, a major one (Ⅰ or Ⅱ) for eight seconds, then rests. */
(function (hall) {
  'use strict';

  const PULSE_MS = { major: 8000, minor: 2600 };
  const NEW_S = 90;
  const MAJOR = ['1', '2'];
  const still = window.matchMedia('(prefers-reduced-motion: reduce)');

  /** Events that have pulsed already, or were there before the map was opened. */
  const known = new Set();

  /** Keys of the layers drawn as event pins; their tiles carry level and step_started_at (docs/map-images.md). */
  const pinned = () => hall.map.layers().filter((layer) => layer.form === 'pin').map((layer) => layer.key);

  function fresh(key) {
    const gl = hall.map.gl();
    if (!gl || !gl.getSource(key) || !hall.map.choices.layers[key].visible) return [];
    const since = hall.connection.now() / 1000 - NEW_S;
    return gl.querySourceFeatures(key, { sourceLayer: key }).filter(({ id, properties }) => {
      const name = `${key}:${id}`;
      const isNew = MAJOR.includes(String(properties.level)) && properties.step_started_at >= since && !known.has(name);
      if (isNew) known.add(name);
      return isNew;
    });
  }

  /** Two rings around a position; with reduced motion they stand still. */
  function pulse(lon, lat, level) {
    const side = MAJOR.includes(String(level)) ? 88 : 60;
    const icon = window.L.divIcon({ className: `hall-pulse level-${level}${still.matches ? ' still' : ''}`, iconSize: [side, side], html: '<i></i><i></i>' });
    const marker = window.L.marker([lat, lon], { icon, interactive: false, keyboard: false, alt: '', zIndexOffset: -500 }).addTo(hall.map.leaflet());
    setTimeout(() => marker.remove(), PULSE_MS[MAJOR.includes(String(level)) ? 'major' : 'minor']);
  }

  /** An event of which the live socket told: its tile, which comes later, does not make it pulse again. */
  function heard(layer, id, [lon, lat], level) {
    known.add(`${layer}:${id}`);
    pulse(lon, lat, level);
  }

  function look() {
    for (const key of pinned()) {
      for (const { geometry, properties } of fresh(key)) pulse(geometry.coordinates[0], geometry.coordinates[1], properties.level);
    }
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.on('revisions', () => hall.idle().then(look));
  });
  hall.pulse = { at: pulse, fresh: heard };
})((window.hall = window.hall || {}));
