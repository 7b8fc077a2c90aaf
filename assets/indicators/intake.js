/** Figures of other departments: take the template, fill it in, hand it back, and see row by row what became of it. */

import * as api from './api.js';

const { hall } = window;
const make = hall.element;

function outcome(taken) {
  const sums = make('p', { class: 'in-sums' }, ...['created', 'corrected', 'unchanged', 'refused'].map((key) => make('span', { class: `chip ${key === 'refused' && taken[key] ? 'alarm' : key === 'created' && taken[key] ? 'good' : ''}`, text: hall.t(`indicators.taken.${key}`, { n: taken[key] }) })));
  const bad = taken.rows.filter((row) => row.status === 'refused');
  const list = make('ul', { class: 'in-refused' }, ...bad.slice(0, 100).map((row) => make('li', {},
    make('b', { text: hall.t('indicators.row', { n: row.row, code: row.code }) }), make('span', { text: hall.t(`indicators.refused.${row.error}`) || row.detail }), make('small', { text: row.detail }))));
  return [sums, ...(bad.length ? [list] : [])];
}

/** Draw the form; `done` is called when something was taken. */
export function intake(root, done) {
  const said = make('div', { class: 'in-outcome', role: 'status' });
  const file = make('input', { type: 'file', accept: '.xlsx,.csv', class: 'visually-hidden', 'aria-label': hall.t('indicators.file') });
  const name = make('span', { class: 'quiet cut', text: hall.t('indicators.no_file') });
  file.onchange = () => { name.textContent = file.files.length ? file.files[0].name : hall.t('indicators.no_file'); };
  const pick = make('label', { class: 'button' }, file, make('span', { text: hall.t('indicators.pick_file') }));
  const send = make('button', { type: 'button', class: 'button primary', html: hall.icon('upload', 16) }, make('span', { text: hall.t('indicators.send') }));
  send.onclick = async () => {
    if (!file.files.length) {
      said.replaceChildren(make('p', { class: 'in-told', text: hall.t('indicators.file_needed') }));
      return;
    }
    send.disabled = true;
    try {
      const taken = await api.submit(file.files[0]);
      said.replaceChildren(...outcome(taken));
      if (taken.created || taken.corrected) done();
    } catch (error) {
      said.replaceChildren(make('p', { class: 'in-told', text: error.status === 403 ? hall.t('indicators.forbidden') : hall.t('indicators.file_bad') }), make('small', { class: 'quiet', text: error.detail || '' }));
    }
    send.disabled = false;
  };
  const take = ['xlsx', 'csv'].map((suffix) => make('a', { class: 'button', href: api.template(suffix), html: hall.icon('download', 16) }, make('span', { text: suffix.toUpperCase() })));
  root.replaceChildren(
    make('h2', { class: 'in-side-title', text: hall.t('indicators.intake') }), make('p', { class: 'quiet in-pad', text: hall.t('indicators.intake_about') }),
    make('div', { class: 'in-step-box' }, make('b', { text: hall.t('indicators.step_template') }), make('div', { class: 'acts' }, ...take)),
    make('div', { class: 'in-step-box' }, make('b', { text: hall.t('indicators.step_send') }), make('div', { class: 'in-file' }, pick, name), make('div', { class: 'acts' }, send), said),
    make('p', { class: 'quiet in-pad', text: hall.t('indicators.intake_api') }),
  );
}
