/** A new major event (level Ⅰ or Ⅱ) pulses for eight seconds, then rests. */
(function (hall) {
  'use strict';

  const PULSE_MS = 8000;
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
    const icon = window.L.divIcon({ className: `hall-pulse level-${level}${still.matches ? ' still' : ''}`, iconSize: [88, 88], html: '<i></i><i></i>' });
    const marker = window.L.marker([lat, lon], { icon, interactive: false, keyboard: false, alt: '', zIndexOffset: -500 }).addTo(hall.map.leaflet());
    setTimeout(() => marker.remove(), PULSE_MS);
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
  hall.pulse = { at: pulse };
})((window.hall = window.hall || {}));
