/**
 * The wall: five figures, panels that stay, and a middle whose scenes turn by a programme. It runs for weeks without a hand: what cannot be read keeps its last
 * picture and says so, what comes back is taken up again, and the page is loaded anew only when somebody asks for it and the server answers.
 */

import { Alarm } from './alarm.js';
import { boot, date, fill, h, hm, hms, t } from './dom.js';
import { Emergency } from './emergency.js';
import { ask, counts, Feed, feeds, link, listen, now, speed } from './feeds.js';
import { arrange, SHEETS } from './layout.js';
import { WallMap } from './map.js';
import { Events, Figures, Flow, Heat, Hot, Panel, panels, Presence, Rank, Sources, Trend } from './panels.js';
import { casePoints, cells, credit, gridAreas, partCells, sensorPoints, strip, unitPoints } from './scenes.js';
import { Cameras } from './video.js';
import { SceneView, viewOf } from './view.js';

const BEAT_MS = 4000;
const SHIFT_MS = 60 * 60 * 1000;
const SHIFTS = [[0, 0], [2, 0], [2, 2], [0, 2]];
const NIGHT = [22, 6];
const RESIZE_MS = 400;
/** Cameras in the strip of the wide sheets. */
const STRIP = 4;
const started = performance.now();
const query = new URLSearchParams(window.location.search);
const client = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
const stage = document.getElementById('stage');

// ---- what is read -----------------------------------------------------------------------------------------------

const today = new Feed('today', '/api/v1/today', 5);
const events = new Feed('events', '/api/v1/wall/events', 5);
const hot = new Feed('hot', '/api/v1/wall/hotspots', 120);
const frames = new Feed('frames', '/api/v1/wall/frames', 3600);
const grids = new Feed('grids', '/api/v1/wall/grids', 6 * 3600);
const force = new Feed('force', '/api/v1/wall/force', 15);
const sensing = new Feed('sensing', '/api/v1/wall/sensing', 30);
/** Asked only while their scene is on. */
const BY_SCENE = { grids: [grids], force: [force], sensing: [sensing] };
const values = () => ({ today: today.value, events: events.value, hot: hot.value, force: force.value, sensing: sensing.value });

/** What the controller and the mode of the hall say; the last known while nobody answers. */
let orders = boot.orders || { screen: null, programme: { steps: [{ scene: 'overview', seconds: 60 }] }, mode: { mode: 'peace', proposals: [] } };

// ---- the sheet --------------------------------------------------------------------------------------------------

/** @type {?Object} everything that hangs on the arrangement; built anew when the screen's size changes */
let sheet = null;

const sizeOf = () => query.get('size') || (orders.screen && orders.screen.size) || null;
const place = () => arrange({ width: window.innerWidth, height: window.innerHeight }, sizeOf(), orders.screen);

function header() {
  const tabs = h('nav', { class: 'tabs', 'aria-label': t('wall.scene.overview') });
  const link = h('p', { class: 'link', role: 'status', hidden: true });
  const mode = h('span', { class: 'mode' }, h('i', { class: 'dot' }), h('b'));
  const parts = { tabs, link, mode, place: h('span', { class: 'where cut' }), other: h('span', { class: 'other cut' }), hold: h('span', { class: 'hold' }), day: h('span', { class: 'day' }), clock: h('b', { class: 'clock' }) };
  const node = h('header', { class: 'bar', style: { 'grid-area': 'bar' } }, h('div', { class: 'brand' }, h('b', { text: t('wall.brand') }), parts.place, parts.other), tabs, h('div', { class: 'right' }, parts.hold, mode, parts.day, parts.clock), link);
  return { node, ...parts };
}

const MAKE = {
  figures: () => new Figures(today), flow: () => new Flow(today), rank: () => new Rank(today), heat: () => new Heat(today), sources: () => new Sources(today), trend: () => new Trend(today),
  events: () => new Events(events), hot: () => new Hot(hot), presence: () => new Presence(today), cams: () => new Panel('cams', {}),
};

