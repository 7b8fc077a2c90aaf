/** The rota of the people counter: which cameras are counted, from how many people on it is told, in which part of the picture. */

import * as api from './api.js';
import { now, span } from './clock.js';

const { hall } = window;
const make = hall.element;
const PATH = '/api/v1/analysis';
const READ_AGAIN_MS = 10000;
const WAIT_MS = 300;
const FOUND = 8;
const MOST_POINTS = 40;
const SVG = 'http://www.w3.org/2000/svg';

const plan = (id) => `/api/v1/cameras/${id}/analysis`;
const wanted = ({ every_s, threshold, alarm_at, clear_at, hold_n, zone }) => ({ every_s, threshold, alarm_at, clear_at, hold_n, zone });
const icon = (name) => make('span', { html: hall.icon(name, 14), 'aria-hidden': 'true' });
const t = (name, values) => hall.t(`detections.rota.${name}`, values);

function button(text, name, classes = '') {
  return make('button', { type: 'button', class: `button small ${classes}` }, icon(name), text);
}

const empty = (name, text) => make('p', { class: 'empty' }, icon(name), text);
const bones = () => Array.from({ length: 4 }, () => make('div', { class: 'rota-row' }, make('i', { class: 'bone bone-d' }), make('i', { class: 'bone bone-a' }), make('i', { class: 'bone bone-a' })));

/** What was counted last, and how long ago. */
function count({ playable, people, counted_at: at, alarm_at: from }) {
  if (!playable) return make('span', { class: 'chip warn', text: t('no_picture') });
  if (people === null) return make('span', { class: 'quiet', text: t('never') });
  const ago = t('ago', { span: span(Math.max(0, now() - api.seconds(at))) });
  return make('span', {}, make('b', { class: people >= from ? 'alarm' : '', text: t('people', { number: people }) }), make('small', { class: 'quiet', text: ` ${ago}` }));
}

const area = (zone) => (zone ? t('points', { number: zone.length / 2 }) : t('whole'));

function number(name, value, limits) {
  return make('input', { type: 'number', class: 'rota-number', 'aria-label': t(name), value: String(value), ...limits });
}

