/** The kinds of briefs: cycle, receivers, last issue, when the next one comes out, and whether it is written at all. */

import * as api from './api.js';

const { hall } = window;
const make = hall.element;
const CYCLES = ['daily', 'nightly', 'weekly', 'monthly', 'quarterly', 'special', 'event'];

/** Show the kinds in `side`. */
export async function kinds(side) {
  side.replaceChildren(make('p', { class: 'br-empty', role: 'status', text: hall.t('briefs.doing') }));
  try {
    draw(side, await api.types());
  } catch (error) {
    side.replaceChildren(make('p', { class: 'br-empty warn', role: 'status', text: api.failed(error) }));
  }
}

function draw(side, { types, failing, may_switch: may }) {
  const head = make('header', { class: 'br-bar' }, make('div', { class: 'br-what' }, make('h2', { text: hall.t('briefs.kinds') }), make('span', { class: 'quiet', text: hall.t('briefs.kinds_count', { n: types.length }) })));
  const trouble = failing.length ? [make('p', { class: 'br-warning', role: 'status', html: hall.icon('alert-triangle', 16) },
    make('span', { text: hall.t('briefs.failing', { what: failing.map((one) => `${one.query}（${api.full(one.since)}）`).join('、') }) }))] : [];
  const groups = CYCLES.map((cycle) => [cycle, types.filter((one) => one.cycle === cycle)]).filter(([, rows]) => rows.length);
  const body = make('div', { class: 'br-kinds', tabindex: '0', 'aria-label': hall.t('briefs.kinds') }, ...groups.map(([cycle, rows]) => table(cycle, rows, may)));
  side.replaceChildren(head, ...trouble, body);
}

function table(cycle, rows, may) {
  const columns = ['kind', 'to', 'last', 'next', 'written'];
  const node = make('table', { class: 'br-table' },
    make('caption', { text: `${hall.t(`briefs.cycle_${cycle}`)} · ${rows.length}` }),
    make('thead', {}, make('tr', {}, ...columns.map((name) => make('th', { scope: 'col', class: `br-c-${name}`, text: hall.t(`briefs.col_${name}`) })))));
  node.append(make('tbody', {}, ...rows.map((row) => make('tr', {}, ...columns.map((name) => make('td', { class: `br-c-${name}` }, cell(name, row, may)))))));
  return node;
}

function cell(name, row, may) {
  switch (name) {
    case 'kind': {
      const level = row.levels.includes('street') ? make('span', { class: 'br-chip', text: hall.t(row.levels.length > 1 ? 'briefs.level_both' : 'briefs.level_street') }) : '';
      return make('span', { class: 'br-kind', title: row.sections.join(' · ') }, make('b', { text: api.typeName(row) }), level);
    }
    case 'to':
      return make('span', { class: 'quiet', text: row.roles.map((role) => hall.t(`role.${role}`)).join(hall.language === 'zh' ? '、' : ', ') + (row.departments.length ? hall.t('briefs.and_departments', { n: row.departments.length }) : '') });
    case 'last':
      return row.last_id ? make('a', { href: `#b=${row.last_id}`, text: `${hall.t('briefs.issue_of', { year: row.last_year, n: row.last_issue })} · ${row.last_label}` }) : make('span', { class: 'quiet', text: hall.t('briefs.no_issue') });
    case 'next':
      return make('span', { class: 'quiet', text: row.next_due ? api.full(row.next_due) : hall.t(row.cycle === 'special' ? 'briefs.on_wish' : row.cycle === 'event' ? 'briefs.on_event' : 'briefs.stopped') });
    default:
      return written(row, may);
  }
}

function written(row, may) {
  const known = row.cycle !== 'special';
  const box = make('input', { type: 'checkbox', 'aria-label': `${hall.t('briefs.col_written')} · ${api.typeName(row)}` });
  box.checked = row.enabled;
  box.disabled = !may || !known;
  box.onchange = async () => {
    box.disabled = true;
    try {
      await api.enable(row.code, box.checked);
    } catch (error) {
      box.checked = !box.checked;
      hall.notice(api.failed(error), { kind: 'error', seconds: 6, key: 'briefs' });
    }
    box.disabled = false;
  };
  return known ? box : make('span', { class: 'quiet', text: '—' });
}