function build() {
  const at = place();
  const kind = SHEETS[at.name];
  if (sheet) {
    sheet.maps.forEach((map) => map.remove());
    if (sheet.cams) sheet.cams.stop();
    sheet.video.stop();
    if (sheet.emergency) sheet.emergency.end();
    if (sheet.view) sheet.view.end();
    for (const feed of feeds) feed.listeners.clear();
  }
  panels.clear();
  stage.replaceChildren();
  stage.dataset.sheet = at.name;
  Object.assign(stage.style, { width: `${at.width}px`, height: `${at.height}px` });
  const bar = header();
  // a map behind the panels lies on the sheet and not in its grid
  const middle = h('section', { class: `middle ${kind.behind ? 'behind' : ''}`, style: kind.behind ? {} : { 'grid-area': 'middle' }, 'aria-label': t('wall.scene.overview') });
  const maps = h('div', { class: 'maps' });
  const note = h('div', { class: 'strip' });
  const video = h('div', { class: 'scene-video cams' });
  const over = h('div', { class: 'over' });
  const unshown = h('p', { class: 'strip unshown', role: 'status', hidden: true });
  middle.append(maps, video, over, h('footer', { class: 'middle-foot' }, h('div', { class: 'foot-left' }, unshown, note), h('small', { class: 'credit' }, ...credit())));
  const zone = h('section', { class: 'event-zone', style: { 'grid-area': 'zone' } });
  stage.append(bar.node, middle);
  // panels measure their room when they draw: they stand on the stage first
  sheet = { at, kind, bar, middle, maps: [], mapBox: maps, note, over, zone, video: new Cameras(video, kind.video, kind.panels.includes('cams') ? STRIP : 0), cams: null, emergency: null, view: null, unshown };
  scene.view = '';
  const holder = h('div', { class: 'panels' });
  stage.append(holder, zone);
  const waiting = [...feeds].map((feed) => [feed, feed.value]);
  for (const [feed] of waiting) feed.value = null;
  const made = kind.panels.map((id) => MAKE[id]());
  holder.append(...made.map(({ node }) => node));
  for (const [feed, value] of waiting) {
    feed.value = value;
    if (value) feed.listeners.forEach((run) => run(value));
  }
  if (panels.has('cams')) strips();
  lay();
  mapsFor(frames.value);
  frames.on(mapsFor);
  sheet.alarm = new Alarm(over, where);
  if (kind.behind) Object.assign(over.dataset, { left: kind.cover.left + 8, top: kind.cover.top });
  events.on((value) => {
    for (const map of shown()) map.put('w-points', casePoints(value));
    sheet.alarm.take(value);
  });
  hot.on((value) => Object.entries(cells(value)).forEach(([name, features]) => shown().forEach((map) => map.put(name, features))));
  const areas = () => today.value && grids.value && shown().forEach((map) => map.put('w-grids', gridAreas(today.value, grids.value)));
  today.on(() => scene.now === 'grids' && areas());
  grids.on(areas);
  force.on((value) => shown().forEach((map) => map.put('w-units', unitPoints(value))));
  sensing.on((value) => shown().forEach((map) => {
    map.put('w-sensors', sensorPoints(value));
    map.put('w-parts', partCells(value));
  }));
  tabs();
  follow();
}

/** Every map that shows the scene: the plan's, and those that lie over it. */
const shown = () => [...sheet.maps, ...(sheet.view ? sheet.view.maps : [])];

/** The strip of cameras of the wide sheets. */
function strips() {
  const panel = panels.get('cams');
  const box = h('div', { class: 'cams cam-strip' });
  panel.body.append(box);
  sheet.cams = new Cameras(box, STRIP);
  panel.said.textContent = t('wall.live');
  sheet.cams.start().then((found) => (panel.sub.textContent = found ? t('wall.sub.cams', { n: found.total, up: found.up }) : ''));
}

/** One map, or one for each part of a city that is taller than its frame. */
function mapsFor(value) {
  if (!value || !value.whole || sheet.maps.length) return;
  const { kind, at, mapBox } = sheet;
  const parts = kind.maps > 1 && value.parts.length > 1 ? value.parts : [{ names: {}, bbox: value.whole }];
  // on a sheet of its own the frame is wider than a tall city: each part gets room by its own width
  const shares = parts.map(({ bbox }) => Math.max((bbox.east - bbox.west) / Math.max(bbox.north - bbox.south, 1e-6), 0.5));
  mapBox.style.setProperty('grid-template-columns', shares.map((share) => `${(100 * share).toFixed(1)}fr`).join(' '));
  mapBox.replaceChildren();
  for (const { names, first, streets, bbox } of parts) {
    const title = names[boot.language] || (streets ? t(streets.length > 1 ? 'wall.part' : 'wall.part_one', { name: first, n: streets.length }) : '');
    const box = h('div', { class: 'map-box' });
    mapBox.append(h('div', { class: 'map-frame' }, box, parts.length > 1 && title ? h('h2', { class: 'map-title', text: title }) : null));
    const padding = kind.behind ? { left: kind.cover.left, right: kind.cover.right, top: kind.cover.top, bottom: kind.cover.bottom } : { left: 60, right: 60, top: 84, bottom: 84 };
    sheet.maps.push(new WallMap(box, { ratio: kind.ratio, scale: at.scale, bbox, padding }));
  }
  for (const map of sheet.maps) {
    if (events.value) map.put('w-points', casePoints(events.value));
    if (hot.value) Object.entries(cells(hot.value)).forEach(([name, features]) => map.put(name, features));
    map.switch(scene.now);
  }
}

