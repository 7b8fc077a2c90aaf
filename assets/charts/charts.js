/**
 * Small charts as SVG elements: spark line, bars, matrix, lines, squares. No library; colours are the tokens' (charts.css), sizes are CSS pixels.
 *
 * Every function returns an `<svg role="img">` whose `label` is its accessible name; numbers that are null or not finite are gaps. Tones: `accent`
 * (default), `quiet`, `good`, `warn`, `alarm`, `level-1` … `level-4`. A chart is drawn once: for new values draw a new one and put it in the old one's place.
 */

const SVG = 'http://www.w3.org/2000/svg';
const known = (value) => typeof value === 'number' && Number.isFinite(value);
const round = (value) => Math.round(value * 10) / 10;

let look = null;

/** Load the charts' style sheet once; resolves when it is there (or will not come). */
export function styles() {
  look = look || new Promise((resolve) => {
    const href = new URL('charts.css', import.meta.url).href;
    if (document.querySelector(`link[href^="${href}"]`)) return resolve();
    const link = document.createElement('link');
    Object.assign(link, { rel: 'stylesheet', href, onload: resolve, onerror: resolve });
    return document.head.append(link);
  });
  return look;
}

function node(name, attributes = {}, children = []) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== '') made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function picture(kind, width, height, label, children) {
  const title = label ? [node('title', {}, [label])] : [];
  return node('svg', {
    class: `chart chart-${kind}`, viewBox: `0 0 ${round(width)} ${round(height)}`, width: round(width), height: round(height), role: 'img', 'aria-label': label,
  }, [...title, ...children]);
}

function extent(values, floor) {
  const found = values.filter(known);
  let low = found.length ? Math.min(...found) : 0;
  let high = found.length ? Math.max(...found) : 1;
  if (known(floor)) low = Math.min(low, floor);
  if (low === high) [low, high] = [low - (known(floor) && low === floor ? 0 : 0.5), high + 0.5];
  return [low, high];
}

/** Stretches of neighbours that are all known, as lists of [x, y]. */
function stretches(values, x, y) {
  const out = [];
  let open = null;
  values.forEach((value, index) => {
    if (!known(value)) open = null;
    else if (open) open.push([x(index), y(value)]);
    else out.push(open = [[x(index), y(value)]]);
  });
  return out;
}

const path = (points) => points.map(([x, y], index) => `${index ? 'L' : 'M'}${round(x)} ${round(y)}`).join('');

/** At most a handful of round numbers from low to high. */
export function ticks(low, high, most = 4) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const raw = span / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= raw) || 10 * power;
  const out = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) out.push(Number(at.toPrecision(12)));
  return out;
}

/**
 * A line without axes, its last value as a dot.
 * @param {Array<?number>} values
 * @param {{width?: number, height?: number, tone?: string, threshold?: ?number, floor?: ?number, area?: boolean, label?: string}} [options]
 *   `threshold`: a dashed line; `floor`: the lowest value of the scale, 0 for counts that begin at nothing.
 */
export function spark(values, { width = 96, height = 36, tone = 'accent', threshold = null, floor = null, area = true, label = '' } = {}) {
  const edge = 4;
  const [low, high] = extent(known(threshold) ? [...values, threshold] : values, floor);
  const x = (index) => edge + (values.length > 1 ? (index / (values.length - 1)) * (width - 2 * edge) : (width - 2 * edge) / 2);
  const y = (value) => edge + (1 - (value - low) / (high - low)) * (height - 2 * edge);
  const parts = stretches(values, x, y);
  const children = [];
  if (area) {
    for (const points of parts.filter((one) => one.length > 1)) {
      children.push(node('path', { class: 'ch-area', d: `${path(points)}L${round(points.at(-1)[0])} ${height}L${round(points[0][0])} ${height}Z` }));
    }
  }
  if (known(threshold)) children.push(node('line', { class: 'ch-threshold', x1: 0, x2: width, y1: round(y(threshold)), y2: round(y(threshold)) }));
  for (const points of parts) {
    if (points.length > 1) children.push(node('path', { class: 'ch-line', d: path(points) }));
    else children.push(node('circle', { class: 'ch-dot', cx: round(points[0][0]), cy: round(points[0][1]), r: 1.5 }));
  }
  const last = values.length - 1;
  if (known(values[last])) children.push(node('circle', { class: 'ch-dot', cx: round(x(last)), cy: round(y(values[last])), r: 3 }));
  const made = picture('spark', width, height, label, children);
  made.classList.add(`tone-${tone}`);
  return made;
}

