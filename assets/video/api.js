/** What the screens of video ask the server for, and how a refusal reads. */

const { hall } = window;

/** The server's answer to what was not given: `detail` is its own sentence. */
export class Refused extends Error {
  constructor(path, status, problem) {
    super(`${path}: ${status}`);
    this.status = status;
    this.detail = (problem && problem.detail) || '';
  }
}

/**
 * Ask for JSON.
 * @param {string} path from the root
 * @param {{method?: string, body?: Object}} [options]
 * @throws {Refused} an HTTP error; the browser's own when nobody answers
 */
export async function ask(path, { method = 'GET', body } = {}) {
  const answer = await fetch(hall.origin + path, {
    method, headers: { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const isJson = (answer.headers.get('Content-Type') || '').includes('json');
  const given = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Refused(path, answer.status, given);
  return given;
}

/** What a person is told of an error: the refusals that have words of their own, else that nobody answers. */
export const told = (error) => hall.t([400, 403, 404, 409].includes(error.status) ? `video.refused.${error.status}` : 'video.state.failed');

const rows = (answer) => (Array.isArray(answer) ? answer : answer.items || answer.cameras || answer.features || []);
const query = (values) => new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '')).toString();

export const live = (id, wanted) => ask(`/api/v1/cameras/${id}/live`, { method: 'POST', body: wanted });
export const replay = (id, wanted) => ask(`/api/v1/cameras/${id}/replay`, { method: 'POST', body: wanted });
export const timeline = (id, start, end) => ask(`/api/v1/cameras/${id}/timeline?${query({ start: iso(start), end: iso(end) })}`);
export const turn = (id, action, speed) => ask(`/api/v1/cameras/${id}/ptz`, { method: 'POST', body: { action, speed } });
export const clip = (id, wanted) => ask(`/api/v1/cameras/${id}/clips`, { method: 'POST', body: wanted });
export const clipState = (id) => ask(`/api/v1/clips/${id}`);
export const hold = (eventId, wanted) => ask(`/api/v1/events/${eventId}/holds`, { method: 'POST', body: wanted });
export const cameras = async (values) => rows(await ask(`/api/v1/cameras?${query(values)}`)).map(plain);
export const select = async (body) => rows(await ask('/api/v1/cameras/select', { method: 'POST', body })).map(plain);
export const sight = (id) => ask(`/api/v1/cameras/${id}/view`);
export const sets = async (kind) => rows(await ask(`/api/v1/camera-sets?${query({ kind })}`));
export const saveSet = (body) => ask('/api/v1/camera-sets', { method: 'POST', body });
export const removeSet = (id) => ask(`/api/v1/camera-sets/${id}`, { method: 'DELETE' });
export const listed = async (path, values) => rows(await ask(`${path}?${query(values)}`));

/** A camera as the tiles need it, whatever list it came from. */
export function plain(row) {
  const { properties, ...rest } = row;
  const flat = { ...rest, ...(properties || {}) };
  if (row.geometry && flat.lon === undefined) [flat.lon, flat.lat] = row.geometry.coordinates;
  return flat;
}

/** Seconds since 1970 as the interfaces want it. */
export const iso = (seconds) => new Date(seconds * 1000).toISOString();
/** An instant as seconds since 1970, from either way of writing. */
export const seconds = (value) => (typeof value === 'number' ? value : Date.parse(value) / 1000);
