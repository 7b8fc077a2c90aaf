/** What is asked of the hot spots, as it stands in the address and in requests. Pure but for the clock that is handed in. */

export const DAYS = [7, 28, 90, 365];
export const RATES = ['count', 'people', 'patrol_hours'];
export const STEPS = ['hour', 'day', 'week'];
const DAY_S = 86400;
const CHINA_S = 28800;
const TEXTS = ['major', 'sub', 'class', 'source', 'area', 'hours', 'weekdays'];
const WORD = /^[\w,.-]*$/;
const DATE = /^\d{4}-\d\d-\d\d$/;

/**
 * @typedef {{major: string, sub: string, class: string, source: string, area: string, hours: string, weekdays: string, days: ?number, from: string, to: string, rate: string,
 *   resolution: ?number, cell: string}} Asked
 */

/** @returns {Asked} */
export const plain = () => ({ major: '', sub: '', class: '', source: '', area: '', hours: '', weekdays: '', days: 90, from: '', to: '', rate: 'count', resolution: null, cell: '' });

/** @param {Asked} asked */
export function written(asked) {
  const parts = [asked.from && asked.to ? `from.${asked.from};to.${asked.to}` : `days.${asked.days}`];
  for (const name of [...TEXTS, 'cell']) if (asked[name]) parts.push(`${name}.${asked[name]}`);
  if (asked.rate !== 'count') parts.push(`rate.${asked.rate}`);
  if (asked.resolution) parts.push(`resolution.${asked.resolution}`);
  return parts.join(';');
}

/** Nonsense is left out. */
export function read(text) {
  const asked = plain();
  for (const part of (text || '').split(';')) {
    const [, name, value] = /^(\w+)\.(.*)$/.exec(part) || [];
    if (!name || !WORD.test(value)) continue;
    if (TEXTS.includes(name) || name === 'cell') asked[name] = value;
    else if (name === 'days' && DAYS.includes(Number(value))) asked.days = Number(value);
    else if ((name === 'from' || name === 'to') && DATE.test(value)) asked[name] = value;
    else if (name === 'rate' && RATES.includes(value)) asked.rate = value;
    else if (name === 'resolution' && Number(value) >= 7 && Number(value) <= 10) asked.resolution = Number(value);
  }
  if (!(asked.from && asked.to && asked.from <= asked.to)) asked.from = asked.to = '';
  return asked;
}

const iso = (seconds) => new Date(seconds * 1000).toISOString().replace('.000', '');
const begin = (date) => Date.parse(`${date}T00:00:00+08:00`) / 1000;

/** Window in seconds since 1970: whole days of China; the present one is in it as far as it has come. */
export function span(asked, now) {
  if (asked.from && asked.to) return [begin(asked.from), begin(asked.to) + DAY_S];
  const tomorrow = Math.floor((now + CHINA_S) / DAY_S + 1) * DAY_S - CHINA_S;
  return [tomorrow - asked.days * DAY_S, tomorrow];
}

/** The filters as the interfaces read them. */
export function filters(asked, now) {
  const query = new URLSearchParams();
  const deepest = ['class', 'sub', 'major'].find((name) => asked[name]);
  for (const name of [...(deepest ? [deepest] : []), 'source', 'area', 'hours', 'weekdays']) if (asked[name]) query.set(name, asked[name]);
  const [start, end] = span(asked, now);
  query.set('start', iso(start));
  query.set('end', iso(end));
  return query;
}

/** Cells are some 35 to 100 pixels wide at any zoom (MapLibre's). */
export const resolutionAt = (zoom) => (zoom < 11.2 ? 7 : zoom < 12.8 ? 8 : zoom < 14.3 ? 9 : 10);

/** "7-9,17" → the set of numbers; hours may run over midnight. */
export function numbers(text, low, high) {
  const found = new Set();
  for (const part of (text || '').split(',').filter(Boolean)) {
    const [first, last] = part.split('-').map(Number);
    if (!Number.isInteger(first)) continue;
    const end = Number.isInteger(last) ? last : first;
    for (let at = first, steps = 0; steps <= high - low; at = at === high ? low : at + 1, steps += 1) {
      found.add(at);
      if (at === end) break;
    }
  }
  return found;
}

/** The other way round: neighbours become a range; all of them are no filter at all. */
export function ranges(set, low, high) {
  if (set.size > high - low) return '';
  const parts = [];
  for (let at = low; at <= high; at += 1) {
    if (!set.has(at)) continue;
    const first = at;
    while (set.has(at + 1)) at += 1;
    parts.push(first === at ? String(first) : `${first}-${at}`);
  }
  return parts.join();
}
