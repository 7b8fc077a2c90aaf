/** Camera flights: flown over any canvas, and a list of the saved ones with what makes new ones. */

import { ask, element, iconButton, overMap, still } from './parts.js';

const hall = window.hall;
const PATH = '/api/v1/fly-paths';
const DWELL_MS = 1500;
const STEP_S = 6;
const ENDS = ['pointerdown', 'wheel', 'keydown', 'touchstart'];

/** What stops the present flight. @type {?function(): void} */
let stopping = null;
/** Stops that are being put together. */
let draft = [];
let panel = null;

/** One saved flight by its id or its name. */
export async function find(wanted) {
  const answer = await ask(PATH);
  return (answer.items || []).find(({ id, name }) => id === Number(wanted) || name === wanted) || null;
}

const cameraOf = ({ lon, lat, zoom, pitch, bearing }) => ({ center: [lon, lat], zoom, pitch, bearing });

/** The camera has come there, or the flight was broken off. */
function arrived(gl, target, seconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(late);
      resolve();
    };
    // a canvas that draws slowly still comes to its stop
    const late = setTimeout(done, seconds * 1000 + 4000);
    signal.addEventListener('abort', done, { once: true });
    if (still() || seconds < 0.05) {
      gl.jumpTo(target);
      setTimeout(done, seconds < 0.05 ? 0 : DWELL_MS);
      return;
    }
    gl.easeTo({ ...target, duration: seconds * 1000, easing: (share) => share, essential: true });
    gl.once('moveend', done); // after it began: beginning ends a former move
  });
}

/**
 * Fly over a canvas. Whoever touches it breaks the flight off, unless `steady` (a screen that nobody touches).
 * @param {Object} gl MapLibre's map
 * @param {Array<{lon: number, lat: number, zoom: number, pitch: number, bearing: number, seconds: number}>} stops
 * @param {{loops?: boolean, steady?: boolean, onStop?: function(number): void}} [options]
 * @returns {Promise<boolean>} whether it came to its end
 */
export async function run(gl, stops, { loops = false, steady = false, onStop } = {}) {
  stop();
  const control = new AbortController();
  const { signal } = control;
  stopping = () => control.abort();
  const end = () => stop();
  if (!steady) for (const name of ENDS) gl.getContainer().addEventListener(name, end, { once: true, passive: true, signal });
  gl.once('remove', end);
  hall.emit('flight', true);
  try {
    let round = 0;
    do {
      for (const [number, one] of stops.entries()) {
        if (signal.aborted) return false;
        if (onStop) onStop(number);
        // the first stop of a flight that begins is where it begins
        await arrived(gl, cameraOf(one), round === 0 && number === 0 ? 0 : one.seconds, signal);
      }
      round += 1;
    } while (loops && !signal.aborted);
    return !signal.aborted;
  } finally {
    if (signal.aborted && !gl._removed) gl.stop();
    if (stopping) stopping = null;
    hall.emit('flight', false);
    if (panel) draw();
  }
}

/** Break the present flight off. */
export function stop() {
  if (stopping) stopping();
  stopping = null;
}

function here() {
  const gl = hall.map.gl();
  const { lng, lat } = gl.getCenter();
  const rounded = (value, digits) => Number(value.toFixed(digits));
  return { lon: rounded(lng, 6), lat: rounded(lat, 6), zoom: rounded(gl.getZoom(), 2), pitch: rounded(gl.getPitch(), 1), bearing: rounded(gl.getBearing(), 1), seconds: STEP_S };
}

async function draw() {
  if (!panel) return;
  const answer = await ask(PATH);
  if (!panel) return;
  const list = element('ul', { class: 'view-list' }, ...(answer.items || []).map((path) => row(path, answer)));
  if (!(answer.items || []).length) list.append(element('li', { class: 'quiet', 'data-t': answer.items ? 'views.flights_none' : 'views.flights_failed' }));
  panel.querySelector('.view-list').replaceWith(list);
  panel.querySelector('.view-draft').textContent = hall.t('views.flights_stops', { n: draft.length });
  panel.querySelector('.view-save').disabled = draft.length < 2;
  panel.querySelector('.view-stop').hidden = !stopping;
  panel.querySelector('.view-shared').hidden = !answer.may_share;
  panel.querySelector('.view-make').hidden = !answer.may_save;
  hall.translate(panel);
}

function row(path) {
  const play = element('button', { type: 'button', class: 'view-open', html: hall.icon('player-play', 16) },
    element('span', { class: 'cut', text: path.name }), element('em', { text: `${path.stops.length}${path.loops ? ' ↻' : ''}` }));
  play.onclick = () => {
    hall.views.fly(path).catch(console.error);
    setTimeout(draw, 200);
  };
  const drop = iconButton('x', 'views.flights_drop', async () => {
    await fetch(`${hall.origin}${PATH}/${path.id}`, { method: 'DELETE' });
    draw();
  });
  drop.hidden = !path.own;
  return element('li', {}, play, drop);
}

async function save(event) {
  event.preventDefault();
  const form = event.target;
  const name = form.elements.name.value.trim();
  if (!name || draft.length < 2) return;
  const body = JSON.stringify({ name, stops: draft, loops: form.elements.loops.checked, shared: form.elements.shared.checked });
  const answer = await ask(PATH, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body });
  if (answer.refused !== undefined) {
    hall.notice(hall.t('views.flights_refused'), { kind: 'warn', key: 'flights', seconds: 6 });
    return;
  }
  draft = [];
  form.reset();
  draw();
}

const check = (name, text) => element('label', { class: `view-check view-${name}` }, element('input', { type: 'checkbox', name }), element('span', { 'data-t': text }));

/** Open or close the list of flights. */
export function toggle(button) {
  if (panel) {
    panel.remove();
    panel = null;
    button.setAttribute('aria-expanded', 'false');
    return;
  }
  const add = element('button', { type: 'button', class: 'button small', 'data-t': 'views.flights_add' });
  add.onclick = () => {
    draft = [...draft, here()];
    draw();
  };
  const end = element('button', { type: 'button', class: 'button small view-stop', 'data-t': 'views.flights_stop' });
  end.onclick = () => {
    stop();
    draw();
  };
  const form = element('form', { class: 'view-make' }, element('div', { class: 'view-line' }, add, element('span', { class: 'quiet view-draft' })),
    element('input', { name: 'name', maxlength: '40', autocomplete: 'off', 'data-t-placeholder': 'views.flights_name', 'data-t-title': 'views.flights_name' }),
    element('div', { class: 'view-line' }, check('loops', 'views.flights_loops'), check('shared', 'views.flights_shared'),
      element('button', { type: 'submit', class: 'button small primary view-save', 'data-t': 'views.flights_save' })));
  form.onsubmit = (event) => save(event).catch(console.error);
  panel = overMap(element('section', { class: 'view-flights', 'data-t-title': 'views.flights' },
    element('h3', { 'data-t': 'views.flights' }), element('ul', { class: 'view-list' }), end, form));
  const gone = new MutationObserver(() => {
    if (panel && !panel.isConnected) panel = null;
    if (!panel) gone.disconnect();
  });
  gone.observe(panel.parentElement, { childList: true });
  button.setAttribute('aria-expanded', 'true');
  draw();
}