/**
 * One bar a row, from the longest name's end: name, bar, number, note.
 * @param {Array<{label: string, value: number, text?: string, note?: string, tone?: string, noteTone?: string, mark?: ?number}>} rows
 *   `mark`: a tick on the row's scale, as last year's value or a target.
 * @param {{width?: number, row?: number, name?: number, tail?: number, max?: number, bar?: number, label?: string}} [options]
 *   `name`, `tail`: pixels kept for names and for number and note; `row`: height of a row; `bar`: of its bar.
 */
export function bars(rows, { width = 360, row = 32, name = 96, tail = 110, max = 0, bar = 14, label = '' } = {}) {
  const highest = max || Math.max(...rows.flatMap(({ value, mark }) => [value, mark].filter(known)), 0) || 1;
  const room = Math.max(width - name - tail, 20);
  const children = [];
  rows.forEach((one, index) => {
    const top = index * row;
    const middle = top + row / 2;
    const long = known(one.value) ? Math.max(0, Math.min(one.value / highest, 1)) * room : 0;
    children.push(
      node('text', { class: 'ch-name', x: 0, y: middle, 'dominant-baseline': 'central' }, [one.label]),
      node('rect', { class: 'ch-track', x: name, y: middle - bar / 2, width: room, height: bar }),
      node('rect', { class: `ch-bar tone-${one.tone || 'accent'}`, x: name, y: middle - bar / 2, width: round(Math.max(long, one.value > 0 ? 2 : 0)), height: bar }),
      node('text', { class: 'ch-number', x: name + room + 10, y: middle, 'dominant-baseline': 'central' }, [one.text ?? (known(one.value) ? String(one.value) : '–')]),
    );
    if (known(one.mark)) {
      const at = name + Math.max(0, Math.min(one.mark / highest, 1)) * room;
      children.push(node('line', { class: 'ch-mark', x1: round(at), x2: round(at), y1: middle - bar / 2 - 3, y2: middle + bar / 2 + 3 }));
    }
    if (one.note) {
      children.push(node('text', { class: `ch-note${one.noteTone ? ` tone-${one.noteTone}` : ''}`, x: width, y: middle, 'text-anchor': 'end', 'dominant-baseline': 'central' }, [one.note]));
    }
  });
  return picture('bars', width, Math.max(rows.length, 1) * row, label, children);
}

/**
 * Rows × columns in one hue; what is still to come is hollow.
 * @param {Array<{label: string, values: Array<?number>, text?: string}>} rows
 * @param {{width?: number, row?: number, name?: number, tail?: number, max?: number, ticks?: Array<[number, string]>, from?: number, title?: Function, label?: string}} [options]
 *   `ticks`: [column, text] below; `from`: columns from here on are hollow; `title(row, column, value)`: text of a cell for the pointer.
 */
export function matrix(rows, { width = 420, row = 30, name = 92, tail = 44, max = 0, ticks: marks = [], from = Infinity, title = null, label = '' } = {}) {
  const columns = Math.max(...rows.map(({ values }) => values.length), 1);
  const highest = max || Math.max(...rows.flatMap(({ values }) => values.filter(known)), 0) || 1;
  const step = (width - name - tail) / columns;
  const children = [];
  rows.forEach((one, index) => {
    const top = index * row;
    children.push(node('text', { class: 'ch-name', x: 0, y: top + row / 2, 'dominant-baseline': 'central' }, [one.label]));
    one.values.forEach((value, column) => {
      const place = { x: round(name + column * step), y: top + 2, width: round(Math.max(step - 1.5, 1)), height: row - 4 };
      const cell = column >= from || !known(value)
        ? node('rect', { class: 'ch-cell hollow', ...place })
        : node('rect', { class: 'ch-cell', ...place, style: `--heat: ${value > 0 ? Math.round(18 + 82 * Math.sqrt(Math.min(value / highest, 1))) : 0}%` });
      if (title) cell.append(node('title', {}, [title(index, column, value)]));
      children.push(cell);
    });
    if (one.text !== undefined) children.push(node('text', { class: 'ch-number', x: width, y: top + row / 2, 'text-anchor': 'end', 'dominant-baseline': 'central' }, [one.text]));
  });
  for (const [column, text] of marks) {
    children.push(node('text', { class: 'ch-axis', x: round(name + column * step), y: rows.length * row + 16 }, [text]));
  }
  return picture('matrix', width, rows.length * row + (marks.length ? 24 : 0), label, children);
}

