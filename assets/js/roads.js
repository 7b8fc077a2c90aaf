/** Roads as a tool of the map: what can be reached in 5, 10 and 15 minutes, roads that are closed, and closing one by drawing along it. */
(function (hall) {
  'use strict';

  const MINUTES = [5, 10, 15];
  const LEAST_REASON = 2;
  const REFRESH_MS = 60000;
  let reach = null;
  let closed = null;
  let area = null;
  let releaseReach = null;
  let active = null;

  /** Positions of any depth as Leaflet wants them: a line, a polygon's rings, polygons. */
  const turned = (part) => (typeof part[0] === 'number' ? [part[1], part[0]] : part.map(turned));
  const latlngs = ({ coordinates }) => turned(coordinates);
  const isTrouble = (error) => error instanceof hall.connection.Refused || error instanceof TypeError;

  // ---- one click on the map -----------------------------------------------------------------------------------

  /** Wait for clicks on the map; Esc or the same tool ends it. */
  function hold(name, { click, end }) {
    hall.tools.stop();
    stop();
    const map = hall.map.leaflet();
    const box = map.getContainer();
    box.classList.add('hall-drawing');
    map.on('click', click);
    const release = hall.keys.onEscape(() => stop());
    active = {
      name,
      end() {
        release();
        map.off('click', click);
        setTimeout(() => active || box.classList.remove('hall-drawing'));
        if (end) end();
      },
    };
    hall.emit('tool', name);
  }

  function stop() {
    if (!active) return;
    const { end } = active;
    active = null;
    end();
    hall.emit('tool', null);
  }

  // ---- reach --------------------------------------------------------------------------------------------------

  function clearReach() {
    if (reach) reach.remove();
    if (releaseReach) releaseReach();
    reach = releaseReach = null;
  }

  /** Show from where one gets to a place in so many minutes, by car. */
  async function showReach(lon, lat) {
    clearReach();
    try {
      const answer = await hall.connection.json(`/api/v1/reach?lon=${lon}&lat=${lat}&minutes=${MINUTES.join()}&direction=in`);
      const bands = answer.features.map(({ geometry, properties }, band) => {
        const shape = window.L.polygon(latlngs(geometry), { interactive: false, className: `hall-reach band-${band}`, smoothFactor: 0.5 });
        const [first] = geometry.type === 'Polygon' ? [geometry.coordinates[0]] : geometry.coordinates.map((part) => part[0]).sort((a, b) => b.length - a.length);
        if (!first || !first.length) return shape;
        // areas of one place share many of their edges: each says its minutes at another side
        const [axis, sign] = [[1, 1], [0, 1], [1, -1]][band % 3];
        const [lon, lat] = first.reduce((best, corner) => (sign * corner[axis] > sign * best[axis] ? corner : best));
        const label = window.L.marker([lat, lon], { interactive: false, keyboard: false, alt: '', icon: window.L.divIcon({ className: 'hall-reach-label', html: hall.element('span', { text: hall.t('nearby.minutes', { number: properties.minutes }) }), iconSize: [0, 0] }) });
        return window.L.layerGroup([shape, label]);
      });
      reach = window.L.layerGroup([...bands.reverse()]).addTo(hall.map.leaflet());
      releaseReach = hall.keys.onEscape(() => {
        releaseReach = null;
        clearReach();
      });
    } catch (error) {
      if (!isTrouble(error)) throw error;
      hall.notice(hall.t('roads.no_reach'), { kind: 'warn', key: 'reach', seconds: 6 });
    }
  }

  function toggleReach() {
    if (active && active.name === 'reach') return stop();
    const here = document.querySelector('#frame.with-panel #panel-body [data-case]');
    if (here && !reach) return showReach(here.dataset.lon, here.dataset.lat);
    if (reach) return clearReach();
    hall.notice(hall.t('roads.reach_hint'), { key: 'reach', seconds: 6 });
    return hold('reach', { click: ({ latlng }) => {
      stop();
      showReach(latlng.lng.toFixed(6), latlng.lat.toFixed(6));
    } });
  }

  // ---- closures -----------------------------------------------------------------------------------------------

  async function showClosures() {
    let answer;
    try {
      answer = await hall.connection.json('/api/v1/closures');
    } catch (error) {
      if (!isTrouble(error)) throw error;
      return; // a role without roads sees none
    }
    if (closed) closed.remove();
    const orders = new Map();
    for (const road of answer.closures.filter(({ geometry }) => geometry)) {
      const order = `${road.starts_at} ${road.ends_at} ${road.reason}`;
      orders.set(order, [...(orders.get(order) || []), road]);
    }
    const drawn = Array.from(orders.values(), closure);
    closed = window.L.layerGroup(drawn).addTo(hall.map.leaflet());
  }

  /** The roads that one order has closed: one mark, opened again together. */
  function closure(roads) {
    const item = roads.find(({ name }) => name) || roads[0];
    const paths = roads.flatMap(({ geometry }) => (geometry.type === 'LineString' ? [latlngs(geometry)] : latlngs(geometry)));
    const middle = paths[Math.floor(paths.length / 2)];
    const line = window.L.polyline(paths, { className: 'hall-closure', weight: 5, interactive: true });
    const mark = window.L.marker(middle[Math.floor(middle.length / 2)], {
      keyboard: true, title: hall.t('roads.closed', { name: item.name || '' }), alt: hall.t('roads.closed', { name: item.name || '' }), icon: window.L.divIcon({ className: 'hall-closure-mark', html: hall.icon('minus', 14), iconSize: [20, 20] }),
    });
    const until = item.ends_at ? hall.t('roads.until', { time: hall.clockTime(new Date(item.ends_at)) }) : hall.t('roads.open_end');
    const open = hall.element('button', { type: 'button', class: 'button small', text: hall.t('roads.reopen') });
    open.onclick = () => reopen(roads.map(({ id }) => id));
    const box = hall.element('div', { class: 'hall-closure-form' }, hall.element('b', { text: item.name || hall.t('roads.unnamed') }), hall.element('span', { text: item.reason }),
      hall.element('span', { class: 'quiet', text: until }), ...(mayClose() ? [open] : []));
    for (const part of [line, mark]) part.bindPopup(box, { className: 'hall-popup', closeButton: false, maxWidth: 320 });
    return window.L.layerGroup([line, mark]);
  }

  const mayClose = () => Boolean(document.querySelector('#page [data-may-close]') || document.querySelector('[data-may-close]'));

  async function reopen(ids) {
    try {
      for (const id of ids) {
        const answer = await fetch(`${hall.origin}/api/v1/closures/${id}`, { method: 'DELETE' });
        // whoever was faster has opened it
        if (!answer.ok && answer.status !== 404) throw new hall.connection.Refused('/api/v1/closures', answer.status);
      }
      hall.map.leaflet().closePopup();
      changed(hall.t('roads.reopened'));
    } catch (error) {
      if (!isTrouble(error)) throw error;
      hall.notice(hall.t('roads.refused'), { kind: 'warn', key: 'closure', seconds: 6 });
    }
  }

  /** Routes of the open case heed it at once. */
  function changed(text) {
    hall.notice(text, { key: 'closure', seconds: 6 });
    showClosures();
    if (hall.case) hall.case.ask({});
  }

  /** Ask why and until when; then close the road nearest to a point, or those along a drawn line. */
  function askClosure(at, where) {
    const reason = hall.element('input', { type: 'text', maxlength: '200', 'aria-label': hall.t('roads.reason'), placeholder: hall.t('roads.reason') });
    const hours = hall.element('select', { 'aria-label': hall.t('roads.how_long') },
      ...[['1', 'roads.hour_1'], ['4', 'roads.hour_4'], ['24', 'roads.hour_24'], ['', 'roads.open_end']].map(([value, key]) => hall.element('option', { value, text: hall.t(key) })));
    const send = hall.element('button', { type: 'button', class: 'button primary', text: hall.t('roads.close') });
    const box = hall.element('div', { class: 'hall-closure-form' }, hall.element('b', { text: hall.t('roads.close_title') }), reason, hours, send);
    const popup = window.L.popup({ className: 'hall-popup', closeButton: false, maxWidth: 320 }).setLatLng(at).setContent(box).openOn(hall.map.leaflet());
    reason.focus();
    const file = async () => {
      const text = reason.value.trim();
      if (text.length < LEAST_REASON) return reason.focus();
      const ends = hours.value ? { ends_at: new Date(hall.connection.now() + Number(hours.value) * 3600000).toISOString() } : {};
      send.disabled = true;
      try {
        await hall.connection.json('/api/v1/closures', { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify({ reason: text, ...where, ...ends }) });
        popup.remove();
        changed(hall.t('roads.closed_now'));
      } catch (error) {
        if (!isTrouble(error)) throw error;
        send.disabled = false;
        hall.notice(hall.t('roads.refused'), { kind: 'warn', key: 'closure', seconds: 6 });
      }
      return null;
    };
    send.onclick = file;
    box.onkeydown = (event) => event.key === 'Enter' && file();
  }

  function toggleClosure() {
    if (active && active.name === 'closure') return stop();
    hall.notice(hall.t('roads.closure_hint'), { key: 'closure', seconds: 8 });
    let points = [];
    let line = null;
    const done = (latlng) => {
      const drawn = points;
      stop();
      if (drawn.length > 1) askClosure(latlng, { line: drawn.map(({ lng, lat }) => [lng, lat]) });
      else askClosure(latlng, { lon: Number(latlng.lng.toFixed(6)), lat: Number(latlng.lat.toFixed(6)) });
    };
    return hold('closure', {
      click: ({ latlng, originalEvent }) => {
        if (!originalEvent || !originalEvent.shiftKey) return done(points.length ? (points.push(latlng), latlng) : latlng);
        points.push(latlng);
        if (line) line.remove();
        line = window.L.polyline(points, { className: 'hall-closure', weight: 4, interactive: false }).addTo(hall.map.leaflet());
        return null;
      },
      end: () => line && line.remove(),
    });
  }

  // ---- around a place -----------------------------------------------------------------------------------------

  /** What the nearby panel has looked at, on the map. */
  function outline() {
    if (area) area.remove();
    area = null;
    const node = document.querySelector('#frame.with-panel #panel-body [data-nearby]');
    if (!node) return;
    const [lon, lat] = JSON.parse(node.dataset.nearby);
    const { outline: text, radiusM: radius } = node.dataset;
    const options = { interactive: false, className: 'hall-reach' };
    area = (text ? window.L.polygon(latlngs(JSON.parse(text)), options) : window.L.circle([lat, lon], { ...options, radius: Number(radius) })).addTo(hall.map.leaflet());
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.map.ready.then(() => {
      showClosures();
      setInterval(() => document.visibilityState === 'visible' && showClosures(), REFRESH_MS);
      let seen = '';
      new MutationObserver(() => {
        const node = document.querySelector('#panel-body [data-nearby]');
        const name = node ? node.dataset.nearby + node.dataset.radiusM + node.dataset.outline.length : '';
        if (name !== seen) outline();
        seen = name;
      }).observe(document.getElementById('panel'), { childList: true, subtree: true });
      hall.on('panel', (shown) => {
        if (shown) return;
        seen = '';
        if (area) area.remove();
        area = null;
        clearReach();
      });
    });
    hall.keys.bind('r', 'map.help.reach', toggleReach);
  });
  hall.roads = { toggleReach, toggleClosure, showReach, clearReach, showClosures, active: () => (active ? active.name : null), stop };
})((window.hall = window.hall || {}));
