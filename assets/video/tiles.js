/**
 * Tiles of 1, 4, 9 or 16 pictures, live or recorded: what each one shows, and what it says when it cannot. Drag swaps two, a double click or the number
 * enlarges one. A tile that cannot be seen is not played.
 */

import * as api from './api.js';
import { hms, metres, now, span } from './clock.js';
import { setMark, stamp } from './mark.js';
import { LivePlayer } from './player.js';

const { hall } = window;
const HIDE_MS = 1500;
const NEAREST_M = 400;
/** Upper edge of a picture up to which the small stream is enough. */
const SMALL_PX = 760;
const QUARTERS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'];
/** States over a picture that goes on being shown. */
const OVER_PICTURE = new Set(['stalled', 'reconnecting']);
const ICONS = {
  starting: 'loader-2', stalled: 'hourglass', reconnecting: 'refresh', offline: 'wifi-off', refused: 'lock', missing: 'video-off', failed: 'cloud-off',
  unsupported: 'alert-circle', norecord: 'database-off', gap: 'database-off', paused: 'player-pause',
};
const make = hall.element;

/** 朝西 · 18 米 */
export function aspect(camera) {
  const parts = [];
  if (Number.isFinite(camera.azimuth_deg)) parts.push(hall.t('video.facing', { direction: hall.t(`compass.${QUARTERS[Math.round((((camera.azimuth_deg % 360) + 360) % 360) / 45) % 8]}`) }));
  if (Number.isFinite(camera.distance_m)) parts.push(metres(camera.distance_m));
  return parts.join(' · ');
}

/** Which right is missing, by its own name. */
export function rightOf(detail) {
  const [, mode, owner] = /right missing: (\w+) on cameras of (\w+)/.exec(detail || '') || [];
  if (!mode) return hall.t('video.right_none');
  return hall.t('video.right_missing', { right: hall.t(`video.right.${mode}`) || mode, owner: hall.t(`video.owner.${owner}`) || owner });
}

class Tile {
  constructor(grid, number) {
    this.grid = grid;
    this.number = number;
    this.camera = null;
    this.player = null;
    this.seen = true;
    this.build();
  }

  build() {
    this.video = picture();
    this.still = make('canvas', { class: 'vt-still', 'aria-hidden': 'true' });
    this.badge = make('span', { class: 'vt-number', text: String(this.number) });
    this.name = make('b', { class: 'vt-name' });
    this.clock = make('span', { class: 'vt-clock' });
    this.left = make('span', { class: 'vt-kind' });
    this.right = make('span', { class: 'vt-aspect' });
    this.said = make('div', { class: 'vt-state', 'aria-live': 'polite' });
    this.tools = make('div', { class: 'vt-tools' });
    this.node = make('section', { class: 'vt empty', tabindex: '0', draggable: 'true' }, this.video, this.still, make('div', { class: 'vt-mark', 'aria-hidden': 'true' }),
      make('header', { class: 'vt-head' }, this.badge, this.name, this.clock), this.said, make('footer', { class: 'vt-foot' }, this.left, this.right), this.tools);
    this.node.tile = this;
    this.node.addEventListener('dblclick', (event) => event.target.closest('button, .vt-pop') || this.grid.enlarge(this));
    this.node.addEventListener('pointerenter', () => this.grid.onHover(this));
    this.node.addEventListener('pointerleave', () => this.grid.onHover(null));
    this.node.addEventListener('click', () => this.grid.choose(this));
    this.node.addEventListener('focus', () => this.grid.choose(this));
    this.node.addEventListener('keydown', (event) => event.target === this.node && event.key === 'Enter' && this.grid.enlarge(this));
    this.label();
  }

  // ---- what it shows ------------------------------------------------------------------------------------------

  /** Show a camera; null empties the tile. */
  show(camera) {
    this.end();
    this.camera = camera;
    this.node.classList.toggle('empty', !camera);
    this.node.classList.remove('has-picture', 'frozen');
    this.state({ state: camera ? 'starting' : 'empty' });
    this.label();
    if (camera) this.begin();
  }

  label() {
    const { camera } = this;
    this.badge.textContent = String(this.number);
    this.name.textContent = camera ? camera.name : '';
    this.left.textContent = camera ? [hall.t(`video.type.${camera.ptz_type}`), (camera.gb_id || '').slice(-4)].filter(Boolean).join(' ') : '';
    this.right.textContent = camera ? aspect(camera) : '';
    this.node.dataset.camera = camera ? String(camera.id) : '';
    this.node.setAttribute('aria-label', camera ? `${this.number} ${camera.name}` : hall.t('video.tile_empty', { n: this.number }));
    this.drawTools();
  }

