/** What the page of indicators asks the server for, and how values, changes and instants are written. */

import { shareOf } from '../charts/change.js';

const { hall } = window;
const PATH = '/api/v1/indicators';

/** The server's answer to what was not given: `detail` is its own sentence. */
export class Refused extends Error {
  constructor(status, problem) {
    super(String(status));
    this.status = status;
    this.detail = (problem && problem.detail) || '';
  }
}

async function ask(path, { method = 'GET', body, file } = {}) {
  const headers = { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}), ...(file ? { 'Content-Type': 'application/octet-stream' } : {}) };
  const answer = await fetch(`${hall.origin}${PATH}${path}`, { method, headers, body: file || (body ? JSON.stringify(body) : undefined) });
  if (answer.status === 401) {
    hall.store('signed-out', true);
    throw new Refused(401, null);
  }
  const isJson = (answer.headers.get('Content-Type') || '').includes('json');
  const given = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Refused(answer.status, given);
  return given;
}

const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '')).toString();

export const areas = () => ask('/areas');
export const all = (area) => ask(`?${query({ area })}`);
export const one = (code, area, points) => ask(`/${code}?${query({ area, points })}`);
export const cases = (code, values) => ask(`/${code}/cases?${query(values)}`);
export const warnings = (values) => ask(`/warnings?${query(values)}`);
export const warning = (id) => ask(`/warnings/${id}`);
export const acknowledge = (id) => ask(`/warnings/${id}/acknowledge`, { method: 'POST' });
export const handle = (id, note) => ask(`/warnings/${id}/handle`, { method: 'POST', body: { note } });
export const submit = (file) => ask('/file', { method: 'POST', file });
export const template = (suffix) => `${hall.origin}${PATH}/template.${suffix}`;

const ZONE = 'Asia/Shanghai';
const format = (options) => (value) => new Intl.DateTimeFormat(hall.language === 'en' ? 'en-GB' : 'zh-CN', { timeZone: ZONE, ...options }).format(new Date(value));
export const clock = format({ month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false });
const day = format({ month: '2-digit', day: '2-digit' });
const fullDay = format({ year: 'numeric', month: '2-digit', day: '2-digit' });
const month = format({ year: 'numeric', month: '2-digit' });
const hour = format({ hour: '2-digit', minute: '2-digit', hour12: false });

/** The field of the present language. */
export const said = (one_, field) => (hall.language === 'en' && one_[`${field}_en`]) || one_[field] || '';
export const unit = (text) => (hall.language === 'en' ? hall.t(`indicators.unit.${text}`) || text : text);
export const number = (value, digits = 0) => new Intl.NumberFormat(hall.language, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
export const value = (figure) => (typeof figure.value === 'number' ? number(figure.value, figure.decimals) : '—');
const signed = (amount, digits = 0) => `${amount > 0 ? '+' : ''}${number(amount, digits)}`;

/** A change with its sign: per cent, points of shares; of what is counted and was few before, the difference. */
export function change(figure, given, before) {
  if (typeof given !== 'number') return '—';
  if (figure.unit === '%') return `${signed(given, 1)}${hall.t('indicators.points')}`;
  return figure.decimals || shareOf(figure.value, before) !== null ? `${signed(given, 1)}%` : `${signed(figure.value - before)} ${unit(figure.unit)}`;
}

/** A period in words; `short` for axes. */
export function period(cycle, begins, short = false) {
  if (!begins) return '';
  const at = new Date(begins);
  if (cycle === 'hour') return short ? hour(at) : `${day(at)} ${hour(at)}`;
  if (cycle === 'day') return short ? day(at) : fullDay(at);
  if (cycle === 'week') return short ? day(at) : hall.t('indicators.week_of', { day: fullDay(at) });
  if (cycle === 'year') return month(at).slice(0, 4);
  return month(at);
}

/** How long ago, in words. */
export function age(seconds) {
  if (typeof seconds !== 'number') return '';
  if (seconds < 90) return hall.t('indicators.just_now');
  if (seconds < 5400) return hall.t('indicators.minutes_ago', { n: Math.round(seconds / 60) });
  if (seconds < 129600) return hall.t('indicators.hours_ago', { n: Math.round(seconds / 3600) });
  return hall.t('indicators.days_ago', { n: Math.round(seconds / 86400) });
}
