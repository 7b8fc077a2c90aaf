/** The middle of the wall: what a scene puts on the map, and the strip that explains it. */

import { disc, fill, h, number, t, text } from './dom.js';
import { point, polygon } from './map.js';
import { demo } from './panels.js';

const RANK = (level) => level || 5;
const heat = (id) => h('span', { class: `scale ${id}` });
const key = (name, word) => h('span', { class: 'key-item' }, h('i', { class: `mark ${name}` }), word);

/** Open cases as points; graver ones on top. */
export const casePoints = ({ points }) => points.map((one) => point(one.lon, one.lat, { id: one.id, level: one.level, rank: RANK(one.level), overdue: one.overdue }));

/** Cells of the hotspots: one scale for all maps. */
export function cells({ cells: found, max, clusters }) {
  return {
    'w-cells': found.map((one) => polygon([one.ring], { n: one.count, share: max ? one.count / max : 0 })),
    'w-cells-n': found.filter((one) => one.count >= max * 0.3 || one.significant).map((one) => point(one.lon, one.lat, { n: one.count })),
    'w-hot': clusters.map(({ rings }) => polygon(rings, {})),
  };
}

export const gridAreas = ({ grids }, { grids: shapes }) => {
  const states = new Map(grids.map(({ code, state }) => [code, state]));
  return shapes.map(({ code, rings }) => polygon(rings, { state: states.get(code) || 'no_signal' }));
};

export const unitPoints = ({ units }) => units.map((one) => point(one.lon, one.lat, { family: one.family, status: one.status }));
export const sensorPoints = ({ points }) => points.map((one) => point(one.lon, one.lat, { status: one.status }));
export const partCells = ({ cells: found }) => {
  const highest = Math.max(...found.map(({ n }) => n), 1);
  return found.map((one) => polygon([one.ring], { share: Math.sqrt(one.n / highest) }));
};

const levels = (counts) => [1, 2, 3, 4, 0].filter((level) => counts[level]).map((level) => h('span', { class: 'key-item' }, disc(level), h('b', { text: number(counts[level]) })));

function tally(numbers, family) {
  const rows = new Map();
  for (const one of numbers.filter((each) => each.family === family)) {
    const row = rows.get(one.kind) || { kind: one.kind, total: 0, states: {} };
    row.total += one.number;
    row.states[one.status] = (row.states[one.status] || 0) + one.number;
    rows.set(one.kind, row);
  }
  return [...rows.values()].sort((a, b) => b.total - a.total);
}

const BAD = { worker: ['off_grid'], vehicle: ['lost'], sensor: ['alarm'], part: ['damaged', 'lost', 'abandoned'] };

/** Kinds as a small table: how many, and the first state that somebody should know of. */
function table(value, family, title, states) {
  const rows = tally(value.numbers, family).slice(0, 6);
  return h('div', { class: 'strip-table' }, h('h3', { text: title }), ...rows.map((row) => {
    const state = states.find((one) => row.states[one]);
    return h('p', {}, h('span', { class: 'name', text: text((value.titles[family] || {})[row.kind]) || row.kind }), h('b', { text: number(row.total) }),
      h('span', { class: state === 'alarm' ? 'alarm' : state && BAD[family].includes(state) ? 'warn' : 'quiet', text: state ? `${text(value.titles.status[state])} ${number(row.states[state])}` : '' }));
  }));
}

/** What stands below the map, by scene. */
export const STRIPS = {
  overview: ({ hot, events }) => [
    ...(hot ? [heat('cells'), t('wall.legend.cells', { n: number(hot.max) }), key('hot', t('wall.legend.significant'))] : []),
    ...(events && events.majors.length ? [h('span', { class: 'key-item' }, disc(1), disc(2), t('wall.legend.major'))] : []),
  ],
  events: ({ events }) => {
    const counts = {};
    for (const { level } of events ? events.points : []) counts[level] = (counts[level] || 0) + 1;
    return [t('wall.legend.open', { n: number(events ? events.points.length : 0) }), ...levels(counts), key('late', t('wall.legend.overdue'))];
  },
  grids: ({ today }) => Object.entries(today ? today.presence : {}).map(([state, count]) => h('span', { class: 'key-item' }, h('i', { class: `mark presence-${state}` }), `${t(`wall.presence.${state}`)} `, h('b', { text: number(count) }))),
  hotspots: ({ hot }) => {
    if (!hot) return [t('wall.hot.waiting')];
    const counts = {};
    for (const { trend } of hot.cells.filter(({ significant }) => significant)) counts[trend] = (counts[trend] || 0) + 1;
    return [heat('cells'), t('wall.legend.cells', { n: number(hot.max) }), key('hot', t('wall.legend.significant')),
      ...['emerging', 'persistent', 'fading', 'sporadic'].filter((trend) => counts[trend]).map((trend) => h('span', { class: 'key-item' }, `${t(`wall.hot.${trend}`)} `, h('b', { text: number(counts[trend]) })))];
  },
  video: () => [],
  force: ({ force }) => (force ? [table(force, 'worker', t('wall.force.worker'), ['off_grid', 'busy']), table(force, 'vehicle', t('wall.force.vehicle'), ['lost', 'busy'])] : []),
  sensing: ({ sensing }) => (sensing ? [table(sensing, 'sensor', t('wall.sensing.sensors'), ['alarm', 'offline']), table(sensing, 'part', t('wall.sensing.parts'), ['damaged', 'lost'])] : []),
};

/** Draw the strip of a scene. */
export function strip(node, scene, values) {
  const parts = STRIPS[scene] ? STRIPS[scene](values) : [];
  node.classList.toggle('tables', parts.some((part) => part.classList && part.classList.contains('strip-table')));
  const said = parts.map((part) => (typeof part === 'string' ? part : part.outerHTML)).join('|');
  fill(node, `${scene}:${said}`, () => parts);
}

/** Each in a line of its own, that none is broken. */
export const credit = () => [t('wall.attribution'), demo()].filter(Boolean).map((said) => h('span', { text: said }));
