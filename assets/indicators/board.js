/** The nine domains, one cell each: what is abnormal first, every figure a line with its course. */

import { spark } from '../charts/charts.js';
import * as api from './api.js';

const { hall } = window;
const make = hall.element;
export const DOMAINS = {
  economy: 'chart-line', city: 'building-community', governance: 'hierarchy-2', safety: 'shield-check', environment: 'leaf', service: 'users', transport: 'traffic-lights', emergency: 'urgent', digital: 'database',
};
export const TONES = { red: 'alarm', yellow: 'warn', normal: 'accent', none: 'quiet' };
const ORDER = ['red', 'yellow', 'normal', 'none'];

/** Whether a change is for the worse, the better, or neither. */
export function tone(figure, given) {
  if (typeof given !== 'number' || given === 0 || figure.direction === 'none') return '';
  return (given > 0) === (figure.direction === 'up') ? 'good' : 'bad';
}

function line(figure, chosen, open) {
  const row = make('button', { type: 'button', class: `in-line ${figure.state}${figure.code === chosen ? ' chosen' : ''}`, 'data-code': figure.code, 'aria-pressed': String(figure.code === chosen) });
  const name = api.said(figure, 'name');
  row.append(make('span', { class: 'in-name', text: name, title: name }));
  if (figure.state === 'none' && figure.value === null) {
    row.append(make('span', { class: 'in-nothing', text: hall.t(figure.quality === 'none' ? 'indicators.no_data' : 'indicators.no_sample') }));
  } else {
    const tail = make('span', { class: 'in-course' });
    const values = figure.series.map((point) => point.value);
    if (values.length > 1) tail.append(spark(values, { width: 64, height: 20, tone: TONES[figure.state], area: false }));
    row.append(tail, make('span', { class: 'in-value' }, make('b', { text: api.value(figure) }), make('i', { text: api.unit(figure.unit) })));
  }
  if (figure.stale) row.append(make('span', { class: 'in-stale', html: hall.icon('clock-exclamation', 14), title: hall.t('indicators.stale', { age: api.age(figure.age_s) }) }));
  row.onclick = () => open(figure.code);
  return row;
}

function cell(domain, figures, state) {
  const count = Object.fromEntries(ORDER.map((one) => [one, figures.filter((figure) => figure.state === one).length]));
  const title = hall.t(`indicators.domain.${domain}`);
  const head = make('button', { type: 'button', class: 'in-cell-head', title: hall.t(state.domain === domain ? 'indicators.all_domains' : 'indicators.only_domain'), 'aria-expanded': String(state.domain === domain) });
  head.append(
    make('span', { class: 'in-cell-icon', html: hall.icon(DOMAINS[domain], 17) }), make('h2', { text: title }),
    ...(count.red ? [make('span', { class: 'in-count red', text: hall.t('indicators.n_red', { n: count.red }) })] : []),
    ...(count.yellow ? [make('span', { class: 'in-count yellow', text: hall.t('indicators.n_yellow', { n: count.yellow }) })] : []),
    make('span', { class: 'in-count', text: hall.t('indicators.n_of', { n: figures.length - count.none, all: figures.length }) }),
  );
  head.onclick = () => state.only(state.domain === domain ? null : domain);
  const sorted = [...figures].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const body = make('div', { class: 'in-lines', tabindex: '-1' }, ...sorted.map((figure) => line(figure, state.code, state.open)));
  const worst = count.red ? 'red' : count.yellow ? 'yellow' : '';
  return make('section', { class: `in-cell ${worst}`, 'aria-label': title, 'data-domain': domain }, head, body);
}

/** Draw the board; who scrolled or stood in it stays there. */
export function board(root, figures, state) {
  const scrolled = Object.fromEntries([...root.querySelectorAll('.in-cell')].map((node) => [node.dataset.domain, node.lastChild.scrollTop]));
  const focused = root.contains(document.activeElement) ? document.activeElement.dataset.code : null;
  const shown = Object.keys(DOMAINS).filter((domain) => !state.domain || state.domain === domain);
  root.classList.toggle('one', shown.length === 1);
  root.replaceChildren(...shown.map((domain) => cell(domain, figures.filter((figure) => figure.domain === domain), state)));
  for (const node of root.querySelectorAll('.in-cell')) node.lastChild.scrollTop = scrolled[node.dataset.domain] || 0;
  const again = focused && root.querySelector(`[data-code="${focused}"]`);
  if (again) again.focus();
}