/**
 * Lines over a common axis, with round numbers beside it.
 * @param {Array<{name?: string, values: Array<?number>, tone?: string, dashed?: boolean, area?: boolean}>} series the last one on top
 * @param {{width?: number, height?: number, ticks?: Array<[number, string]>, threshold?: ?number, thresholdText?: string, floor?: ?number, format?: Function, label?: string}} [options]
 *   `ticks`: [index, text] below; `format`: a number of the axis as text.
 */
export function lines(series, { width = 420, height = 180, ticks: marks = [], threshold = null, thresholdText = '', floor = 0, format = String, label = '' } = {}) {
  const all = series.flatMap(({ values }) => values);
  const [low, high] = extent(known(threshold) ? [...all, threshold] : all, floor);
  const steps = ticks(low, high);
  const [left, right, top, bottom] = [Math.max(...steps.map((one) => format(one).length), 1) * 7.5 + 10, 12, 8, marks.length ? 24 : 8];
  const count = Math.max(...series.map(({ values }) => values.length), 1);
  const x = (index) => left + (count > 1 ? (index / (count - 1)) * (width - left - right) : (width - left - right) / 2);
  const y = (value) => top + (1 - (value - low) / (high - low)) * (height - top - bottom);
  const children = [];
  for (const step of steps) {
    children.push(
      node('line', { class: 'ch-grid', x1: left, x2: width - right, y1: round(y(step)), y2: round(y(step)) }),
      node('text', { class: 'ch-axis', x: left - 6, y: round(y(step)), 'text-anchor': 'end', 'dominant-baseline': 'central' }, [format(step)]),
    );
  }
  for (const [index, text] of marks) {
    const anchor = x(index) > width - 30 ? 'end' : index === 0 ? 'start' : 'middle';
    children.push(node('text', { class: 'ch-axis', x: round(x(index)), y: height - 6, 'text-anchor': anchor }, [text]));
  }
  for (const one of series) {
    const parts = stretches(one.values, x, y);
    const shapes = [];
    if (one.area) {
      for (const points of parts.filter((each) => each.length > 1)) {
        shapes.push(node('path', { class: 'ch-area', d: `${path(points)}L${round(points.at(-1)[0])} ${round(y(low))}L${round(points[0][0])} ${round(y(low))}Z` }));
      }
    }
    for (const points of parts) {
      shapes.push(points.length > 1
        ? node('path', { class: `ch-line${one.dashed ? ' dashed' : ''}`, d: path(points) })
        : node('circle', { class: 'ch-dot', cx: round(points[0][0]), cy: round(points[0][1]), r: 2.5 }));
    }
    if (one.name) shapes.unshift(node('title', {}, [one.name]));
    children.push(node('g', { class: `tone-${one.tone || 'accent'}` }, shapes));
  }
  if (known(threshold)) {
    children.push(node('line', { class: 'ch-threshold', x1: left, x2: width - right, y1: round(y(threshold)), y2: round(y(threshold)) }));
    if (thresholdText) children.push(node('text', { class: 'ch-axis', x: width - right, y: round(y(threshold)) - 5, 'text-anchor': 'end' }, [thresholdText]));
  }
  return picture('lines', width, height, label, children);
}

/**
 * One square a thing, in rows from the left: state by colour, the last state of `hollow` as an outline.
 * @param {Array<string>} states a tone each, or 'hollow'
 * @param {{width?: number, columns?: number, gap?: number, label?: string}} [options]
 */
export function squares(states, { width = 392, columns = 51, gap = 2, label = '' } = {}) {
  const size = Math.max((width - gap * (columns - 1)) / columns, 1);
  const children = states.map((state, index) => node('rect', {
    class: state === 'hollow' ? 'ch-square hollow' : `ch-square tone-${state}`,
    x: round((index % columns) * (size + gap)), y: round(Math.floor(index / columns) * (size + gap)), width: round(size), height: round(size),
  }));
  return picture('squares', width, Math.max(Math.ceil(states.length / columns), 1) * (size + gap) - gap, label, children);
}
