/** What there was at an instant, computed from cases with their marks. Pure: no page, no clock. Instants are seconds since 1970. */

export const OPEN = new Set(['reported', 'filed', 'dispatched', 'handling', 'checking', 'checked', 'suspended']);
const GROUPS = { reported: 'to_file', filed: 'to_dispatch', dispatched: 'in_hand', handling: 'in_hand', checking: 'in_hand', checked: 'in_hand', suspended: 'suspended' };

/** The last place in an ascending list whose `at` is not after an instant; -1 before the first. */
export function last(marks, at) {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks[middle].at <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Past {
  /** @param {{cases: Array<{id: number, lon: number, lat: number, level: number, marks: Array<{at: number, state: string, due: ?number}>}>}} answer */
  constructor({ cases, start = null, end = null }) {
    this.cases = cases;
    this.start = start === null ? null : Date.parse(start) / 1000;
    this.end = end === null ? null : Date.parse(end) / 1000;
    this.changes = cases.flatMap((one) => one.marks.map((mark, place) => ({ at: mark.at, one, mark, place }))).sort((a, b) => a.at - b.at);
  }

  state(one, at) {
    const place = last(one.marks, at);
    return place < 0 ? null : one.marks[place];
  }

  /** Cases that were open then, and those closed less than `closedS` before. */
  at(at, closedS = 0) {
    const found = [];
    for (const one of this.cases) {
      if (one.marks[0].at > at) break; // in the order of reports
      const mark = this.state(one, at);
      const open = OPEN.has(mark.state);
      if (open || at - mark.at < closedS) found.push({ one, mark, over: open && mark.state !== 'suspended' && mark.due !== null && mark.due !== undefined && at > mark.due });
    }
    return found;
  }

  /** How many waited for what; how many had come in and been done since the window began. */
  counts(at) {
    const found = { to_file: 0, to_dispatch: 0, in_hand: 0, suspended: 0, overdue: 0, open: 0, reported: 0, closed: 0 };
    for (const one of this.cases) {
      if (one.marks[0].at > at) break;
      const mark = this.state(one, at);
      if (this.start === null || one.marks[0].at >= this.start) found.reported += 1;
      if (!OPEN.has(mark.state)) {
        const end = one.marks.find(({ state }) => !OPEN.has(state));
        if (this.start === null || end.at >= this.start) found.closed += 1;
        continue;
      }
      found.open += 1;
      found[GROUPS[mark.state]] += 1;
      if (mark.state !== 'suspended' && mark.due && at > mark.due) found.overdue += 1;
    }
    return found;
  }

  /** What happened last, the newest first. */
  news(at, most) {
    const place = last(this.changes, at);
    return this.changes.slice(Math.max(0, place + 1 - most), place + 1).reverse();
  }

  /** Reports by slot of the window. */
  slots(start, end, number) {
    const counts = new Array(number).fill(0);
    for (const { marks: [{ at }] } of this.cases) if (at >= start && at < end) counts[Math.min(number - 1, Math.floor(((at - start) / (end - start)) * number))] += 1;
    return counts;
  }

  /** The next instant at which something happened, after (1) or before (-1) another one. */
  neighbour(at, way) {
    const place = last(this.changes, way > 0 ? at : at - 1);
    const found = this.changes[way > 0 ? place + 1 : place];
    return found ? found.at : null;
  }
}
