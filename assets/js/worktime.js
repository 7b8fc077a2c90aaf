/**
 * Working time on the map: the rings of cases whose limit counts working time run down in it. The style brings a clock that always runs; here it
 * gets the stops of the server's calendar. Until the calendar is there, or while nobody answers, every second counts.
 */
(function (hall) {
  'use strict';

  const DAY_S = 86400;
  const BEFORE_S = 60 * DAY_S;
  const AFTER_S = 120 * DAY_S;
  const FRESH_MS = 3600 * 1000;
  const RETRY_MS = 5 * 60 * 1000;
  /** As in tiles/symbols.py. */
  const UNWOUND = [0, 0, 1e10, 1e10];
  let clock = UNWOUND;

  /**
   * Stops of a clock: seconds since 1970 and the seconds of working time that have passed by then.
   * @param {Array<Array<string>>} intervals start and end of each working interval, in order
   */
  function stops(intervals) {
    const out = [];
    let passed = 0;
    for (const [start, end] of intervals.map((pair) => pair.map((text) => Date.parse(text) / 1000))) {
      if (out[out.length - 2] !== start) out.push(start, passed);
      passed += end - start;
      out.push(end, passed);
    }
    return out.length ? out : [0, 0, 1e10, 0];
  }

  const isUnwound = (value) => value[0] === 'interpolate' && value.length === 7 && UNWOUND.every((stop, index) => value[index + 3] === stop);

  /** The expression with the calendar in it; the very same one when it has no clock. */
  function put(value) {
    if (!Array.isArray(value)) return value;
    if (isUnwound(value)) return [...value.slice(0, 2), put(value[2]), ...clock];
    let changed = false;
    const next = value.map((part) => {
      const other = put(part);
      changed = changed || other !== part;
      return other;
    });
    return changed ? next : value;
  }

  /** A style whose clocks run by the calendar. */
  function wound(style) {
    if (clock === UNWOUND) return style;
    return { ...style, layers: style.layers.map((layer) => {
      const image = layer.layout && layer.layout['icon-image'];
      const next = put(image);
      return next === image ? layer : { ...layer, layout: { ...layer.layout, 'icon-image': next } };
    }) };
  }

  /** Working seconds between two instants in milliseconds since 1970, by the calendar that is there. */
  function between(start, end) {
    const at = (instant) => {
      const second = instant / 1000;
      let place = 0;
      while (place + 2 < clock.length && clock[place + 2] <= second) place += 2;
      if (second <= clock[0] || place + 2 >= clock.length) return clock[place + 1];
      const share = (second - clock[place]) / (clock[place + 2] - clock[place]);
      return clock[place + 1] + share * (clock[place + 3] - clock[place + 1]);
    };
    return at(end) - at(start);
  }

  function set(intervals) {
    clock = stops(intervals);
    hall.emit('worktime', null);
  }

  const written = (second) => new Date(second * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

  async function load() {
    const now = Math.floor(hall.connection.now() / 3600000) * 3600;
    let next = FRESH_MS;
    try {
      set((await hall.connection.json(`/api/v1/calendar?start=${written(now - BEFORE_S)}&end=${written(now + AFTER_S)}`)).intervals);
    } catch {
      next = RETRY_MS;
    }
    setTimeout(load, next);
  }

  hall.worktime = { start: load, stops, wound, between, set };
})((window.hall = window.hall || {}));