  begin() {
    if (!this.camera || !this.seen) return;
    if (this.grid.replay) this.grid.replay.add(this, this.camera, this.video, (told) => this.state(told));
    else this.live();
  }

  /** End what is playing; the picture stays until the next one. */
  end() {
    this.freeze();
    if (this.player) this.player.stop(true);
    if (this.next) this.next.player.stop(true);
    if (this.next) this.next.video.remove();
    this.player = this.next = null;
    if (this.grid.replay) this.grid.replay.remove(this);
    this.closePop();
  }

  wanted() {
    return this.node.clientWidth > SMALL_PX || this.enlarged ? 'main' : 'sub';
  }

  live(options = {}) {
    if (this.player) this.player.stop(true);
    this.profile = options.profile || this.wanted();
    this.player = this.connected(this.video, this.profile, (told) => this.state(told), options);
    this.player.start();
  }

  connected(video, profile, onState, { transcode } = {}) {
    const { camera } = this;
    return new LivePlayer(video, {
      grant: () => api.live(camera.id, { profile, ...this.grid.reason(), ...(transcode ? { transcode: true } : {}) }),
      onGrant: (grant) => {
        setMark(grant.watermark);
        if (camera !== this.camera) return;
        this.grant = grant;
        this.drawTools();
      },
      onState,
    });
  }

  /** The large stream beside the small one until its first picture is there. */
  switchProfile() {
    const profile = this.wanted();
    if (!this.player || this.grid.replay || profile === this.profile || this.player.state.state !== 'playing') return;
    if (this.next) this.next.player.stop(true);
    if (this.next) this.next.video.remove();
    const video = picture();
    video.classList.add('coming');
    this.video.after(video);
    const next = { video };
    this.next = next;
    const give = () => {
      next.player.stop(true);
      video.remove();
      if (this.next === next) this.next = null;
    };
    next.player = this.connected(video, profile, ({ state }) => {
      if (this.next !== next) return state === 'playing' || give();
      if (state === 'playing') this.take(next, profile);
      else if (!['starting', 'paused'].includes(state)) give();
      return null;
    });
    next.player.start();
  }

  take({ video, player }, profile) {
    this.player.stop(true);
    this.video.remove();
    video.classList.remove('coming');
    player.tell = (told) => this.state(told);
    Object.assign(this, { video, player, profile, next: null });
  }

  /** Pause when it cannot be seen, go on when it can. */
  watch(isSeen) {
    clearTimeout(this.hiding);
    if (isSeen === this.seen) return;
    if (isSeen) {
      this.seen = true;
      if (this.camera && !this.grid.replay) this.live();
      return;
    }
    this.hiding = setTimeout(() => {
      this.seen = false;
      if (!this.grid.replay) this.end();
    }, HIDE_MS);
  }

  // ---- what it says -------------------------------------------------------------------------------------------

  state(told) {
    this.told = told;
    const { state } = told;
    this.node.dataset.state = state;
    if (state === 'playing') {
      this.node.classList.add('has-picture');
      this.node.classList.remove('frozen');
    }
    if (!OVER_PICTURE.has(state) && !['playing', 'starting', 'gap', 'paused'].includes(state)) this.node.classList.remove('has-picture', 'frozen');
    this.said.replaceChildren(...(state === 'playing' || state === 'empty' || state === 'paused' ? this.hint(state) : this.words(told)));
    this.drawTools();
    this.grid.onState(this, told);
  }

  hint(state) {
    return state === 'empty' ? [make('span', { class: 'vt-quiet', text: hall.t('video.tile_free') })] : [];
  }

  words({ state, reason, retryS, next }) {
    const { title, text, acts = [] } = this.sentence(state, reason, retryS, next);
    return [
      make('span', { class: 'vt-icon', html: hall.icon(ICONS[state] || 'video-off', 18) }), make('strong', { text: title }), ...(text ? [make('span', { text })] : []),
      ...(acts.length ? [make('span', { class: 'vt-acts' }, ...acts.map(([label, run]) => button(label, run)))] : []),
    ];
  }

