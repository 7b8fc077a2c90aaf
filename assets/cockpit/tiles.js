/** What each tile shows. A drawing gets its box and data and puts in as many rows as fit: nothing scrolls, the rest is a number and a link. */

import { size as moved } from '../charts/change.js';
import { spark, styles } from '../charts/charts.js';
import * as videos from './videos.js';

const { hall } = window;
const make = hall.element;
const LEVELS = { 1: 'Ⅰ', 2: 'Ⅱ' };
const COLOURS = { city: 'var(--bar-1)', governance: 'var(--room-rent)', safety: 'var(--level-2)', other: 'var(--level-0)' };
/** Heights of rows in em. */
const ROW = { why: 6.35, street: 1.95, event: 4.4, brief: 3.1 };

styles();

const em = () => parseFloat(getComputedStyle(document.querySelector('.ck')).fontSize) || 14;
const number = (value, digits = 0) => new Intl.NumberFormat(hall.language, { maximumFractionDigits: digits, minimumFractionDigits: 0 }).format(value);
const percent = (share) => (share === null || share === undefined ? '—' : number(100 * share, 1));
/** The hall's own day: 2026-11-23. */
const dayOf = (at) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date(at));
/** How many of `total` rows of a height fit into a box; at least one. Where not all do, the line below says so and takes its height from the box. */
function fitting(box, height, foot, total) {
  const count = () => Math.max(1, Math.floor(box.clientHeight / (height * em())));
  foot.replaceChildren();
  if (total <= count()) return total;
  foot.append('…');
  return count();
}

/** A word of the catalogue, or the given text itself where it has none (names of channels and platforms). */
export function name(kind, key) {
  return hall.t(`cockpit.${kind}.${key}`) || key;
}

function set(box, text) {
  if (box && box.textContent !== text) box.textContent = text;
}

const empty = (text, icon = 'circle-check') => make('div', { class: 'ck-said', html: hall.icon(icon === 'circle-check' ? 'check' : icon, 20) }, make('span', { text }));
const link = (text, href) => make('a', { class: 'ck-link', href, text });
const opener = (text, sheet, more = {}) => make('button', { type: 'button', class: 'ck-link', 'data-ck-open': sheet, text, ...more });

// ---- abnormal indicators ----------------------------------------------------------------------------------------

const valueText = ({ value, decimals = 1 }) => (typeof value === 'number' ? number(value, decimals) : '—');
const own = (one, field) => (hall.language === 'en' ? one[`${field}_en`] : one[field]);

