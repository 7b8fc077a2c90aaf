/** The form of weights and limits on the page of performance: it adds up while one types, says what is wrong at its field, and writes through the interface. */

const { hall } = window;
const PATH = '/api/v1/performance/formulas';
const WHOLE = 100;
const DIGITS = 1e6;
const texts = (key, values) => hall.t(`analysis.${key}`, values);
const parts = (form) => [...form.querySelectorAll('input[data-weight]')];
const limits = (form) => [...form.querySelectorAll('input[data-limit]')];
/** An empty weight is none; an empty limit is missing. */
const number = (field) => (field.value.trim() === '' && field.dataset.weight && field.validity.valid ? 0 : field.valueAsNumber);
const sum = (form) => Math.round(parts(form).reduce((total, field) => total + (number(field) || 0), 0) * DIGITS) / DIGITS;

/** What is wrong with a field, in words; empty when nothing is. */
function wrong(field) {
  const value = number(field);
  const [least, most] = [Number(field.min), Number(field.max)];
  return Number.isFinite(value) && value >= least && value <= most ? '' : texts('weights_wrong', { least, most });
}

/** Show what the form says now; returns whether it can be saved. */
export function look(form) {
  let fine = true;
  for (const field of [...parts(form), ...limits(form)]) {
    const told = wrong(field);
    field.setAttribute('aria-invalid', String(Boolean(told)));
    field.title = told;
    const row = field.closest('.an-weights-row');
    row.classList.toggle('wrong', Boolean(told));
    row.classList.toggle('idle', Boolean(field.dataset.weight) && number(field) === 0);
    if (told) row.dataset.wrong = told;
    else delete row.dataset.wrong;
    fine = fine && !told;
  }
  const total = sum(form);
  const off = Math.round((total - WHOLE) * DIGITS) / DIGITS;
  form.querySelector('.an-weights-sum').textContent = `${total} %`;
  form.querySelector('.an-weights-off').textContent = off ? texts(off > 0 ? 'weights_over' : 'weights_under', { n: Math.abs(off) }) : '';
  form.querySelector('.an-weights-total').classList.toggle('wrong', off !== 0);
  return fine && off === 0;
}

function say(form, text) {
  form.querySelector('.an-weights-said').textContent = text;
}

async function save(form, done) {
  if (!look(form)) {
    say(form, texts('weights_cannot'));
    const first = form.querySelector('.an-weights-row.wrong input') || parts(form)[0];
    first.focus();
    return;
  }
  const button = form.querySelector('[data-weights=save]');
  button.disabled = true;
  say(form, '');
  const weights = Object.fromEntries(parts(form).map((field) => [field.dataset.weight, number(field)]).filter(([, weight]) => weight > 0));
  const body = { weights: { [form.dataset.weightsForm]: weights }, ...Object.fromEntries(limits(form).map((field) => [field.dataset.limit, number(field)])) };
  try {
    const answer = await fetch(hall.origin + PATH, { method: 'PUT', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body) });
    if (answer.ok) {
      hall.notice(texts('weights_saved'), { kind: 'good', key: 'weights', seconds: 5 });
      done();
      return;
    }
    const told = await answer.json().catch(() => ({}));
    say(form, texts('weights_refused', { why: told.detail || answer.status }));
  } catch {
    say(form, texts('weights_away'));
  }
  button.disabled = false;
}

/**
 * Make a form work that the server has drawn.
 * @param {HTMLElement} form
 * @param {function(): void} done what follows when it was saved
 */
export function begin(form, done) {
  form.addEventListener('input', () => {
    say(form, '');
    look(form);
  });
  form.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-weights]');
    if (!button) return;
    if (button.dataset.weights === 'save') save(form, done);
    else {
      for (const field of [...parts(form), ...limits(form)]) field.value = field.dataset.shipped;
      say(form, '');
      look(form);
    }
  });
  form.addEventListener('keydown', ({ key, target }) => key === 'Enter' && target.matches('input') && save(form, done));
  look(form);
}
