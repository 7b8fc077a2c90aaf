/** Switches of the page that belong to the map: layers on and off, their opacity, the base. The page draws them, the map answers at once, without the server. */
(function (hall) {
  'use strict';

  function click({ target }) {
    const on = (name) => target.closest(`[data-${name}]`);
    const { layers } = hall.map.choices;
    const key = (node, name) => (node && layers[node.dataset[name]] ? node.dataset[name] : null);
    const toggled = key(on('layer-switch'), 'layerSwitch');
    const dimmed = key(on('dim'), 'dim');
    if (toggled) hall.map.setLayer(toggled, { visible: !layers[toggled].visible });
    else if (dimmed) hall.map.dim(dimmed, !layers[dimmed].dim);
    else if (on('base')) hall.map.setBase(on('base').dataset.base);
  }

  function slide({ target }) {
    const owner = target.closest('[data-layer-opacity]');
    if (owner) hall.map.setLayer(owner.dataset.layerOpacity, { opacity: Number(target.value) / 100 });
  }

  /** What no callback reaches comes as markup (callbacks/panels/markup.py): the renderer asks every component at every change whether it is meant. */
  function unpack() {
    for (const node of document.querySelectorAll('[data-markup]')) {
      node.innerHTML = node.dataset.markup;
      node.removeAttribute('data-markup');
    }
  }

  const set = (node, name, value) => node.getAttribute(name) !== value && node.setAttribute(name, value);
  const say = (node, text) => node.textContent !== text && (node.textContent = text);

  /** Bring the page's switches to what is chosen. */
  function write() {
    const view = hall.map.view();
    if (!view) return;
    const { layers } = hall.map.choices;
    const each = (name, run) => {
      for (const node of document.querySelectorAll(`[data-${name}]`)) run(node, node.dataset[name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())]);
    };
    each('layer-switch', (node, key) => layers[key] && set(node, 'aria-checked', String(layers[key].visible)));
    each('dim', (node, key) => layers[key] && set(node, 'aria-checked', String(layers[key].dim)));
    each('base', (node, base) => set(node, 'aria-pressed', String(base === view.base)));
    each('layer', (node, key) => {
      if (!layers[key] || node.getAttribute('role') === 'option') return;
      node.classList.toggle('off', !layers[key].visible);
      node.classList.toggle('filtered', Boolean(layers[key].filter));
    });
    each('layer-opacity', (node, key) => {
      const field = node.matches('input') ? node : node.querySelector('input');
      if (layers[key] && field && field !== document.activeElement) field.value = String(Math.round(layers[key].opacity * 100));
    });
    each('group-on', (node, group) => {
      const own = hall.map.layers().filter((layer) => layer.group === group);
      say(node, `${own.filter((layer) => layers[layer.key].visible).length} / ${own.length}`);
    });
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    new MutationObserver(unpack).observe(document.body, { childList: true, subtree: true });
    document.addEventListener('click', click);
    document.addEventListener('input', slide);
    hall.on('state', write);
    hall.on('catalog', write);
    hall.map.ready.then(() => {
      write();
      // React draws the page's rows when it likes; childList only, so that our own attributes do not call us again
      new MutationObserver(write).observe(document.body, { childList: true, subtree: true });
    });
  });
  hall.rail = { write };
})((window.hall = window.hall || {}));