  sentence(state, reason, retryS, next) {
    const { t } = hall;
    const again = [t('video.retry'), () => this.show(this.camera)];
    const toLive = this.grid.onLive ? [[t('video.to_live'), () => this.grid.onLive()]] : [];
    switch (state) {
      case 'starting': return { title: t('video.state.starting') };
      case 'stalled': return { title: t('video.state.stalled') };
      case 'reconnecting': return { title: t('video.state.reconnecting'), text: retryS > 1 ? t('video.state.retry_in', { n: retryS }) : '' };
      case 'offline': this.findNearest(); return { title: this.offlineFor(), acts: [...(this.nearest ? [this.nearest] : []), again] };
      case 'refused': return { title: t('video.state.refused'), text: rightOf(reason) };
      case 'missing': this.findNearest(); return { title: t(`video.state.${reason === 'no_camera' ? 'no_camera' : 'missing'}`), acts: this.nearest ? [this.nearest] : [] };
      case 'unsupported': return reason === 'transcoders_busy' ? {
        title: t('video.state.transcoders_busy'), text: t('video.state.unsupported_why'), acts: [[t('video.retry'), () => this.live({ transcode: true, profile: 'sub' })]],
      } : {
        title: t('video.state.unsupported', { codec: codec(reason || (this.grant || {}).codec) }), text: t('video.state.unsupported_why'),
        acts: [[t('video.transcode'), () => this.live({ transcode: true, profile: 'sub' })]],
      };
      case 'norecord': return { title: t('video.state.norecord'), acts: toLive };
      case 'gap': return { title: t('video.state.gap'), acts: next ? [[t('video.state.to_next', { at: hms(next) }), () => this.grid.replay.seek(next)]] : toLive };
      default: return { title: reason === 'signed_out' ? t('video.state.signed_out') : t('video.state.failed'), acts: [again] };
    }
  }

  offlineFor() {
    const since = this.camera.last_frame_at || this.camera.offline_since || this.camera.changed_at;
    return since ? hall.t('video.state.offline_for', { span: span(now() - api.seconds(since)) }) : hall.t('video.state.offline');
  }

  /** The next one that is there, so that nobody has to look for it on the map. */
  async findNearest() {
    const { camera } = this;
    if (this.looked === camera || !Number.isFinite(camera.lon)) return;
    this.looked = camera;
    this.nearest = null;
    const found = await api.cameras({ lon: camera.lon, lat: camera.lat, radius_m: NEAREST_M, limit: 30 }).catch(() => []);
    const shown = new Set(this.grid.cameras().map(({ id }) => id));
    const other = found.find(({ id, online, playable }) => online && playable !== false && !shown.has(id));
    if (!other || camera !== this.camera) return;
    this.nearest = [hall.t('video.nearest', { name: other.name, distance: metres(other.distance_m) }), () => this.grid.put(this, other)];
    this.state(this.told);
  }

  /** Keep the last picture over the change of streams. */
  freeze() {
    const { video, still } = this;
    if (!video.videoWidth || !this.node.classList.contains('has-picture')) return;
    still.width = Math.min(video.videoWidth, 960);
    still.height = Math.round((still.width * video.videoHeight) / video.videoWidth);
    still.getContext('2d').drawImage(video, 0, 0, still.width, still.height);
    this.node.classList.add('frozen');
  }

  // ---- what can be done ---------------------------------------------------------------------------------------

  drawTools() {
    const { camera, grid } = this;
    const isLive = !grid.replay;
    const can = (wanted) => !wanted || wanted();
    const tools = camera ? [
      ['camera', 'video.snapshot', () => this.snapshot(), () => this.node.classList.contains('has-picture')],
      ['arrows-move', 'video.ptz', () => this.pop('ptz'), () => isLive && this.grant && this.grant.ptz],
      ['download', 'video.clip', () => this.pop('clip'), () => grid.tools.clip],
      ['shield-lock', 'video.hold', () => this.pop('hold'), () => grid.tools.hold && grid.eventId()],
      ['map-pin', 'video.on_map', () => window.open(`${hall.origin}/#z=17&c=${camera.lon},${camera.lat}&l=cameras,open_events&s=cameras:${camera.id}:${camera.lon}:${camera.lat}`, 'hall-map'), () => grid.tools.map && Number.isFinite(camera.lon)],
      [this.enlarged ? 'minimize' : 'maximize', this.enlarged ? 'video.shrink' : 'video.enlarge', () => grid.enlarge(this)],
      ['x', 'video.remove', () => grid.put(this, null), () => grid.tools.remove],
    ].filter(([, , , wanted]) => can(wanted)) : [];
    const key = tools.map(([icon]) => icon).join();
    if (key === this.toolsShown) return;
    this.toolsShown = key;
    this.tools.replaceChildren(...tools.map(([icon, text, run]) => {
      const node = make('button', { type: 'button', class: 'vt-tool', title: hall.t(text), 'aria-label': hall.t(text), html: hall.icon(icon, 15) });
      node.onclick = (event) => {
        event.stopPropagation();
        run();
      };
      return node;
    }));
  }

