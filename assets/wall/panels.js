/** The panels around the map: each draws what its feed last brought, and says how old that is. Nothing is drawn anew that says the same. */

import { size } from '../charts/change.js';
import { spark, squares } from '../charts/charts.js';
import { ago, boot, disc, fill, h, hm, hour, number, t, text, write } from './dom.js';
import { now } from './feeds.js';

/** @type {Map<string, Panel>} */
export const panels = new Map();

export class Panel {
  /**
   * @param {string} id area of the stage's grid
   * @param {{feed: ?Feed, title?: string, sub?: string, plain?: boolean}} options
   */
  constructor(id, { feed = null, title = t(`wall.panel.${id}`), sub = '', plain = false }) {
    Object.assign(this, { id, feed });
    this.sub = h('span', { class: 'sub', text: sub });
    this.age = h('span', { class: 'age' }, this.dot = h('i', { class: 'dot' }), this.said = h('span', { text: t('wall.age.loading') }));
    this.head = h('header', { class: 'panel-head' }, h('h2', { text: title }), this.sub, this.age);
    this.body = h('div', { class: 'panel-body' });
    this.node = h('section', { class: `panel panel-${id}`, 'aria-label': title, 'data-panel': id, style: { 'grid-area': id } }, plain ? null : this.head, this.body);
    panels.set(id, this);
  }

  /** Room for what the panel shows, within its padding. */
  room() {
    const { paddingTop, paddingBottom, paddingLeft, paddingRight } = getComputedStyle(this.body);
    return { width: this.body.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight), height: this.body.clientHeight - parseFloat(paddingTop) - parseFloat(paddingBottom) };
  }

  /** How many rows of this height fit. */
  rows(height) {
    return Math.max(1, Math.floor(this.room().height / height));
  }

  tell() {
    if (!this.feed) return;
    const state = this.feed.state();
    if (this.node.dataset.state !== state) this.node.dataset.state = state;
    write(this.said, age(this.feed, state));
    if (state === 'error' && !this.body.shown) fill(this.body, `error-${this.feed.status}`, () => h('p', { class: 'empty', text: this.feed.status === 403 ? t('wall.link.forbidden') : t('wall.error.panel', { time: hm(this.feed.failedAt || now()) }) }));
  }
}

export function age(feed, state = feed.state()) {
  if (state === 'loading') return t('wall.age.loading');
  if (state === 'error') return t('wall.error.panel', { time: hm(feed.failedAt || now()) });
  if (state === 'old') return t('wall.age.until', { time: hm(feed.at) });
  return ago(now() - feed.at);
}

export const empty = (key) => h('p', { class: 'empty', text: t(key) });

// ---- five figures -------------------------------------------------------------------------------------------------

const FIGURES = [
  { id: 'accepted', unit: 'cases', value: (v) => v.accepted, before: (v) => v.accepted_last_week, than: 'last_week', percent: true, good: 0, series: (v) => v.series.accepted, floor: 0 },
  { id: 'open', unit: 'cases', value: (v) => v.open, before: (v) => v.open_yesterday, than: 'yesterday', good: -1, series: (v) => v.series.open, floor: 0 },
  { id: 'overdue', unit: 'cases', value: (v) => v.overdue, before: (v) => v.overdue_yesterday, than: 'yesterday', good: -1, alarm: true, series: (v) => v.series.overdue, floor: 0 },
  { id: 'on_time', rate: true, value: (v) => v.on_time_rate_7d, before: (v) => v.on_time_rate_7d_before, than: 'week', good: 1, series: (v) => v.series.on_time_rate },
  { id: 'on_duty', value: (v) => v.on_duty, of: (v) => v.expected },
];

/** The trend's word: by how much, and whether that is good. */
function trend(figure, value) {
  if (figure.of) {
    const all = figure.of(value);
    return h('p', { class: 'trend' }, h('b', { text: all ? `${((100 * figure.value(value)) / all).toFixed(1)}%` : '–' }), ` ${t('wall.expected', { n: number(all) })}`);
  }
  const [current, before] = [figure.value(value), figure.before(value)];
  if (current === null || before === null) return h('p', { class: 'trend' }, t('wall.error.none'));
  const change = figure.rate ? 100 * (current - before) : current - before;
  const shown = figure.rate ? `${Math.abs(change).toFixed(1)} ${t('wall.unit.point')}` : figure.percent ? size(current, before, t(`wall.unit.${figure.unit}`)) : number(Math.abs(change));
  const same = Math.abs(change) < (figure.rate ? 0.05 : 0.5);
  const tone = same || !figure.good ? '' : change * figure.good > 0 ? 'good' : 'bad';
  return h('p', { class: `trend ${tone}` }, h('b', { text: same ? t('wall.than.same') : `${change > 0 ? '▲' : '▼'} ${shown}` }), ` ${t(`wall.than.${figure.than}`)}`);
}

