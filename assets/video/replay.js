/**
 * Recordings of several cameras on one clock. The wall clock W drives all of them; each tile's own time follows from the instant at which its piece
 * was recorded. Where nothing was recorded the tile is blank and waits. Small differences are made up by playing a little faster or slower, a seek
 * is for large ones only.
 */

import { iso, replay as ask, seconds } from './api.js';
import { now } from './clock.js';
import { loadHls } from './hls.js';

export const RATES = [0.25, 0.5, 1, 2, 4, 8];
const TICK_MS = 100;
const SEEK_ABOVE_S = 0.4;
const GAIN = 1.6;
const MOST_BEND = 0.25;
const FRAME_S = 0.04;
/** How long the first pictures are waited for before the clock runs without those that are late. */
const PATIENCE_MS = 2500;
/** What is loaded around a moment that was chosen outside of the present window. */
const BEFORE_S = 120;
const AFTER_S = 900;
/** Recordings of the last seconds are not closed yet. */
const FRESH_S = 2;

/** One camera's recording in one `<video>`. */
class Track {
  constructor(camera, video, tell, query) {
    Object.assign(this, { camera, video, tell, query, hls: null, intervals: [], gap: null, state: '', run: 0 });
  }

  async open(window_) {
    this.run += 1;
    const { run } = this;
    this.close();
    this.turn('starting');
    try {
      const [Hls, grant] = await Promise.all([loadHls(), ask(this.camera.id, { start: iso(window_.start), end: iso(window_.end), ...this.query })]);
      if (run !== this.run) return;
      this.grant = grant;
      this.intervals = (grant.timeline || []).map(([start, end]) => [seconds(start), seconds(end)]);
      if (!this.intervals.length) this.turn('norecord');
      else this.load(Hls);
    } catch (error) {
      if (run === this.run) this.refused(error);
    }
  }

  refused(error) {
    if (error.status === 403) return this.turn('refused', { reason: error.detail });
    if (error.status === 404) return this.turn('norecord');
    if (error.status === 409) return this.turn('missing', { reason: 'no_picture' });
    return this.turn('failed', { reason: error.status === 401 ? 'signed_out' : 'platform' });
  }

  load(Hls) {
    const hls = new Hls({ maxBufferLength: 20, maxMaxBufferLength: 40, backBufferLength: 30, startPosition: 0, workerPath: Hls.workerPath, autoStartLoad: true });
    this.hls = hls;
    hls.on(Hls.Events.ERROR, (name, { fatal, type }) => {
      if (!fatal) return;
      if (type === Hls.ErrorTypes.MEDIA_ERROR && !this.recovered) {
        this.recovered = true;
        hls.recoverMediaError();
      } else this.turn('failed', { reason: 'platform' });
    });
    hls.loadSource(new URL(this.grant.playlist, window.location.href).href);
    hls.attachMedia(this.video);
  }

  close() {
    if (this.hls) this.hls.destroy();
    this.hls = null;
    this.gap = null;
    this.recovered = false;
  }

  turn(state, more = {}) {
    const key = `${state}${more.reason || ''}${more.next || ''}`;
    if (key === this.said) return;
    this.said = key;
    this.state = state;
    this.tell({ state, ...more });
  }

  /** The pieces as the player has placed them on its own time. */
  pieces() {
    const level = this.hls && this.hls.levels && this.hls.levels[0];
    return (level && level.details && level.details.fragments) || null;
  }

  /** The player's own time of an instant; null where nothing was recorded. */
  at(wall) {
    const pieces = this.pieces();
    if (!pieces) return null;
    let low = 0;
    let high = pieces.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const begun = pieces[middle].programDateTime / 1000;
      if (wall < begun) high = middle - 1;
      else if (wall >= begun + pieces[middle].duration) low = middle + 1;
      else return pieces[middle].start + (wall - begun);
    }
    return null;
  }

  /** The instant that the picture shows. */
  shows() {
    const { currentTime } = this.video;
    const piece = (this.pieces() || []).find(({ start, duration }) => currentTime >= start && currentTime < start + duration);
    return piece ? piece.programDateTime / 1000 + (currentTime - piece.start) : null;
  }

  /** The first recorded instant after this one. */
  next(wall) {
    const later = this.intervals.find(([start]) => start > wall);
    return later ? later[0] : null;
  }

  isReady() {
    return this.gap !== null || !['starting', 'playing'].includes(this.state) || (this.pieces() && this.video.readyState >= 3 && !this.video.seeking);
  }

  /** Put the picture where the clock is. */
  seek(wall) {
    const time = this.at(wall);
    if (time === null) return this.blank(wall);
    this.gap = null;
    this.video.currentTime = time;
    return this.turn('playing');
  }

  blank(wall) {
    if (!this.pieces()) return;
    this.gap = true;
    if (!this.video.paused) this.video.pause();
    this.turn('gap', { next: this.next(wall) });
  }

  /** Follow the clock: one look. */
  follow(wall, isPlaying, rate) {
    if (!this.pieces()) return;
    const time = this.at(wall);
    if (time === null) return this.blank(wall);
    if (this.gap || this.state === 'starting') {
      this.gap = null;
      this.video.currentTime = time;
      this.turn('playing');
    }
    if (!isPlaying) return this.video.paused || this.video.pause();
    if (this.video.paused) this.video.play().catch(() => {});
    if (this.video.seeking || this.video.readyState < 2) return null;
    const late = time - this.video.currentTime;
    if (Math.abs(late) > SEEK_ABOVE_S * Math.max(1, rate)) this.video.currentTime = time + 0.05 * rate;
    else this.video.playbackRate = Math.min(16, rate * (1 + Math.max(-MOST_BEND, Math.min(MOST_BEND, (late * GAIN) / Math.max(1, rate)))));
    return null;
  }
}

