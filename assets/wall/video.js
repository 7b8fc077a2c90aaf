/** Pictures of cameras on the wall: live through the product's player, each with its clock; where there is none it says why. */

import { h, hms, t } from './dom.js';
import { ask, now } from './feeds.js';

const { hall = (window.hall = { assets: `${window.location.origin}/assets/` }) } = window;
/** What the player of the command map expects of its page. */
Object.assign(hall, { origin: window.location.origin, connection: { now }, t, element: h });

const TEXTS = { starting: 'connecting', reconnecting: 'connecting', stalled: 'connecting', offline: 'offline', refused: 'refused', missing: 'failed', failed: 'failed', unsupported: 'failed' };
let player = null;
const load = () => {
  player = player || import('/assets/video/player.js');
  player.catch(() => (player = null));
  return player;
};

/** Cameras that are worth showing and that this account may watch: near a case, else the key ones first. `after` so many that are seen elsewhere, where there are more. */
export async function cameras(count, event = null, after = 0) {
  const answer = await ask(event ? `/api/v1/cameras?event_id=${event}&radius_m=600&limit=60` : '/api/v1/cameras?limit=200');
  const rows = answer.items.filter((one) => one.playable && one.online && one.modes.includes('live'));
  const list = event ? rows : rows.sort((a, b) => Number(b.is_key) - Number(a.is_key) || a.id - b.id);
  const from = Math.max(Math.min(after, list.length - count), 0);
  return { list: list.slice(from, from + count), total: answer.count, up: answer.online };
}

class Tile {
  constructor() {
    this.video = h('video', { muted: true, playsinline: true, disablepictureinpicture: true });
    this.video.muted = true;
    this.clock = h('span', { class: 'cam-clock' });
    this.said = h('p', { class: 'cam-said' });
    this.name = h('b');
    this.note = h('span');
    this.mark = h('div', { class: 'cam-mark', 'aria-hidden': 'true' });
    this.node = h('figure', { class: 'cam' }, h('div', { class: 'cam-picture' }, this.video, this.mark, this.clock, this.said), h('figcaption', {}, h('i', { class: 'dot' }), h('p', {}, this.name, this.note)));
    this.camera = null;
    this.player = null;
    this.played = false;
  }

  async show(camera, { alarm = false } = {}) {
    if (this.camera && this.camera.id === camera.id) return;
    this.end();
    this.camera = camera;
    this.name.textContent = camera.name;
    this.note.textContent = Number.isFinite(camera.distance_m) ? `${Math.round(camera.distance_m)} m` : '';
    this.node.classList.toggle('beside-alarm', alarm);
    this.state({ state: 'starting' });
    try {
      const { LivePlayer } = await load();
      if (this.camera !== camera) return;
      this.player = new LivePlayer(this.video, {
        grant: () => ask(`/api/v1/cameras/${camera.id}/live`, { method: 'POST', body: { profile: 'sub', purpose: 'duty' } }),
        onGrant: (grant) => (this.mark.textContent = grant.watermark || ''),
        onState: (state) => this.state(state),
      });
      this.player.start();
    } catch {
      this.state({ state: 'failed' });
    }
  }

  state({ state }) {
    this.node.dataset.state = state;
    if (state === 'playing') this.played = true;
    // one that never came is not "coming back"
    const word = state === 'reconnecting' && !this.played ? 'failed' : TEXTS[state];
    this.said.textContent = word ? t(`wall.video.${word}`) : '';
  }

  tick() {
    const lag = this.player && this.node.dataset.state === 'playing' ? this.player.lag() || 0 : null;
    this.clock.textContent = lag === null ? '' : hms(now() - 1000 * lag);
  }

  end() {
    if (this.player) this.player.stop();
    this.player = null;
    this.camera = null;
    this.clock.textContent = '';
  }
}

export class Cameras {
  /** @param {HTMLElement} box @param {number} count @param {number} [after] */
  constructor(box, count, after = 0) {
    Object.assign(this, { box, count, after, tiles: [], running: false, event: null });
    this.clock = 0;
  }

  /** Play; `event` chooses the cameras around a case. Returns what was found. */
  async start(event = null) {
    this.running = true;
    let found;
    try {
      found = await cameras(this.count, event, this.after);
    } catch (error) {
      if (this.running && !this.tiles.length) this.box.replaceChildren(h('p', { class: 'empty', text: error.status === 403 ? t('wall.link.forbidden') : t('wall.video.failed') }));
      this.retry = setTimeout(() => this.running && this.start(event), 15000);
      return null;
    }
    if (!this.running) return null;
    if (!found.list.length) {
      this.box.replaceChildren(h('p', { class: 'empty', text: t('wall.video.none') }));
      return found;
    }
    if (this.tiles.length !== found.list.length) {
      this.tiles.forEach((tile) => tile.end());
      this.tiles = found.list.map(() => new Tile());
      this.box.replaceChildren(...this.tiles.map(({ node }) => node));
    }
    found.list.forEach((camera, index) => this.tiles[index].show(camera, { alarm: Boolean(event) && index === 0 }));
    clearInterval(this.clock);
    this.clock = setInterval(() => this.tiles.forEach((tile) => tile.tick()), 1000);
    return found;
  }

  stop() {
    this.running = false;
    clearTimeout(this.retry);
    clearInterval(this.clock);
    this.tiles.forEach((tile) => tile.end());
    this.tiles = [];
    this.box.replaceChildren();
  }
}