export class Figures extends Panel {
  constructor(feed, { small = false } = {}) {
    super(small ? 'city' : 'figures', { feed, plain: true, title: t('wall.sub.today') });
    this.small = small;
    this.cells = FIGURES.map((figure) => {
      const cell = { figure };
      cell.age = h('span', { class: 'age' }, h('i', { class: 'dot' }), cell.said = h('span'));
      cell.number = h('b', { class: 'number', text: '–' });
      cell.unit = h('span', { class: 'unit', text: figure.unit ? t(`wall.unit.${figure.unit}`) : '' });
      cell.chart = h('div', { class: 'figure-chart' });
      cell.trend = h('div', { class: 'figure-trend' });
      cell.node = h('div', { class: `figure figure-${figure.id}` }, h('header', {}, h('h2', { text: t(`wall.figure.${figure.id}`) }), cell.age), h('p', { class: 'value' }, cell.number, cell.unit), cell.chart, cell.trend);
      return cell;
    });
    this.body.append(...this.cells.map(({ node }) => node));
    this.heard = (value) => this.draw(value);
    feed.on(this.heard);
  }

  /** Hear no more. */
  end() {
    this.feed.listeners.delete(this.heard);
    panels.delete(this.id);
  }

  draw(value) {
    for (const { figure, number: node, unit, chart, trend: word, node: cell } of this.cells) {
      const current = figure.value(value);
      write(node, current === null || current === undefined ? '–' : figure.rate ? (100 * current).toFixed(1) : number(current));
      if (figure.rate) write(unit, '%');
      if (figure.of) write(unit, `/ ${number(figure.of(value))}`);
      cell.classList.toggle('is-alarm', Boolean(figure.alarm && current > 0));
      if (this.small) continue;
      fill(word, [current, figure.before && figure.before(value), figure.of && figure.of(value)], () => trend(figure, value));
      const series = figure.series && figure.series(value);
      // who is on duty has no course: how the workers divide stands in its place
      if (figure.of) fill(chart, value.presence, () => h('span', { class: 'duty' }, ...Object.entries(value.presence).map(([state, count]) => h('i', { class: `duty-${state}`, style: { 'flex-grow': count } }))));
      if (series) fill(chart, series, () => spark(series, { width: chart.clientWidth || 118, height: chart.clientHeight || 54, tone: figure.alarm && current > 0 ? 'alarm' : 'accent', floor: figure.floor, label: t(`wall.figure.${figure.id}`) }));
    }
  }

  tell() {
    const state = this.feed.state();
    this.node.dataset.state = state;
    const said = age(this.feed, state);
    for (const cell of this.cells) write(cell.said, said);
  }
}

// ---- flow, streets, classes ----------------------------------------------------------------------------------------

const FLOW = [['accepted', null, null], ['self_closed', 'share', null], ['dispatched', 'waiting', 'waiting'], ['handled', 'working', 'working'], ['checked', 'in_check', 'in_check'], ['closed', 'to_close', 'to_close']];

export class Flow extends Panel {
  constructor(feed) {
    super('flow', { feed, sub: t('wall.sub.today') });
    feed.on(({ flow }) => fill(this.body, JSON.stringify(flow), () => {
      const all = Math.max(flow.accepted, 1);
      const rows = FLOW.map(([step, waits]) => {
        const note = waits === 'share' ? `${Math.round((100 * flow.self_closed) / all)}%` : waits ? [`${t(`wall.flow.${waits}`)} `, h('b', { text: number(flow[waits]) })] : '';
        return h('div', { class: `flow-row flow-${step}` }, h('span', { class: 'name', text: t(`wall.flow.${step}`) }), h('span', { class: 'track' }, h('i', { style: { width: `${(100 * flow[step]) / all}%` } })), h('b', { class: 'count', text: number(flow[step]) }), h('span', { class: 'note' }, ...[].concat(note)));
      });
      if (flow.rejected) rows.splice(2, 0, h('div', { class: 'flow-row flow-rejected' }, h('span', { class: 'name', text: t('wall.flow.rejected') }), h('span', { class: 'track' }, h('i', { style: { width: `${(100 * flow.rejected) / all}%` } })), h('b', { class: 'count', text: number(flow.rejected) }), h('span', { class: 'note' })));
      return rows;
    }));
  }
}