export class Rota {
  constructor(root) {
    this.root = root;
    this.list = make('div', { class: 'rota-list', role: 'list', 'aria-label': t('title'), 'aria-busy': 'true' }, ...bones());
    this.said = make('p', { class: 'rota-said', role: 'status' });
    this.sum = make('span', { class: 'quiet' });
    this.find = make('input', { type: 'search', class: 'rota-find', placeholder: t('find'), 'aria-label': t('find'), maxlength: '80', autocomplete: 'off' });
    this.found = make('div', { class: 'rota-found', role: 'group', 'aria-label': t('found'), hidden: '' });
    this.cameras = [];
    this.rows = new Map();
    this.asked = 0;
    this.find.oninput = () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.search(), WAIT_MS);
    };
    this.find.onkeydown = (event) => {
      if (event.key === 'Enter') this.search();
      if (event.key === 'Escape') this.clear();
    };
    const heads = ['camera', 'last', 'alarm_at', 'threshold', 'area'].map((name) => make('span', { text: t(name) }));
    root.replaceChildren(make('div', { class: 'rota-head' }, make('h2', { text: t('title') }), this.sum, make('div', { class: 'rota-search' }, this.find, this.found)),
      make('p', { class: 'quiet', text: t('about') }), this.said, make('div', { class: 'rota-row rota-names', 'aria-hidden': 'true' }, ...heads, make('span')), this.list);
  }

  open() {
    this.root.hidden = false;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.read(), READ_AGAIN_MS);
    this.find.focus();
    return this.read();
  }

  close() {
    this.root.hidden = true;
    clearInterval(this.timer);
  }

  say(text, good = true) {
    this.said.className = `rota-said ${good ? 'good' : 'warn'}`;
    this.said.textContent = text;
  }

  /** Ask again what is counted; a row that somebody is changing stays as it is. */
  async read() {
    this.asked += 1;
    const turn = this.asked;
    try {
      const { cameras } = await api.ask(PATH);
      if (turn === this.asked) this.draw(cameras);
    } catch {
      if (turn === this.asked) this.failed();
    }
  }

  failed() {
    if (this.cameras.length) {
      this.say(hall.t('detections.failed'), false);
      return;
    }
    this.rows.clear();
    this.list.removeAttribute('aria-busy');
    const again = button(t('again'), 'refresh');
    again.onclick = () => this.read();
    this.list.replaceChildren(make('div', { class: 'rota-failed' }, empty('cloud-off', hall.t('detections.failed')), again));
  }

  draw(cameras) {
    this.cameras = cameras;
    this.list.removeAttribute('aria-busy');
    if (this.said.textContent === hall.t('detections.failed')) this.say('');
    this.sum.textContent = t('sum', { number: cameras.length });
    const kept = new Set(cameras.map(({ camera_id: id }) => id));
    for (const id of this.rows.keys()) if (!kept.has(id)) this.rows.delete(id);
    const nodes = cameras.map((one) => {
      const known = this.rows.get(one.camera_id);
      if (known && (known.node.classList.contains('changed') || known.node.contains(document.activeElement))) {
        known.count(one);
        return known.node;
      }
      const made = this.row(one);
      this.rows.set(one.camera_id, made);
      return made.node;
    });
    const shown = Array.from(this.list.children);
    if (!nodes.length) this.list.replaceChildren(empty('users', t('none')));
    else if (nodes.length !== shown.length || nodes.some((node, at) => node !== shown[at])) this.replace(nodes);
  }

  /** Put rows in place without taking the focus from one that stays. */
  replace(nodes) {
    for (const node of Array.from(this.list.children)) if (!nodes.includes(node)) node.remove();
    nodes.forEach((node, at) => this.list.children[at] !== node && this.list.insertBefore(node, this.list.children[at] || null));
  }

  row(one) {
    const last = make('div', { class: 'rota-last' }, count(one));
    const alarm = number('alarm_at', one.alarm_at, { min: '1', max: '1000', step: '1' });
    const sure = number('threshold', Math.round(one.threshold * 100), { min: '5', max: '100', step: '1' });
    const zone = button(area(one.zone), 'polygon', 'rota-zone');
    const save = button(t('save'), 'check', 'primary rota-save');
    const remove = button(t('remove'), 'trash', 'rota-remove');
    const node = make('form', { class: 'rota-row', role: 'listitem', 'data-rota': String(one.camera_id), novalidate: '' },
      make('div', { class: 'rota-name' }, make('b', { class: 'cut', text: one.name }), make('small', { class: 'quiet', text: one.gb_id })), last,
      make('div', { class: 'rota-unit' }, alarm, make('span', { text: t('unit_people') })), make('div', { class: 'rota-unit' }, sure, make('span', { text: '%' })), zone,
      make('div', { class: 'rota-acts' }, save, remove));
    save.type = 'submit';
    save.hidden = true;
    node.oninput = () => {
      save.hidden = false;
      node.classList.add('changed');
    };
    node.onsubmit = (event) => {
      event.preventDefault();
      if (!alarm.checkValidity() || !sure.checkValidity()) {
        this.say(t('bad'), false);
        return;
      }
      const from = Number(alarm.value);
      this.change({ ...one, alarm_at: from, clear_at: Math.min(one.clear_at, from), threshold: Number(sure.value) / 100 }, t('saved', { name: one.name }));
    };
    zone.onclick = () => outline(this.root, one, (points) => this.change({ ...one, zone: points }, t('saved', { name: one.name })));
    remove.onclick = () => {
      if (remove.classList.contains('danger')) {
        this.remove(one);
        return;
      }
      remove.classList.add('danger');
      remove.replaceChildren(icon('trash'), t('remove_sure'));
      remove.onblur = () => {
        remove.classList.remove('danger');
        remove.replaceChildren(icon('trash'), t('remove'));
      };
    };
    return { node, count: (now_) => last.replaceChildren(count(now_)) };
  }

  async change(one, text) {
    try {
      const { cameras } = await api.ask(plan(one.camera_id), { method: 'PUT', body: wanted(one) });
      this.asked += 1;
      this.rows.delete(one.camera_id);
      this.draw(cameras);
      this.say(text);
    } catch (error) {
      this.say(this.why(error), false);
    }
  }

  async remove(one) {
    try {
      await api.ask(plan(one.camera_id), { method: 'DELETE' });
      this.rows.delete(one.camera_id);
      this.asked += 1;
      this.draw(this.cameras.filter(({ camera_id: id }) => id !== one.camera_id));
      this.say(t('removed', { name: one.name }));
    } catch (error) {
      this.say(this.why(error), false);
    }
  }

  why(error) {
    if (error.status === 403) return t('no_right');
    if (error.status === 404) return t('gone');
    return error.status === 400 ? t('bad') : hall.t('detections.failed');
  }

  clear() {
    this.found.hidden = true;
    this.found.replaceChildren();
  }

  /** Cameras whose name or code holds what was typed. */
  async search() {
    clearTimeout(this.typing);
    const text = this.find.value.trim();
    if (!text) {
      this.clear();
      return;
    }
    let items = null;
    try {
      ({ items } = await api.ask(`/api/v1/video/health?${new URLSearchParams({ q: text, limit: String(FOUND) })}`));
    } catch { /* said below */ }
    if (text !== this.find.value.trim()) return;
    this.found.hidden = false;
    if (!items || !items.length) {
      this.found.replaceChildren(empty(items ? 'zoom-question' : 'cloud-off', items ? t('not_found') : hall.t('detections.failed')));
      return;
    }
    this.found.replaceChildren(...items.map((one) => this.candidate(one)));
  }

  candidate({ id, name, gb_id: code }) {
    const listed = this.cameras.some(({ camera_id: known }) => known === id);
    const node = make('button', { type: 'button', class: 'rota-candidate', 'data-camera': String(id), ...(listed ? { disabled: '' } : {}) },
      make('b', { class: 'cut', text: name }), make('small', { class: 'quiet', text: code }), make('span', { class: 'rota-add', text: listed ? t('listed') : t('add') }));
    node.onclick = () => {
      this.find.value = '';
      this.clear();
      this.change({ camera_id: id }, t('added', { name }));
    };
    return node;
  }
}

