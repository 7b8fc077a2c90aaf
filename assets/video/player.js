/**
 * Live pictures: fragments of one frame each come over a WebSocket and go into a Media Source, as close to the newest one as the browser keeps up
 * with. Where no WebSocket gets through, HLS takes over. What to show around the picture is told by states; drawing them is the tile's.
 */

import { seconds } from './api.js';
import { now } from './clock.js';
import { loadHls } from './hls.js';

/** Seconds behind the newest frame: where the player slows down, where it wants to be, where it hurries, where it jumps. */
const LOW_S = 0.1;
const AIM_S = 0.2;
const HURRY_S = 0.36;
const JUMP_S = 1.4;
/** Ahead of what has arrived: where it slows down, where it goes back. The browser's own clock runs on when frames come late. */
const SLOW_S = 0.05;
const BACK_S = -0.35;
/** Kept behind the play head, and when to cut. */
const KEEP_S = 8;
const TRIM_AT_S = 24;
const STALLED_MS = 2500;
const DEAD_MS = 6000;
const FIRST_MS = 20000;
const BACKOFF_MS = [300, 700, 1500, 3000, 5000, 8000, 15000];
/** Sockets that did not even open before HLS is tried. */
const CLOSED_DOORS = 3;
/** Why the server gives no list of segments, when waiting does not help. */
const FOR_GOOD = new Set(['hevc', 'codec', 'transcoders_busy']);
const CLOSE = { token: 4401, right: 4403, camera: 4404, platform: 4503 };

/**
 * @typedef {{ws: string, hls: string, snapshot: string, expires_at: string, codec: ?string, online: boolean, watermark: string, ptz: boolean}} Grant
 * @typedef {{state: "starting" | "playing" | "stalled" | "reconnecting" | "offline" | "unsupported" | "refused" | "failed" | "missing" | "paused",
 *   reason?: string, retryS?: number}} State
 */

export class LivePlayer {
  /**
   * @param {HTMLVideoElement} video
   * @param {{grant: function(): Promise<Grant>, onState: function(State): void, onGrant?: function(Grant): void}} wiring `grant` asks the server for a
   *   way to the picture each time when the last one is over
   */
  constructor(video, { grant, onState, onGrant = () => {} }) {
    this.video = video;
    this.ask = grant;
    this.tell = onState;
    this.onGrant = onGrant;
    this.grant = null;
    this.state = { state: 'paused' };
    this.stats = { frames: 0, firstMs: null, lagS: null, restarts: 0 };
    this.tries = 0;
    this.unopened = 0;
    this.run = 0;
    this.onHls = false;
  }

  /** Begin; an earlier run is ended. */
  start() {
    this.stop(true);
    this.begun = performance.now();
    this.video.playbackRate = 1;
    this.turn({ state: 'starting' });
    this.connect();
  }

  /** End everything; the last picture stays where it is when `quietly`. */
  stop(quietly = false) {
    this.run += 1;
    clearTimeout(this.retry);
    clearInterval(this.watch);
    if (this.socket) {
      this.socket.onmessage = this.socket.onclose = this.socket.onerror = null;
      this.socket.close();
    }
    this.socket = null;
    if (this.hls) this.hls.destroy();
    this.hls = null;
    this.drop();
    if (!quietly) {
      this.video.removeAttribute('src');
      this.video.load();
      this.turn({ state: 'paused' });
    }
  }

  turn(next) {
    const same = next.state === this.state.state && next.reason === this.state.reason && next.retryS === this.state.retryS;
    this.state = next;
    if (!same) this.tell(next);
  }

  /** How far the picture is behind the newest frame that has arrived, in seconds. */
  lag() {
    const { buffered, currentTime } = this.video;
    return buffered.length ? buffered.end(buffered.length - 1) - currentTime : null;
  }

  // ---- the way to the server ----------------------------------------------------------------------------------

  async connect() {
    const { run } = this;
    try {
      if (!this.grant || seconds(this.grant.expires_at) - now() < 2) {
        this.grant = await this.ask();
        if (run !== this.run) return;
        this.onGrant(this.grant);
      }
    } catch (error) {
      if (run === this.run) this.refused(error);
      return;
    }
    if (!window.MediaSource || this.unopened >= CLOSED_DOORS) {
      this.fallBack();
      return;
    }
    this.open();
  }

