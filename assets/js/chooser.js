/** Several objects at one place: a small list asks which one was meant. Names come as soon as the server has said them. */
(function (hall) {
  'use strict';

  let popup = null;
  let release = null;

  function close() {
    if (popup) popup.remove();
    if (release) release();
    popup = release = null;
  }

  /** The row's own name, in the reader's rights; the words of the tile stay when it does not come. */
  async function name(row, { layer, id }) {
    if (id === null) return;
    try {
      const feature = await hall.connection.json(`/api/v1/layers/${layer}/${id}`);
      const known = hall.map.layer(layer);
      const text = feature.properties && feature.properties[known.headline];
      if (text) row.querySelector('b').textContent = text;
    } catch (error) {
      if (!(error instanceof hall.connection.Refused) && !(error instanceof TypeError)) throw error;
    }
  }

  function option(found, run) {
    const layer = hall.map.layer(found.layer);
    const { title, text } = hall.pick.words(found);
    const node = hall.element('li', { role: 'option', tabindex: '-1', html: hall.icon((layer && layer.icon) || 'point', 16) },
      hall.element('b', { text: title }), hall.element('span', { text: text || title }));
    node.style.setProperty('--dot', (layer && layer.colour) || 'currentColor');
    node.onclick = () => {
      close();
      run(found);
    };
    name(node, found);
    return node;
  }

  /**
   * @param {L.LatLng} latlng
   * @param {Array} founds as `hall.pick.at` gives them
   * @param {function(Object): void} run with the chosen one
   */
  function open(latlng, founds, run) {
    close();
    const list = hall.element('ul', { class: 'hall-chooser', role: 'listbox', tabindex: '0', 'aria-label': hall.t('map.choose') }, ...founds.map((found) => option(found, run)));
    popup = window.L.popup({ className: 'hall-popup', closeButton: false, autoPan: true, maxWidth: 320, offset: [0, -6] })
      .setLatLng(latlng).setContent(list).openOn(hall.map.leaflet());
    release = hall.keys.onEscape(close);
    hall.list.bind(list);
    list.focus({ preventScroll: true });
  }

  hall.chooser = { open, close };
})((window.hall = window.hall || {}));
