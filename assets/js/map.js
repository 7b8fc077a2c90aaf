/** The map: dash-leaflet's container with MapLibre's canvas under its panes. Holds what is chosen, draws it, and lets others wait for it. */
(function (hall) {
  'use strict';

  if (!window.L) return; // a page without a map

  const ID = 'map';
  const GL_OPTIONS = { interactive: false, fadeDuration: 100, refreshExpiredTiles: false, validateStyle: false, maxTileCacheSize: 160 };

  /** What the reader has chosen, the one truth of the map; `hall.url` writes it into the address. */
  const choices = {
    theme: document.documentElement.dataset.theme === 'light' ? 'light' : 'dark',
    base: 'vector', // vector, none, imagery:<name>, wmts:<key>
    /** @type {Object<string, {visible: boolean, opacity: number, filter: ?Object<string, string>, dim: boolean}>} */
    layers: {},
    /** @type {?{layer: string, id: number, lon: number, lat: number, label: ?string}} */
    selection: null,
    highlights: [],
  };
  const revisions = {};
  const styles = new Map();
  /** @type {?Object} answer of /tiles/catalog.json */
  let catalog = null;
  let leaflet = null;
  let gl = null;
  let quiet = false;
  /** Takes our own canvas away; null while another one draws. */
  let remove = null;
  /** From the style of the plan to what is drawn; another canvas brings its own. */
  let turn = (style) => style;
  /** The style that the canvas has now; null while it is being set up. */
  let drawn = null;
  let settled = Promise.resolve();

  let settle;
  const ready = new Promise((resolve) => (settle = resolve));

  /** Run when the map is there; the answer comes as a promise. */
  const queued = (run) => (...parameters) => ready.then(() => run(...parameters));

  // ---- loading ------------------------------------------------------------------------------------------------

  function script(url) {
    return new Promise((resolve, reject) => {
      const node = hall.element('script', { src: url });
      node.onload = resolve;
      node.onerror = () => reject(new Error(url));
      document.head.append(node);
    });
  }

  let library = null;
  function loadLibrary() {
    library = library || import(`${hall.assets}vendor/maplibre-gl/maplibre-gl.mjs`).then(async (module) => {
      window.maplibregl = module;
      hall.tiles.install(module);
      module.setWorkerUrl(`${hall.assets}vendor/maplibre-gl/maplibre-gl-worker.mjs`);
      await script(`${hall.assets}vendor/maplibre-gl-leaflet/leaflet-maplibre-gl.js`);
    });
    return library;
  }

  async function loadStyle(theme) {
    if (!styles.has(theme)) styles.set(theme, await hall.connection.json(`/style/${theme}.json`));
    return styles.get(theme);
  }

  /** Take the catalogue's layers over: defaults for new ones, nothing changed for known ones. */
  function adopt(fresh) {
    catalog = fresh;
    for (const layer of fresh.layers) {
      choices.layers[layer.key] = choices.layers[layer.key] || { visible: Boolean(layer.shown), opacity: 1, filter: null, dim: false };
      revisions[layer.key] = layer.revision;
    }
    hall.emit('catalog', fresh);
  }

  async function start(map) {
    leaflet = map;
    const [fresh] = await Promise.all([hall.connection.json('/tiles/catalog.json'), hall.images.load(), hall.textsReady]);
    adopt(fresh);
    hall.url.restore(choices);
    hall.viewport.begin(map, fresh.bounds, hall.url.place());
    if (!hall.health.canDraw()) {
      settle({ leaflet, gl: null });
      return;
    }
    await Promise.all([loadLibrary(), loadStyle(choices.theme)]);
    mount();
    hall.on('worktime', redraw);
    hall.worktime.start();
  }

  function mount() {
    quiet = isQuiet();
    drawn = null;
    const first = dressed();
    const layer = window.L.maplibreGL({ ...GL_OPTIONS, style: first }).addTo(leaflet);
    gl = layer.getMaplibreMap();
    outfit(gl);
    const release = hall.health.watch(gl, () => {
      layer.remove();
      mount();
    });
    remove = () => {
      release();
      layer.remove();
    };
    gl.on('style.load', tick);
    gl.once('style.load', () => {
      drawn = first;
      restyle();
      settle({ leaflet, gl });
    });
  }

  /** Give a canvas what it needs to draw our style. */
  function outfit(canvas) {
    canvas.setMissingStyleImageResolver(async (name) => {
      const base = (styles.get(choices.theme).metadata || {})['hall:images'] || {};
      const { image, pixelRatio } = hall.images.draw(name, { ratio: window.devicePixelRatio, theme: choices.theme, base });
      if (!canvas.hasImage(name)) canvas.addImage(name, image, { pixelRatio });
    });
  }

  /**
   * Let another canvas draw in place of ours, in a style that `next` makes of the plan's; `first` is the style that it has. Without one ours comes back.
   * @returns {Promise<void>} settled when the present canvas has its style
   */
  function lend(canvas, next, first) {
    if (remove) remove();
    remove = null;
    turn = next || ((style) => style);
    if (!canvas) {
      mount();
      return new Promise((resolve) => gl.once('load', resolve));
    }
    gl = canvas;
    drawn = first;
    tick();
    restyle();
    return settled;
  }

  // ---- drawing ------------------------------------------------------------------------------------------------

  /** Does a layer tell its story in cells now, so that the base must step back? */
  function isQuiet() {
    const zoom = leaflet.getZoom() - 1;
    return catalog.layers.some(({ key, cells_to: to, geometry }) => geometry === 'point' && to && choices.layers[key].visible && zoom < to + 1);
  }

  /** The style of the plan, with other choices than the reader's where they are given. */
  function dressed(other = {}) {
    const { theme, base, layers } = { ...choices, ...other };
    return hall.worktime.wound(hall.style.dress(styles.get(theme), {
      layers, revisions, base, ground: hall.style.ground(base, catalog), quiet, overlay: hall.overlay.layers({ ...choices, theme }, catalog),
      live: hall.liveRows.drawn(layers),
    }));
  }

  /** Bring the canvas to what is chosen. */
  function restyle() {
    if (!gl || !drawn) return;
    const next = turn(dressed());
    settled = hall.diff.apply(gl, drawn, next);
    drawn = next;
    hall.emit('drawn', next);
  }

  let waiting = false;
  /** Draw once after all choices of this moment. */
  function redraw() {
    if (!waiting) {
      waiting = true;
      queueMicrotask(() => {
        waiting = false;
        restyle();
        hall.emit('state', view());
      });
    }
  }

  /** The rings of event pins run on the server's clock, which the style reads in seconds. */
  function tick() {
    if (gl) gl.setGlobalStateProperty('now', Math.round(hall.connection.now() / 1000));
  }

  // ---- choices ------------------------------------------------------------------------------------------------

  async function setTheme(theme) {
    const wanted = theme === 'light' ? 'light' : 'dark';
    await loadStyle(wanted);
    if (wanted === choices.theme) return;
    choices.theme = wanted;
    // images are drawn for a theme: those of the old one would stay under the same names
    for (const name of gl ? gl.listImages() : []) if (name.includes(':') || name.startsWith('base-')) gl.removeImage(name);
    document.documentElement.dataset.theme = wanted;
    redraw();
  }

  async function setBase(base) {
    const isTheme = base === 'dark' || base === 'light';
    if (isTheme) await setTheme(base);
    choices.base = isTheme ? 'vector' : base;
    if (!isTheme && base !== 'none' && !hall.style.ground(base, catalog)) choices.base = 'vector';
    redraw();
  }

  function setLayer(key, { visible, opacity, filter }) {
    const choice = choices.layers[key];
    if (!choice) return;
    if (visible !== undefined) choice.visible = Boolean(visible);
    if (opacity !== undefined) choice.opacity = Math.min(1, Math.max(0, Number(opacity)));
    if (filter !== undefined) {
      const kept = Object.entries(filter || {}).filter(([, text]) => text !== '' && text !== null && text !== undefined);
      choice.filter = kept.length ? Object.fromEntries(kept) : null;
    }
    updateQuiet();
    redraw();
  }

  function setRevisions(fresh) {
    let moved = false;
    for (const [key, revision] of Object.entries(fresh)) {
      if (revisions[key] === revision) continue;
      revisions[key] = revision;
      moved = true;
    }
    if (moved) {
      restyle();
      hall.emit('revisions', fresh);
    }
  }

  function dim(key, on) {
    if (!choices.layers[key]) return;
    choices.layers[key].dim = Boolean(on);
    redraw();
  }

  function updateQuiet() {
    const next = isQuiet();
    const changed = next !== quiet;
    quiet = next;
    return changed;
  }

  /** What is on the map, as `map-state` holds it. */
  function view() {
    const on = Object.entries(choices.layers);
    const some = (wanted, value) => Object.fromEntries(on.filter(([, choice]) => wanted(choice)).map(([key, choice]) => [key, value(choice)]));
    const centre = leaflet.getCenter();
    return {
      center: [Number(centre.lng.toFixed(6)), Number(centre.lat.toFixed(6))], zoom: Number((leaflet.getZoom() - 1).toFixed(2)),
      base: choices.base === 'vector' ? choices.theme : choices.base, theme: choices.theme,
      on: on.filter(([, choice]) => choice.visible).map(([key]) => key),
      opacity: some((choice) => choice.opacity < 1, (choice) => choice.opacity), filters: some((choice) => choice.filter, (choice) => choice.filter),
      dim: some((choice) => choice.dim, () => true), selection: choices.selection, lang: hall.language,
      ways: { ...hall.views.ways(), ...hall.modes.address() },
    };
  }

  // ---- beginning ----------------------------------------------------------------------------------------------

  window.L.Map.addInitHook(function () {
    if (this.getContainer().id !== ID) return;
    this.whenReady(() => start(this).catch((error) => hall.health.failed(error, () => start(this))));
  });
  ready.then(() => {
    setInterval(tick, 15000);
    leaflet.on('zoomend', () => updateQuiet() && restyle());
  });

  hall.map = {
    ready, queued, redraw, choices, adopt,
    setTheme: queued(setTheme), setBase: queued(setBase), setLayer: queued(setLayer), setRevisions: queued(setRevisions), dim: queued(dim),
    view: () => (leaflet && catalog ? view() : null), lend, outfit, dressed, restyle, loadStyle, layers: () => (catalog ? catalog.layers : []), catalog: () => catalog,
    layer: (key) => (catalog ? catalog.layers.find((layer) => layer.key === key) : undefined),
    settled: () => settled, gl: () => gl, leaflet: () => leaflet, revisions: () => ({ ...revisions }),
  };
})((window.hall = window.hall || {}));