  /** The picture as it is, with the watermark, as a PNG. */
  async snapshot() {
    const { video, camera } = this;
    const canvas = make('canvas', {});
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext('2d').drawImage(video, 0, 0);
    stamp(canvas);
    const at = this.grid.replay ? this.grid.replay.now() : now();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    const link = make('a', { href: URL.createObjectURL(blob), download: `${camera.name} ${new Date(at * 1000).toISOString().slice(0, 19).replaceAll(':', '')}Z.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    return canvas;
  }

  async pop(kind) {
    if (this.popped === kind) {
      this.closePop();
      return;
    }
    this.closePop();
    const { forms } = await import('./forms.js');
    this.popped = kind;
    this.popNode = forms[kind]({ tile: this, grid: this.grid, close: () => this.closePop() });
    this.releasePop = hall.keys.onEscape(() => this.closePop());
    this.node.classList.add('popped');
    this.place();
    const first = this.popNode.querySelector('input[type=text], .vt-turn, button');
    if (first) first.focus();
  }

  /** Above the tile where there is room, else over it. */
  place() {
    (this.grid.popHost || this.node).append(this.popNode);
    const tile = this.node.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.popNode;
    const top = tile.top - height - 8 > 60 ? tile.top - height - 8 : Math.min(tile.top + 28, window.innerHeight - height - 8);
    Object.assign(this.popNode.style, { left: `${Math.max(8, Math.min(tile.left, window.innerWidth - width - 8))}px`, top: `${Math.max(8, top)}px` });
  }

  closePop() {
    if (this.popNode) this.popNode.remove();
    if (this.releasePop) this.releasePop();
    this.node.classList.remove('popped');
    this.popNode = this.popped = this.releasePop = null;
  }
}

const picture = () => {
  const video = make('video', { class: 'vt-picture', playsinline: '', disablepictureinpicture: '', tabindex: '-1', 'aria-hidden': 'true' });
  video.muted = true;
  return video;
};

const codec = (text) => (/^(hev|hvc|h265|hevc)/i.test(text || '') ? 'H.265' : text || '');

export function button(label, run, classes = '') {
  const node = make('button', { type: 'button', class: `vt-act ${classes}`.trim(), text: label });
  node.onclick = (event) => {
    event.stopPropagation();
    run();
  };
  return node;
}

export class Grid {
  /**
   * @param {HTMLElement} root
   * @param {{reason?: function(): {purpose: string, event_id?: number}, onHover?: function(?Tile), onState?: function, onChange?: function,
   *   onChoose?: function, onLive?: function, tools?: {clip?: boolean, hold?: boolean, remove?: boolean}}} wiring
   */
  constructor(root, { reason = () => ({ purpose: 'duty' }), onHover = () => {}, onState = () => {}, onChange = () => {}, onChoose = () => {}, onLive, onDrop = () => {}, popHost = null, tools = {} }) {
    Object.assign(this, { root, reason, onHover, onState, onChange, onChoose, onLive, onDrop, popHost, tools, tiles: [], size: 0, replay: null, large: null, chosen: null });
    root.classList.add('vgrid');
    root.setAttribute('role', 'group');
    this.observer = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => target.tile.watch(isIntersecting && !document.hidden)), { threshold: 0.05 });
    this.visible = () => this.tiles.forEach((tile) => tile.watch(!document.hidden && this.isSeen(tile)));
    document.addEventListener('visibilitychange', this.visible);
    this.resized = new ResizeObserver(() => {
      clearTimeout(this.resizing);
      this.resizing = setTimeout(() => this.tiles.forEach((tile) => tile.switchProfile()), 400);
    });
    this.resized.observe(root);
    this.dragging();
  }

  isSeen(tile) {
    const box = tile.node.getBoundingClientRect();
    return box.width > 0 && box.bottom > 0 && box.top < window.innerHeight;
  }

  /** 1, 4, 9 or 16 tiles; cameras that no longer fit leave. */
  resize(size) {
    if (this.large) this.enlarge(null);
    while (this.tiles.length > size) {
      const tile = this.tiles.pop();
      this.observer.unobserve(tile.node);
      tile.show(null);
      tile.node.remove();
    }
    while (this.tiles.length < size) {
      const tile = new Tile(this, this.tiles.length + 1);
      tile.state({ state: 'empty' });
      this.tiles.push(tile);
      this.root.append(tile.node);
      this.observer.observe(tile.node);
    }
    this.size = size;
    this.root.dataset.size = String(size);
    this.root.style.setProperty('--side', String(Math.ceil(Math.sqrt(size))));
  }

  cameras() {
    return this.tiles.map(({ camera }) => camera).filter(Boolean);
  }

  /** Show these cameras from the first tile on; those that are there already go on playing. */
  fill(cameras) {
    this.tiles.forEach((tile, at) => {
      const camera = cameras[at] || null;
      if ((tile.camera || {}).id === (camera || {}).id && tile.camera) {
        tile.camera = camera;
        tile.label();
      } else tile.show(camera);
    });
    this.onChange();
  }

  put(tile, camera) {
    tile.show(camera);
    this.onChange();
  }

  /** Put a camera into the chosen tile, the first free one, or the last. */
  add(camera) {
    const there = this.tiles.find((tile) => tile.camera && tile.camera.id === camera.id);
    if (there) return this.choose(there);
    const tile = this.tiles.find((one) => !one.camera) || this.chosen || this.tiles[this.tiles.length - 1];
    return this.put(tile, camera);
  }

  choose(tile) {
    if (this.chosen === tile) return;
    this.chosen = tile;
    for (const one of this.tiles) one.node.classList.toggle('chosen', one === tile);
    this.onChoose(tile);
  }

  eventId() {
    return this.reason().event_id;
  }

  // ---- live and recorded --------------------------------------------------------------------------------------

  /** From now on recordings on this clock; null: live. */
  setReplay(replay) {
    for (const tile of this.tiles) tile.end();
    this.replay = replay;
    for (const tile of this.tiles) {
      tile.node.classList.toggle('replaying', Boolean(replay));
      tile.toolsShown = null;
      if (!tile.camera) continue;
      tile.state({ state: 'starting' });
      tile.begin();
    }
  }

  /** Show one tile large, or all again. */
  enlarge(tile) {
    const next = tile && tile !== this.large && tile.camera ? tile : null;
    if (this.releaseLarge) this.releaseLarge();
    this.releaseLarge = null;
    this.large = next;
    this.root.classList.toggle('with-large', Boolean(next));
    for (const one of this.tiles) {
      one.enlarged = one === next;
      one.node.classList.toggle('large', one === next);
      one.toolsShown = null;
      one.drawTools();
    }
    if (next) {
      this.releaseLarge = hall.keys.onEscape(() => {
        this.releaseLarge = null;
        this.enlarge(null);
      });
      this.choose(next);
    }
    this.tiles.forEach((one) => one.switchProfile());
    this.onChange();
  }

  /** A key that means a tile: its number. */
  key(event) {
    const number = Number(event.key);
    if (!Number.isInteger(number) || number < 1 || number > Math.min(9, this.tiles.length)) return false;
    const tile = this.tiles[number - 1];
    if (!tile.camera) return false;
    tile.node.focus({ preventScroll: true });
    this.enlarge(tile);
    return true;
  }

  dragging() {
    let from = null;
    const tileOf = ({ target }) => (target.closest && target.closest('.vt') ? target.closest('.vt').tile : null);
    this.root.addEventListener('dragstart', (event) => {
      from = tileOf(event);
      if (!from || !from.camera || from.popNode) return event.preventDefault();
      event.dataTransfer.setData('text/plain', from.camera.name);
      event.dataTransfer.effectAllowed = 'move';
      return null;
    });
    this.root.addEventListener('dragover', (event) => event.preventDefault());
    this.root.addEventListener('drop', (event) => {
      event.preventDefault();
      const to = tileOf(event);
      if (from && to && from !== to) this.swap(from, to);
      else if (!from && to) this.onDrop(to, event.dataTransfer.getData('application/x-camera'));
      from = null;
    });
    this.root.addEventListener('dragend', () => (from = null));
  }

  /** Two tiles change places; both pictures go on. */
  swap(one, other) {
    const [a, b] = [this.tiles.indexOf(one), this.tiles.indexOf(other)];
    const mark = document.createComment('');
    one.node.replaceWith(mark);
    other.node.replaceWith(one.node);
    mark.replaceWith(other.node);
    [this.tiles[a], this.tiles[b]] = [other, one];
    this.tiles.forEach((tile, at) => {
      tile.number = at + 1;
      tile.label();
      tile.video.play().catch(() => {});
    });
    this.onChange();
  }

  /** Words anew, as in another language. */
  translate() {
    for (const tile of this.tiles) {
      tile.toolsShown = null;
      tile.label();
      if (tile.told) tile.state(tile.told);
    }
  }

  end() {
    for (const tile of this.tiles) tile.end();
    if (this.releaseLarge) this.releaseLarge();
    this.observer.disconnect();
    this.resized.disconnect();
    document.removeEventListener('visibilitychange', this.visible);
  }
}