/** Place of a position on the stage, from the corner of the middle; null when no map shows it. */
function where(lon, lat) {
  if (sheet.view) return null;
  const corner = sheet.over.getBoundingClientRect();
  for (const map of sheet.maps) {
    const at = map.at(lon, lat);
    if (!at) continue;
    const box = map.box.getBoundingClientRect();
    const inside = at.x >= 0 && at.y >= 0 && at.x <= box.width / sheet.at.scale && at.y <= box.height / sheet.at.scale;
    if (inside) return { x: at.x + (box.left - corner.left) / sheet.at.scale, y: at.y + (box.top - corner.top) / sheet.at.scale };
  }
  return null;
}

/** Put the sheet onto the screen; two pixels to and fro by the hour, against burning in. */
function lay() {
  const { at } = sheet;
  const [x, y] = SHIFTS[Math.floor(now() / SHIFT_MS) % SHIFTS.length];
  stage.style.transform = `translate(${at.left + x}px, ${at.top + y}px) scale(${at.scale})`;
}

// ---- scenes -----------------------------------------------------------------------------------------------------

const scene = { now: 'overview', view: '', step: 0, since: performance.now(), changing: false, turns: 0 };
const steps = () => orders.programme.steps;

function tabs() {
  const pinned = orders.screen && orders.screen.scene;
  const names = pinned ? [pinned] : [...new Set(steps().map(({ scene: name }) => name))];
  fill(sheet.bar.tabs, names.join(), () => names.map((name) => h('span', { class: 'tab', 'data-tab': name }, t(`wall.scene.${name}`), h('i'))));
  for (const tab of sheet.bar.tabs.children) {
    const on = tab.dataset.tab === scene.now;
    if (tab.classList.contains('on') !== on) tab.classList.toggle('on', on);
    if (!on && tab.lastChild.style.width) tab.lastChild.style.width = '';
  }
}

/** Where a comparison close by looks: the gravest open case, else the most crowded place, else the middle of the area. */
function spot({ west, south, east, north }) {
  const [major] = events.value ? events.value.majors : [];
  if (major) return { lon: major.lon, lat: major.lat, name: major.place_text };
  const top = hot.value && hot.value.top.length ? hot.value.top[0] : null;
  const cell = top && hot.value.cells.find(({ h3 }) => h3 === top.h3);
  return cell ? { lon: cell.lon, lat: cell.lat, name: top.name } : { lon: (west + east) / 2, lat: (south + north) / 2, name: '' };
}

/** Draw the flight or the comparison of a step out of sight; null when the plan has to do, which is then said. */
async function prepared(step) {
  const { sheet: mine, value } = { sheet, value: frames.value };
  const { kind, at, middle, maps } = mine;
  const padding = kind.behind ? kind.cover : {};
  const view = new SceneView(middle, { ratio: kind.ratio, scale: at.scale, padding, whole: value.whole, plan: maps[0], place: spot(value.whole) });
  try {
    if (await view.prepare(step, step.scene) && mine === sheet) return view;
    view.end();
  } catch (error) {
    view.end();
    mine.unshown.textContent = error.said || t('wall.view.late', { view: t(`wall.view.of_${step.compare || 'flight'}`) });
    mine.unshown.hidden = false;
  }
  return null;
}

