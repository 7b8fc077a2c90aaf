/** Warnings: the list, one with what happened to it, and what its receiver does. */

import * as api from './api.js';

const { hall } = window;
const make = hall.element;

function steps(found) {
  return make('ol', { class: 'in-steps' }, ...found.map((one) => make('li', { class: one.level },
    make('b', { text: hall.t(`indicators.step.${one.action}`) }), make('small', { text: `${api.clock(one.at)} · ${one.actor}` }),
    ...(one.note && !['raise', 'rise'].includes(one.action) ? [make('p', { text: one.note })] : []))));
}

function form(id, state, done) {
  const note = make('textarea', { rows: '2', maxlength: '400', placeholder: hall.t('indicators.note_hint'), 'aria-label': hall.t('indicators.note') });
  const said = make('p', { class: 'in-told', role: 'status' });
  const act = async (run) => {
    try {
      await run();
      done();
    } catch (error) {
      said.textContent = error.status === 409 ? hall.t('indicators.conflict') : error.status === 403 ? hall.t('indicators.forbidden') : hall.t('indicators.failed');
      if (error.status === 409) done();
    }
  };
  const seen = make('button', { type: 'button', class: 'button small', text: hall.t('indicators.acknowledge') });
  seen.onclick = () => act(() => api.acknowledge(id));
  const handled = make('button', { type: 'button', class: 'button small primary', text: hall.t('indicators.handle') });
  handled.onclick = () => {
    if (note.value.trim().length < 2) {
      said.textContent = hall.t('indicators.note_needed');
      return note.focus();
    }
    return act(() => api.handle(id, note.value));
  };
  return make('div', { class: 'in-form' }, make('span', { 'data-input': 'text' }, note), make('div', { class: 'acts' }, ...(state === 'open' ? [seen] : []), handled), said);
}

/** Draw one warning into a box. */
export async function warned(box, id, changed) {
  let found = null;
  try {
    found = await api.warning(id);
  } catch (error) {
    box.replaceChildren(make('p', { class: 'in-told', text: hall.t('indicators.failed') }));
    return;
  }
  const { warning } = found;
  const again = () => {
    warned(box, id, changed);
    changed();
  };
  box.className = `in-warning-place in-warning ${warning.level}`;
  box.replaceChildren(
    make('div', { class: 'in-warning-head', html: hall.icon('bell', 16) }, make('b', { text: hall.t(`indicators.warning_state.${warning.state}`) }),
      make('small', { text: hall.t('indicators.since', { at: api.clock(warning.raised_at) }) })),
    make('p', { class: 'quiet', text: hall.t('indicators.for', { who: [hall.t(`role.${warning.receiver}`), warning.department_name].filter(Boolean).join(hall.language === 'en' ? ', ' : '、') }) }),
    steps(found.steps), ...(found.may_act && warning.state !== 'closed' ? [form(id, warning.state, again)] : []),
  );
}

/** Draw the list: by sentence, the worst first. */
export function listed(root, figures, warnings, { open }) {
  const abnormal = figures.filter((one) => one.state === 'red' || one.state === 'yellow').sort((a, b) => (a.state === b.state ? 0 : a.state === 'red' ? -1 : 1));
  const rows = abnormal.map((figure) => {
    const row = make('button', { type: 'button', class: `in-why-row ${figure.state}`, 'data-code': figure.code },
      make('span', { class: 'in-why-head' }, make('b', { class: 'cut', text: api.said(figure, 'name') }), make('em', { text: `${api.value(figure)} ${api.unit(figure.unit)}` })),
      make('span', { class: 'in-why-text', text: api.said(figure, 'why') }),
      make('small', { text: [figure.warning_state ? hall.t(`indicators.warning_state.${figure.warning_state}`) : hall.t('indicators.no_warning_yet'), figure.warning_since ? hall.t('indicators.since', { at: api.clock(figure.warning_since) }) : ''].filter(Boolean).join(' · ') }));
    row.onclick = () => open(figure.code);
    return row;
  });
  const streets = warnings.filter((one) => !abnormal.some((figure) => figure.code === one.code && figure.area === one.area));
  const others = streets.map((one) => {
    const row = make('button', { type: 'button', class: `in-why-row ${one.level}` },
      make('span', { class: 'in-why-head' }, make('b', { class: 'cut', text: `${one.area_name || one.area} · ${names(figures, one.code)}` }), make('em', { text: api.number(one.value, Number.isInteger(one.value) ? 0 : 1) })),
      make('small', { text: `${hall.t(`indicators.warning_state.${one.state}`)} · ${hall.t('indicators.since', { at: api.clock(one.raised_at) })}` }));
    row.onclick = () => open(one.code, one.area);
    return row;
  });
  root.replaceChildren(
    make('h2', { class: 'in-side-title', text: hall.t('indicators.abnormal') }),
    ...(rows.length ? rows : [make('p', { class: 'empty', text: hall.t('indicators.all_normal') })]),
    ...(others.length ? [make('h2', { class: 'in-side-title', text: hall.t('indicators.elsewhere') }), ...others] : []),
  );
}

function names(figures, code) {
  const found = figures.find((one) => one.code === code);
  return found ? api.said(found, 'name') : code;
}
