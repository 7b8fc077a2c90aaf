/** The emergency look: the case takes its zone of the wall, the city goes on beside it. Everything shown is a number, a function or a place, nobody's name. */

import { disc, fill, h, hm, hms, lasting, number, t, text } from './dom.js';
import { Feed, now } from './feeds.js';
import { circle, point, polygon, WallMap } from './map.js';
import { brief, Figures, Panel, panels, shorten } from './panels.js';
import { Cameras } from './video.js';

const STOREY_M = 9;
const [TOP_PX, HEAD_PX, HOUSE_PX, SHELTER_PX, SHELTERS] = [140, 38, 50, 40, 3];
const [UNIT_PX, DEPARTMENT_PX, TIME_PX] = [54, 50, 38];
const VIEW = { pitch: 48, bearing: -18 };
/** How much of the map's height a circle on the ground takes of its width, tilted as the view is; and what stays free around it. */
const [FLATTENED, AROUND] = [0.72, 1.42];
const ZOOMS = [14.2, 17];
const INFLUENCE_M = 300;
const TILE_PX = 512;
const EQUATOR_M = 40075016;


const mapFeatures = (value) => ({
  'w-circles': [circle(value.event.lon, value.event.lat, value.influence_m, { kind: 'influence' }), circle(value.event.lon, value.event.lat, value.cordon_m, { kind: 'cordon' })],
  'w-houses': value.houses.filter(({ geometry }) => geometry).flatMap(({ geometry, people, height_m: height }) => {
    const shapes = geometry.type === 'MultiPolygon' ? geometry.coordinates : [geometry.coordinates];
    // a hair above the base's own block, so that the two never fight for the same roof
    return shapes.map((rings) => polygon(rings, { people, height: (height || STOREY_M) + 0.8 }));
  }),
  'w-points': [point(value.event.lon, value.event.lat, { id: value.event.id, level: value.event.level, rank: value.event.level || 5, overdue: false })],
  'w-shelters': value.shelters.map((one) => point(one.lon, one.lat, { name: shelterName(one) })),
  'w-units': value.units.filter(({ lon }) => lon !== null).map((one) => point(one.lon, one.lat, { family: one.kind, status: 'busy' })),
});

const act = (name) => t(`wall.act.${name}`) || t('wall.act.other');

const far = (metres) => (metres < 1000 ? `${metres} m` : `${(metres / 1000).toFixed(1)} km`);

/** At which zoom the influence fills the frame. */
function zoomFor({ clientWidth, clientHeight }, ratio, lat) {
  const room = Math.min(clientWidth, clientHeight / FLATTENED) / ratio / AROUND;
  const zoom = Math.log2((EQUATOR_M * Math.cos((lat * Math.PI) / 180) * room) / (TILE_PX * 2 * INFLUENCE_M));
  return Math.min(Math.max(zoom, ZOOMS[0]), ZOOMS[1]);
}

/** A shelter's name without saying again that it is one. */
const shelterName = ({ name }) => name.replace(/(?<=..)\s*(应急)?避难(场所|中心)$/, '');

/** As many rows as there is room for; the last one says how many more there are. */
function fitting(rows, room) {
  if (rows.length <= room) return rows;
  return [...rows.slice(0, Math.max(room - 1, 1)), h('p', { class: 'others', text: t('wall.emergency.others', { n: rows.length - Math.max(room - 1, 1) }) })];
}

/** How many a shelter has room for, as it was entered. */
function roomOf({ state, capacity }) {
  if (state === 'full') return t('wall.emergency.shelter_full');
  return capacity === null ? t('wall.emergency.room_unknown') : t('wall.emergency.room', { n: number(capacity) });
}

