/** What the page of briefs asks the server for, and how times read. */

const { hall } = window;
const PATH = '/api/v1/briefs';

/** The server's answer to what was not given: `detail` is its own sentence. */
export class Refused extends Error {
  constructor(path, status, problem) {
    super(`${path}: ${status}`);
    this.status = status;
    this.detail = (problem && problem.detail) || '';
  }
}

async function ask(path, { method = 'GET', body } = {}) {
  const headers = { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}) };
  const answer = await fetch(hall.origin + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  const isJson = (answer.headers.get('Content-Type') || '').includes('json');
  const given = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Refused(path, answer.status, given);
  return given;
}

const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '')).toString();

export const list = (values) => ask(`${PATH}?${query(values)}`);
export const one = (id) => ask(`${PATH}/${id}`);
export const act = (id, body) => ask(`${PATH}/${id}/actions`, { method: 'POST', body });
export const wish = (body) => ask(PATH, { method: 'POST', body });
export const types = () => ask('/api/v1/brief-types');
export const enable = (code, enabled) => ask(`/api/v1/brief-types/${code}`, { method: 'PATCH', body: { enabled } });
export const fileAddress = (id, suffix) => `${hall.origin}${PATH}/${id}/file.${suffix}`;

/** A file of an issue; null while it is being drawn. */
export async function file(id, suffix) {
  const answer = await fetch(fileAddress(id, suffix));
  if (answer.status === 503) return null;
  if (!answer.ok) throw new Refused('file', answer.status, await answer.json().catch(() => null));
  const said = answer.headers.get('Content-Disposition') || '';
  const name = /filename\*=UTF-8''([^;]+)/.exec(said);
  return { content: await answer.blob(), name: name ? decodeURIComponent(name[1]) : `brief.${suffix}` };
}

const locale = () => (hall.language === 'zh' ? 'zh-CN' : 'en-GB');
const format = (at, options) => new Intl.DateTimeFormat(locale(), { timeZone: 'Asia/Shanghai', hour12: false, ...options }).format(new Date(at));
export const moment = (at) => (at ? format(at, { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }) : '');
export const full = (at) => (at ? format(at, { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }) : '');
/** Today in China, as a date field takes it. */
export const today = () => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date());
/** Midnight of a day in China. */
export const midnight = (day, daysOn = 0) => new Date(Date.parse(`${day}T00:00:00+08:00`) + daysOn * 86400000).toISOString();
export const typeName = (row) => (hall.language === 'zh' ? row.name_zh : row.name_en);
export const failed = (error) => error.detail || hall.t(error.status === 403 ? 'briefs.refused' : 'briefs.failed');
