/** The lists of the page of video: how the cameras are, and who looked at what. */

import * as api from './api.js';
import { day, hms, now, span } from './clock.js';

const { hall } = window;
const make = hall.element;
const PAGE = 200;
const RULE_DAYS = 30;
const WAIT_MS = 300;
const STATES = ['all', 'offline', 'failing', 'black', 'frozen', 'blurred', 'cast', 'unchecked', 'good'];
const MODES = ['', 'live', 'replay', 'download', 'snapshot', 'ptz'];

const cell = (content, classes = '') => make('td', { ...(classes ? { class: classes } : {}) }, ...(typeof content === 'string' ? [content] : [content]));
const when = (text) => (text ? `${day(api.seconds(text))} ${hms(api.seconds(text))}` : '—');

/** A table that goes on by pages. */
function table(names, label) {
  const body = make('tbody', {});
  const more = make('button', { type: 'button', class: 'button small', hidden: '', text: hall.t('video.more') });
  const said = make('p', { class: 'vw-none', role: 'status' });
  const node = make('div', { class: 'vw-table', tabindex: '0', role: 'region', 'aria-label': label },
    make('table', {}, make('thead', {}, make('tr', {}, ...names.map((name) => make('th', { scope: 'col', text: hall.t(`video.col.${name}`) })))), body), said, more);
  return { node, body, more, said };
}

function select(name, values, write, run) {
  const node = make('select', { class: 'vw-input', 'aria-label': hall.t(name) }, ...values.map((value) => make('option', { value, text: write(value) })));
  node.onchange = run;
  return node;
}

// ---- how the cameras are ------------------------------------------------------------------------------------------

function healthRow(one) {
  const name = make('a', { href: `${hall.origin}/#z=17&c=${one.lon},${one.lat}&l=cameras&s=cameras:${one.id}:${one.lon}:${one.lat}`, text: one.name });
  const size = one.width ? `${one.width}×${one.height}${one.fps ? ` · ${Math.round(one.fps)} fps` : ''}` : '—';
  const bad = !['good', 'unchecked'].includes(one.health);
  const codec = one.codec ? { h264: 'H.264', hevc: 'H.265' }[one.codec] || one.codec : '—';
  const short = one.retention_days < RULE_DAYS;
  return make('tr', {}, cell(name), cell(hall.t(`video.owner.${one.owner}`) || one.owner), cell(hall.t(`video.health.${one.health}`), bad ? 'warn' : one.health === 'good' ? 'good' : ''),
    cell(one.failure ? hall.t(`video.failure.${one.failure}`) || one.failure : '—'), cell(codec, one.codec === 'hevc' ? 'warn' : ''), cell(size),
    cell(one.last_frame_at ? hall.t('video.ago', { span: span(now() - api.seconds(one.last_frame_at)) }) : '—'), cell(offset(one.offset_ms), Math.abs(one.offset_ms || 0) > 2000 ? 'warn' : ''),
    cell(hall.t('video.days', { n: one.retention_days }), short ? 'alarm' : ''));
}

const offset = (ms) => (ms === null || ms === undefined ? '—' : `${ms > 0 ? '+' : ''}${(ms / 1000).toFixed(1)} s`);

