/** The strip of the time machine: which instant is shown, the slider over the reports of its window, speed, and the way back to now. */

import { SPEEDS, DAY_S, current, jump, leave, midnight, play, seek, speed, turn } from './mode.js';

const hall = window.hall;
const make = hall.element;
const BARS = 96;
const COUNTED = ['to_file', 'to_dispatch', 'in_hand', 'overdue', 'reported', 'closed'];
const WINDOWS = [['today', 0, 1], ['yesterday', 1, 1], ['week', 6, 7], ['month', 27, 28]];
const TICKS_S = [900, 1800, 3600, 7200, 10800, 14400, 86400, 2 * 86400, 4 * 86400];
const KEY_S = { ArrowLeft: -60, ArrowRight: 60, PageDown: -3600, PageUp: 3600 };

const two = (number) => String(number).padStart(2, '0');
const local = (at) => new Date((at + 28800) * 1000);
const dateOf = (at) => `${local(at).getUTCFullYear()}-${two(local(at).getUTCMonth() + 1)}-${two(local(at).getUTCDate())}`;

/** Round instants of the local clock within a window, some four to eight of them. */
function ticks(start, end) {
  const step = TICKS_S.find((one) => (end - start) / one <= 8) || DAY_S * 7;
  const first = Math.ceil((start + 28800) / step) * step - 28800;
  return Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, place) => first + place * step);
}

