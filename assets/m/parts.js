/** Parts that several views share: bars, cards, level discs, photo slots. */
import { distance, h, icon, toast } from './dom.js';
import { shrink } from './photo.js';
import * as queue from './queue.js';
import { state } from './state.js';
import { clock, metres, span, t } from './texts.js';

const NUMERALS = ['·', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ'];
const RUNNING = new Set(['urgent_hour', 'natural_day']);

export const disc = (level, size = '') => h('span', { class: `disc level-${level} ${size}`, role: 'img', 'aria-label': t(`phone.level_${level}`) }, NUMERALS[level] || '·');

/** The bar at the top; `back` is where the arrow leads. */
export const top = (title, { back = null, right = null } = {}) =>
  h('header', { class: 'top' }, back && h('a', { href: back, class: 'bare', 'aria-label': t('phone.back') }, icon('chevron-left')), h('h1', null, title), right);

/** What a task is about, with what the receiver is sent for. */
export const titled = (task) => (task.purpose === 'handle' ? task.title : `${t(`phone.purpose_${task.purpose}`)}${task.title}`);

/** Seconds that are left now: clocks that run all day run on here, working time waits for the server. */
export const left = (task) => task.remaining_s - (RUNNING.has(task.unit) && !task.paused_at ? (Date.now() - state.readAt) / 1000 : 0);

export function leftText(task) {
  if (task.paused_at) return t('phone.paused');
  const seconds = left(task);
  return t(seconds < 0 ? 'phone.overdue' : 'phone.left', { time: span(seconds, task.unit) });
}

export const lamp = (task) => (left(task) < 0 ? 'red' : task.lamp);

/** Where the phone is; else where the server last saw the worker. */
export function here() {
  if (state.fix) return state.fix;
  const { worker } = state;
  return worker && worker.lon !== null ? { lon: worker.lon, lat: worker.lat, accuracy: null, at: Date.parse(worker.position_at) } : null;
}

export const away = (place) => (here() ? metres(distance(here(), place)) : '');

/** A line of the banner. It stays in the page and only its words change: a button that is replaced between press and release loses its click. */
function line(look, symbol, tag = 'div', more = null) {
  const title = h('b');
  const text = h('span');
  const node = h(tag, { class: look, hidden: true, href: tag === 'a' ? '#/messages' : null }, symbol, h('div', null, title, text), more);
  return {
    node,
    show(words) {
      node.hidden = !words;
      if (!words) return;
      // the same words anew would be read out anew
      for (const [part, word] of [[title, words[0]], [text, words[1]]]) if (part.textContent !== word) part.textContent = word;
    },
  };
}

/** A banner that says what does not work, and what waits. */
export function condition() {
  const act = (words, onclick) => h('button', { type: 'button', class: 'bare words', onclick }, t(words));
  const expired = line('condition-line warn', icon('user'), 'div', act('phone.sign_in', () => document.dispatchEvent(new CustomEvent('signin'))));
  const offline = line('condition-line warn', icon('wifi-off'), 'div', act('state.retry', () => (queue.send(), document.dispatchEvent(new CustomEvent('sent')))));
  const sending = line('condition-line busy', icon('upload'));
  const refused = line('condition alarm', icon('alert-triangle'), 'a');
  const node = h('div', { class: 'condition', role: 'status' }, [expired, offline, sending, refused].map((one) => one.node));
  const draw = () => {
    const waits = queue.waiting().length;
    const stopped = queue.stopped().length;
    const away = !state.expired && !state.online;
    expired.show(state.expired && [t('phone.expired'), t('phone.expired_text', { number: waits })]);
    offline.show(away && [state.readAt ? t('phone.offline', { time: clock(state.readAt) }) : t('phone.offline_new'), waits ? t('phone.offline_waiting', { number: waits }) : t('phone.offline_text')]);
    sending.show(!state.expired && !away && waits && [t('phone.sending', { number: waits }), '']);
    refused.show(stopped && [t('phone.stopped', { number: stopped }), t('phone.stopped_text')]);
  };
  return { node, draw };
}

/** What waits or was refused, line by line. */
export const queued = (item, onclick = null) =>
  h(onclick ? 'button' : 'div', { class: `entry ${item.state}`, type: onclick && 'button', onclick }, icon(item.state === 'stopped' ? 'alert-triangle' : 'upload', 20),
    h('span', { class: 'grow' }, h('b', null, `${t(`phone.entry_${item.what}`)} · ${item.title}`), h('small', null, [item.photos.length && t('phone.photos', { number: item.photos.length }), t('phone.saved', { time: clock(item.at) })].filter(Boolean).join(' · '))),
    h('em', null, t(`phone.entry_${item.state}`)));

export const chips = (name, options, chosen, onchange) =>
  h('div', { class: 'chips', role: 'group', 'aria-label': name }, options.map(([value, text]) => h('button', { type: 'button', class: `chip ${value === chosen ? 'on' : ''}`, 'aria-pressed': String(value === chosen), onclick: () => onchange(value) }, text)));

/**
 * Slots for photos of one kind.
 * @param {string} title
 * @param {string} kind of the attachment
 * @param {{kind: string, blob: Blob}[]} photos of the draft, all kinds
 * @param {{most?: number, hint?: string, changed: function(): void}} options
 */
export function photoSlots(title, kind, photos, { most = 4, hint = '', changed }) {
  const row = h('div', { class: 'slots' });
  const input = h('input', {
    type: 'file', accept: 'image/*', capture: 'environment', hidden: true, 'data-kind': kind, 'aria-label': title, multiple: true,
    async onchange() {
      const files = Array.from(input.files).slice(0, most - own().length);
      input.value = '';
      for (const file of files) {
        try {
          photos.push({ kind, blob: await shrink(file, state.fix), at: file.lastModified || Date.now() });
        } catch {
          toast(t('phone.no_image'), 'warn');
        }
      }
      draw();
      changed();
    },
  });
  const own = () => photos.filter((one) => one.kind === kind);
  const draw = () => {
    const list = own();
    row.replaceChildren(
      ...list.map((one) => h('figure', { class: 'slot' }, picture(one.blob), h('figcaption', null, clock(one.at)),
        h('button', { type: 'button', class: 'bare remove', 'aria-label': t('phone.remove_photo'), onclick() {
          photos.splice(photos.indexOf(one), 1);
          draw();
          changed();
        } }, icon('x', 18)))),
      ...(list.length < most ? [h('button', { type: 'button', class: 'slot take', onclick: () => input.click() }, icon('camera', 28), h('b', null, t('phone.take_photo')))] : []));
  };
  draw();
  return h('section', { class: 'field' }, h('h2', null, title, h('small', null, hint)), row, input);
}

export function picture(blob) {
  const url = URL.createObjectURL(blob);
  return h('img', { src: url, alt: '', onload: () => URL.revokeObjectURL(url) });
}

/** Show a photo large. */
export function enlarge(src, caption) {
  const dialog = h('dialog', { class: 'photo', 'aria-label': caption, onclick: () => dialog.close() }, h('img', { src, alt: caption }), h('p', null, caption));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
