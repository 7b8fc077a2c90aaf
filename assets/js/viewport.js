/** Where the map looks. Moves as little as possible, keeps clear of panels, and stays put when its box changes size. Zooms are MapLibre's. */
(function (hall) {
  'use strict';

  const MARGIN = 48;
  const NEAR_SCREENS = 1.5;
  const PANEL_MS = 400;
  const MOST_WAIT_MS = 4000;
  const OFFSET = 1; // Leaflet counts 256-pixel tiles, MapLibre 512-pixel ones

  let map = null;
  /** The timer after which the map takes a smaller box over. */
  let due = 0;
  /** Ends the keeping of the first view. */
  let release = () => {};
  const still = window.matchMedia('(prefers-reduced-motion: reduce)');

  /**
   * Show the first view. Panels that open with the page may still change the map's size: until the reader does something the first view is
   * kept, afterwards the upper left corner is.
   * @param {[number, number, number, number]} bounds of the district
   * @param {?{lon: number, lat: number, zoom: number}} place from the address
   */
  function begin(leaflet, bounds, place) {
    map = leaflet;
    let untouched = true;
    const first = () => {
      if (place) map.setView([place.lat, place.lon], place.zoom + OFFSET, { animate: false });
      else if (bounds) map.fitBounds(corners(bounds), { animate: false, padding: [24, 24] });
    };
    measure();
    first();
    new ResizeObserver(() => {
      if (!untouched && isSmaller()) return later();
      measure();
      if (untouched) first();
      return undefined;
    }).observe(map.getContainer());
    const touch = () => (untouched = false);
    for (const event of ['pointerdown', 'wheel', 'keydown']) document.addEventListener(event, touch, { once: true, capture: true, passive: true });
    release = touch;
  }

  /** Take the size of the map's box over. */
  function measure() {
    clearTimeout(due);
    due = 0;
    map.invalidateSize({ pan: false, animate: false, debounceMoveend: true });
  }

  function isSmaller() {
    const box = map.getContainer();
    const known = map.getSize();
    return box.clientWidth <= known.x && box.clientHeight <= known.y;
  }

  /**
   * A box that became smaller only cuts off a part of the picture: nothing is missing. Drawing the picture anew holds the page up for longer
   * than a panel needs to arrive, so the panel goes first.
   */
  function later(waited = 0) {
    clearTimeout(due);
    const isLoading = document.querySelector('.panel.busy') && waited < MOST_WAIT_MS;
    due = setTimeout(() => (isLoading ? later(waited + PANEL_MS) : measure()), PANEL_MS);
  }

  /** Resolves when the map knows its box; what has just come into a panel is painted before. */
  async function measured() {
    if (!due) return;
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    if (due) measure();
  }

  const corners = ([west, south, east, north]) => [[south, west], [north, east]];

  /** Pixels of the map that panels over it cover, by side. */
  function covered() {
    const box = map.getContainer().getBoundingClientRect();
    const sides = { left: 0, right: 0, top: 0, bottom: 0 };
    for (const node of document.querySelectorAll('[data-map-cover]')) {
      const rect = node.getBoundingClientRect();
      if (!rect.width || !rect.height || rect.right <= box.left || rect.left >= box.right) continue;
      const reach = { left: rect.right - box.left, right: box.right - rect.left, top: rect.bottom - box.top, bottom: box.bottom - rect.top };
      const side = node.dataset.mapCover;
      sides[side] = Math.max(sides[side] || 0, reach[side] || 0);
    }
    return sides;
  }

  /** The free part of the map in container pixels; padding may be a number or sides. */
  function free(padding) {
    const size = map.getSize();
    const sides = covered();
    const extra = typeof padding === 'number' ? { left: padding, right: padding, top: padding, bottom: padding } : padding || {};
    const inset = (side) => sides[side] + (extra[side] || 0) + MARGIN;
    const box = { left: inset('left'), right: size.x - inset('right'), top: inset('top'), bottom: size.y - inset('bottom') };
    const isOpen = box.right - box.left > MARGIN && box.bottom - box.top > MARGIN;
    return isOpen ? box : { left: 0, right: size.x, top: 0, bottom: size.y };
  }

  const inside = (box, { x, y }) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;

  /** Resolves when no zooming is under way: Leaflet ends it at its own target, whatever view was set meanwhile. */
  const zoomed = () => new Promise((resolve) => (map._animatingZoom ? map.once('zoomend', () => resolve()) : resolve()));

  /** Put a position into the middle of the free part. */
  function centre(position, zoom, padding) {
    release();
    const box = free(padding);
    const size = map.getSize();
    const shift = window.L.point((box.left + box.right - size.x) / 2, (box.top + box.bottom - size.y) / 2);
    const target = map.unproject(map.project(position, zoom).subtract(shift), zoom);
    const away = map.latLngToContainerPoint(position).distanceTo(size.divideBy(2));
    const isNear = Math.abs(zoom - map.getZoom()) <= 2 && away < NEAR_SCREENS * Math.max(size.x, size.y);
    map.setView(target, zoom, { animate: isNear && !still.matches, duration: 0.2 });
  }

  /** Show a position; nothing moves when it is already in view at about that zoom. */
  function flyTo(lon, lat, { zoom, padding } = {}) {
    const position = window.L.latLng(lat, lon);
    const present = map.getZoom();
    const wanted = zoom === undefined || zoom === null ? present : zoom + OFFSET;
    const isZoomed = zoom === undefined || zoom === null || (present >= wanted - 0.5 && present <= wanted + 2.5);
    if (isZoomed && inside(free(padding), map.latLngToContainerPoint(position))) return;
    centre(position, isZoomed ? present : wanted, padding);
  }

  /** Push the map just so far that a position is free of panels. */
  function reveal(lon, lat, padding) {
    const box = free(padding);
    const point = map.latLngToContainerPoint([lat, lon]);
    const past = (value, low, high) => (value < low ? value - low : value > high ? value - high : 0);
    const by = [past(point.x, box.left, box.right), past(point.y, box.top, box.bottom)];
    if (by[0] || by[1]) release();
    if (by[0] || by[1]) map.panBy(by, { animate: !still.matches, duration: 0.2 });
  }

  /** Show a whole box. */
  function fit(bounds, { padding, maxZoom = 18 } = {}) {
    release();
    const box = free(padding);
    const size = map.getSize();
    map.fitBounds(corners(bounds), {
      paddingTopLeft: [box.left, box.top], paddingBottomRight: [size.x - box.right, size.y - box.bottom], maxZoom: maxZoom + OFFSET, animate: false,
    });
  }

  /** What is in view: [west, south, east, north]. */
  function bounds() {
    const seen = map.getBounds();
    return [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()];
  }

  /** Number of the newest move that was asked for. */
  let newest = 0;
  /** What was asked for and has not begun is not done any more: the reader has gone elsewhere. */
  const drop = () => (newest += 1);

  hall.viewport = { begin, free, bounds, zoomed, drop, OFFSET, release: () => release() };
  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    const inTurn = (run) => (...parameters) => {
      const own = drop();
      return hall.map.ready.then(zoomed).then(measured).then(() => own === newest && run(...parameters));
    };
    hall.map.flyTo = inTurn(flyTo);
    hall.map.reveal = inTurn(reveal);
    hall.map.fit = inTurn(fit);
  });
})((window.hall = window.hall || {}));
