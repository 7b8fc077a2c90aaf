/** The time axis below the pictures: what is recorded of each camera, where nothing is, the event, and a handle that moves all. */

import { hm, hms } from './clock.js';

const { hall } = window;
const STEPS_S = [10, 30, 60, 300, 600, 1800, 3600, 7200, 14400];
const TICKS = 8;
const LEAST_S = 60;
const MOST_S = 2 * 86400;
const WALK_S = 5;

export class Timeline {
  /**
   * @param {HTMLElement} root
   * @param {{onSeek: function(number): void, onView?: function({start: number, end: number}): void, compact?: boolean}} wiring
   */
  constructor(root, { onSeek, onView = () => {}, compact = false }) {
    Object.assign(this, { root, onSeek, onView, compact, rows: [], marks: [], start: 0, end: 1, at: 0, held: false });
    root.classList.add('vtl');
    root.classList.toggle('compact', compact);
    this.bars = hall.element('div', { class: 'vtl-rows', 'aria-hidden': 'true' });
    this.ticks = hall.element('div', { class: 'vtl-ticks', 'aria-hidden': 'true' });
    this.pins = hall.element('div', { class: 'vtl-marks' });
    this.thumb = hall.element('div', { class: 'vtl-thumb', role: 'slider', tabindex: '0', 'aria-label': hall.t('video.axis') });
    root.replaceChildren(this.bars, this.ticks, this.pins, this.thumb);
    root.addEventListener('pointerdown', (event) => this.grab(event));
    root.addEventListener('keydown', (event) => this.key(event));
    if (!compact) root.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
  }

  /** The span of time that the axis shows. */
  view(start, end) {
    Object.assign(this, { start, end });
    this.draw();
  }

  /** @param {Array<{label: string, intervals: Array<[number, number]>, held?: Array<[number, number]>}>} rows */
  setRows(rows) {
    this.rows = rows;
    this.draw();
  }

  /** @param {Array<{at: number, text: string}>} marks */
  setMarks(marks) {
    this.marks = marks;
    this.draw();
  }

  share(at) {
    return (at - this.start) / (this.end - this.start);
  }

  draw() {
    const place = (from, to) => `left:${(100 * Math.max(0, this.share(from))).toFixed(3)}%;right:${(100 * (1 - Math.min(1, this.share(to)))).toFixed(3)}%`;
    const seen = ([from, to]) => to > this.start && from < this.end;
    this.bars.replaceChildren(...this.rows.map(({ label, intervals, held = [] }) => hall.element('div', { class: 'vtl-row', title: label },
      ...intervals.filter(seen).map(([from, to]) => hall.element('i', { style: place(from, to) })),
      ...held.filter(seen).map(([from, to]) => hall.element('i', { class: 'held', style: place(from, to), title: hall.t('video.held') })))));
    this.pins.replaceChildren(...this.marks.filter(({ at }) => at >= this.start && at <= this.end).map(({ at, text }) => {
      const pin = hall.element('button', { type: 'button', class: 'vtl-mark', style: `left:${100 * this.share(at)}%`, title: text, 'aria-label': text });
      pin.onclick = () => this.onSeek(at);
      return pin;
    }));
    this.drawTicks();
    this.move(this.at);
  }

  drawTicks() {
    if (this.compact) return;
    const span = this.end - this.start;
    const step = STEPS_S.find((one) => span / one <= TICKS + 4) || 21600;
    const write = step < 60 ? hms : hm;
    const ticks = [];
    for (let at = Math.ceil(this.start / step) * step; at <= this.end; at += step) {
      const share = this.share(at);
      if (share > 0.015 && share < 0.985) ticks.push(hall.element('span', { style: `left:${100 * share}%`, text: write(at) }));
    }
    this.ticks.replaceChildren(...ticks);
  }

  /** Put the handle at an instant. */
  move(at) {
    this.at = at;
    const share = Math.max(0, Math.min(1, this.share(at)));
    this.root.style.setProperty('--at', `${(100 * share).toFixed(3)}%`);
    this.thumb.setAttribute('aria-valuemin', String(Math.round(this.start)));
    this.thumb.setAttribute('aria-valuemax', String(Math.round(this.end)));
    this.thumb.setAttribute('aria-valuenow', String(Math.round(at)));
    this.thumb.setAttribute('aria-valuetext', hms(at));
  }

  /** The instant under the pointer. */
  under({ clientX }) {
    const box = this.root.getBoundingClientRect();
    return this.start + Math.max(0, Math.min(1, (clientX - box.left) / box.width)) * (this.end - this.start);
  }

  grab(event) {
    if (event.button !== 0 || event.target.closest('.vtl-mark')) return;
    event.preventDefault();
    this.held = true;
    this.thumb.focus();
    this.root.setPointerCapture(event.pointerId);
    const go = (moved) => {
      this.move(this.under(moved));
      this.onSeek(this.at);
    };
    const end = () => {
      this.held = false;
      this.root.removeEventListener('pointermove', go);
    };
    this.root.addEventListener('pointermove', go);
    this.root.addEventListener('pointerup', end, { once: true });
    this.root.addEventListener('pointercancel', end, { once: true });
    go(event);
  }

  key(event) {
    const walk = { ArrowLeft: -WALK_S, ArrowRight: WALK_S, PageDown: -60, PageUp: 60 }[event.key];
    const to = event.key === 'Home' ? this.start : event.key === 'End' ? this.end : walk ? this.at + walk : null;
    if (to === null || event.target !== this.thumb) return;
    event.preventDefault();
    event.stopPropagation();
    this.onSeek(Math.max(this.start, Math.min(this.end, to)));
  }

  /** Nearer or farther around the pointer; with the shift key, or sideways, along the axis. */
  wheel(event) {
    event.preventDefault();
    const span = this.end - this.start;
    const along = event.shiftKey ? event.deltaY : event.deltaX;
    if (along) {
      const by = (along / this.root.clientWidth) * span;
      this.view(this.start + by, this.end + by);
    } else {
      const middle = this.under(event);
      const next = Math.max(LEAST_S, Math.min(MOST_S, span * (event.deltaY > 0 ? 1.25 : 0.8)));
      const start = middle - ((middle - this.start) / span) * next;
      this.view(start, start + next);
    }
    this.onView({ start: this.start, end: this.end });
  }
}