class People extends Panel {
  constructor(feed) {
    super('people', { feed, title: t('wall.emergency.people'), sub: t('wall.emergency.people_sub') });
    feed.on((value) => fill(this.body, JSON.stringify([value.people_cordon, value.people_influence, value.houses.length, value.shelters]), () => {
      const lived = value.houses.filter(({ people }) => people > 0);
      const highest = Math.max(...lived.map(({ people }) => people), 1);
      const shelters = value.shelters.slice(0, SHELTERS);
      const room = this.room().height - TOP_PX - 2 * HEAD_PX - Math.max(shelters.length, 1) * SHELTER_PX;
      const rows = lived.slice(0, Math.max(Math.floor(room / HOUSE_PX), 2));
      return [
        h('div', { class: 'people-top' }, h('div', {}, h('span', { text: t('wall.emergency.cordon', { n: value.cordon_m }) }), h('b', { class: 'huge', text: number(value.people_cordon) }), h('span', { class: 'unit', text: t('wall.unit.people') })),
          h('div', {}, h('span', { text: t('wall.emergency.influence', { n: value.influence_m }) }), h('b', { text: number(value.people_influence) }), h('span', { text: t('wall.emergency.houses', { n: number(value.buildings) }) }))),
        h('h3', { class: 'people-head', text: t('wall.emergency.by_house') }),
        ...(rows.length ? rows.map((one) => h('div', { class: 'house-row' }, h('span', { class: 'name', text: one.name || t('wall.emergency.house', { n: one.id }) }), h('span', { class: 'quiet', text: `${one.distance_m} m` }), h('b', { text: number(one.people) }), h('i', { style: { width: `${(100 * one.people) / highest}%` } })))
          : [h('p', { class: 'empty', text: t('wall.emergency.no_houses') })]),
        h('h3', { class: 'people-head', text: t('wall.emergency.shelters') }, h('span', { class: 'quiet', text: t('wall.emergency.shelters_sub', { n: value.shelter_m / 1000 }) }), shelters.length ? h('span', { class: 'quiet room', text: t('wall.emergency.room_head') }) : null),
        ...(shelters.length ? shelters.map((one) => h('div', { class: 'shelter-row' }, h('i', { class: 'mark shelter' }), h('span', { class: 'name', text: shelterName(one) }), h('span', { class: 'quiet', text: far(one.distance_m) }), h('b', { text: roomOf(one) })))
          : [h('p', { class: 'empty', text: t('wall.emergency.no_shelters', { n: value.shelter_m / 1000 }) })]),
      ];
    }));
  }
}

class Timeline extends Panel {
  constructor(feed, mode, grown) {
    super('timeline', { feed, title: t('wall.emergency.timeline') });
    this.grown = grown;
    feed.on((value) => {
      const rows = [...value.acts.map((one) => ({ at: one.at, what: act(one.action) })), { at: mode().started_at, what: t('wall.emergency.started') }, { at: value.event.reported_at, what: t('wall.emergency.reported') }]
        .sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, this.rows(TIME_PX * this.grown));
      fill(this.body, JSON.stringify(rows), () => rows.map(({ at, what }) => h('div', { class: 'time-row' }, h('span', { text: hm(Date.parse(at)) }), h('i'), h('b', { text: what }))));
    });
  }
}

/** Minutes until somebody should be there, as predicted when they were sent. */
function eta(unit) {
  if (unit.predicted_s === null) return null;
  return Math.ceil((Date.parse(unit.accepted_at || unit.sent_at) + 1000 * unit.predicted_s - now()) / 60000);
}

class Force extends Panel {
  constructor(feed, grown) {
    super('units', { feed, title: t('wall.emergency.force') });
    this.grown = grown;
    feed.on((value) => {
      const coming = value.units.filter(({ arrived_at: at, finished_at: end }) => !at && !end).sort((a, b) => (eta(a) ?? 999) - (eta(b) ?? 999));
      const there = value.units.filter(({ arrived_at: at, finished_at: end }) => at || end);
      this.sub.textContent = t('wall.emergency.force_sub', { n: coming.length, m: there.length });
      fill(this.body, JSON.stringify([coming.map((one) => [one.id, eta(one)]), there]), () => {
        const name = (one) => h('span', { class: 'name' }, h('b', { text: text((value.titles[one.kind] || {})[one.unit]) || one.unit }), ` ${one.label}`);
        const rows = [
          ...coming.map((one) => h('div', { class: 'unit-row' }, name(one), h('b', { class: `eta ${eta(one) !== null && eta(one) <= 0 ? 'late' : ''}`, text: eta(one) === null ? '–' : eta(one) > 0 ? t('wall.emergency.eta', { n: eta(one) }) : t('wall.emergency.late') }), h('span', { class: 'quiet', text: one.distance_m ? `${(one.distance_m / 1000).toFixed(1)} km` : '' }))),
          ...there.map((one) => h('div', { class: 'unit-row there' }, h('i', { class: 'icon icon-check' }), name(one), h('span', { class: 'quiet', text: one.finished_at ? t('wall.emergency.done', { time: hm(Date.parse(one.finished_at)) }) : t('wall.emergency.arrived', { time: hm(Date.parse(one.arrived_at)) }) }))),
        ];
        return rows.length ? fitting(rows, this.rows(UNIT_PX * this.grown)) : h('p', { class: 'empty', text: t('wall.emergency.no_force') });
      });
    });
  }
}