/** The sentence without the name that stands above it. */
function reason(one) {
  const [text, title] = [own(one, 'why'), own(one, 'name')];
  const rest = text.startsWith(title) ? text.slice(title.length).trim() : text;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

function why(one) {
  const tone = one.state === 'red' ? 'alarm' : 'warn';
  const line = spark(one.series || [], { width: 6.3 * em(), height: 1.9 * em(), tone, threshold: one.reference, area: false, label: own(one, 'name') });
  const limit = one.target !== null ? hall.t('cockpit.target', { n: number(one.target, 2) }) : one.reference !== null ? hall.t('cockpit.reference', { n: number(one.reference, 2) }) : '';
  const row = make('a', { class: `ck-why ck-row ${one.state}`, href: `/indicators/?code=${encodeURIComponent(one.code)}` });
  row.append(
    make('div', {}, make('b', { class: 'ck-cut', text: own(one, 'name'), title: own(one, 'name') }), line, make('span', { class: 'ck-value', text: valueText(one) }), make('span', { class: 'ck-unit', text: one.unit })),
    make('p', { text: reason(one), title: own(one, 'why') }),
    make('div', { class: 'ck-who' }, make('span', { class: 'ck-cut', text: [name('domain', one.domain), hall.t(`role.${one.owner}`) || one.owner, one.stale ? hall.t('cockpit.stale') : ''].filter(Boolean).join(' · ') }), make('span', { text: limit })),
  );
  return row;
}

function abnormal({ box, data, count, note, foot }) {
  set(count, data.abnormal ? number(data.abnormal) : '');
  set(note, data.abnormal ? hall.t('cockpit.look_first') : '');
  const shown = data.items.slice(0, fitting(box, ROW.why, foot, Infinity));
  box.replaceChildren(...(shown.length ? shown.map(why) : [empty(hall.t(data.with_data ? 'cockpit.all_normal' : 'cockpit.no_values'), data.with_data ? 'check' : 'database-off')]));
  const rest = data.abnormal - shown.length;
  const words = [rest > 0 ? hall.t('cockpit.more_abnormal', { n: rest }) : '', hall.t('cockpit.normal', { n: number(data.normal) }), data.total > data.with_data ? hall.t('cockpit.without', { n: number(data.total - data.with_data) }) : ''];
  foot.replaceChildren(make('span', { class: 'ck-cut', text: words.filter(Boolean).join(' · ') }), link(hall.t('cockpit.all_indicators', { n: number(data.total) }), '/indicators/'));
}

// ---- streets ----------------------------------------------------------------------------------------------------

function streets({ box, data, note, foot }) {
  const rows = data.streets;
  const most = Math.max(1, ...rows.map(({ accepted }) => accepted));
  const high = box.closest('.ck-column').clientHeight || 800;
  const fits = Math.max(3, Math.min(8, Math.floor((high * 0.3) / (ROW.street * em())) - 2));
  const head = make('div', { class: 'ck-street head' }, ...['street', 'accepted', '', 'on_time', 'overdue'].map((key, at) => make('span', { class: at ? '' : 'ck-cut', text: key ? hall.t(`cockpit.col.${key}`) : '' })));
  const shown = rows.slice(0, fits).map((street) => {
    const rate = street.on_time_rate_7d;
    const row = make('button', { type: 'button', class: 'ck-street ck-row', 'data-ck-open': 'streets' });
    row.append(
      make('span', { class: 'ck-cut', text: street.name || hall.t('cockpit.no_street'), title: street.name }),
      make('i', { style: `--share: ${(100 * street.accepted) / most}%` }), make('span', { text: number(street.accepted) }),
      make('span', { class: rate !== null && rate < 0.95 ? 'warn' : '', text: rate === null ? '—' : `${percent(rate)} %` }),
      make('span', { class: street.overdue ? 'alarm' : '', text: number(street.overdue) }),
    );
    return row;
  });
  set(note, hall.t('cockpit.streets_note'));
  box.replaceChildren(...(shown.length ? [head, ...shown] : [empty(hall.t('cockpit.no_streets'), 'map-2')]));
  const rest = rows.length - shown.length;
  foot.replaceChildren(...(rest > 0 ? [make('span', { text: hall.t('cockpit.more_streets', { n: rest }) }), opener(hall.t('cockpit.all_streets'), 'streets')] : []));
}

// ---- three figures ----------------------------------------------------------------------------------------------

function figure({ title, value, unit, href, opens, line, text, tone = '', textTone = '' }) {
  const box = make(href ? 'a' : 'button', { class: `ck-figure ck-row ${tone}`, ...(href ? { href } : { type: 'button', 'data-ck-open': opens }) });
  const large = make('span', { class: 'ck-large', text: value });
  large.append(make('small', { text: unit }));
  box.append(make('div', {}, make('span', { text: title })), make('div', {}, large, line), make('p', { class: textTone, text }));
  return box;
}

function figures({ box, data }) {
  const size = { width: 5.2 * em(), height: 2.6 * em() };
  const day = dayOf(data.start);
  const [now, before] = [data.accepted, data.accepted_last_week];
  const rate = data.on_time_rate_7d;
  const points = rate !== null && data.on_time_rate_7d_before !== null ? 100 * (rate - data.on_time_rate_7d_before) : null;
  const later = data.overdue - data.overdue_yesterday;
  box.replaceChildren(
    figure({
      title: hall.t('cockpit.accepted'), value: number(data.accepted), unit: hall.t('cockpit.unit.cases'), href: `/events/?from=${day}&to=${day}`,
      line: spark(data.series.accepted, { ...size, floor: 0, label: hall.t('cockpit.accepted') }),
      text: before ? hall.t('cockpit.vs_week', { mark: now > before ? '▲' : now < before ? '▼' : '=', n: moved(now, before, hall.t('cockpit.unit.cases')) }) : hall.t('cockpit.nothing_before'),
    }),
    figure({
      title: hall.t('cockpit.on_time'), value: percent(rate), unit: rate === null ? '' : '%', opens: 'streets', line: spark(data.series.on_time_rate, { ...size, label: hall.t('cockpit.on_time') }),
      text: points === null ? hall.t('cockpit.seven_days') : hall.t('cockpit.vs_seven', { mark: points > 0.05 ? '▲' : points < -0.05 ? '▼' : '=', n: number(Math.abs(points), 1) }),
      textTone: points > 0.05 ? 'good' : points < -0.05 ? 'warn' : '',
    }),
    figure({
      title: hall.t('cockpit.overdue'), value: number(data.overdue), unit: hall.t('cockpit.unit.cases'), href: '/events/?overdue=true', tone: data.overdue ? 'bad' : '',
      line: spark(data.series.overdue, { ...size, floor: 0, tone: data.overdue ? 'alarm' : 'accent', label: hall.t('cockpit.overdue') }),
      text: hall.t('cockpit.of_open', { open: number(data.open), mark: later > 0 ? '▲' : later < 0 ? '▼' : '=', n: number(Math.abs(later)) }),
    }),
  );
}

// ---- major events -----------------------------------------------------------------------------------------------

function sentence(event) {
  if (!event.sent) return hall.t(`cockpit.unsent.${event.state}`) || hall.t('cockpit.unsent.any');
  const parts = [hall.t('cockpit.sent', { n: event.sent })];
  if (event.on_site) parts.push(hall.t('cockpit.on_site', { n: event.on_site }));
  if (event.under_way) parts.push(hall.t('cockpit.under_way', { n: event.under_way }));
  if (event.done) parts.push(hall.t('cockpit.done', { n: event.done }));
  const minutes = event.next_at ? (Date.parse(event.next_at) - hall.connection.now()) / 60000 : null;
  if (minutes !== null && minutes > 0) parts.push(hall.t('cockpit.next', { n: Math.max(1, Math.round(minutes)) }));
  return parts.join(hall.t('cockpit.comma'));
}

function event(one) {
  const row = make('a', { class: `ck-event ck-row${one.overdue ? ' late' : ''}`, href: `/events/${one.id}`, 'data-ck-event': String(one.id) });
  const who = [one.department || hall.t('cockpit.nobody'), one.street].filter(Boolean).join(' · ');
  row.append(
    make('span', { class: `ck-disc l${one.level}`, text: LEVELS[one.level], 'aria-label': hall.t(`cockpit.level.${one.level}`) }),
    make('div', {}, make('div', {}, make('b', { class: 'ck-cut', text: one.title, title: `${one.title} ${one.place}` }), make('time', { 'data-ck-since': String(Date.parse(one.reported_at)) })),
      make('p', { class: 'ck-cut', text: `${hall.t(`cockpit.state.${one.state}`)} · ${sentence(one)}` }),
      make('p', { class: 'ck-who', html: hall.icon('user', 13) }, make('span', { class: 'ck-cut', text: who }), make('span', { class: one.overdue ? 'alarm' : '', text: one.overdue ? hall.t('cockpit.is_overdue') : '' }))),
  );
  return row;
}

function events({ box, data, count, note, foot }) {
  set(count, data.total ? number(data.total) : '');
  set(note, data.total ? hall.t('cockpit.in_hand') : '');
  const shown = data.items.slice(0, fitting(box, ROW.event, foot, data.total));
  box.replaceChildren(...(shown.length ? shown.map(event) : [empty(hall.t('cockpit.no_events'), 'shield-check')]));
  const rest = data.total - shown.length;
  foot.replaceChildren(...(rest > 0 ? [make('span', { text: hall.t('cockpit.more_events', { n: rest }) }), link(hall.t('cockpit.all_events'), '/events/?level=1,2&open=true')] : []));
}

// ---- nine domains -----------------------------------------------------------------------------------------------

function domain(one) {
  const bad = one.red + one.yellow;
  const state = one.red ? 'red' : one.yellow ? 'yellow' : '';
  const text = bad ? hall.t('cockpit.n_abnormal', { n: bad }) : one.with_data ? hall.t('cockpit.fine') : hall.t('cockpit.no_data');
  const box = make('a', { class: 'ck-domain ck-row', href: `/indicators/?domain=${encodeURIComponent(one.domain)}` });
  const cells = make('div', { class: 'ck-cells', role: 'img', 'aria-label': hall.t('cockpit.cells', { n: one.cells.length, bad }) });
  cells.append(...one.cells.map((cell) => make('i', { class: cell.state, title: own(cell, 'name') })));
  box.append(make('div', {}, make('b', { class: 'ck-cut', text: name('domain', one.domain) }), make('span', { class: 'ck-number', text: String(one.cells.length) }), make('span', { class: `ck-state ${state}`, text })), cells);
  if (one.lead) {
    const line = spark(one.lead.series || [], { width: 3.8 * em(), height: 1.15 * em(), tone: 'quiet', area: false, label: own(one.lead, 'name') });
    box.append(make('div', { class: 'ck-lead' }, make('span', { class: 'ck-cut', text: own(one.lead, 'name') }), make('b', { text: `${valueText(one.lead)}${one.lead.unit ? ` ${one.lead.unit}` : ''}` }), line));
  }
  return box;
}

function domains({ box, data, count, note, foot }) {
  set(count, number(data.total));
  set(note, hall.t('cockpit.each_cell'));
  box.replaceChildren(...data.items.map(domain));
  // the third line goes when the rows are too low for it
  const low = box.clientHeight / Math.max(1, Math.ceil(data.items.length / 3)) < 4.6 * em();
  for (const lead of box.querySelectorAll('.ck-lead')) lead.hidden = low;
  foot.replaceChildren();
}

// ---- volumes ----------------------------------------------------------------------------------------------------

function volumes({ box, data, count, note, foot }) {
  set(count, number(data.total));
  set(note, data.since ? hall.t('cockpit.since', { day: dayOf(data.since), days: number(data.last_30d), today: number(data.today) }) : '');
  const parts = make('div', { class: 'ck-parts', role: 'img', 'aria-label': hall.t('cockpit.tile.volumes') });
  const groups = make('div', { class: 'ck-groups' });
  for (const { group, total, share, today } of data.groups) {
    parts.append(make('i', { style: `--share: ${share || 0}; --colour: ${COLOURS[group]}` }));
    const cell = make('a', { class: 'ck-group', href: group === 'other' ? '/events/?major=environment,dispute,service,emergency' : `/events/?major=${group}`, style: `--colour: ${COLOURS[group]}` });
    cell.append(make('span', { text: name('group', group) }), make('small', { text: `${percent(share)} %` }), make('b', { text: number(total) }), make('small', { text: hall.t('cockpit.today', { n: number(today) }) }));
    groups.append(cell);
  }
  box.replaceChildren(parts, groups);
  foot.replaceChildren();
}

// ---- key videos, key places -------------------------------------------------------------------------------------

function pictures({ box, data, count, note, foot }) {
  set(count, number(data.total));
  set(note, hall.t('cockpit.online', { n: number(data.online) }));
  videos.draw(box, data);
  const words = [hall.t('cockpit.offline', { n: data.total - data.online }), data.faulty ? hall.t('cockpit.faulty', { n: data.faulty }) : ''];
  foot.replaceChildren(make('span', { text: words.filter(Boolean).join(' · ') }), videos.turner(), opener(hall.t('cockpit.all_points'), 'videos'));
}

function places({ box, data, count, foot }) {
  set(count, number(data.total));
  const kinds = make('div', { class: 'ck-kinds' });
  for (const [category, total] of Object.entries(data.categories)) {
    const chip = make('button', { type: 'button', class: 'ck-kind', 'data-ck-open': 'places', 'data-category': category, text: name('category', category) });
    chip.append(make('b', { text: number(total) }));
    kinds.append(chip);
  }
  box.replaceChildren(data.total ? kinds : empty(hall.t('cockpit.no_places'), 'map-pin'));
  foot.replaceChildren();
  const head = box.closest('.ck-tile').querySelector('header');
  if (!head.querySelector('.ck-link')) head.querySelector('[data-ck-age]').before(opener(hall.t('cockpit.all_places'), 'places'));
}

// ---- briefs -----------------------------------------------------------------------------------------------------

function brief(one) {
  const row = make('a', { class: `ck-brief ck-row${one.unread ? ' unread' : ''}`, href: `/briefs/#b=${one.id}` });
  const words = [one.cycle && name('cycle', one.cycle), one.at && when(one.at), hall.t(one.unread ? 'cockpit.unread' : 'cockpit.read')];
  row.innerHTML = hall.icon('file-text', 20);
  row.append(make('div', {}, make('b', { class: 'ck-cut', text: one.title }), make('p', { class: 'ck-cut', text: words.filter(Boolean).join(' · ') })));
  row.insertAdjacentHTML('beforeend', hall.icon('chevron-right', 14));
  return row;
}

function when(at) {
  const date = new Date(at);
  return dayOf(date) === dayOf(hall.connection.now()) ? hall.clockTime(date) : `${dayOf(date).slice(5)} ${hall.clockTime(date)}`;
}

function briefs({ box, data, count, note, foot }) {
  set(count, data.unread ? number(data.unread) : '');
  set(note, data.kinds ? hall.t('cockpit.kinds', { n: number(data.kinds) }) : '');
  const shown = data.items.slice(0, fitting(box, ROW.brief, foot, data.unread));
  box.replaceChildren(...(shown.length ? shown.map(brief) : [empty(hall.t('cockpit.no_briefs'), 'file-text')]));
  foot.replaceChildren(...(data.unread > shown.length ? [make('span', { text: hall.t('cockpit.more_briefs', { n: data.unread - shown.length }) }), link(hall.t('cockpit.all_briefs'), '/briefs/')] : []));
}

// ---- health -----------------------------------------------------------------------------------------------------

/** Name of a subsystem: `channel:citizen`, `platform:省平台`, `worker`. */
export function subsystem(key) {
  const [kind, rest] = key.split(/:(.*)/);
  if (kind === 'channel') return name('channel', rest);
  return kind === 'platform' ? rest : name('part', key);
}

function health({ box, data, count }) {
  set(count, hall.t('cockpit.fine_of', { fine: data.fine, connected: data.connected }));
  const channels = data.parts.filter(({ key }) => key.startsWith('channel:'));
  const own = data.parts.filter(({ key }) => !key.startsWith('channel:'));
  const chip = (state, text) => make('button', { type: 'button', class: `ck-part ${state}`, 'data-ck-open': 'health', text, title: hall.t(`cockpit.health.${state}`) });
  const heard = channels.filter(({ state }) => state === 'ok').length;
  box.replaceChildren(
    ...own.map(({ key, state, value, total }) => chip(state, `${subsystem(key)}${total && value !== total ? ` ${number(value)}/${number(total)}` : ''}`)),
    ...(channels.length ? [chip(heard ? 'ok' : 'quiet', hall.t('cockpit.channels', { heard, n: channels.length }))] : []),
  );
}

export const draws = { abnormal, streets, figures, events, domains, volumes, videos: pictures, places, briefs, health };
