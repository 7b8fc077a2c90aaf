/** Key videos: six running pictures at a time, those near a major event first. Each is watched by the reader's own right, with its purpose on record. */

const { hall } = window;
const make = hall.element;
const PURPOSE = 'inspection';
const CLOCK_MS = 1000;

/** @type {Array<Screen>} */
let screens = [];
let first = 0;
let cameras = [];
let modules = null;

/** The player and its way to the server, loaded once. */
function load() {
  modules = modules || Promise.all([hall.video.load('player'), hall.video.load('api'), hall.video.load('mark')]).then(([player, api, mark]) => ({ ...player, api, ...mark }));
  modules.catch(() => (modules = null));
  return modules;
}

/** One picture. */
export class Screen {
  constructor({ large = false } = {}) {
    this.large = large;
    this.video = make('video', { muted: '', playsinline: '', 'aria-hidden': 'true' });
    this.video.muted = true;
    this.image = make('img', { class: 'ck-still', alt: '' });
    this.clock = make('time');
    this.said = make('em');
    this.name = make('b', { class: 'ck-cut' });
    this.note = make('small');
    this.node = make('button', { type: 'button', class: 'ck-screen', 'data-ck-open': 'video' });
    this.node.append(make('span', { class: 'ck-picture' }, this.video, make('span', { class: 'ck-mark', 'aria-hidden': 'true' }), this.image, this.said, this.clock), make('span', {}, this.name, this.note));
  }

  /** Show a camera; the same one goes on playing. */
  show(camera) {
    const same = this.camera && this.camera.id === camera.id && this.camera.may_watch === camera.may_watch && this.camera.online === camera.online;
    this.camera = camera;
    this.node.dataset.camera = String(camera.id);
    this.node.classList.toggle('near', camera.event_id !== null);
    this.name.textContent = camera.name;
    this.note.textContent = camera.event_id === null ? hall.t(camera.online ? 'cockpit.is_online' : 'cockpit.is_offline') : hall.t('cockpit.from_event', { n: Math.round(camera.distance_m) });
    if (!same) this.begin();
  }

  async begin() {
    this.end();
    const { camera } = this;
    if (!camera.online) return this.say('cockpit.is_offline');
    if (!camera.may_watch) return this.say(camera.playable ? 'cockpit.may_not_watch' : 'cockpit.no_picture');
    this.say('cockpit.starting');
    const { LivePlayer, api, setMark } = await load();
    if (camera !== this.camera || this.player) return null;
    this.player = new LivePlayer(this.video, {
      grant: () => api.live(camera.id, { profile: this.large ? 'main' : 'sub', ...(camera.event_id === null ? { purpose: PURPOSE } : { purpose: 'event', event_id: camera.event_id }) }),
      onGrant: ({ watermark }) => setMark(watermark),
      onState: (told) => this.state(told),
    });
    this.player.start();
    return null;
  }

  state({ state, retryS }) {
    if (state === 'playing') {
      this.node.classList.add('plays');
      this.said.textContent = '';
      return;
    }
    if (['offline', 'failed', 'missing', 'refused', 'unsupported'].includes(state)) this.node.classList.remove('plays');
    const key = { reconnecting: 'cockpit.again', stalled: 'cockpit.stalled', refused: 'cockpit.may_not_watch', missing: 'cockpit.no_picture', offline: 'cockpit.is_offline', unsupported: 'cockpit.unsupported' }[state];
    this.say(key || 'cockpit.starting', { n: retryS || 1 });
  }

  say(key, values) {
    this.said.textContent = hall.t(key, values);
  }

  tick(text) {
    const running = this.player && this.player.state.state === 'playing';
    const shown = running ? text : '';
    if (this.clock.textContent !== shown) this.clock.textContent = shown;
    this.clock.hidden = !shown;
  }

  /** A still picture in its place, for paper. */
  still() {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth || !this.node.classList.contains('plays')) return;
    const canvas = make('canvas');
    Object.assign(canvas, { width: Math.min(640, videoWidth), height: Math.round((videoHeight * Math.min(640, videoWidth)) / videoWidth) });
    canvas.getContext('2d').drawImage(this.video, 0, 0, canvas.width, canvas.height);
    this.image.src = canvas.toDataURL('image/jpeg', 0.85);
  }

  end() {
    if (this.player) this.player.stop(true);
    this.player = null;
    this.node.classList.remove('plays');
    this.image.removeAttribute('src');
  }
}

/** How many columns and rows of pictures in the shape of a picture fit. */
function shape(box) {
  const em = parseFloat(getComputedStyle(box).fontSize) || 14;
  const columns = Math.max(2, Math.min(4, Math.round(box.clientWidth / (13.5 * em))));
  const wide = (box.clientWidth - 1.8 * em) / columns;
  const rows = Math.max(1, Math.min(4, Math.round(box.clientHeight / (wide * 0.5625 + 2.1 * em)) || 2));
  return { columns, rows };
}

/** Put the pictures into their tile. */
export function draw(box, { items }) {
  cameras = items;
  let frame = box.querySelector('.ck-screens');
  if (!frame) {
    frame = make('div', { class: 'ck-screens' });
    box.replaceChildren(frame);
  }
  const { columns, rows } = shape(box);
  frame.style.setProperty('--columns', columns);
  const wanted = Math.min(columns * rows, items.length);
  if (first >= items.length) first = 0;
  while (screens.length > wanted) {
    const gone = screens.pop();
    gone.end();
    gone.node.remove();
  }
  while (screens.length < wanted) {
    const made = new Screen();
    screens.push(made);
    frame.append(made.node);
  }
  if (!items.length) {
    box.replaceChildren(make('div', { class: 'ck-said', html: hall.icon('device-cctv', 20) }, make('span', { text: hall.t('cockpit.no_videos') })));
    screens = [];
    return;
  }
  screens.forEach((screen, at) => screen.show(items[(first + at) % items.length]));
}

function turn(step) {
  if (!cameras.length) return;
  first = (((first + step * screens.length) % cameras.length) + cameras.length) % cameras.length;
  screens.forEach((screen, at) => screen.show(cameras[(first + at) % cameras.length]));
}

/** Two buttons that lead through the key cameras. */
export function turner() {
  const button = (icon, key, step) => {
    const node = make('button', { type: 'button', title: hall.t(key), 'aria-label': hall.t(key), html: hall.icon(icon, 15) });
    node.onclick = () => turn(step);
    return node;
  };
  return make('span', { class: 'ck-turn' }, button('chevron-left', 'cockpit.before', -1), button('chevron-right', 'cockpit.next_ones', 1));
}

export const find = (id) => cameras.find((camera) => camera.id === id);

/** Pictures stop while nobody can see them; the clock over them is the hall's. */
export function begin() {
  document.addEventListener('visibilitychange', () => {
    for (const screen of screens) {
      if (document.visibilityState === 'hidden') screen.end();
      else if (screen.camera) screen.begin();
    }
  });
  setInterval(() => {
    const text = hall.clockTime(new Date(hall.connection.now()), true);
    for (const screen of screens) screen.tick(text);
    if (begin.large) begin.large.tick(text);
  }, CLOCK_MS);
}

export const still = () => screens.forEach((screen) => screen.still());
