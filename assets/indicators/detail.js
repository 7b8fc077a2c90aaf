/** One indicator: its figure and why, its course with its limits, the streets, what it means, the cases behind it, its warning. */

import { bars, lines } from '../charts/charts.js';
import * as api from './api.js';
import { TONES, tone } from './board.js';
import { warned } from './warnings.js';

const { hall } = window;
const make = hall.element;
const RANGES = { hour: [24, 72, 336], day: [30, 90, 365], week: [13, 52, 156], month: [12, 24, 36], quarter: [8, 12, 20], year: [5, 10, 20] };
const WIDTH = 392;
const MOST_CASES = 30;

const part = (title, ...content) => make('section', { class: 'in-part' }, make('h3', { text: title }), ...content);
const fact = (title, text, kind = '') => make('div', {}, make('dt', { text: title }), make('dd', { class: kind, text }));

function head({ definition, figure, area_name: place }) {
  const box = make('header', { class: `in-head ${figure.state}` });
  const value = make('p', { class: 'in-big' }, make('b', { text: api.value(figure) }), make('i', { text: typeof figure.value === 'number' ? api.unit(figure.unit) : '' }));
  const told = figure.value === null ? hall.t(figure.quality === 'none' ? (definition.own ? 'indicators.not_computed' : 'indicators.no_data_external') : 'indicators.no_sample_long') : '';
  const facts = make('dl', { class: 'in-facts' },
    fact(hall.t(`indicators.mom_${figure.cycle === 'hour' ? 'hour' : 'any'}`), api.change(figure, figure.mom, figure.previous), tone(figure, figure.mom)),
    fact(hall.t(`indicators.yoy_${figure.cycle === 'hour' ? 'hour' : 'any'}`), api.change(figure, figure.yoy, figure.year_before), tone(figure, figure.yoy)),
    fact(hall.t('indicators.target'), typeof figure.target === 'number' ? `${api.number(figure.target, figure.decimals)} ${api.unit(figure.unit)}` : '—'),
    ...(typeof figure.running === 'number' ? [fact(hall.t(`indicators.running_${figure.cycle}`), `${api.number(figure.running, figure.decimals)} ${api.unit(figure.unit)}`)] : []));
  const times = [place, figure.period ? api.period(figure.cycle, figure.period) : '', figure.data_time ? hall.t('indicators.computed', { age: api.age(figure.age_s) }) : ''];
  box.append(
    make('div', { class: 'in-head-title' }, make('h2', { text: api.said(figure, 'name') }), make('span', { class: `chip ${{ red: 'alarm', yellow: 'warn', normal: 'good' }[figure.state] || ''}`, text: hall.t(`indicators.state.${figure.state}`) })),
    make('small', { text: [`${figure.code}`, ...times].filter(Boolean).join(' · ') }), value,
    ...(figure.why ? [make('p', { class: 'in-why', text: api.said(figure, 'why') })] : []),
    ...(told ? [make('p', { class: 'in-told', text: told })] : []),
    ...(figure.stale ? [make('p', { class: 'in-stale-line', html: hall.icon('clock-exclamation', 15) }, make('span', { text: hall.t(figure.error ? 'indicators.stale_failed' : 'indicators.stale', { age: api.age(figure.age_s), error: figure.error || '' }) }))] : []),
    facts,
  );
  return box;
}

/** The limits of a threshold as lines of the chart; other rules have none that stands still. */
const limits = ({ rule }) => (rule.kind === 'threshold' ? [['yellow', rule.yellow], ['red', rule.red]] : []);

function course({ definition, figure, series }, points, choose) {
  const choice = make('div', { class: 'segments in-ranges', role: 'group', 'aria-label': hall.t('indicators.range') }, ...RANGES[figure.cycle].map((n) => {
    const one = make('button', { type: 'button', class: 'segment', 'aria-pressed': String(n === points), text: hall.t(`indicators.last_${figure.cycle}`, { n }) });
    one.onclick = () => choose(n);
    return one;
  }));
  if (series.length < 2) return part(hall.t('indicators.course'), choice, make('p', { class: 'quiet', text: hall.t('indicators.course_short') }));
  const values = series.map((point) => point.value);
  const marks = [0, Math.floor((series.length - 1) / 2), series.length - 1].map((index) => [index, api.period(figure.cycle, series[index].period, true)]);
  const drawn = [{ name: api.said(figure, 'name'), values, tone: TONES[figure.state], area: true }];
  const known = limits(definition);
  for (const [level, limit] of known.slice(1)) drawn.unshift({ name: hall.t(`indicators.limit_${level}`), values: values.map(() => limit), tone: 'alarm', dashed: true });
  const chart = lines(drawn, {
    width: WIDTH, height: 190, ticks: marks, threshold: known.length ? known[0][1] : figure.target, thresholdText: known.length ? hall.t('indicators.limit_yellow') : typeof figure.target === 'number' ? hall.t('indicators.target') : '',
    floor: definition.unit === '%' || known.length ? null : 0, format: (value) => api.number(value, Number.isInteger(value) ? 0 : 1), label: hall.t('indicators.course_of', { name: api.said(figure, 'name') }),
  });
  const table = make('details', { class: 'in-table' }, make('summary', { text: hall.t('indicators.as_table') }), make('table', {},
    make('thead', {}, make('tr', {}, make('th', { text: hall.t('indicators.period') }), make('th', { text: api.unit(definition.unit) }))),
    make('tbody', {}, ...[...series].reverse().map((point) => make('tr', {}, make('td', { text: api.period(figure.cycle, point.period) }), make('td', { text: point.value === null ? '—' : api.number(point.value, figure.decimals) }))))));
  return part(hall.t('indicators.course'), choice, chart, table);
}

