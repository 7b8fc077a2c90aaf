/** The panel of one cell: how much more than expected, what, when, at which addresses, which cases, what stands there; cameras open in the dock. */

import { current } from './mode.js';
import { matrix, spark, styles } from '../charts/charts.js';

const hall = window.hall;
const make = hall.element;
const t = (key, values) => hall.t(`hotspots.${key}`, values);
const DAYS = [1, 2, 3, 4, 5, 6, 7];
const CAMERAS = 4;

const section = (title, note, ...content) => make('section', { class: 'section' }, make('div', { class: 'section-head' }, make('h2', { text: title }), make('div', { class: 'note', text: note || '' })), ...content);
const dot = (level) => make('i', { class: 'dot', style: `--colour: var(--level-${level})` });
const local = (text) => new Date(Date.parse(text) + 28800000).toISOString().slice(5, 16).replace('T', ' ');
const round = (value) => (value === null || value === undefined ? '–' : String(Math.round(value * 10) / 10));

function verdict(found) {
  const spot = current() && current().found && current().found.cells.find(({ h3 }) => h3 === found.h3);
  if (!spot) return make('p', { class: 'quiet', text: t('cell.no_verdict') });
  const name = spot.significant ? (spot.z_score > 0 ? 'hot' : 'cold') : 'noise';
  return make('div', { class: `hs-verdict ${name}` },
    make('b', { text: t(`cell.${name}`) }),
    make('span', { text: t('cell.reason', { count: hall.number(spot.count), expected: round(spot.expected), z: round(spot.z_score), q: spot.q_value < 0.001 ? '< 0.001' : `= ${Math.round(spot.q_value * 1000) / 1000}` }) }),
    ...(spot.trend !== 'none' ? [make('span', { text: `${t('trend')}：${t(`trend.${spot.trend}`)}` })] : []));
}

function causes(found) {
  const most = Math.max(...found.causes.map(({ count }) => count), 1);
  return make('div', { class: 'hs-bars' }, ...found.causes.slice(0, 8).map(({ name, count, code }) => make('div', { class: 'hs-bar', title: code },
    make('span', { class: 'cut', text: name }), make('div', { class: 'bar' }, make('i', { style: `width:${(100 * count) / most}%` })), make('b', { text: hall.number(count) }))));
}

function hours(found) {
  const rows = DAYS.map((day, place) => ({ label: t(`weekday_long.${day}`), values: found.matrix[place], text: hall.number(found.matrix[place].reduce((sum, one) => sum + one, 0)) }));
  return matrix(rows, { width: 380, row: 20, name: 44, tail: 40, ticks: [[0, '0'], [6, '6'], [12, '12'], [18, '18']], label: t('cell.hours'),
    title: (row, column, value) => `${t(`weekday_long.${row + 1}`)} ${column}:00 · ${t('n_cases', { n: value })}` });
}

function things(found, layer, icon) {
  return found.items.map((one) => make('button', { type: 'button', class: 'hs-line opener', 'data-open': `${layer}/${one.id}`, 'data-hover': `${layer}/${one.id}`, 'data-lon': String(one.lon), 'data-lat': String(one.lat) },
    make('i', { html: hall.icon(icon, 16) }), make('span', { class: 'cut', text: one.name || one.code }), make('span', { class: 'second', text: t(`thing.${one.state}`) || '' })));
}

function drawn(found) {
  const address = found.addresses[0] && found.addresses[0].address;
  const cameras = found.cameras.items;
  const parts = [
    make('header', { class: 'panel-head' }, make('div', { class: 'hs-cell-head' }, make('h1', { text: address ? t('cell.near', { address }) : t('cell.title') }),
      make('button', { type: 'button', class: 'icon-button', 'data-close-panel': 'true', title: t('close'), 'aria-label': t('close'), html: hall.icon('x', 18) })),
    make('p', { class: 'quiet', text: t('cell.about', { n: hall.number(found.total), open: hall.number(found.open), overdue: hall.number(found.overdue) }) })),
    make('div', { class: 'hs-pad' }, verdict(found)),
  ];
  if (!found.total) {
    parts.push(make('p', { class: 'empty', text: t('cell.empty') }));
    return parts;
  }
  parts.push(section(t('cell.causes'), '', causes(found)));
  parts.push(section(t('cell.hours'), t('cell.hours_note'), hours(found)));
  if (found.weeks.length > 1) parts.push(section(t('cell.weeks'), t('cell.weeks_note', { n: found.weeks.length }), spark(found.weeks.map(({ count }) => count), { width: 380, height: 44, floor: 0, label: t('cell.weeks') })));
  if (found.addresses.length) parts.push(section(t('cell.addresses'), '', ...found.addresses.slice(0, 8).map(({ address: text, count, building_id: building, latest }) => make('button',
    { type: 'button', class: 'hs-line opener', 'data-open': building ? `buildings/${building}` : `events/${latest}` }, make('i', { html: hall.icon(building ? 'building' : 'map-pin', 16) }), make('span', { class: 'cut', text }), make('b', { text: hall.number(count) })))));
  parts.push(section(t('cell.events'), t('cell.events_note', { n: found.events.length, of: hall.number(found.total) }), ...found.events.map((one) => make('button',
    { type: 'button', class: 'hs-line opener', 'data-open': `events/${one.id}`, 'data-hover': `events/${one.id}`, 'data-lon': String(one.lon), 'data-lat': String(one.lat) },
    dot(one.level), make('span', { class: 'cut', text: one.title }), make('time', { class: 'second', text: local(one.reported_at) })))));
  if (found.cameras.total) {
    const all = make('button', { type: 'button', class: 'button small', 'data-video-cameras': cameras.slice(0, CAMERAS).map(({ id }) => id).join(), html: hall.icon('device-cctv', 16) }, make('span', { text: t('cell.watch', { n: Math.min(CAMERAS, cameras.length) }) }));
    parts.push(section(t('cell.cameras'), t('n', { n: hall.number(found.cameras.total) }), all, ...things(found.cameras, 'cameras', 'device-cctv').slice(0, 6)));
  }
  if (found.parts.total) parts.push(section(t('cell.parts'), t('n', { n: hall.number(found.parts.total) }), ...things(found.parts, 'parts', 'bulb').slice(0, 8)));
  return parts;
}

/** Fill the holder that the panel brought. */
export async function mount(node) {
  const { hotspotCell: cell, query } = node.dataset;
  try {
    const [found] = await Promise.all([hall.connection.json(`/api/v1/hotspots/${encodeURIComponent(cell)}?${query}`), styles()]);
    if (node.isConnected) node.replaceChildren(...drawn(found));
  } catch (error) {
    if (!error.status && !(error instanceof TypeError)) throw error;
    const again = make('button', { type: 'button', class: 'button small', text: t('again') });
    again.onclick = () => mount(node);
    node.replaceChildren(make('p', { class: 'empty', text: error.status === 503 ? t('preparing') : error.status === 403 ? t('forbidden') : t('failed') }), again);
  }
}
