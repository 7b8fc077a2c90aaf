/** Elements, texts and times for the wall. */

export const boot = JSON.parse(document.getElementById('boot').textContent);

/** A text of the catalogue with its values. */
export function t(key, values) {
  const text = boot.texts[key] ?? '';
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}

/** The right one of `{zh, en}`. */
export const text = (texts) => (texts ? texts[boot.language] || texts.zh || '' : '');

/**
 * Make an element: `text`, `class`, `hidden`, `style` (an object of properties) and attributes; null and undefined are left out.
 * @param {string} name
 * @param {Object} [options]
 * @param {...(Node|string|null)} children
 */
export function h(name, options = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'text') node.textContent = value;
    else if (key === 'style') for (const [property, set] of Object.entries(value)) node.style.setProperty(property, set);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Write a text only when it is another one. */
export function write(node, value) {
  const next = String(value);
  if (node.textContent !== next) node.textContent = next;
}

/** Show other children only when what they say has changed; what stays the same is not touched. */
export function fill(node, key, make) {
  const next = typeof key === 'string' ? key : JSON.stringify(key);
  if (node.shown === next) return false;
  node.shown = next;
  node.replaceChildren(...[].concat(make()));
  return true;
}

const ZONE = { timeZone: 'Asia/Shanghai', hour12: false };
const HM = new Intl.DateTimeFormat('en-GB', { ...ZONE, hour: '2-digit', minute: '2-digit' });
const HMS = new Intl.DateTimeFormat('en-GB', { ...ZONE, hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-US', { ...ZONE, month: 'numeric', day: 'numeric', weekday: 'short' });
const HOUR = new Intl.DateTimeFormat('en-GB', { ...ZONE, hour: 'numeric' });
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export const hm = (at) => HM.format(at);
export const hms = (at) => HMS.format(at);
export const hour = (at) => Number(HOUR.format(at)) % 24;

/** 11月23日 周一 */
export function date(at) {
  const parts = Object.fromEntries(DAY.formatToParts(at).map(({ type, value }) => [type, value]));
  const weekday = t('wall.weekday').split(',')[DAYS.indexOf(parts.weekday)] || '';
  return `${t('wall.date', { month: parts.month, day: parts.day })} ${weekday}`;
}

/** 00:23:41 */
export function lasting(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (value) => String(value).padStart(2, '0');
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** 3 秒前 */
export function ago(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 2) return t('wall.age.now');
  if (s < 100) return t('wall.age.s', { n: s });
  if (s < 5400) return t('wall.age.min', { n: Math.round(s / 60) });
  return t('wall.age.h', { n: Math.round(s / 3600) });
}

export const number = (value) => (typeof value === 'number' ? value.toLocaleString('en-US') : '–');

export const NUMERALS = ['•', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ'];
export const disc = (level) => h('i', { class: `disc level-${level}`, role: 'img', 'aria-label': level ? t('wall.level', { n: NUMERALS[level] }) : t('wall.level.0'), text: NUMERALS[level] || '•' });
