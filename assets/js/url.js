/** The address holds the view: a link reopens the same place, base, layers, filters, selection and language. Written with replaceState, behind the `#`. */
(function (hall) {
  'use strict';

  /** Readable where that is safe: 113.5418,22.1943 instead of 113.5418%2C22.1943. */
  const encode = (text) => encodeURIComponent(text).replace(/%(2C|3A|2F)/g, (code) => decodeURIComponent(code));

  /**
   * @param {Object} view as `hall.map.view()` gives it
   * @returns {string} without the `#`
   */
  function write(view) {
    const parts = [['z', view.zoom], ['c', view.center.map((degree) => degree.toFixed(5)).join()], ['b', view.base], ['l', view.on.join()]];
    if (view.base !== view.theme) parts.push(['t', view.theme]);
    const opacities = Object.entries(view.opacity).map(([key, share]) => `${key}:${Math.round(share * 100)}`);
    if (opacities.length) parts.push(['o', opacities.join()]);
    for (const [key, filter] of Object.entries(view.filters)) {
      for (const name of Object.keys(filter).sort()) parts.push([`f.${key}.${name}`, filter[name]]);
    }
    const dims = Object.keys(view.dim);
    if (dims.length) parts.push(['d', dims.join()]);
    if (view.selection) parts.push(['s', [view.selection.layer, view.selection.id, view.selection.lon, view.selection.lat].filter((part) => part !== undefined).join(':')]);
    parts.push(...Object.entries(view.ways || {}), ['lang', view.lang]);
    return parts.map(([name, value]) => `${name}=${encode(String(value))}`).join('&');
  }

  const list = (text) => (text ? text.split(',').filter(Boolean) : []);

  /**
   * @param {string} hash
   * @returns {Object} like a view, with only what the address says; nonsense is left out
   */
  function read(hash) {
    const given = new URLSearchParams(hash.replace(/^#/, ''));
    const view = { filters: {}, opacity: {}, dim: {} };
    const [lon, lat] = list(given.get('c')).map(Number);
    const zoom = Number(given.get('z') || NaN);
    if ([lon, lat, zoom].every(Number.isFinite) && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= 24) view.place = { lon, lat, zoom };
    if (given.has('b')) view.base = given.get('b');
    if (given.has('t')) view.theme = given.get('t');
    if (given.has('l')) view.on = list(given.get('l'));
    for (const pair of list(given.get('o'))) {
      const [key, share] = pair.split(':');
      if (Number.isFinite(Number(share))) view.opacity[key] = Number(share) / 100;
    }
    for (const [name, value] of given) {
      const [mark, key, field] = name.split('.');
      if (mark === 'f' && key && field) (view.filters[key] = view.filters[key] || {})[field] = value;
    }
    for (const key of list(given.get('d'))) view.dim[key] = true;
    const [layer, id, selectedLon, selectedLat] = (given.get('s') || '').split(':');
    if (layer && Number.isInteger(Number(id))) {
      view.selection = { layer, id: Number(id) };
      if (Number.isFinite(Number(selectedLon || NaN))) Object.assign(view.selection, { lon: Number(selectedLon), lat: Number(selectedLat) });
    }
    if (['zh', 'en'].includes(given.get('lang'))) view.lang = given.get('lang');
    return view;
  }

  /** Put what the address says into the choices, before the first drawing or when another address was pasted. */
  function restore(choices, hash = location.hash) {
    const view = read(hash);
    if (['dark', 'light'].includes(view.theme)) choices.theme = view.theme;
    if (view.base) {
      const isTheme = ['dark', 'light'].includes(view.base);
      choices.base = isTheme ? 'vector' : view.base;
      if (isTheme) choices.theme = view.base;
    }
    document.documentElement.dataset.theme = choices.theme;
    for (const [key, choice] of Object.entries(choices.layers)) {
      if (view.on) choice.visible = view.on.includes(key);
      choice.opacity = view.opacity[key] === undefined ? 1 : Math.min(1, Math.max(0, view.opacity[key]));
      choice.filter = view.filters[key] || null;
      choice.dim = Boolean(view.dim[key]);
    }
    choices.selection = view.selection && choices.layers[view.selection.layer] ? view.selection : null;
    return view;
  }

  /** Where the address looks, if it says. */
  const place = () => read(location.hash).place || null;

  let timer = 0;
  let told = '';
  function update() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const view = hall.map.view();
      if (!view) return;
      history.replaceState(history.state, '', `#${write(view)}`);
      hall.store('map-state', { ...view, bbox: hall.viewport.bounds() });
      // a store of its own: what follows the place is not asked again for a switch
      if (told !== view.center.join()) hall.store('map-place', { lon: view.center[0], lat: view.center[1], zoom: view.zoom });
      told = view.center.join();
    }, 150);
  }

  /** A link carries its language; the page draws itself anew in it. */
  async function speak(language) {
    if (!language || language === hall.language) return;
    await hall.setLanguage(language);
    hall.store('language', language);
  }

  /** Go to the view of an address: a saved view, or one that was pasted. */
  async function open(hash) {
    await hall.map.ready;
    hall.viewport.release();
    const { choices } = hall.map;
    const theme = choices.theme;
    const view = restore(choices, hash);
    const wanted = choices.theme;
    choices.theme = theme;
    await hall.map.setTheme(wanted);
    await speak(view.lang);
    await hall.viewport.zoomed();
    hall.viewport.drop();
    if (view.place) hall.map.leaflet().setView([view.place.lat, view.place.lon], view.place.zoom + hall.viewport.OFFSET, { animate: false });
    hall.map.redraw();
    if (choices.selection) hall.emit('pick', { ...choices.selection });
    hall.emit('address', hash);
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.on('state', update);
    hall.on('language', update);
    const asked = read(location.hash).lang;
    window.addEventListener('hashchange', () => open(location.hash));
    hall.map.ready.then(({ leaflet }) => {
      leaflet.on('moveend', update);
      speak(asked).then(update);
      // the panel of a selected object opens again with the link
      if (hall.map.choices.selection) hall.emit('pick', { ...hall.map.choices.selection });
    });
  });
  hall.url = { write, read, restore, place, open, share: () => location.href };
})((window.hall = window.hall || {}));
