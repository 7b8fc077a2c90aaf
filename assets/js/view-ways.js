/**
 * Ways of seeing the city: plan, imagery, 2.5D and 3D, street view, and two of them side by side. The choice is in the address; what shows it lies in
 * assets/views and is loaded when somebody asks for more than the plan.
 */
(function (hall) {
  'use strict';

  const folder = `${hall.assets}views/`;
  /** v: 25d or 3d; p: pitch,bearing; s3: hour of the sun; sv: panorama:direction,tilt; cmp: the other side of a comparison. */
  const NAMES = ['v', 'p', 's3', 'sv', 'cmp'];
  const read = (hash) => Object.fromEntries([...new URLSearchParams(hash.replace(/^#/, ''))].filter(([name]) => NAMES.includes(name)));
  let ways = read(location.hash);
  let module = null;

  function load() {
    module = module || Promise.all([import(`${folder}views.js`), hall.texts('views'), new Promise((resolve) => {
      const link = hall.element('link', { rel: 'stylesheet', href: `${folder}views.css` });
      link.onload = link.onerror = resolve;
      document.head.append(link);
    })]).then(([loaded]) => loaded);
    module.catch(() => (module = null));
    return module;
  }

  const call = (name) => (...parameters) => hall.map.ready.then(load).then((loaded) => loaded[name](...parameters));

  /** Write our part of the address anew: null takes a name out. */
  function note(changes) {
    const next = Object.fromEntries(Object.entries({ ...ways, ...changes }).filter(([, value]) => value !== null));
    if (JSON.stringify(next) === JSON.stringify(ways)) return;
    ways = next;
    hall.emit('state', hall.map.view());
  }

  const current = () => (ways.sv ? 'street' : ways.v || (hall.map.choices.base === 'vector' || hall.map.choices.base === 'none' ? 'plan' : 'imagery'));

  function press() {
    const now = current() === '25d' ? '3d' : current();
    for (const node of document.querySelectorAll('[data-view]')) node.setAttribute('aria-pressed', String(node.dataset.view === now));
  }

  function follow(hash) {
    const asked = read(hash);
    if (JSON.stringify(asked) !== JSON.stringify(ways) || module) call('follow')(asked);
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    document.addEventListener('click', ({ target }) => {
      const asked = target.closest('[data-view], [data-compare], [data-panorama]');
      if (!asked) return;
      if (asked.dataset.view) hall.views.set(asked.dataset.view);
      else if (asked.dataset.panorama) hall.views.street(Number(asked.dataset.panorama));
      else call('toggleCompare')();
    });
    hall.on('state', press);
    hall.on('address', follow);
    hall.map.ready.then(() => {
      press();
      if (Object.keys(ways).length) call('follow')(ways);
    });
  });
  hall.views = {
    set: call('set'), compare: call('compare'), fly: call('fly'), street: call('street'), current, ways: () => ways, note,
  };
})((window.hall = window.hall || {}));