export class Replay {
  /**
   * @param {{onTick: function({at: number, playing: boolean, rate: number}): void, onWindow?: function(): void, query?: Object}} wiring
   */
  constructor({ onTick, onWindow = () => {}, query = {} }) {
    Object.assign(this, { onTick, onWindow, query, tracks: new Map(), window: null, limit: null, wall: 0, since: 0, playing: false, rate: 1, waiting: 0 });
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /**
   * @param {*} key of the tile
   * @param {Object} camera
   * @param {HTMLVideoElement} video
   * @param {function({state: string, reason?: string, next?: ?number}): void} tell
   */
  add(key, camera, video, tell) {
    this.remove(key);
    const track = new Track(camera, video, tell, this.query);
    this.tracks.set(key, track);
    if (this.window) this.settle(track.open(this.window));
  }

  remove(key) {
    const track = this.tracks.get(key);
    if (!track) return;
    track.run += 1;
    track.close();
    this.tracks.delete(key);
  }

  end() {
    clearInterval(this.timer);
    for (const key of Array.from(this.tracks.keys())) this.remove(key);
  }

  /** The clock. */
  now() {
    return this.playing && !this.waiting ? this.wall + ((performance.now() - this.since) / 1000) * this.rate : this.wall;
  }

  set(wall) {
    this.wall = wall;
    this.since = performance.now();
  }

  /**
   * Load a window of all tracks and begin at an instant of it.
   * @param {number} start seconds since 1970
   * @param {number} end
   * @param {number} at
   */
  async open(start, end, at) {
    const latest = now() - FRESH_S;
    this.window = { start: Math.min(start, latest - 1), end: Math.min(end, latest) };
    this.set(Math.max(this.window.start, Math.min(at, this.window.end)));
    this.onWindow();
    await this.settle(Promise.all(Array.from(this.tracks.values(), (track) => track.open(this.window))));
    this.skipEmpty();
  }

  /** Where nobody recorded the beginning, begin with what there is. */
  skipEmpty() {
    const tracks = Array.from(this.tracks.values()).filter((track) => track.pieces());
    if (!tracks.length || tracks.some((track) => !track.gap)) return;
    const first = Math.min(...tracks.map((track) => track.next(this.now()) || Infinity));
    if (first <= this.window.end) this.seek(first + FRAME_S);
  }

  /** Hold the clock until the pictures of the instant are there, but not for long. */
  async settle(opening) {
    this.set(this.now());
    this.waiting += 1;
    await opening;
    const begun = performance.now();
    const { wall } = this;
    for (const track of this.tracks.values()) if (track.pieces()) track.seek(wall);
    while (performance.now() - begun < PATIENCE_MS && !Array.from(this.tracks.values()).every((track) => track.isReady())) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (this.wall !== wall) break;
      for (const track of this.tracks.values()) if (track.state === 'starting' && track.pieces()) track.seek(this.wall);
    }
    this.waiting -= 1;
    this.since = performance.now();
    this.tick();
  }

  play() {
    if (this.window && this.now() >= this.window.end - 0.2) this.seek(this.window.start);
    this.set(this.now());
    this.playing = true;
    this.tick();
  }

  pause() {
    this.set(this.now());
    this.playing = false;
    this.tick();
  }

  setRate(rate) {
    this.set(this.now());
    this.rate = rate;
    this.tick();
  }

  /** Show an instant; outside of what is loaded, the window around it is opened. */
  seek(wall) {
    const inside = this.window && wall >= this.window.start && wall <= this.window.end;
    if (!inside && !this.limit) return this.open(wall - BEFORE_S, wall + AFTER_S, wall);
    const bound = inside ? wall : Math.max(this.window.start, Math.min(wall, this.window.end));
    this.set(bound);
    for (const track of this.tracks.values()) track.seek(bound);
    return this.tick();
  }

  /** One picture forward or back. */
  step(frames) {
    this.pause();
    this.seek(this.now() + frames * FRAME_S);
  }

  tick() {
    if (!this.window) return;
    let wall = this.now();
    if (this.playing && wall >= this.window.end) {
      if (!this.limit && this.window.end < now() - 60) {
        this.open(wall - 5, wall + AFTER_S, wall);
        return;
      }
      this.set(this.window.end);
      this.playing = false;
      wall = this.wall;
    }
    for (const track of this.tracks.values()) track.follow(wall, this.playing && !this.waiting, this.rate);
    this.onTick({ at: wall, playing: this.playing, rate: this.rate });
  }

  /** How far apart the pictures are, in seconds: the largest minus the smallest instant shown. */
  skew() {
    const shown = Array.from(this.tracks.values()).filter((track) => track.state === 'playing' && !track.gap).map((track) => track.shows()).filter((at) => at !== null);
    return shown.length > 1 ? Math.max(...shown) - Math.min(...shown) : 0;
  }
}