  /** The server does not give a way: for good, or for now. */
  refused(error) {
    const { status } = error;
    if (status === 403) return this.turn({ state: 'refused', reason: error.detail || '' });
    if (status === 404 || status === 409) return this.turn({ state: 'missing', reason: status === 409 ? 'no_picture' : 'no_camera' });
    if (status === 401) return this.turn({ state: 'failed', reason: 'signed_out' });
    return this.again(status ? 'platform' : 'network');
  }

  open() {
    const { run } = this;
    const url = new URL(this.grant.ws, window.location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.heard = performance.now();
    this.opened = false;
    socket.onopen = () => (this.opened = true);
    socket.onmessage = ({ data }) => {
      if (run !== this.run) return;
      this.heard = performance.now();
      if (typeof data === 'string') this.told(JSON.parse(data));
      else this.take(data);
    };
    socket.onclose = ({ code }) => run === this.run && this.closed(code);
    clearInterval(this.watch);
    this.watch = setInterval(() => run === this.run && this.look(), 250);
  }

  closed(code) {
    clearInterval(this.watch);
    if (!this.opened && code !== CLOSE.token) this.unopened += 1;
    if (code === CLOSE.right) return this.turn({ state: 'refused', reason: '' });
    if (code === CLOSE.camera) return this.turn({ state: 'missing', reason: 'no_picture' });
    if (this.state.state === 'unsupported') return null;
    if (code === CLOSE.token) this.grant = null;
    return this.again(code === CLOSE.platform ? 'platform' : 'network');
  }

  /** Try again after a while that grows; a picture that stood still is shown meanwhile. */
  again(reason) {
    const { run } = this;
    const wait = BACKOFF_MS[Math.min(this.tries, BACKOFF_MS.length - 1)];
    this.tries += 1;
    this.turn({ state: 'reconnecting', reason, retryS: Math.ceil(wait / 1000) });
    clearTimeout(this.retry);
    this.retry = setTimeout(() => run === this.run && this.connect(), wait);
  }

  /** The server says what the stream is, or how it fares. */
  told(message) {
    if (message.type === 'init') this.prepare(message);
    if (message.type !== 'state' || message.state === 'playing') return;
    if (message.state === 'unsupported') {
      this.turn({ state: 'unsupported', reason: message.reason || '' });
      this.socket.close();
      return;
    }
    this.turn({ state: message.state, reason: message.reason || '', ...(message.state === 'reconnecting' && message.retry_s ? { retryS: Math.ceil(message.retry_s) } : {}) });
  }

  /** Is anything coming? */
  look() {
    const silent = performance.now() - this.heard;
    const limit = this.stats.firstMs === null ? FIRST_MS : DEAD_MS;
    if (silent > limit) {
      this.socket.onclose = null;
      this.socket.close();
      clearInterval(this.watch);
      this.again('silent');
      return;
    }
    if (silent > STALLED_MS && this.state.state === 'playing') this.turn({ state: 'stalled', reason: 'silent' });
    this.chase();
  }

  // ---- the picture --------------------------------------------------------------------------------------------

  /** A stream begins: also anew, after a restart of the camera, perhaps with another size or codec. */
  prepare({ mime, width, height }) {
    this.size = { width, height };
    if (!MediaSource.isTypeSupported(mime)) {
      this.turn({ state: 'unsupported', reason: (/codecs="([^"]+)"/.exec(mime) || [])[1] || mime });
      this.socket.close();
      return;
    }
    if (this.media && this.media.readyState === 'open' && this.buffer && this.mime === mime.split(';')[0]) {
      // the pieces in the queue belong to the old stream: what is not shown yet is not worth waiting for
      this.queue.length = 0;
      this.renew = mime;
      return;
    }
    this.drop();
    this.mime = mime.split(';')[0];
    this.queue = [];
    const media = new MediaSource();
    this.media = media;
    media.onsourceopen = () => {
      if (this.media !== media) return;
      URL.revokeObjectURL(this.video.src);
      this.buffer = media.addSourceBuffer(mime);
      // the browser lines pieces up by itself: restarts and pieces that were left out make no hole
      this.buffer.mode = 'sequence';
      this.buffer.onupdateend = () => this.media === media && this.next();
      this.buffer.onerror = () => this.media === media && this.broken();
      this.pump();
    };
    this.video.src = URL.createObjectURL(media);
    this.watchFrames();
  }

  /** Let go of the Media Source. */
  drop() {
    if (this.buffer) this.buffer.onupdateend = this.buffer.onerror = null;
    this.buffer = null;
    this.media = null;
    this.renew = null;
    this.queue = [];
  }

  take(data) {
    this.queue.push(data);
    this.pump();
  }

  pump() {
    const { buffer, media } = this;
    if (!buffer || buffer.updating || media.readyState !== 'open' || !this.queue.length) return;
    if (this.renew) {
      buffer.abort();
      if (buffer.changeType) buffer.changeType(this.renew);
      buffer.mode = 'sequence';
      this.renew = null;
    }
    const pieces = this.queue;
    this.queue = [];
    try {
      buffer.appendBuffer(pieces.length === 1 ? pieces[0] : joined(pieces));
    } catch (error) {
      if (error.name !== 'QuotaExceededError') {
        this.broken();
        return;
      }
      this.queue = pieces;
      this.trim(2);
    }
  }

  next() {
    if (this.video.paused) this.video.play().catch(() => {});
    this.chase();
    const { buffered, currentTime } = this.video;
    if (buffered.length && currentTime - buffered.start(0) > TRIM_AT_S && this.trim(KEEP_S)) return;
    this.pump();
  }

  /** Forget what lies more than so many seconds behind the play head. */
  trim(keptS) {
    const { buffered, currentTime } = this.video;
    if (!buffered.length || this.buffer.updating) return false;
    const until = currentTime - keptS;
    if (until <= buffered.start(0)) return false;
    this.buffer.remove(0, until);
    return true;
  }

  /** Stay near the newest frame: a little faster when behind, a jump when far behind or beside what is there. */
  chase() {
    const { video } = this;
    const lag = this.lag();
    if (lag === null || this.hls) return;
    this.stats.lagS = lag;
    const last = video.buffered.length - 1;
    if (lag > JUMP_S || lag < BACK_S || video.currentTime < video.buffered.start(last)) {
      video.currentTime = Math.max(video.buffered.start(last), video.buffered.end(last) - AIM_S);
      video.playbackRate = 1;
    } else if (lag > HURRY_S) video.playbackRate = Math.min(1.25, 1 + (lag - AIM_S) * 0.4);
    else if (lag < SLOW_S) video.playbackRate = 0.9;
    else if (lag < AIM_S || video.playbackRate < 1) video.playbackRate = 1;
  }

  /** A picture that the browser cannot make sense of: from the start, with a new buffer. */
  broken() {
    const { run } = this;
    this.stats.restarts += 1;
    if (this.socket) {
      this.socket.onclose = null;
      this.socket.close();
    }
    this.drop();
    if (run === this.run) this.again('garbage');
  }

  watchFrames() {
    const { video, run } = this;
    if (this.counting === run) return;
    this.counting = run;
    const frame = () => {
      if (run !== this.run) return;
      this.stats.frames += 1;
      if (this.stats.firstMs === null) this.stats.firstMs = performance.now() - this.begun;
      if (this.state.state !== 'playing' && this.state.state !== 'unsupported') this.turn({ state: 'playing' });
      this.tries = this.unopened = 0;
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
    video.play().catch(() => {});
  }

  // ---- HLS ----------------------------------------------------------------------------------------------------

  async fallBack() {
    const { run, video } = this;
    const Hls = await loadHls();
    if (run !== this.run) return;
    if (this.hls) this.hls.destroy();
    this.stats.over = 'hls';
    const hls = new Hls({ liveSyncDurationCount: 1, liveMaxLatencyDurationCount: 4, maxLiveSyncPlaybackRate: 1.5, backBufferLength: 8, workerPath: Hls.workerPath });
    this.hls = hls;
    hls.on(Hls.Events.ERROR, (name, { fatal, response }) => {
      if (!fatal || run !== this.run) return; // stalls of a live list are its nature: only what ends it counts
      hls.destroy();
      this.hls = null;
      if (response && [401, 403].includes(response.code)) this.grant = null;
      if (response && response.code === 503) this.askWhy();
      else this.again('platform');
    });
    hls.loadSource(new URL(this.grant.hls, window.location.href).href);
    hls.attachMedia(video);
    this.watchFrames();
  }

  /** No list came: because of what the stream is, which no waiting changes, or for now. */
  async askWhy() {
    const { run } = this;
    const answer = await fetch(new URL(this.grant.hls, window.location.href)).then((given) => given.json()).catch(() => ({}));
    if (run !== this.run) return;
    if (FOR_GOOD.has(answer.detail)) this.turn({ state: 'unsupported', reason: answer.detail });
    else this.again('platform');
  }
}

function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(new Uint8Array(piece), at);
    at += piece.byteLength;
  }
  return whole;
}