class Departments extends Panel {
  constructor(feed, grown) {
    super('departments', { feed, title: t('wall.emergency.departments') });
    this.grown = grown;
    feed.on(({ departments }) => fill(this.body, JSON.stringify(departments), () => (departments.length ? fitting(departments.map((one) => h('div', { class: `department ${one.finished_at ? 'done' : ''}` }, h('i', { class: 'dot' }), h('b', { class: 'cut', text: one.name }),
      one.lead ? h('span', { class: 'lead', text: t('wall.emergency.lead') }) : null, h('span', { class: 'quiet', text: one.finished_at ? t('wall.emergency.done', { time: hm(Date.parse(one.finished_at)) }) : t('wall.emergency.working') }))), this.rows(DEPARTMENT_PX * this.grown))
      : h('p', { class: 'empty', text: t('wall.emergency.no_departments') }))));
  }
}

/** What takes the emergency's zone, and goes again without a trace. */
export class Emergency {
  /**
   * @param {HTMLElement} zone
   * @param {{today: Feed, mode: function(): Object, scale: number, ratio: number, cameras: number, city: boolean, grown: number}} given `grown`: how much larger its rows are than on the smallest wall
   */
  constructor(zone, { today, mode, scale, ratio, cameras, city, grown }) {
    Object.assign(this, { zone, mode, ended: false });
    const { event } = mode();
    this.feed = new Feed('emergency', () => `/api/v1/wall/emergency/${event.id}`, 10);
    this.since = h('b', { class: 'since' });
    this.clock = h('b', { class: 'event-clock' });
    this.more = h('span', { class: 'more' });
    this.title = h('header', { class: 'event-head', style: { 'grid-area': 'head' } }, h('b', { class: 'flag', text: t('wall.mode.emergency') }), disc(event.level), h('h1', { class: 'cut', text: brief(event) }),
      h('div', { class: 'about' }, this.by = h('span', { class: 'by cut', text: event.place_text }), this.more), h('span', { class: 'word', text: t('wall.emergency.since') }), this.since, this.clock);
    const box = h('div', { class: 'event-map', style: { 'grid-area': 'map' } });
    this.camBox = h('div', { class: 'event-cams cams', style: { 'grid-area': 'cams', '--cams': cameras } });
    this.panels = [new People(this.feed), new Timeline(this.feed, mode, grown), new Force(this.feed, grown), new Departments(this.feed, grown)];
    this.city = city ? new Figures(today, { small: true }) : null;
    zone.classList.add('with-event');
    zone.style.setProperty('--grown', grown);
    zone.append(this.title, box, this.camBox, ...this.panels.map(({ node }) => node), ...(this.city ? [h('section', { class: 'city', style: { 'grid-area': 'city' } }, h('h2', { text: t('wall.emergency.city') }), this.city.node)] : []));
    box.append(h('div', { class: 'event-legend' }, h('span', {}, h('i', { class: 'cordon' }), t('wall.emergency.cordon', { n: 100 })), h('span', {}, h('i', { class: 'influence' }), t('wall.emergency.influence', { n: 300 })), h('span', {}, h('i', { class: 'roofs' }), t('wall.emergency.buildings'))));
    const place = h('div', { class: 'map-box' });
    box.prepend(place);
    this.map = new WallMap(place, { ratio, scale, bbox: null, tilted: true });
    this.map.place({ center: [event.lon, event.lat], zoom: zoomFor(box, ratio, event.lat), ...VIEW });
    this.map.switch('emergency');
    this.feed.on((value) => Object.entries(mapFeatures(value)).forEach(([name, features]) => this.map.put(name, features)));
    this.feed.start();
    this.cameras = new Cameras(this.camBox, cameras);
    this.cameras.start(event.id);
  }

  /** Once a second. */
  tick() {
    const mode = this.mode();
    if (!mode.started_at) return;
    this.clock.textContent = hms(now());
    this.since.textContent = lasting(now() - Date.parse(mode.started_at));
    const other = mode.proposals[0];
    const more = other ? t('wall.emergency.more', { title: brief(other) }) : '';
    if (this.more.textContent !== more) this.more.textContent = more;
    shorten(this.by);
    for (const panel of this.panels) panel.tell();
    if (this.city) this.city.tell();
  }

  end() {
    this.feed.end();
    for (const { id } of this.panels) panels.delete(id);
    if (this.city) this.city.end();
    this.cameras.stop();
    this.map.remove();
    this.zone.classList.remove('with-event');
    this.zone.replaceChildren();
  }
}