/** Turn to a scene: everything it needs is read and drawn before the old one fades. */
async function turn(step) {
  if (scene.changing || !sheet) return;
  scene.changing = true;
  const name = step.scene;
  sheet.unshown.hidden = true;
  const before = scene.now;
  for (const feed of BY_SCENE[before] || []) feed.stop();
  const needed = BY_SCENE[name] || [];
  await Promise.all(needed.map((feed) => (feed.value && now() - feed.at < feed.everyMs ? null : feed.read())));
  needed.forEach((feed) => feed.start());
  const change = () => {
    scene.now = name;
    stage.dataset.scene = sheet.over.dataset.scene = name;
    strip(sheet.note, name, values());
    if (name === 'grids' && today.value && grids.value) shown().forEach((map) => map.put('w-grids', gridAreas(today.value, grids.value)));
  };
  if (before === 'video' && name !== 'video') sheet.video.stop();
  const view = viewOf(step) && sheet.maps.length ? await prepared(step) : null;
  const last = sheet.view;
  sheet.view = view;
  // what lies over the plan is seen before what lay there goes
  if (view) await view.begin();
  if (last && view) last.end();
  try {
    if (sheet.maps.length) await Promise.all(sheet.maps.map((map, index) => map.show(name, index ? undefined : change)));
  } catch (error) {
    // a map that fails is no reason to stay at a scene
    console.error(error);
  }
  if (last && !view) last.end();
  if (scene.now !== name) change();
  // what was neither shown nor refused, because the sheet was built anew meanwhile, is tried again
  scene.view = view || !sheet.unshown.hidden ? viewOf(step) : '';
  if (name === 'video') await sheet.video.start();
  sheet.alarm.draw();
  scene.since = performance.now();
  scene.turns += 1;
  scene.changing = false;
  tabs();
}

const pausedByPerson = () => Boolean(orders.screen && (orders.screen.paused || orders.screen.scene));

/**
 * What shall be seen now: a pinned scene as the programme shows it, else the programme's step. A Ⅰ case that waits, and an emergency, want the plan.
 * @returns {{scene: string, seconds: number, flight: ?number, compare: ?string}}
 */
function wanted() {
  const pinned = orders.screen && orders.screen.scene;
  const all = steps();
  const step = pinned ? all.find((one) => one.scene === pinned) || { scene: pinned, seconds: 60 } : all[scene.step % all.length];
  return sheet.alarm.holds() || sheet.emergency ? { ...step, flight: null, compare: null } : step;
}

/** Every half second: progress of the scene, and the next one when its time is over. */
function rotate() {
  if (!sheet || scene.changing) return;
  const pinned = orders.screen && orders.screen.scene;
  const all = steps();
  const step = wanted();
  const paused = !pinned && orders.screen && orders.screen.paused;
  // the plan of the first scene is drawn before anything lies over it
  const other = step.scene !== scene.now || (viewOf(step) !== scene.view && sheet.maps.length);
  if (other && (!paused || (scene.view && !viewOf(step)))) {
    turn(paused ? { scene: scene.now } : step);
    return;
  }
  const held = pausedByPerson() || sheet.alarm.holds();
  const share = held ? null : Math.min((performance.now() - scene.since) / ((step.seconds * 1000) / speed), 1);
  if (held) scene.since += 500;
  const tab = sheet.bar.tabs.querySelector('.tab.on i');
  if (tab && share !== null) tab.style.width = `${(100 * share).toFixed(1)}%`;
  if (share === 1 && all.length > 1) scene.step = (scene.step + 1) % all.length;
  else if (share === 1) {
    scene.since = performance.now();
    // what could not be shown is tried again
    if (!sheet.unshown.hidden) scene.view = '';
  }
}

// ---- orders, peace and emergency ------------------------------------------------------------------------------------

/** Do what the controller and the mode say. */
function follow() {
  const { screen, mode } = orders;
  tabs();
  const wants = mode.mode === 'emergency' && mode.event && !(screen && screen.look === 'peace');
  if (wants && sheet.emergency && sheet.emergency.event !== mode.event.id) calm();
  if (wants && !sheet.emergency) {
    const whole = sheet.kind.maps === 1;
    stage.classList.add('in-emergency');
    sheet.emergency = new Emergency(sheet.zone, { today, mode: () => orders.mode, scale: sheet.at.scale, ratio: sheet.kind.ratio, cameras: whole ? 4 : 6, city: whole, grown: sheet.kind.grown || 1 });
    sheet.emergency.event = mode.event.id;
    // what its zone covers needs no pictures meanwhile
    sheet.video.stop();
    if (sheet.cams) sheet.cams.stop();
  }
  if (!wants && sheet.emergency) calm();
  const { bar } = sheet;
  bar.mode.classList.toggle('is-emergency', mode.mode === 'emergency');
  bar.mode.lastChild.textContent = t(`wall.mode.${mode.mode}`);
  bar.place.textContent = screen ? screen.title : boot.screen ? `${t('wall.unknown_screen')}：${boot.screen}` : '';
  bar.other.textContent = mode.mode === 'emergency' && !mode.event ? t('wall.emergency.outside') : '';
  bar.hold.textContent = screen && screen.scene ? t('wall.pinned') : screen && screen.paused ? t('wall.paused') : '';
}

