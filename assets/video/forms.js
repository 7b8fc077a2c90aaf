/** What opens over a tile: turning the camera, asking for a clip, keeping the recording as evidence. */

import * as api from './api.js';
import { hms, now } from './clock.js';

const { hall } = window;
const make = hall.element;
const LONGEST_CLIP_S = 1800;
const AROUND_S = 30;
const LOOK_MS = 2000;
const PAD = [['', 'up', ''], ['left', 'stop', 'right'], ['', 'down', '']];
const PAD_ICONS = { up: 'arrow-up', down: 'arrow-down', left: 'arrow-left', right: 'arrow-right', stop: 'square', zoom_in: 'zoom-in', zoom_out: 'zoom-out' };
const KEYS = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right', '+': 'zoom_in', '-': 'zoom_out' };

/** A box over the picture with its title. */
function box(title, close, ...content) {
  const shut = make('button', { type: 'button', class: 'vt-tool', 'aria-label': hall.t('map.close'), html: hall.icon('x', 14) });
  shut.onclick = close;
  const node = make('div', { class: 'vt-pop', role: 'dialog', 'aria-label': title }, make('header', {}, make('b', { text: title }), shut), ...content);
  for (const name of ['click', 'dblclick', 'keydown', 'pointerdown']) node.addEventListener(name, (event) => event.key === 'Escape' || event.stopPropagation());
  return node;
}

const failed = (error) => (error.status === 403 ? hall.t('video.state.refused') : error.detail || hall.t('video.state.failed'));

// ---- turning ------------------------------------------------------------------------------------------------------

function ptz({ tile, close }) {
  const said = make('p', { class: 'vt-said', role: 'status' });
  const speed = make('input', { type: 'range', min: '1', max: '9', value: '5', 'aria-label': hall.t('video.ptz_speed') });
  let moving = false;
  const send = (action) => api.turn(tile.camera.id, action, Number(speed.value)).then(() => (said.textContent = ''), (error) => (said.textContent = failed(error)));
  const begin = (action) => {
    moving = action !== 'stop';
    send(action);
  };
  const end = () => {
    if (!moving) return;
    moving = false;
    send('stop');
  };
  const key = (action) => {
    if (!action) return make('span', {});
    const node = make('button', { type: 'button', class: 'vt-turn', title: hall.t(`video.ptz.${action}`), 'aria-label': hall.t(`video.ptz.${action}`), html: hall.icon(PAD_ICONS[action], 16) });
    node.addEventListener('pointerdown', () => begin(action));
    for (const name of ['pointerup', 'pointerleave', 'pointercancel', 'blur']) node.addEventListener(name, end);
    node.addEventListener('keydown', (event) => ['Enter', ' '].includes(event.key) && !event.repeat && begin(action));
    node.addEventListener('keyup', end);
    return node;
  };
  const node = box(hall.t('video.ptz'), close, make('div', { class: 'vt-pad' }, ...PAD.flat().map(key)),
    make('div', { class: 'vt-row' }, key('zoom_out'), speed, key('zoom_in')), said);
  node.addEventListener('keydown', (event) => {
    if (!KEYS[event.key] || event.repeat || event.target === speed) return;
    event.preventDefault();
    begin(KEYS[event.key]);
  });
  node.addEventListener('keyup', (event) => KEYS[event.key] && end());
  return node;
}

// ---- clips and evidence -------------------------------------------------------------------------------------------

/** The window that is meant when nothing else is said: what is being played back, else the last minute. */
function meant(grid) {
  if (grid.replay && grid.replay.limit) return [grid.replay.window.start, grid.replay.window.end];
  const at = grid.replay ? grid.replay.now() : now() - AROUND_S - 5;
  return [at - AROUND_S, Math.min(at + AROUND_S, now() - 3)];
}

const local = (seconds) => {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' }).format(seconds * 1000);
  return parts.replace(' ', 'T');
};
const instant = (text) => Date.parse(`${text.length === 16 ? `${text}:00` : text}+08:00`) / 1000;