const TARGET = 0.95;


export class Rank extends Panel {
  constructor(feed) {
    super('rank', { feed });
    feed.on(({ streets }) => fill(this.body, JSON.stringify(streets), () => {
      const highest = Math.max(...streets.map(({ accepted }) => accepted), 1);
      const fits = this.rows(37) - 1;
      const shown = streets.slice(0, Math.max(fits, 3));
      const head = h('div', { class: 'rank-row head' }, h('span', { text: t('wall.rank.street') }), h('span', { text: t('wall.rank.accepted') }), h('span', { text: t('wall.rank.rate') }), h('span', { text: t('wall.rank.overdue') }));
      return [head, ...shown.map((street) => h('div', { class: 'rank-row' },
        h('span', { class: 'name', text: street.name || t('wall.rank.nowhere') }),
        h('span', { class: 'volume' }, h('i', { style: { width: `${(62 * street.accepted) / highest}%` } }), h('b', { text: number(street.accepted) })),
        h('span', { class: `rate ${street.on_time_rate_7d !== null && street.on_time_rate_7d < TARGET ? 'warn' : ''}`, text: street.on_time_rate_7d === null ? '–' : `${(100 * street.on_time_rate_7d).toFixed(1)}%` }),
        h('span', { class: `late ${street.overdue ? 'alarm' : ''}`, text: street.overdue || '–' })))];
    }));
  }
}

export class Heat extends Panel {
  constructor(feed) {
    super('heat', { feed, sub: t('wall.sub.today') });
    feed.on((value) => this.draw(value));
  }

  draw({ classes }) {
    const current = hour(now());
    fill(this.body, [current, classes], () => {
      const highest = Math.max(...classes.flatMap(({ hours }) => hours), 1);
      const rows = classes.map((one) => h('div', { class: 'heat-row' }, h('span', { class: 'name', text: text(one.title) }),
        h('span', { class: 'cells' }, ...one.hours.map((count, at) => h('i', { class: at > current ? 'hollow' : '', style: { '--heat': `${count ? Math.round(20 + 80 * Math.sqrt(count / highest)) : 0}%` } }))),
        h('b', { class: 'count', text: number(one.accepted) })));
      return [...rows, h('div', { class: 'heat-axis' }, ...['00', '06', '12', '18'].map((mark) => h('span', { text: mark })))];
    });
  }
}

export class Sources extends Panel {
  constructor(feed) {
    super('sources', { feed, sub: t('wall.sub.today') });
    feed.on(({ sources }) => fill(this.body, JSON.stringify(sources), () => {
      const highest = Math.max(...sources.map(({ accepted }) => accepted), 1);
      const shown = sources.slice(0, this.rows(50));
      return shown.map((one) => h('div', { class: 'flow-row' }, h('span', { class: 'name', text: text(one.title) }), h('span', { class: 'track' }, h('i', { style: { width: `${(100 * one.accepted) / highest}%` } })), h('b', { class: 'count', text: number(one.accepted) })));
    }));
  }
}

/** Of the day's two lines: what stands beside them, below them and between them. */
const TREND_PX = { beside: 212, axis: 40, gap: 24 };
const HOUR_MS = 3600000;

export class Trend extends Panel {
  constructor(feed) {
    super('trend', { feed });
    feed.on(({ at, series }) => fill(this.body, JSON.stringify([series.open, series.overdue]), () => {
      const { width, height } = this.room();
      const rows = ['open', 'overdue'].map((name) => h('div', { class: 'trend-row' }, h('span', { class: 'name', text: t(`wall.figure.${name}`) }),
        spark(series[name], { width: width - TREND_PX.beside, height: (height - TREND_PX.axis) / 2 - TREND_PX.gap, floor: 0, tone: name === 'overdue' ? 'alarm' : 'accent', label: t(`wall.figure.${name}`) }), h('b', { class: 'count', text: number(series[name].at(-1)) })));
      const hours = [24, 18, 12, 6, 0].map((back) => h('span', { text: hm(Date.parse(at) - back * HOUR_MS) }));
      return [...rows, h('div', { class: 'trend-axis' }, ...hours)];
    }));
  }
}

// ---- cases -----------------------------------------------------------------------------------------------------------

export const stateOf = (item) => (item.overdue ? { text: t('wall.state.overdue'), tone: 'alarm' } : item.own && item.closed_at ? { text: t('wall.state.own'), tone: '' } : { text: t(`wall.state.${item.state}`), tone: item.level === 1 && !item.closed_at ? 'warn' : '' });