export class Strip {
  constructor({ speed: first }) {
    this.rate = first;
    this.slider = make('input', { type: 'range', class: 'rp-slider', min: '0', max: '1', step: '1' });
    this.slider.oninput = () => {
      play(false);
      seek(Number(this.slider.value));
    };
    this.slider.onkeydown = (event) => {
      const by = KEY_S[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      play(false);
      seek(current().at + by);
    };
    this.node = make('div', { class: 'rp-strip' });
    this.counters = make('div', { class: 'rp-counters counters', role: 'status' });
    this.clockNode = make('div', { class: 'rp-clock' });
    this.flag = make('div', { class: 'rp-flag', role: 'status' });
    document.getElementById('strip').append(this.node);
    document.getElementById('map-area').append(this.flag);
    this.node.addEventListener('click', (event) => this.click(event));
    document.getElementById('map-area').addEventListener('click', this.onMap = (event) => this.click(event));
    this.translate();
  }

  /** Put our own counters and clock into the place of those of now. */
  place() {
    const own = document.getElementById('counters');
    if (own && own.nextElementSibling !== this.counters) own.after(this.counters, this.clockNode);
  }

  button(icon, text, run, name = 'icon-button') {
    const node = make('button', { type: 'button', class: name, title: hall.t(text), 'aria-label': hall.t(text), html: hall.icon(icon, 18) });
    node.onclick = run;
    return node;
  }

  translate() {
    const t = (key) => hall.t(`replay.${key}`);
    this.playButton = this.button('player-play', 'replay.play', () => play(), 'icon-button rp-play');
    const rates = make('select', { class: 'rp-rate', 'aria-label': t('speed'), title: t('speed') }, ...SPEEDS.map((one) => make('option', { value: String(one), text: t(`speed.${one}`) })));
    rates.value = String(this.rate);
    rates.onchange = () => {
      this.rate = Number(rates.value);
      speed(this.rate);
    };
    this.day = make('input', { type: 'date', class: 'rp-day', 'aria-label': t('day'), title: t('day'), max: dateOf(hall.connection.now() / 1000) });
    this.day.onchange = () => {
      const start = Date.parse(`${this.day.value}T00:00:00+08:00`) / 1000;
      const now = Math.ceil(hall.connection.now() / 1000);
      if (start < now) turn(start, Math.min(start + DAY_S, now));
    };
    this.windows = make('div', { class: 'segments rp-windows', role: 'group', 'aria-label': t('window') },
      ...WINDOWS.map(([name]) => make('button', { type: 'button', class: 'segment', 'data-window': name, 'aria-pressed': 'false', text: t(`window.${name}`) })));
    this.bars = make('div', { class: 'rp-bars', 'aria-hidden': 'true' });
    this.edges = make('div', { class: 'rp-edges', 'aria-hidden': 'true' });
    this.list = make('div', { class: 'rp-news news-list' });
    this.who = make('span', { class: 'rp-who quiet' });
    const back = make('button', { type: 'button', class: 'button small rp-back', html: hall.icon('antenna', 16) });
    back.append(make('span', { text: t('back_to_live') }));
    back.onclick = () => leave();
    this.slider.setAttribute('aria-label', t('slider'));
    this.node.setAttribute('aria-label', t('title'));
    this.flag.replaceChildren(make('b', { text: t('flag') }), this.flagTime = make('span', {}));
    this.node.replaceChildren(
      make('div', { class: 'rp-row' }, make('span', { class: 'rp-mark-past', html: `${hall.icon('history', 14)}` }, make('b', { text: t('title') })), this.list, this.who),
      make('div', { class: 'rp-row' },
        this.button('player-skip-back', 'replay.before', () => this.step(-1)), this.playButton, this.button('player-skip-forward', 'replay.after', () => this.step(1)), rates,
        this.windows, this.day, make('div', { class: 'rp-axis' }, this.bars, this.slider, this.edges), back));
    this.place();
    if (this.shown) this.window(...this.shown);
  }

  step(way) {
    play(false);
    const at = this.past && this.past.neighbour(current().at, way);
    if (at !== null && at !== undefined && at >= current().start && at <= current().end) seek(at);
  }

  click({ target }) {
    const asked = target.closest && target.closest('[data-window], [data-news], .rp-card [data-jump]');
    if (!asked) return;
    if (asked.dataset.window) {
      const [, ago, days] = WINDOWS.find(([name]) => name === asked.dataset.window);
      const now = Math.ceil(hall.connection.now() / 1000);
      const start = midnight(now) - ago * DAY_S;
      turn(start, Math.min(start + days * DAY_S, now));
    } else if (asked.dataset.news) {
      const [id, at] = asked.dataset.news.split(':').map(Number);
      jump(id, at);
    } else {
      play(false);
      seek(Number(asked.dataset.jump));
    }
  }

  /** The window that the slider runs over. */
  window(start, end, past) {
    this.shown = [start, end, past];
    this.past = past;
    Object.assign(this.slider, { min: String(start), max: String(end) });
    this.slider.value = String(current().at);
    const counts = past.slots(start, end, BARS);
    const most = Math.max(...counts, 1);
    this.bars.replaceChildren(...counts.map((count) => make('i', { style: `height:${count ? Math.max(6, (count / most) * 100) : 0}%` })));
    const day = end - start <= DAY_S;
    this.edges.replaceChildren(...ticks(start, end).map((at) => make('span', { style: `left:${((at - start) / (end - start)) * 100}%`, text: day ? this.clock(at) : dateOf(at).slice(5) })));
    this.day.value = dateOf(start);
    const now = hall.connection.now() / 1000;
    for (const node of this.windows.children) {
      const [, ago, days] = WINDOWS.find(([name]) => name === node.dataset.window);
      const from = midnight(now) - ago * DAY_S;
      node.setAttribute('aria-pressed', String(start === from && Math.abs(end - Math.min(from + days * DAY_S, now)) < 3600));
    }
  }

  clock(at, long = false) {
    const when = local(at);
    const time = `${two(when.getUTCHours())}:${two(when.getUTCMinutes())}`;
    return long ? `${dateOf(at).slice(5)} ${time}:${two(when.getUTCSeconds())}` : time;
  }

  busy(on) {
    this.node.classList.toggle('busy', on);
  }

  playing(on) {
    this.playButton.innerHTML = hall.icon(on ? 'player-pause' : 'player-play', 18);
    this.playButton.title = hall.t(on ? 'replay.pause' : 'replay.play');
    this.playButton.setAttribute('aria-label', this.playButton.title);
  }

  /** The instant and what there was then. */
  write(at, counts, news, who) {
    this.place();
    const long = `${dateOf(at)} ${this.clock(at)}:${two(local(at).getUTCSeconds())}`;
    if (document.activeElement !== this.slider || Number(this.slider.value) !== Math.round(at)) this.slider.value = String(at);
    this.slider.setAttribute('aria-valuetext', long);
    this.slider.style.setProperty('--share', `${((at - Number(this.slider.min)) / Math.max(1, Number(this.slider.max) - Number(this.slider.min))) * 100}%`);
    this.flagTime.textContent = long;
    this.clockNode.textContent = long;
    this.counters.replaceChildren(...COUNTED.map((name) => make('div', { class: `counter${name === 'overdue' && counts.overdue ? ' alarm' : ''}`, 'data-counter': name },
      make('span', { text: hall.t(`replay.count.${name}`) }), make('b', { text: hall.number(counts[name]) }))));
    this.list.replaceChildren(...(news.length ? news.map(({ at: then, one, mark }) => {
      const node = make('button', { type: 'button', class: 'news opener', 'data-news': `${one.id}:${then}` }, make('i', { class: 'dot', style: `--colour: var(--level-${one.level})` }),
        make('time', { text: this.clock(then) }), make('span', { text: one.title }), make('span', { class: 'second', text: hall.t(`replay.state.${mark.state}`) || mark.state }));
      return node;
    }) : [make('span', { class: 'quiet', text: hall.t('replay.nothing_yet') })]));
    const told = { forbidden: 'replay.who.forbidden', failed: 'replay.who.failed' }[who.state];
    this.who.textContent = told ? hall.t(told) : who.seen ? hall.t('replay.who.seen', { n: who.seen }) : who.state === 'known' ? hall.t('replay.who.none') : '';
  }

  remove() {
    document.getElementById('map-area').removeEventListener('click', this.onMap);
    for (const node of [this.node, this.counters, this.clockNode, this.flag]) node.remove();
  }
}
