/** How many rows of each layer are in view and in all, written beside the layers' names whenever the map has come to rest. */
(function (hall) {
  'use strict';

  const WAIT_MS = 250;
  /** @type {Object<string, {total: number, matching: number, in_view: number}>} */
  let counts = {};
  let timer = 0;
  let asked = '';
  let running = null;

  function path() {
    const filters = {};
    for (const [key, choice] of Object.entries(hall.map.choices.layers)) if (choice.filter) filters[key] = choice.filter;
    const box = hall.viewport.bounds().map((degree) => degree.toFixed(4)).join();
    const text = Object.keys(filters).length ? `&filters=${encodeURIComponent(JSON.stringify(filters))}` : '';
    return `/tiles/counts.json?bbox=${box}${text}`;
  }

  /** What stands in the rail: "21 / 138" for a filtered layer, in view of all for others. */
  function words(key) {
    const count = counts[key];
    if (!count) return '';
    const choice = hall.map.choices.layers[key];
    const first = choice && choice.filter ? count.matching : count.in_view;
    return first === count.total ? hall.number(count.total) : `${hall.number(first)} / ${hall.number(count.total)}`;
  }

  function write() {
    for (const node of document.querySelectorAll('[data-count]')) {
      const text = words(node.dataset.count);
      if (node.textContent !== text) node.textContent = text;
    }
  }

  async function look() {
    if (!document.querySelector('[data-count]')) return null;
    const wanted = path();
    const mark = wanted + JSON.stringify(hall.map.revisions());
    if (mark === asked) return write();
    asked = mark;
    if (running) running.abort();
    running = new AbortController();
    try {
      counts = (await hall.connection.json(wanted, { signal: running.signal })).counts;
      write();
      hall.emit('counts', counts);
    } catch (error) {
      if (error.name === 'AbortError') return null;
      asked = '';
      if (!(error instanceof hall.connection.Refused) && !(error instanceof TypeError)) throw error;
    }
    return null;
  }

  let pending = Promise.resolve();
  let finish = null;

  function schedule() {
    clearTimeout(timer);
    if (!finish) pending = new Promise((resolve) => (finish = resolve));
    timer = setTimeout(() => {
      const done = finish;
      finish = null;
      look().finally(done);
    }, WAIT_MS);
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.map.ready.then(({ leaflet }) => {
      leaflet.on('moveend', schedule);
      for (const event of ['state', 'revisions', 'language']) hall.on(event, schedule);
      hall.on('connection', ({ state }) => state === 'ok' && schedule());
      new MutationObserver(write).observe(document.body, { childList: true, subtree: true });
      schedule();
    });
  });
  hall.counts = { of: (key) => counts[key], settled: () => pending };

  /** Settled when the map has drawn all that it will and the counts are written; for tests and for what must wait its turn. */
  hall.idle = async function () {
    await hall.map.ready;
    await hall.counts.settled();
    await null; // choices of this moment are drawn first
    await hall.map.settled();
    const gl = hall.map.gl();
    if (!gl || (gl.loaded() && !gl.isMoving())) return;
    await new Promise((resolve) => {
      gl.once('idle', resolve);
      gl.once('remove', resolve);
      gl.triggerRepaint(); // idle is told after a drawing only
    });
    if (hall.map.gl() !== gl) await hall.idle(); // another canvas draws now
  };
})((window.hall = window.hall || {}));
