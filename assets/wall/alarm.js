/** A Ⅰ case on the wall: its row is tinted, a line leads from its name to its place, one tone sounds, the rotation waits until somebody acknowledges it. */

import { ago, fill, h, t } from './dom.js';
import { now, speed } from './feeds.js';
import { brief, stateOf } from './panels.js';

const HOLD_MS = 10 * 60 * 1000;
const PULSE_MS = 8000;
const SVG = 'http://www.w3.org/2000/svg';
const BEEPS = [[0, 988], [0.24, 740]];

let context = null;

/** One tone; a browser that plays nothing before it was touched stays silent (kiosks are started with autoplay allowed). */
export function tone() {
  try {
    context = context || new AudioContext();
    if (context.state !== 'running') {
      context.resume().catch(() => {});
      return;
    }
    for (const [start, hertz] of BEEPS) {
      const at = context.currentTime + start;
      const [voice, gain] = [context.createOscillator(), context.createGain()];
      voice.type = 'triangle';
      voice.frequency.value = hertz;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.4, at + 0.015);
      gain.gain.exponentialRampToValueAtTime(0.0005, at + 0.22);
      voice.connect(gain).connect(context.destination);
      voice.start(at);
      voice.stop(at + 0.24);
    }
  } catch { /* a machine without sound */ }
}

export class Alarm {
  /** @param {HTMLElement} box over the middle @param {function(number, number): ?{x: number, y: number}} at place on the stage, from the corner of the box */
  constructor(box, at) {
    Object.assign(this, { box, at, current: null, seen: new Map(), rung: new Set() });
    this.line = document.createElementNS(SVG, 'svg');
    this.line.setAttribute('class', 'leader');
    this.line.setAttribute('aria-hidden', 'true');
    this.path = document.createElementNS(SVG, 'polyline');
    this.line.append(this.path);
    this.ring = h('div', { class: 'alarm-ring', hidden: true }, h('i'), h('i'));
    this.card = h('div', { class: 'alarm-card', role: 'alert', hidden: true });
    box.append(this.line, this.ring, this.card);
  }

  /** Take the list of cases; returns whether the rotation waits. */
  take({ majors }) {
    const waiting = majors.filter(({ alarm }) => alarm);
    for (const one of waiting) if (!this.seen.has(one.id)) this.seen.set(one.id, Date.now());
    for (const id of this.seen.keys()) if (!waiting.some((one) => one.id === id)) this.seen.delete(id);
    const fresh = waiting.filter((one) => now() - Date.parse(one.reported_at) < HOLD_MS);
    if (fresh.some(({ id }) => !this.rung.has(id))) tone();
    this.rung = new Set(fresh.map(({ id }) => id));
    this.current = fresh[0] || null;
    this.draw();
    return this.holds();
  }

  /** The rotation waits at most ten minutes after the first sight. */
  holds() {
    return Boolean(this.current) && (Date.now() - this.seen.get(this.current.id)) * speed < HOLD_MS;
  }

  draw() {
    const one = this.current;
    const place = one && this.at(one.lon, one.lat);
    const shown = Boolean(place) && this.box.dataset.scene !== 'video';
    this.card.hidden = this.ring.hidden = !shown;
    this.line.style.display = shown ? '' : 'none';
    if (!shown) return;
    const old = now() - Date.parse(one.reported_at);
    fill(this.card, [one.id, one.state, ago(old)], () => [h('b', { text: brief(one) }), h('span', { text: [t('wall.level', { n: 'Ⅰ' }), one.place_text].join(' · ') }), h('span', { text: [ago(old), stateOf(one).text].join(' · ') })]);
    if (this.ring.dataset.event !== String(one.id)) {
      this.ring.dataset.event = one.id;
      this.ring.classList.remove('pulse');
      void this.ring.offsetWidth;
      this.ring.classList.add('pulse');
      setTimeout(() => this.ring.classList.remove('pulse'), PULSE_MS);
    }
    this.ring.style.transform = `translate(${place.x}px, ${place.y}px)`;
    const left = Number(this.box.dataset.left) || 24;
    const top = Math.min(Math.max(place.y - 190, Number(this.box.dataset.top) || 24), this.box.clientHeight - 260);
    Object.assign(this.card.style, { left: `${left}px`, top: `${top}px` });
    const from = { x: left + this.card.offsetWidth, y: top + this.card.offsetHeight / 2 };
    const knee = from.x + Math.min(44, Math.max((place.x - from.x) / 3, 12));
    this.path.setAttribute('points', `${from.x},${from.y} ${knee},${from.y} ${place.x},${place.y}`);
  }
}
