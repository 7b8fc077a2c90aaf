/** The page of findings: which line is open, the keys of a reviewer, and what a pressed button says to the server. */

const { hall } = window;

const LIST = '#detections-list';
const PANEL = '#detections-panel';

let chosen = 0;
let place = 0;
let count = 0;
let sent = 0;
let rota = null;

const inRota = () => Boolean(rota && !rota.root.hidden);
const lines = () => Array.from(document.querySelectorAll(`${LIST} [data-detection]`));
const idOf = (line) => Number(line.dataset.detection);

const filled = (selector) => Object.fromEntries(Array.from(document.querySelectorAll(`${selector} [data-field]`))
  .filter((node) => node.matches('input, select, textarea')).map((node) => [node.dataset.field, node.value]));

function next() {
  count += 1;
  return Date.now() + count;
}

/** Open a line; none empties the panel. */
function choose(line, { scroll = false } = {}) {
  const id = line ? idOf(line) : 0;
  if (line) place = lines().indexOf(line);
  if (id !== chosen) {
    chosen = id;
    hall.store('detections-chosen', id || null);
  }
  mark();
  if (line && scroll) line.scrollIntoView({ block: 'nearest' });
}

function mark() {
  for (const line of lines()) {
    const current = idOf(line) === chosen;
    if (current !== line.classList.contains('chosen')) line.classList.toggle('chosen', current);
    if (current) line.setAttribute('aria-current', 'true');
    else line.removeAttribute('aria-current');
  }
}

/** The queue was drawn anew: the open line stays open; one that has left it gives way to the line that took its place. */
function settle() {
  const known = lines();
  const at = known.findIndex((line) => idOf(line) === chosen);
  if (at >= 0) {
    place = at;
    mark();
  } else if (known.length) {
    choose(known[Math.min(place, known.length - 1)]);
  } else if (chosen && !document.querySelector(`${LIST} .waiting`)) {
    choose(null);
  }
}

function step(by) {
  const known = lines();
  if (!known.length || inRota()) return;
  const at = known.findIndex((line) => idOf(line) === chosen);
  choose(known[Math.max(0, Math.min(known.length - 1, at < 0 ? 0 : at + by))], { scroll: true });
}

/** Send a verdict once: a key that is held down decides nothing about the finding that comes next. */
function decide(button) {
  const id = Number(button.dataset.detection);
  if (button.disabled || sent === id) return;
  sent = id;
  setTimeout(() => {
    if (sent === id) sent = 0;
  }, 1500);
  const given = filled(PANEL);
  hall.store('detections-act', {
    verdict: button.dataset.verdict, detection: id, event: Number(button.dataset.event) || null,
    reason: button.dataset.verdict === 'reject' ? given.reason : null, class_code: given.class_code || null, n: next(),
  });
}

/** A key stands for the button of the panel, and only when the panel shows the line that is chosen. */
function press(verdict) {
  const shown = document.querySelector(`${PANEL} [data-open-detection]`);
  if (!shown || inRota() || Number(shown.dataset.openDetection) !== chosen) return;
  const button = shown.querySelector(`.det-acts [data-verdict="${verdict}"]`);
  if (button) decide(button);
}

/** A picture that does not come leaves its place with a sign, not with the browser's own. */
function broken({ target }) {
  if (target.matches && target.matches('.det-picture img')) target.closest('.det-picture').classList.add('without');
}

/** The rota stands where the queue was, and goes again. */
async function toggle(button) {
  const { Rota } = await import('./rota.js');
  rota = rota || new Rota(document.getElementById(button.getAttribute('aria-controls')));
  const opens = rota.root.hidden;
  button.setAttribute('aria-expanded', String(opens));
  document.querySelector('.det-body').hidden = opens;
  if (opens) rota.open();
  else rota.close();
}

export function mount(root) {
  document.head.append(hall.element('link', { rel: 'stylesheet', href: `${hall.assets}video/detections.css` }));
  root.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-verdict]');
    if (button) return decide(button);
    const opener = target.closest('[data-rota-toggle]');
    if (opener) return toggle(opener);
    const line = target.closest(`${LIST} [data-detection]`);
    return line && choose(line);
  });
  root.addEventListener('change', ({ target }) => {
    if (target.closest('.det-form')) hall.store('detections-query', { ...filled('.det-form'), n: next() });
  });
  root.addEventListener('error', broken, true);
  const keys = [
    ['j', 'detections.key_next', () => step(1)], ['k', 'detections.key_back', () => step(-1)], ['a', 'detections.accept', () => press('accept')],
    ['m', 'detections.merge', () => press('merge')], ['x', 'detections.reject', () => press('reject')],
  ];
  for (const [key, text, run] of keys) hall.keys.bind(key, text, run);
  new MutationObserver(settle).observe(document.querySelector(LIST), { childList: true, subtree: true });
  settle();
}
