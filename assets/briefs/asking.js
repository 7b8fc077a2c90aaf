/** The form that asks for a brief: kind, area, and the day, the span or the case that it is about. */

import * as api from './api.js';

const { hall } = window;
const make = hall.element;
const MAJORS = ['city', 'governance', 'safety', 'environment', 'dispute', 'service', 'emergency'];

const field = (label, control) => make('label', { class: 'br-field' }, make('span', { text: hall.t(label) }), control);

/** Open the form in `root`; `done` is given the id of the issue. */
export async function asking(root, done) {
  let types;
  let places;
  try {
    ({ types, areas: places } = await api.types());
  } catch (error) {
    hall.notice(api.failed(error), { kind: 'error', seconds: 6, key: 'briefs' });
    return;
  }
  const rows = types.filter((one) => one.code !== 'mode_change');
  const kind = make('select', { 'aria-label': hall.t('briefs.kind') }, ...rows.map((one) => make('option', { value: one.code, text: api.typeName(one) })));
  const area = make('select', { 'aria-label': hall.t('briefs.area') });
  const [day, from, to] = [0, 1, 2].map(() => make('input', { type: 'date', max: api.today() }));
  const event = make('input', { type: 'number', min: '1', inputmode: 'numeric' });
  const major = make('select', { 'aria-label': hall.t('briefs.major') }, make('option', { value: '', text: hall.t('briefs.all_majors') }), ...MAJORS.map((name) => make('option', { value: name, text: hall.t(`briefs.major_${name}`) })));
  const fields = make('div', { class: 'br-fields' });
  const said = make('p', { class: 'br-said warn', role: 'status' });
  day.value = to.value = from.value = api.today();
  const chosen = () => rows.find((one) => one.code === kind.value);
  const arrange = () => {
    const { cycle, levels } = chosen();
    const before = area.value;
    area.replaceChildren(...places.filter((one) => levels.includes(one.level)).map((one) => make('option', { value: one.code, text: one.name })));
    if ([...area.options].some((one) => one.value === before)) area.value = before;
    const own = { special: [field('briefs.from', from), field('briefs.to', to), field('briefs.major', major)], event: [field('briefs.event', event)] };
    fields.replaceChildren(field('briefs.kind', kind), field('briefs.area', area), ...(own[cycle] || [field('briefs.day', day)]));
  };
  kind.onchange = arrange;
  kind.value = rows.some((one) => one.code === 'special_analysis') ? 'special_analysis' : kind.value;
  arrange();
  const cancel = make('button', { type: 'button', class: 'button', text: hall.t('briefs.cancel') });
  const go = make('button', { type: 'submit', class: 'button primary', text: hall.t('briefs.ask') });
  const dialog = make('dialog', { class: 'br-dialog', 'aria-label': hall.t('briefs.ask') });
  const form = make('form', {}, make('h2', { text: hall.t('briefs.ask') }), make('p', { class: 'quiet', text: hall.t('briefs.ask_about') }), fields, said, make('div', { class: 'br-acts' }, cancel, go));
  dialog.append(form);
  dialog.onclose = () => dialog.remove();
  cancel.onclick = () => dialog.close();
  form.onsubmit = async (submitted) => {
    submitted.preventDefault();
    const { code, cycle } = chosen();
    const body = { type: code, area: area.value };
    if (cycle === 'special') Object.assign(body, { start: api.midnight(from.value), end: api.midnight(to.value, 1) }, major.value ? { filter: { majors: [major.value] } } : {});
    else if (cycle === 'event') body.event_id = Number(event.value);
    else body.day = day.value;
    go.disabled = true;
    try {
      const answer = await api.wish(body);
      dialog.close();
      if (!answer.created) hall.notice(hall.t('briefs.there_already'), { seconds: 5, key: 'briefs' });
      done(answer.id);
    } catch (error) {
      said.textContent = api.failed(error);
      go.disabled = false;
    }
  };
  root.append(dialog);
  dialog.showModal();
}
