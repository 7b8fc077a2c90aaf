/**
 * Modes of the command map that bring their own scripts, loaded when somebody asks for them: hot spots (`hs`) and the time machine (`tm`). Each has a
 * place in the address; `[data-mode="hs"]` switches it, and overlays given to `hall.modes.draw` are drawn with the map's own.
 */
(function (hall) {
  'use strict';

  const FOLDERS = { hs: 'hotspots', tm: 'replay' };
  const read = (hash) => Object.fromEntries([...new URLSearchParams(hash.replace(/^#/, ''))].filter(([name]) => name in FOLDERS));
  let told = read(location.hash);
  const loaded = {};
  /** @type {Map<string, function(Object): {sources: Object, below: Object<string, Object[]>}>} */
  const drawn = new Map();

  function load(name) {
    const folder = FOLDERS[name];
    loaded[name] = loaded[name] || Promise.all([import(`${hall.assets}${folder}/mode.js`), hall.texts(folder), new Promise((resolve) => {
      const link = hall.element('link', { rel: 'stylesheet', href: `${hall.assets}${folder}/${folder}.css` });
      link.onload = link.onerror = resolve;
      document.head.append(link);
    })]).then(([module]) => module);
    loaded[name].catch(() => {
      delete loaded[name];
      hall.notice(hall.t('map.health.start_failed'), { kind: 'error', seconds: 8, key: name });
    });
    return loaded[name];
  }

  function press() {
    for (const node of document.querySelectorAll('[data-mode]')) {
      const on = String(node.dataset.mode in told);
      const name = node.getAttribute('role') === 'switch' ? 'aria-checked' : 'aria-pressed';
      if (node.getAttribute(name) !== on) node.setAttribute(name, on);
      const row = node.closest('.layer');
      if (row) row.classList.toggle('off', on === 'false');
    }
  }

  /** Write a mode's state into the address; null when it is left. */
  function note(name, text) {
    const { [name]: _, ...rest } = told;
    told = text === null ? rest : { ...rest, [name]: text };
    press();
    hall.emit('state', hall.map.view());
  }

  /** Enter a mode in a state that the address may hold, or leave it with null. The other one is left. */
  async function set(name, text) {
    await hall.map.ready;
    // one story at a time: both take layers away
    if (text !== null) for (const other of Object.keys(told)) if (other !== name) (await load(other)).leave();
    const mode = await load(name);
    return text === null ? mode.leave() : mode.enter(text);
  }

  function follow(hash) {
    const asked = read(hash);
    // an address brings its own layers, too: a mode that stays takes away again what it takes away
    for (const name of Object.keys(FOLDERS)) if (name in asked || name in told) set(name, name in asked ? asked[name] : null);
  }

  /** The overlays of all modes, as `hall.overlay` gives its own. */
  const overlays = (choices) => [...drawn.values()].map((run) => run(choices));

  /** Draw an overlay with the map, or take it away with null. */
  function draw(name, run) {
    if (run) drawn.set(name, run);
    else drawn.delete(name);
    hall.map.redraw();
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    document.addEventListener('click', ({ target }) => {
      const asked = target.closest('[data-mode]');
      if (asked) set(asked.dataset.mode, asked.dataset.mode in told ? null : '');
    });
    hall.on('address', follow);
    hall.on('state', press);
    hall.map.ready.then(() => Object.entries(told).forEach(([name, text]) => set(name, text)));
  });
  hall.modes = { set, note, draw, overlays, address: () => told };
})((window.hall = window.hall || {}));
