/** Numbered pins for what a search found; the same numbers stand in the list. */
(function (hall) {
  'use strict';

  let group = null;

  function marker(item) {
    const { n, lon, lat, label } = item;
    const html = `<i>${Number(n)}</i>`;
    const pin = window.L.marker([lat, lon], {
      icon: window.L.divIcon({ className: 'hall-result', html, iconSize: [24, 24] }), keyboard: true, title: label || '', alt: `${n} ${label || ''}`, riseOnHover: true,
    });
    if (label) {
      pin.bindTooltip(hall.element('span', { text: label }), { permanent: true, direction: 'right', offset: [12, 0], className: 'hall-tag small', opacity: 1 });
    }
    pin.on('click', () => item.layer && hall.pick.choose(item));
    return pin;
  }

  /** Labels that would lie on each other: the later one waits until its pin is pointed at. */
  function thin() {
    if (!group) return;
    const taken = [];
    group.eachLayer((pin) => {
      const tip = pin.getTooltip();
      if (!tip || !tip.getElement()) return;
      const node = tip.getElement();
      node.classList.remove('hidden');
      const box = node.getBoundingClientRect();
      const hits = taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top);
      node.classList.toggle('hidden', hits);
      if (!hits) taken.push(box);
    });
  }

  /**
   * Show hits; an empty list takes them away.
   * @param {Array<{n: number, lon: number, lat: number, label: string, layer?: string, id?: number}>} items
   */
  function showResults(items) {
    const map = hall.map.leaflet();
    if (group) group.remove();
    group = null;
    const placed = (items || []).filter((item) => Number.isFinite(item.lon) && Number.isFinite(item.lat));
    if (!placed.length) return;
    group = window.L.featureGroup(placed.map(marker)).addTo(map);
    thin();
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.map.showResults = hall.map.queued(showResults);
    hall.map.ready.then(({ leaflet }) => leaflet.on('zoomend', thin));
  });
})((window.hall = window.hall || {}));