function calm() {
  sheet.emergency.end();
  sheet.emergency = null;
  stage.classList.remove('in-emergency');
  if (sheet.cams) sheet.cams.start();
  if (scene.now === 'video') sheet.video.start();
}

const heap = () => (performance.memory ? Math.round(performance.memory.usedJSHeapSize / 1e5) / 10 : null);
const stale = () => [...panels.values()].filter(({ node }) => ['stale', 'old', 'error'].includes(node.dataset.state)).map(({ id }) => id);

/** Tell the server that this screen lives, and hear what it shall show. Without a name there is nobody to tell: the orders are only read. */
async function beat() {
  const name = boot.screen;
  try {
    const body = {
      client, up_s: (performance.now() - started) / 1000, width: window.innerWidth, height: window.innerHeight, scene: scene.now, look: sheet && sheet.emergency ? 'emergency' : 'peace',
      heap_mb: heap(), nodes: document.getElementsByTagName('*').length, sockets: link.sockets, faults: counts.faults, stale: stale().slice(0, 20),
    };
    const fresh = name ? await ask(`/api/v1/screens/${name}/beat`, { method: 'POST', body }) : { ...orders, mode: await ask('/api/v1/mode') };
    const before = orders;
    orders = fresh;
    lost = 0;
    if (before.screen && fresh.screen && fresh.screen.reload > before.screen.reload) {
      window.location.reload();
      return;
    }
    const remade = JSON.stringify([before.screen && [before.screen.size, before.screen.wall_width_m, before.screen.distance_m]]) !== JSON.stringify([fresh.screen && [fresh.screen.size, fresh.screen.wall_width_m, fresh.screen.distance_m]]);
    if (remade) build();
    if (JSON.stringify(before.programme.steps) !== JSON.stringify(fresh.programme.steps)) scene.step = 0;
    follow();
  } catch (error) {
    lost = lost || now();
    refused = error.status || 0;
  }
  setTimeout(beat, BEAT_MS);
}
let lost = 0;
let refused = 0;

// ---- every second -----------------------------------------------------------------------------------------------------

function tick() {
  const at = now();
  const { bar } = sheet;
  const wide = sheet.kind.maps > 1;
  const clock = wide ? hms(at) : hm(at);
  if (bar.clock.textContent !== clock) bar.clock.textContent = clock;
  const day = date(at);
  if (bar.day.textContent !== day) bar.day.textContent = day;
  for (const panel of panels.values()) panel.tell();
  if (sheet.emergency) sheet.emergency.tick();
  strip(sheet.note, scene.now, values());
  sheet.alarm.draw();
  // the link: what was lost last, in one line; the pictures stay
  const away = lost && at - lost > 6000 ? lost : 0;
  bar.link.hidden = !away;
  if (away) bar.link.textContent = refused === 401 ? t('wall.link.signed_out') : refused === 403 ? t('wall.link.forbidden') : t('wall.link.away', { time: hm(away) });
  document.body.classList.toggle('is-away', Boolean(away));
  const [begin, end] = NIGHT;
  const hours = Number(hms(at).slice(0, 2));
  document.body.classList.toggle('night', hours >= begin || hours < end);
  lay();
}

let resizing = 0;
window.addEventListener('resize', () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => JSON.stringify(place()) !== JSON.stringify(sheet.at) && build(), RESIZE_MS);
});

// ---- begin --------------------------------------------------------------------------------------------------------------

if (boot.today) today.take(boot.today);
stage.dataset.scene = scene.now;
build();
for (const feed of [today, events, hot, frames]) feed.start();
let soon = 0;
listen((layer) => {
  if (layer && layer !== 'open_events' && layer !== 'events') return;
  // a handful of changes is one question
  clearTimeout(soon);
  soon = setTimeout(() => {
    events.read();
    today.read();
  }, 250);
});
setInterval(tick, 1000);
setInterval(rotate, 500);
setTimeout(beat, 500);
tick();
/** For tests and the soak: what cannot be seen from outside. */
window.wall = { scene, feeds: () => [...feeds].map((feed) => ({ name: feed.name, state: feed.state(), failures: feed.failures })), link, counts, sheet: () => sheet, orders: () => orders, turn };
