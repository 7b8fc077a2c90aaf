/** The rail of the hot spots: what is asked, what the map shows, and the cells that are more than chance, as a list for who has no canvas. */

import { DAYS, RATES, STEPS, numbers, ranges } from './state.js';

const hall = window.hall;
const make = hall.element;
const HOURS = [['morning', '7-9'], ['noon', '11-13'], ['evening', '17-19'], ['night', '22-5']];
const MOST_LISTED = 12;
const TREND_ICONS = { emerging: 'trending-up', persistent: 'repeat', fading: 'trending-down', sporadic: 'point', none: '' };
const t = (key, values) => hall.t(`hotspots.${key}`, values);
const round = (number) => (number === null || number === undefined ? '–' : number >= 100 ? hall.number(Math.round(number)) : String(Math.round(number * 10) / 10));

let known = null;

/** Classes and areas that can be chosen, once. */
export function choices() {
  known = known || Promise.all([hall.connection.json('/api/v1/dictionary'), hall.connection.json('/api/v1/layers/streets?limit=200'), hall.connection.json('/api/v1/layers/communities?limit=500')])
    .then(([dictionary, streets, communities]) => ({ majors: dictionary.majors, streets: areas(streets), communities: areas(communities) }));
  known.catch(() => (known = null));
  return known;
}

const areas = ({ features }) => features.map(({ properties }) => ({ code: properties.grid_code || properties.code, name: properties.name })).filter(({ code }) => code);

/** Names of a coded field of the event layer; of pages without a map they come from the caller. */
let fields = null;
export async function named(field) {
  fields = fields || hall.connection.json('/tiles/catalog.json').then(({ layers }) => layers.find(({ key }) => key === 'events').filters);
  const found = (await fields).find(({ name }) => name === field);
  return found ? found.choices : {};
}

const option = (value, text) => make('option', { value, text });

/** The fields of a question; `change` gets what was changed. Used by the rail and by the page /hotspots/. */
export class Fields {
  constructor({ change }) {
    this.change = change;
    this.node = make('div', { class: 'hs-fields' });
    this.translate();
  }

  select(name, label) {
    const node = make('select', { name, 'aria-label': label });
    node.onchange = () => this.chosen(name, node.value);
    this[name] = node;
    return make('label', { class: 'hs-field' }, make('span', { text: label }), node);
  }

  chosen(name, text) {
    const below = { major: { sub: '', class: '' }, sub: { class: '' } }[name] || {};
    this.change({ ...below, [name]: text });
  }

  translate() {
    this.days = make('div', { class: 'segments', role: 'group', 'aria-label': t('window') }, ...DAYS.map((days) => {
      const node = make('button', { type: 'button', class: 'segment', 'data-days': String(days), text: t(`days.${days}`) });
      node.onclick = () => this.change({ days, from: '', to: '' });
      return node;
    }));
    this.from = make('input', { type: 'date', 'aria-label': t('from') });
    this.to = make('input', { type: 'date', 'aria-label': t('to') });
    this.from.onchange = this.to.onchange = () => this.from.value && this.to.value && this.from.value <= this.to.value && this.change({ from: this.from.value, to: this.to.value });
    this.hours = make('div', { class: 'hs-hours', role: 'group', 'aria-label': t('hours') }, ...Array.from({ length: 24 }, (_, hour) => this.toggle('hours', hour, 0, 23, hour % 6 === 0 ? String(hour) : '', t('hour', { n: hour }))));
    this.presets = make('div', { class: 'hs-presets' }, ...HOURS.map(([name, text]) => {
      const node = make('button', { type: 'button', class: 'chip', 'data-hours-preset': text, text: t(`hours.${name}`) });
      node.onclick = () => this.change({ hours: this.asked.hours === text ? '' : text });
      return node;
    }));
    this.weekdays = make('div', { class: 'hs-weekdays', role: 'group', 'aria-label': t('weekdays') }, ...Array.from({ length: 7 }, (_, day) => this.toggle('weekdays', day + 1, 1, 7, t(`weekday.${day + 1}`), t(`weekday_long.${day + 1}`))));
    this.rate = make('div', { class: 'segments', role: 'group', 'aria-label': t('rate') }, ...RATES.map((rate) => {
      const node = make('button', { type: 'button', class: 'segment', 'data-rate': rate, text: t(`rate.${rate}`), title: t(`rate_title.${rate}`) });
      node.onclick = () => this.change({ rate });
      return node;
    }));
    this.node.replaceChildren(
      this.select('major', t('major')), this.select('sub', t('sub')), this.select('class', t('class')), this.select('source', t('source')), this.select('area', t('area')),
      make('div', { class: 'hs-field' }, make('span', { text: t('window') }), this.days), make('div', { class: 'hs-dates' }, this.from, make('i', { text: '–' }), this.to),
      make('div', { class: 'hs-field' }, make('span', { text: t('weekdays') }), this.weekdays),
      make('div', { class: 'hs-field' }, make('span', { text: t('hours') }), this.hours), this.presets,
      make('div', { class: 'hs-field' }, make('span', { text: t('rate') }), this.rate));
    if (this.asked) this.write(this.asked);
  }