function windowFields(grid) {
  const [start, end] = meant(grid);
  const field = (label, value) => make('input', { type: 'datetime-local', step: '1', value: local(value), 'aria-label': hall.t(label) });
  const [from, to] = [field('video.from', start), field('video.to', end)];
  return { nodes: [make('label', { class: 'vt-field' }, make('span', { text: hall.t('video.from') }), from), make('label', { class: 'vt-field' }, make('span', { text: hall.t('video.to') }), to)],
    read: () => ({ start: instant(from.value), end: instant(to.value) }) };
}

function reasonField(hint) {
  const input = make('input', { type: 'text', maxlength: '200', placeholder: hall.t(hint), 'aria-label': hall.t('video.reason') });
  return { node: make('label', { class: 'vt-field' }, make('span', { text: hall.t('video.reason') }), input), read: () => input.value.trim(), input };
}

/** A form that sends once and says what came of it. */
function form(title, close, fields, verb, send) {
  const said = make('p', { class: 'vt-said', role: 'status' });
  const go = make('button', { type: 'submit', class: 'vt-act primary', text: hall.t(verb) });
  const node = make('form', { class: 'vt-form' }, ...fields, make('div', { class: 'vt-row' }, said, go));
  node.onsubmit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      await send((text, ...more) => said.replaceChildren(text, ...more));
    } catch (error) {
      said.textContent = failed(error);
      go.disabled = false;
    }
  };
  return box(title, close, node);
}

/** The words for what is wrong with a window; empty when nothing is. */
function fault({ start, end }, reason) {
  if (!(end > start)) return hall.t('video.window_bad');
  if (end - start > LONGEST_CLIP_S) return hall.t('video.window_long');
  return reason.length < 2 ? hall.t('video.reason_needed') : '';
}

function clip({ tile, grid, close }) {
  const { camera } = tile;
  const span = windowFields(grid);
  const reason = reasonField('video.clip_hint');
  return form(hall.t('video.clip'), close, [...span.nodes, reason.node], 'video.clip_ask', async (say) => {
    const wanted = span.read();
    const wrong = fault(wanted, reason.read());
    if (wrong) throw Object.assign(new Error(wrong), { detail: wrong });
    const { id } = await api.clip(camera.id, { start: api.iso(wanted.start), end: api.iso(wanted.end), reason: reason.read(), ...(grid.eventId() ? { event_id: grid.eventId() } : {}) });
    say(hall.t('video.clip_waiting'));
    await made(id, say);
  });
}

/** Wait for a clip; its link stays on the screen. */
async function made(id, say) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { state, failure } = await api.clipState(id);
    if (state === 'ready') {
      const link = make('a', { class: 'vt-link', href: `${hall.origin}/api/v1/clips/${id}/file`, download: '', text: hall.t('video.clip_ready') });
      say(link);
      if (!document.contains(link)) hall.notice(hall.t('video.clip_ready'), { seconds: 30, key: `clip-${id}`, action: { text: hall.t('video.clip_fetch'), run: () => window.location.assign(link.href) } });
      return;
    }
    if (state === 'failed' || state === 'expired') throw Object.assign(new Error(state), { detail: failure || hall.t('video.clip_failed') });
  }
}

function hold({ tile, grid, close }) {
  const span = windowFields(grid);
  const reason = reasonField('video.hold_hint');
  const all = make('input', { type: 'checkbox' });
  const others = grid.cameras().length > 1 ? [make('label', { class: 'vt-check' }, all, make('span', { text: hall.t('video.hold_all', { n: grid.cameras().length }) }))] : [];
  return form(hall.t('video.hold'), close, [...span.nodes, reason.node, ...others], 'video.hold_do', async (say) => {
    const wanted = span.read();
    const wrong = fault(wanted, reason.read());
    if (wrong) throw Object.assign(new Error(wrong), { detail: wrong });
    const ids = all.checked ? grid.cameras().map(({ id }) => id) : [tile.camera.id];
    await api.hold(grid.eventId(), { camera_ids: ids, start: api.iso(wanted.start), end: api.iso(wanted.end), reason: reason.read() });
    say(hall.t('video.hold_done', { from: hms(wanted.start), to: hms(wanted.end) }));
  });
}

export const forms = { ptz, clip, hold };
