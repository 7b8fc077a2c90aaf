/** Who can be sent, on the map: exactly the rows of the list, each with rank and minutes, and the ways of at most two of them. */
(function (hall) {
  'use strict';

  let group = null;
  let lines = null;
  let pointed = null;
  /** @type {Element[]} */
  let listed = [];
  /** @type {Element[]} */
  let picked = [];

  const place = (row) => [Number(row.dataset.lat), Number(row.dataset.lon)];
  const isPlaced = (row) => Number.isFinite(Number(row.dataset.lon || NaN)) && Number.isFinite(Number(row.dataset.lat || NaN));
  const way = (row) => JSON.parse(row.dataset.route || '[]').map(([lon, lat]) => [lat, lon]);

  function tag(row) {
    const on = picked.includes(row);
    const { rank, time, icon } = row.dataset;
    const node = hall.element('div', { class: `hall-unit${on ? ' chosen' : ''}` },
      hall.element('span', { class: 'hall-unit-disc', html: hall.icon(icon || 'user', 14) }),
      hall.element('span', { class: 'hall-unit-tag' }, hall.element('i', { text: rank }), hall.element('b', { text: time || '' })));
    const marker = window.L.marker(place(row), {
      icon: window.L.divIcon({ className: 'hall-unit-box', html: node, iconSize: [26, 26] }), keyboard: false, alt: `${rank} ${time || ''}`, zIndexOffset: on ? 600 : 400,
    });
    marker.on('click', () => hall.case.check(row));
    marker.on('mouseover', () => point(row));
    marker.on('mouseout', () => point(null));
    return marker;
  }

  function clear() {
    if (group) group.remove();
    if (lines) lines.remove();
    group = lines = null;
  }

  /** The first way on a dark casing, the second dashed; a third would only confuse. */
  function drawWays() {
    if (lines) lines.remove();
    const wanted = [pointed && listed.includes(pointed) ? pointed : null, ...picked, listed[0]].filter((row, at, rows) => row && rows.indexOf(row) === at).slice(0, 2);
    const parts = [];
    for (const [at, row] of wanted.entries()) {
      if (at === 1 && !picked.includes(row)) break;
      const path = way(row);
      if (path.length < 2) continue;
      const shape = { interactive: false, lineCap: 'round', lineJoin: 'round', fill: false };
      parts.unshift(window.L.polyline(path, { ...shape, className: `hall-way-casing${at ? ' second' : ''}`, weight: at ? 6 : 10 }),
        window.L.polyline(path, { ...shape, className: `hall-way${at ? ' second' : ''}${row.dataset.estimated ? ' guess' : ''}`, weight: at ? 2.5 : 5 }));
    }
    // the later of a pair lies above: casing first
    const ordered = parts.length === 4 ? [parts[0], parts[1], parts[2], parts[3]] : parts;
    lines = window.L.layerGroup(ordered).addTo(hall.map.leaflet());
  }

  function draw({ rows, chosen }) {
    clear();
    listed = rows.filter(isPlaced);
    picked = chosen;
    if (!listed.length || !hall.desk.shown()) return;
    drawWays();
    group = window.L.layerGroup(listed.map(tag)).addTo(hall.map.leaflet());
  }

  function point(row) {
    if (row === pointed) return;
    pointed = row;
    for (const other of listed) other.classList.toggle('pointed', other === row);
    if (listed.length) drawWays();
  }

  /** Bring the place and everybody who is listed into view. */
  function fit() {
    const node = document.querySelector('#panel-body [data-case]');
    const points = [...listed.map(place), ...(node && node.dataset.lat ? [place(node)] : [])];
    if (!points.length) return;
    const [lats, lons] = [points.map(([lat]) => lat), points.map(([, lon]) => lon)];
    hall.map.fit([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: 30, maxZoom: 17 });
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    const whenThere = hall.map.queued(draw);
    hall.on('candidates', whenThere);
    hall.on('candidate', (row) => hall.map.leaflet() && point(row));
    hall.on('panel', (shown) => shown || whenThere({ rows: [], chosen: [] }));
  });
  hall.candidates = { fit, clear };
})((window.hall = window.hall || {}));