  toggle(name, number, low, high, text, title) {
    const node = make('button', { type: 'button', 'aria-pressed': 'false', title, 'aria-label': title, 'data-number': String(number), text });
    node.onclick = () => {
      const set = numbers(this.asked[name], low, high);
      if (set.has(number)) set.delete(number);
      else set.add(number);
      this.change({ [name]: ranges(set, low, high) });
    };
    return node;
  }

  /** Bring the fields to a question. */
  async write(asked) {
    this.asked = asked;
    const press = (node, on) => node.setAttribute('aria-pressed', String(on));
    for (const node of this.days.children) press(node, !asked.from && Number(node.dataset.days) === asked.days);
    for (const node of this.rate.children) press(node, node.dataset.rate === asked.rate);
    for (const [name, low, high] of [['hours', 0, 23], ['weekdays', 1, 7]]) {
      const set = numbers(asked[name], low, high);
      for (const node of this[name].children) press(node, set.has(Number(node.dataset.number)));
    }
    for (const node of this.presets.children) press(node, node.dataset.hoursPreset === asked.hours);
    this.from.value = asked.from;
    this.to.value = asked.to;
    const [{ majors, streets, communities }, names, sources] = await Promise.all([choices(), named('major'), named('source')]);
    if (this.asked !== asked) return;
    const major = majors.find(({ code }) => code === asked.major);
    const sub = major && major.sub_classes.find(({ code }) => code === asked.sub);
    const fill = (name, options) => {
      const all = [['', t('all')], ...options];
      // what a link asks for and nobody knows any more stays visible, so that an empty map has its reason
      if (asked[name] && !all.some(([code]) => code === asked[name])) all.push([asked[name], t('gone', { code: asked[name] })]);
      this[name].replaceChildren(...all.map(([code, text]) => option(code, text)));
      this[name].value = asked[name];
    };
    fill('major', majors.map(({ code }) => [code, hall.text(names[code]) || code]));
    fill('sub', major ? major.sub_classes.map(({ code, name }) => [code, name]) : []);
    fill('class', (sub ? sub.classes : major ? major.sub_classes.flatMap(({ classes }) => classes) : []).map(({ code, name }) => [code, name]));
    this.sub.disabled = !major;
    this.class.disabled = !major;
    fill('source', Object.entries(sources).map(([code, text]) => [code, hall.text(text)]));
    fill('area', streets.flatMap((street) => [[street.code, street.name], ...communities.filter(({ code }) => code.startsWith(street.code)).map(({ code, name }) => [code, `　${name}`])]));
  }
}

export class Controls {
  constructor({ change, open, leave, player }) {
    Object.assign(this, { change, open, leave, player });
    this.fields = new Fields({ change });
    this.node = make('section', { class: 'hs-rail' });
    this.legend = make('div', { class: 'hs-legend', 'data-map-cover': 'bottom' });
    document.getElementById('layer-rail').append(this.node);
    document.getElementById('map-area').append(this.legend);
    this.legend.addEventListener('click', (event) => event.stopPropagation());
    player.changed = () => this.frames();
    this.translate();
  }

  translate(asked, found) {
    const close = make('button', { type: 'button', class: 'icon-button', title: t('close'), 'aria-label': t('close'), html: hall.icon('x', 18) });
    close.onclick = () => this.leave();
    this.node.setAttribute('aria-label', t('title'));
    this.told = make('div', { class: 'hs-told', role: 'status' });
    this.list = make('div', { class: 'hs-list' });
    this.resolution = make('select', { 'aria-label': t('resolution') }, option('', t('resolution.auto')), ...[7, 8, 9, 10].map((level) => option(String(level), t(`resolution.${level}`))));
    this.resolution.onchange = () => this.change({ resolution: Number(this.resolution.value) || null });
    const page = make('a', { class: 'button small', href: '/hotspots/', html: hall.icon('chart-bar', 16) }, make('span', { text: t('more') }));
    this.page = page;
    this.fields.translate();
    this.node.replaceChildren(
      make('header', { class: 'hs-head' }, make('i', { html: hall.icon('layout-grid', 18) }), make('h2', { text: t('title') }), close),
      make('div', { class: 'hs-scroll' }, this.fields.node, make('label', { class: 'hs-field' }, make('span', { text: t('resolution') }), this.resolution), this.told, this.list),
      make('footer', { class: 'hs-foot' }, page));
    this.step = make('select', { class: 'hs-step', 'aria-label': t('step') }, ...STEPS.map((step) => option(step, t(`step.${step}`))));
    this.step.value = this.player.step;
    this.step.onchange = () => {
      this.player.stop();
      this.player.step = this.step.value;
    };
    this.play = make('button', { type: 'button', class: 'icon-button hs-play' });
    this.play.onclick = () => this.player.play().catch((error) => this.fail(error));
    this.whole = make('button', { type: 'button', class: 'chip', text: t('whole') });
    this.whole.onclick = () => this.player.stop();
    this.slider = make('input', { type: 'range', min: '0', max: '0', value: '0', 'aria-label': t('frame') });
    this.slider.oninput = () => {
      this.player.pause();
      this.player.seek(Number(this.slider.value));
    };
    this.when = make('time', { class: 'hs-when' });
    this.ramp = make('div', { class: 'hs-ramp' }, make('i', {}), this.low = make('span', { text: '0' }), this.high = make('span', {}));
    this.legend.replaceChildren(
      make('div', { class: 'hs-keys' }, this.ramp, this.unit = make('span', { class: 'hs-unit' }), make('span', { class: 'hs-key hot', text: t('key.hot') }), make('span', { class: 'hs-key noise', text: t('key.noise') }), make('span', { class: 'hs-key cold', text: t('key.cold') })),
      make('div', { class: 'hs-player' }, this.play, this.step, this.slider, this.when, this.whole));
    this.frames();
    if (asked) this.write(asked);
    if (found) this.tell(found);
  }