export async function health(root) {
  const list = table(['name', 'owner', 'health', 'failure', 'codec', 'size', 'last_frame', 'offset', 'retention'], hall.t('video.tab_health'));
  const text = make('input', { type: 'search', class: 'vw-input', placeholder: hall.t('video.find'), 'aria-label': hall.t('video.find') });
  const chips = make('div', { class: 'vw-choices', role: 'group', 'aria-label': hall.t('video.col.health') });
  const rule = make('span', { class: 'vw-said', text: hall.t('video.rule') });
  root.replaceChildren(make('div', { class: 'vw-filter' }, text, chips, rule), list.node);
  let state = 'all';
  let after = 0;
  let timer = 0;
  const load = async (more = false) => {
    if (!more) after = 0;
    try {
      const found = await api.ask(`/api/v1/video/health?${new URLSearchParams({ limit: String(PAGE), ...(after ? { after_id: String(after) } : {}), ...(state !== 'all' ? { state } : {}), ...(text.value.trim() ? { q: text.value.trim() } : {}) })}`);
      const rows = found.items.map(healthRow);
      if (more) list.body.append(...rows);
      else list.body.replaceChildren(...rows);
      after = found.items.length ? found.items[found.items.length - 1].id : after;
      list.more.hidden = found.items.length < PAGE;
      list.said.textContent = list.body.childElementCount ? '' : hall.t('video.tree_none');
      draw(found.counts);
    } catch (error) {
      list.said.textContent = error.detail || hall.t('video.state.failed');
    }
  };
  const draw = (counts) => chips.replaceChildren(...STATES.filter((one) => one === 'all' || counts[one] || one === state).map((one) => {
    const total = Object.values(counts).reduce((sum, number) => sum + number, 0);
    const chip = make('button', { type: 'button', class: 'vw-choice', 'aria-pressed': String(one === state), text: `${hall.t(`video.health.${one}`)} ${hall.number(one === 'all' ? total : counts[one] || 0)}` });
    chip.onclick = () => {
      state = one;
      load();
    };
    return chip;
  }));
  text.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(load, WAIT_MS);
  };
  list.more.onclick = () => load(true);
  await load();
}

// ---- who looked at what -------------------------------------------------------------------------------------------

function accessRow(one) {
  const purpose = hall.t(`video.purpose.${one.purpose}`) || one.purpose;
  const window_ = one.from_at ? `${when(one.from_at)} – ${hms(api.seconds(one.to_at))}` : '—';
  const lasted = one.ended_at ? span(api.seconds(one.ended_at) - api.seconds(one.at)) : '—';
  return make('tr', {}, cell(when(one.at)), cell(one.username), cell(one.camera_name || String(one.camera_id)), cell(hall.t(`video.mode.${one.mode}`)),
    cell(hall.t(one.allowed ? 'video.allowed' : 'video.not_allowed'), one.allowed ? '' : 'alarm'), cell(window_), cell(lasted), cell(one.event_id ? `${purpose} · ${one.event_id}` : purpose), cell(one.address || '—'));
}

export async function access(root) {
  const list = table(['at', 'username', 'camera', 'mode', 'allowed', 'window', 'lasted', 'purpose', 'address'], hall.t('video.tab_access'));
  const field = (type, label) => make('input', { type, class: 'vw-input', 'aria-label': hall.t(label), placeholder: hall.t(label), ...(type === 'number' ? { min: '1' } : {}) });
  const [user, camera, from, to] = [field('text', 'video.col.username'), field('number', 'video.camera_no'), field('date', 'video.from'), field('date', 'video.to')];
  let before = 0;
  const mode = select('video.col.mode', MODES, (value) => hall.t(value ? `video.mode.${value}` : 'video.mode_any'), () => load());
  const allowed = select('video.col.allowed', ['', 'true', 'false'], (value) => hall.t({ '': 'video.allowed_any', true: 'video.allowed', false: 'video.not_allowed' }[value]), () => load());
  const labelled = (input, label) => make('label', { class: 'vw-goto' }, make('span', { text: hall.t(label) }), input);
  const form = make('form', { class: 'vw-filter' }, user, camera, mode, allowed, labelled(from, 'video.from'), labelled(to, 'video.to'), make('button', { type: 'submit', class: 'button small primary', text: hall.t('video.search') }));
  root.replaceChildren(form, list.node);
  const load = async (more = false) => {
    const wanted = { limit: String(PAGE), username: user.value.trim(), camera_id: camera.value, mode: mode.value, allowed: allowed.value,
      from: from.value && `${from.value}T00:00:00+08:00`, to: to.value && `${to.value}T23:59:59+08:00`, before_id: more ? String(before) : '' };
    try {
      const rows = await api.listed('/api/v1/video/access', wanted);
      if (more) list.body.append(...rows.map(accessRow));
      else list.body.replaceChildren(...rows.map(accessRow));
      before = rows.length ? rows[rows.length - 1].id : before;
      list.more.hidden = rows.length < PAGE;
      list.said.textContent = list.body.childElementCount ? '' : hall.t('video.access_none');
    } catch (error) {
      list.said.textContent = error.detail || hall.t('video.state.failed');
    }
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    load();
  };
  list.more.onclick = () => load(true);
  await load();
}