/** Let somebody say on the camera's own picture where people are counted: a click a corner. */
function outline(host, one, done) {
  let points = one.zone ? one.zone.slice() : [];
  const picture = make('img', { alt: t('picture', { name: one.name }), hidden: '' });
  const shape = document.createElementNS(SVG, 'svg');
  shape.setAttribute('viewBox', '0 0 1 1');
  shape.setAttribute('preserveAspectRatio', 'none');
  const said = make('p', { class: 'rota-said', role: 'status', text: t('picture_comes') });
  const frame = make('div', { class: 'rota-picture' }, picture, shape);
  const [whole, back, cancel, save] = [button(t('whole'), 'rectangle'), button(t('undo'), 'arrow-back-up'), button(t('cancel'), 'x'), button(t('save'), 'check', 'primary')];
  const dialog = make('dialog', { class: 'rota-dialog', 'aria-label': t('area_of', { name: one.name }) }, make('h2', { text: t('area_of', { name: one.name }) }),
    make('p', { class: 'quiet', text: t('area_about') }), frame, said, make('div', { class: 'acts' }, whole, back, cancel, save));
  const draw = () => {
    const polygon = document.createElementNS(SVG, 'polygon');
    const pairs = Array.from({ length: points.length / 2 }, (_, at) => `${points[2 * at]},${points[2 * at + 1]}`);
    polygon.setAttribute('points', pairs.join(' '));
    shape.replaceChildren(polygon);
    frame.dataset.points = String(pairs.length);
    back.disabled = !pairs.length;
    save.disabled = pairs.length > 0 && pairs.length < 3;
    if (!picture.hidden) said.textContent = pairs.length ? t('points', { number: pairs.length }) : t('whole');
  };
  frame.onclick = ({ clientX, clientY }) => {
    const box = frame.getBoundingClientRect();
    if (picture.hidden || points.length >= 2 * MOST_POINTS) return;
    points.push(...[(clientX - box.left) / box.width, (clientY - box.top) / box.height].map((share) => Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000));
    draw();
  };
  whole.onclick = () => {
    points = [];
    draw();
  };
  back.onclick = () => {
    points.length -= 2;
    draw();
  };
  cancel.onclick = () => dialog.close();
  save.onclick = () => {
    dialog.close();
    done(points.length ? points : null);
  };
  const release = hall.keys.onEscape(() => dialog.close());
  dialog.oncancel = (event) => event.preventDefault();
  dialog.onclose = () => {
    release();
    dialog.remove();
  };
  picture.onload = () => {
    picture.hidden = false;
    draw();
  };
  picture.onerror = () => (said.textContent = t('no_picture'));
  host.append(dialog);
  dialog.showModal();
  draw();
  api.live(one.camera_id, { purpose: 'inspection' }).then(({ snapshot }) => (picture.src = hall.origin + snapshot)).catch(() => (said.textContent = t('no_picture')));
}