  write(asked) {
    this.asked = asked;
    this.fields.write(asked).catch((error) => this.fail(error));
    this.resolution.value = asked.resolution ? String(asked.resolution) : '';
    import('./state.js').then(({ written }) => (this.page.href = `/hotspots/#${written({ ...asked, cell: '' })}`));
  }

  busy(on) {
    this.node.classList.toggle('busy', on);
  }

  /** What was found, in words; the list of what is more than chance. */
  tell(found) {
    const hot = found.cells.filter(({ significant, z_score: z }) => significant && z > 0).sort((a, b) => b.z_score - a.z_score);
    const highest = Math.max(...found.cells.map((cell) => (found.rate === 'count' ? cell.count : cell.rate || 0)), 0);
    this.high.textContent = round(highest);
    this.unit.textContent = t(`unit.${found.rate}`, { n: round(found.exposure.per) });
    const age = Math.max(0, Math.round((hall.connection.now() - Date.parse(found.at)) / 60000));
    const lines = [make('p', {}, make('b', { text: hall.number(found.total) }), make('span', { text: t('cases') }), make('b', { class: hot.length ? 'hs-hot' : '', text: String(hot.length) }), make('span', { text: t('hot_cells') }))];
    lines.push(make('p', { class: 'quiet', text: [t('of_cells', { n: hall.number(found.cells_in_area) }), found.unplaced ? t('unplaced', { n: hall.number(found.unplaced) }) : '', age < 60 ? t('age', { n: age }) : t('age_hours', { n: Math.round(age / 60) })].filter(Boolean).join(' · ') }));
    if (found.rate !== 'count' && found.exposure.days !== null) lines.push(make('p', { class: 'quiet', text: t('patrol_days', { n: found.exposure.days }) }));
    if (!found.total) lines.push(make('p', { class: 'empty', text: t('empty') }));
    else if (!hot.length) lines.push(make('p', { class: 'empty', text: t('only_noise') }));
    this.told.replaceChildren(...lines);
    this.list.replaceChildren(...hot.slice(0, MOST_LISTED).map((cell, place) => {
      const node = make('button', { type: 'button', class: 'hs-row opener', 'data-hotspot': cell.h3 },
        make('i', { class: 'hs-rank', text: String(place + 1) }), make('b', { text: round(found.rate === 'count' ? cell.count : cell.rate) }),
        make('span', { class: 'second', text: t('expected', { n: round(cell.expected) }) }),
        make('span', { class: `hs-trend ${cell.trend}`, html: TREND_ICONS[cell.trend] ? hall.icon(TREND_ICONS[cell.trend], 14) : '' }, document.createTextNode(t(`trend.${cell.trend}`))));
      node.onclick = () => {
        const [lat, lon] = window.h3.cellToLatLng(cell.h3);
        hall.map.flyTo(lon, lat, {});
        this.open(cell.h3);
      };
      return node;
    }));
  }

  fail(error) {
    const text = error.status === 503 ? t('preparing') : error.status === 400 ? t('refused') : t('failed');
    const again = make('button', { type: 'button', class: 'button small', text: t('again') });
    again.onclick = () => this.change({});
    this.told.replaceChildren(make('p', { class: 'empty', text }), again);
    this.list.replaceChildren();
  }

  frames() {
    if (!this.play) return;
    const { found, at, timer } = this.player;
    const name = timer ? 'pause' : 'play';
    this.play.innerHTML = hall.icon(`player-${name}`, 18);
    this.play.title = t(name);
    this.play.setAttribute('aria-label', t(name));
    const on = Boolean(found && at !== null);
    for (const node of [this.slider, this.when, this.whole]) node.hidden = !on;
    if (!on) return;
    this.slider.max = String(found.frames.length - 1);
    this.slider.value = String(at);
    const start = new Date(Date.parse(found.frames[at].start) + 28800000).toISOString();
    const count = found.frames[at].counts.reduce((sum, one) => sum + one, 0);
    this.when.textContent = `${start.slice(0, 10)}${found.step === 'hour' ? ` ${start.slice(11, 16)}` : found.step === 'week' ? t('week_of') : ''} · ${t('n_cases', { n: hall.number(count) })}`;
  }

  remove() {
    this.node.remove();
    this.legend.remove();
  }
}
