/** Where the cursor is, in the three systems of the trade, and the menu of a place. */
(function (hall) {
  'use strict';

  /**
   * @param {{lng: number, lat: number}} position WGS 84
   * @returns {Array<{system: string, text: string}>}
   */
  function systems({ lng, lat }) {
    const [gcjLon, gcjLat] = hall.geodesy.toGcj02(lng, lat);
    const plane = hall.geodesy.gaussKruger(lng, lat);
    return [
      { system: 'WGS 84', text: `${lng.toFixed(6)}, ${lat.toFixed(6)}` },
      { system: 'GCJ-02', text: `${gcjLon.toFixed(6)}, ${gcjLat.toFixed(6)}` },
      { system: `EPSG:${plane.epsg}`, text: `${plane.easting.toFixed(1)}, ${plane.northing.toFixed(1)}` },
    ];
  }

  async function copy(system, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch (error) {
      // no clipboard on a page without https: the old way
      const field = hall.element('textarea', { class: 'hall-hidden' });
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand('copy');
      field.remove();
    }
    hall.notice(hall.t('map.coordinates.copied', { system, text }), { key: 'copied', seconds: 3, closes: false });
  }

  function bar() {
    const control = new window.L.Control({ position: 'bottomleft' });
    control.onAdd = () => {
      const node = hall.element('div', { class: 'hall-coordinates', 'aria-live': 'off' });
      window.L.DomEvent.disableClickPropagation(node);
      return node;
    };
    return control;
  }

  function button(node, index) {
    const present = node.children[index];
    if (present) return present;
    const made = hall.element('button', { type: 'button', 'data-t-title': 'map.coordinates.copy' }, hall.element('i'), hall.element('b'));
    made.onclick = () => copy(made.firstChild.textContent, made.lastChild.textContent);
    node.append(made);
    hall.translate(node);
    return made;
  }

  function show(node, latlng) {
    systems(latlng.wrap()).forEach(({ system, text }, index) => {
      const { firstChild, lastChild } = button(node, index);
      firstChild.textContent = system;
      lastChild.textContent = text;
    });
  }

  // ---- menu of a place ----------------------------------------------------------------------------------------

  let popup = null;
  let release = null;

  function closeMenu() {
    if (popup) popup.remove();
    if (release) release();
    popup = release = null;
  }

  function item(icon, label, detail, run) {
    const node = hall.element('button', { type: 'button', role: 'menuitem', html: hall.icon(icon, 16) }, hall.element('b', { text: label }), hall.element('span', { text: detail }));
    node.onclick = () => {
      closeMenu();
      run();
    };
    return node;
  }

  function menu({ latlng }) {
    if (hall.tools.active()) return;
    closeMenu();
    const rows = systems(latlng.wrap()).map(({ system, text }) => item('copy', system, text, () => copy(system, text)));
    const content = hall.element('div', { class: 'hall-menu', role: 'menu' },
      item('circle', hall.t('map.menu.circle'), hall.geodesy.readLength(300), () => hall.draw.circleAround(latlng)),
      hall.element('hr'), ...rows);
    popup = window.L.popup({ className: 'hall-popup', closeButton: false, maxWidth: 320, offset: [0, -2] }).setLatLng(latlng).setContent(content)
      .openOn(hall.map.leaflet());
    release = hall.keys.onEscape(closeMenu);
    content.querySelector('button').focus({ preventScroll: true });
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.map.ready.then(({ leaflet }) => {
      const control = bar().addTo(leaflet);
      const node = control.getContainer();
      let waiting = null;
      const later = (latlng) => {
        if (!waiting) requestAnimationFrame(() => show(node, waiting) || (waiting = null));
        waiting = latlng;
      };
      later(leaflet.getCenter());
      leaflet.on('mousemove', ({ latlng }) => later(latlng));
      leaflet.on('contextmenu', menu);
    });
  });
  hall.coordinates = { systems, copy };
})((window.hall = window.hall || {}));