function streets({ streets: found, figure, definition }, names, go) {
  const known = found.filter((one) => typeof one.value === 'number').sort((a, b) => b.value - a.value);
  if (!known.length) return null;
  const rows = known.map((one) => ({ label: names[one.area] || one.area, value: one.value, text: api.number(one.value, figure.decimals), tone: { red: 'alarm', yellow: 'warn' }[one.state] || 'quiet', mark: definition.target }));
  const box = make('div', { class: 'in-streets' }, bars(rows, { width: WIDTH, row: 26, name: 132, tail: 56, bar: 10, label: hall.t('indicators.by_street') }));
  const links = make('p', { class: 'in-links' }, ...known.map((one) => {
    const link = make('button', { type: 'button', class: 'button small plain', text: names[one.area] || one.area });
    link.onclick = () => go(one.area);
    return link;
  }));
  return part(hall.t('indicators.by_street'), box, make('details', {}, make('summary', { text: hall.t('indicators.open_street') }), links));
}

function rule(definition) {
  const { kind, yellow, red } = definition.rule;
  const suffix = kind === 'threshold' ? ` ${api.unit(definition.unit)}` : '';
  return hall.t(`indicators.rule.${kind}${kind === 'threshold' ? (definition.direction === 'up' ? '_below' : '_above') : definition.unit === '%' && kind !== 'sigma' ? '_points' : ''}`, { yellow: `${yellow}${suffix}`, red: `${red}${suffix}` });
}

function meaning({ definition }) {
  const who = [hall.t(`role.${definition.receiver}`), definition.department_name].filter(Boolean).join(' · ');
  const rows = [
    ['definition', api.said(definition, 'definition')], ['formula', api.said(definition, 'formula')], ['source', api.said(definition, 'source')],
    ['cycle', hall.t(`indicators.cycle.${definition.cycle}`)], ['direction', hall.t(`indicators.direction.${definition.direction}`)], ['rule_title', rule(definition)], ['receiver', who],
  ];
  const list = make('dl', { class: 'in-meaning' }, ...rows.filter(([, text]) => text).map(([key, text]) => fact(hall.t(`indicators.${key}`), text)));
  const content = [list];
  if (definition.own) {
    const exact = [definition.tables.join(', '), definition.sql, ...(definition.classes.length ? [`classes: ${definition.classes.join(', ')}`] : []), ...(definition.sources.length ? [`sources: ${definition.sources.join(', ')}`] : [])];
    content.push(make('details', {}, make('summary', { text: hall.t('indicators.exact') }), make('pre', { text: exact.join('\n') })));
  }
  content.push(make('p', { class: 'quiet', text: hall.t('indicators.project_definition') }));
  return part(hall.t('indicators.meaning'), ...content);
}

function cases({ definition, figure, area }) {
  if (!definition.cases || figure.value === null) return null;
  const box = make('div', { class: 'in-cases' });
  const more = make('button', { type: 'button', class: 'button small' }, make('span', { text: hall.t(`indicators.cases_${definition.listing}`) }));
  more.onclick = async () => {
    more.disabled = true;
    try {
      const found = await api.cases(definition.code, { area, limit: MOST_CASES });
      box.replaceChildren(
        make('p', { class: 'quiet', text: hall.t(found.total ? 'indicators.cases_found' : 'indicators.cases_none', { n: api.number(found.total), shown: found.items.length }) }),
        ...found.items.map((one) => make('a', { class: 'in-case', href: `/#s=events:${one.id}:${one.lon.toFixed(6)}:${one.lat.toFixed(6)}&z=17&c=${one.lon.toFixed(6)},${one.lat.toFixed(6)}` },
          make('b', { class: 'cut', text: one.title }), make('span', { text: hall.t(`state.${one.state}`) || one.state }),
          make('small', { class: 'cut', text: [one.case_no, one.class_name, api.clock(one.reported_at), one.place_text].filter(Boolean).join(' · ') }))),
      );
    } catch (error) {
      box.replaceChildren(make('p', { class: 'in-told', text: hall.t('indicators.failed') }));
      more.disabled = false;
    }
  };
  return part(hall.t('indicators.cases'), more, box);
}

/**
 * Draw one indicator.
 * @param {HTMLElement} root
 * @param {Object} found the server's answer
 * @param {{points: number, names: Object, choose: Function, go: Function, close: Function, changed: Function}} ways
 */
export function detail(root, found, ways) {
  const back = make('button', { type: 'button', class: 'button small plain in-back', html: hall.icon('arrow-left', 15) }, make('span', { text: hall.t('indicators.back') }));
  back.onclick = ways.close;
  const open = found.warnings.find((one) => one.state !== 'closed' && one.area === found.area);
  const box = make('div', { class: 'in-warning-place' });
  if (open) warned(box, open.id, ways.changed);
  const past = found.warnings.filter((one) => one.state === 'closed' && one.area === found.area);
  const history = past.length ? part(hall.t('indicators.past_warnings'), make('ul', { class: 'in-past' }, ...past.map((one) => make('li', { class: one.level, text: hall.t('indicators.past', { from: api.clock(one.raised_at), to: api.clock(one.closed_at), level: hall.t(`indicators.state.${one.level}`) }) })))) : null;
  const parts = [back, head(found), open ? box : null, course(found, ways.points, ways.choose), streets(found, ways.names, ways.go), cases(found), meaning(found), history];
  root.replaceChildren(...parts.filter(Boolean));
}

export const firstRange = (cycle) => RANGES[cycle][0];