/** What the list shows: open major ones stay on top while they are younger than two hours, the rest by time. */
export function chosen({ news, majors, at }) {
  const fresh = majors.filter((one) => one.alarm || (one.level === 1 && Date.parse(at) - Date.parse(one.reported_at) < 7200000));
  const seen = new Set(fresh.map(({ id }) => id));
  return [...fresh, ...news.filter(({ id }) => !seen.has(id))];
}

/** Titles often begin with the place, which stands below them anyway. */
export function brief({ title, place_text: place }) {
  const [first, ...rest] = title.split(' ');
  return rest.length && place.startsWith(first) ? rest.join(' ') : title;
}

/** A place that has no room for what is near it goes without. */
export function shorten(node) {
  if (node.scrollWidth > node.clientWidth) node.textContent = node.textContent.replace(/\s*[（(][^（(]*[）)]$/, '');
}

export class Events extends Panel {
  constructor(feed) {
    super('events', { feed });
    feed.on((value) => {
      const list = chosen(value).slice(0, Math.max(this.rows(83), 2));
      const drawn = fill(this.body, JSON.stringify(list), () => (list.length ? list.map((one) => {
        const state = stateOf(one);
        return h('div', { class: `event-row ${one.alarm ? 'alarmed' : ''}`, 'data-event': one.id }, disc(one.level), h('div', { class: 'what' }, h('b', { text: brief(one) }), h('span', { class: 'at', text: one.place_text })), h('div', { class: 'when' }, h('span', { text: hm(Date.parse(one.reported_at)) }), h('span', { class: state.tone, text: state.text })));
      }) : empty('wall.events.none')));
      if (drawn) this.body.querySelectorAll('.at').forEach(shorten);
    });
  }
}

// ---- hotspots, presence -----------------------------------------------------------------------------------------------

export class Hot extends Panel {
  constructor(feed) {
    super('hot', { feed, sub: t('wall.sub.hot') });
    feed.on(({ top }) => {
      const list = top.slice(0, Math.max(this.rows(37), 2));
      fill(this.body, JSON.stringify(list), () => (list.length ? list.map((one) => h('div', { class: 'hot-row' }, h('span', { class: 'name', text: one.name }),
        one.weeks.length > 1 ? spark(one.weeks, { width: 72, height: 30, tone: 'warn', area: false, floor: 0, label: one.name }) : h('span'),
        h('b', { class: 'count', text: number(one.count) }), h('span', { class: 'note', text: t('wall.hot.expected', { n: Math.round(one.expected) }) }))) : empty('wall.hot.none')));
    });
  }

  tell() {
    super.tell();
    if (this.feed.state() === 'error' && this.feed.status === 503) fill(this.body, 'waiting', () => empty('wall.hot.waiting'));
  }
}

/** Below this width the four states stand in two lines. */
const LEGEND_PX = 500;

export const TONES = { on_grid: 'quiet', handling: 'accent', off_grid: 'warn', no_signal: 'hollow' };

const SQUARES_PX = { gap: 2, legend: 34, most: 26 };

/** Columns for so many squares that they become as large as the room allows. */
function columnsFor(count, { width, height }) {
  for (let columns = 1; columns < count; columns += 1) {
    const step = (width + SQUARES_PX.gap) / columns;
    if (step <= SQUARES_PX.most && Math.ceil(count / columns) * step - SQUARES_PX.gap <= height) return columns;
  }
  return Math.max(count, 1);
}

export class Presence extends Panel {
  constructor(feed) {
    super('presence', { feed });
    feed.on(({ presence, grids }) => {
      write(this.sub, t('wall.sub.grids', { n: grids.length }));
      fill(this.body, JSON.stringify([presence, grids.map(({ state }) => state)]), () => {
        const { width, height } = this.room();
        const lines = width < LEGEND_PX ? 2 : 1;
        const columns = columnsFor(grids.length, { width, height: height - lines * SQUARES_PX.legend - 10 });
        return [squares(grids.map(({ state }) => TONES[state]), { width, columns, gap: SQUARES_PX.gap, label: t('wall.panel.presence') }),
          h('div', { class: 'legend-row', style: { '--columns': 4 / lines } }, ...Object.keys(presence).map((state) => h('span', { class: `key key-${state}` }, h('i'), `${t(`wall.presence.${state}`)} `, h('b', { text: number(presence[state]) }))))];
      });
    });
  }
}

export const demo = () => (boot.demo ? t('wall.demo') : '');
