/** The page /hotspots/: two periods side by side, the back-test, the export. Maps are drawn as SVG, so that they print and need no WebGL. */

import { loadCells, outline } from './cells.js';
import { Fields } from './controls.js';
import { filters, read, span, written } from './state.js';
import { lines, styles } from '../charts/charts.js';

const hall = window.hall;
const make = hall.element;
const t = (key, values) => hall.t(`hotspots.${key}`, values);
const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT, EDGE] = [520, 460, 10];
const YEAR_S = 365 * 86400;
const MOST_ROWS = 15;
const MOST_NUMBERS = 120;
const OTHERS = ['before', 'year'];
const percent = (share) => `${Math.round(share * 1000) / 10}%`;
const round = (value) => String(Math.round(value * 10) / 10);
const day = (at) => new Date((at + 28800) * 1000).toISOString().slice(0, 10);
const iso = (at) => new Date(at * 1000).toISOString().replace('.000', '');
const now = () => hall.connection.now() / 1000;

let page = null;

function shape(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** From degrees to the picture: one scale both ways at the middle latitude. */
function projection(rings) {
  const points = rings.flat();
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
  const flat = Math.cos(((south + north) / 2) * Math.PI / 180);
  const scale = Math.min((WIDTH - 2 * EDGE) / Math.max(1e-6, (east - west) * flat), (HEIGHT - 2 * EDGE) / Math.max(1e-6, north - south));
  const [left, top] = [(WIDTH - (east - west) * flat * scale) / 2, (HEIGHT - (north - south) * scale) / 2];
  return ([lon, lat]) => `${(left + (lon - west) * flat * scale).toFixed(1)},${(top + (north - lat) * scale).toFixed(1)}`;
}

let streets = null;
const outlinesOfStreets = () => {
  streets = streets || hall.connection.json('/api/v1/layers/streets?limit=200').then(({ features }) => features.flatMap(({ geometry }) => (geometry.type === 'Polygon' ? [geometry.coordinates[0]] : geometry.coordinates.map(([ring]) => ring))));
  streets.catch(() => (streets = null));
  return streets;
};

function picture(name, cells, field, { highest, at, borders }) {
  const total = cells.reduce((sum, cell) => sum + cell[field], 0);
  const changed = cells.filter(({ significant }) => significant).length;
  const ground = borders.map((ring) => shape('polygon', { class: 'hsp-ground', points: ring.map(at).join(' ') }));
  const hexagons = cells.map((cell) => {
    const share = Math.sqrt(Math.min(1, cell[field] / highest));
    const node = shape('polygon', { class: 'hsp-cell', points: outline(cell.h3).map(at).join(' '), 'data-cell': cell.h3, style: `--heat:${Math.round(12 + 88 * share)}%${cell[field] ? '' : ';opacity:.25'}` });
    node.append(shape('title', {}, `${cell.count} / ${cell.other_count}`));
    return node;
  });
  const big = cells.length <= MOST_NUMBERS;
  const labels = big ? cells.filter((cell) => cell[field]).map((cell) => {
    const [x, y] = at([...window.h3.cellToLatLng(cell.h3)].reverse()).split(',');
    return shape('text', { class: 'hsp-number', x, y }, hall.number(cell[field]));
  }) : [];
  const edges = cells.filter(({ significant }) => significant).map((cell) => shape('polygon', { class: `hsp-changed ${cell.count >= cell.expected ? 'more' : 'less'}`, points: outline(cell.h3).map(at).join(' ') }));
  return shape('svg', { class: 'hsp-map', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': t('map_label', { name, n: total, hot: changed }) }, ...ground, ...hexagons, ...edges, ...labels);
}

function onMap(h3, asked) {
  const [lat, lon] = window.h3.cellToLatLng(h3);
  const zoom = { 7: 11, 8: 12.5, 9: 14, 10: 15.5 }[window.h3.getResolution(h3)];
  return `/#z=${zoom}&c=${lon.toFixed(5)},${lat.toFixed(5)}&hs=${encodeURIComponent(written({ ...asked, cell: h3, resolution: window.h3.getResolution(h3) }))}`;
}

function table(head, rows, name) {
  return make('table', { class: `hsp-table ${name}` }, make('thead', {}, make('tr', {}, ...head.map((text) => make('th', { scope: 'col', text })))),
    make('tbody', {}, ...rows.map((cells) => make('tr', {}, ...cells.map((cell) => (typeof cell === 'object' ? make('td', {}, cell) : make('td', { text: String(cell) })))))));
}

class HotspotPage {
  constructor(node) {
    this.node = node;
    this.asked = { ...read(location.hash.replace(/^#/, '')), cell: '' };
    this.asked.resolution = this.asked.resolution || 9;
    this.other = 'before';
    this.number = 0;
    this.fields = new Fields({ change: (changes) => this.change(changes) });
    this.draw();
    hall.on('language', () => this.draw());
    window.addEventListener('hashchange', () => {
      if (location.hash.slice(1) === written(this.asked)) return;
      this.asked = { ...read(location.hash.slice(1)), cell: '' };
      this.asked.resolution = this.asked.resolution || 9;
      this.fields.write(this.asked);
      this.compare();
    });
  }

  change(changes) {
    Object.assign(this.asked, changes);
    history.replaceState(history.state, '', `#${written(this.asked)}`);
    this.fields.write(this.asked);
    this.level.value = String(this.asked.resolution);
    this.tested.replaceChildren();
    this.links();
    this.compare();
  }

  draw() {
    this.fields.translate();
    this.level = make('select', { 'aria-label': t('resolution') }, ...[7, 8, 9, 10].map((one) => make('option', { value: String(one), text: t(`resolution.${one}`) })));
    this.level.value = String(this.asked.resolution);
    this.level.onchange = () => this.change({ resolution: Number(this.level.value) });
    this.others = make('div', { class: 'segments', role: 'group', 'aria-label': t('compare_other') }, ...OTHERS.map((name) => {
      const node = make('button', { type: 'button', class: 'segment', 'data-other': name, 'aria-pressed': String(name === this.other), text: t(`other.${name}`) });
      node.onclick = () => {
        this.other = name;
        for (const each of this.others.children) each.setAttribute('aria-pressed', String(each === node));
        this.compare();
      };
      return node;
    }));
    this.compared = make('div', { class: 'hsp-compared' });
    this.tested = make('div', { class: 'hsp-tested' });
    this.exports = make('div', { class: 'hsp-exports' });
    const run = make('button', { type: 'button', class: 'button primary hsp-run', text: t('backtest_run') });
    run.onclick = () => this.backtest(run);
    const map = make('a', { class: 'button small', href: '/', html: hall.icon('map', 16) }, make('span', { text: t('to_map') }));
    map.onclick = () => (map.href = `/#hs=${encodeURIComponent(written({ ...this.asked, resolution: null }))}`);
    const section = (title, about, ...content) => make('section', { class: 'hsp-section' }, make('h2', { text: title }), make('p', { class: 'quiet', text: about }), ...content);
    this.node.replaceChildren(
      make('aside', { class: 'hsp-side' }, make('h1', { text: t('title') }), make('p', { class: 'quiet', text: t('about') }), this.fields.node,
        make('label', { class: 'hs-field' }, make('span', { text: t('resolution') }), this.level), map),
      make('div', { class: 'hsp-main' },
        section(t('compare'), t('compare_about'), make('div', { class: 'hsp-tools' }, make('span', { class: 'quiet', text: t('compare_other') }), this.others), this.compared),
        section(t('backtest'), t('backtest_about'), run, this.tested),
        section(t('export'), t('export_about'), this.exports)));
    this.fields.write(this.asked).catch((error) => this.fail(this.compared, error));
    this.links();
    this.compare();
  }

  query() {
    const text = filters(this.asked, now());
    text.set('resolution', String(this.asked.resolution));
    return text;
  }

  fail(place, error) {
    if (!error.status && !(error instanceof TypeError)) console.error(error);
    place.replaceChildren(make('p', { class: 'empty', role: 'alert', text: t(error.status === 503 ? 'preparing' : error.status === 403 ? 'forbidden' : error.status === 400 ? 'refused' : 'failed') }));
  }

  async compare() {
    const asked = (this.number += 1);
    const [start, end] = span(this.asked, now());
    const back = this.other === 'year' ? YEAR_S : end - start;
    const text = this.query();
    text.set('other_start', iso(start - back));
    text.set('other_end', iso(end - back));
    this.compared.classList.add('busy');
    try {
      const [found, borders] = await Promise.all([hall.connection.json(`/api/v1/hotspots/compare?${text}`), outlinesOfStreets(), loadCells()]);
      if (asked !== this.number) return;
      const highest = Math.max(1, ...found.cells.flatMap(({ count, other_count: other }) => [count, other]));
      const at = projection([...borders, ...found.cells.map(({ h3 }) => outline(h3))]);
      const figure = (name, field, from, to) => make('figure', { class: 'hsp-figure' }, make('figcaption', {}, make('b', { text: name }), make('span', { text: `${day(from)} – ${day(to - 1)}` })), picture(name, found.cells, field, { highest, at, borders }));
      const changed = found.cells.filter(({ significant }) => significant);
      this.compared.replaceChildren(
        make('p', { class: 'hsp-total', text: t('compare_total', { n: hall.number(found.total), other: hall.number(found.other_total) }) }),
        make('div', { class: 'hsp-pair' }, figure(t('compare_first'), 'count', start, end), figure(t('compare_other'), 'other_count', start - back, end - back)),
        make('h3', { text: t('changes') }),
        changed.length ? table([t('col.cell'), t('col.now'), t('col.then'), t('col.expected'), t('col.q'), ''], changed.slice(0, MOST_ROWS).map((cell, place) => [
          make('span', { class: cell.count >= cell.expected ? 'warn' : 'good', text: `${place + 1} · ${t(cell.count >= cell.expected ? 'change.more' : 'change.less')}` }), hall.number(cell.count), hall.number(cell.other_count),
          round(cell.expected), cell.q_value < 0.001 ? '< 0.001' : String(Math.round(cell.q_value * 1000) / 1000), make('a', { href: onMap(cell.h3, this.asked), text: t('to_map') })]), 'changes')
          : make('p', { class: 'empty', text: t('change.none') }));
    } catch (error) {
      if (asked === this.number) this.fail(this.compared, error);
    } finally {
      if (asked === this.number) this.compared.classList.remove('busy');
    }
  }

  /** Hexagons of the same cell light up in both pictures. */
  point(h3) {
    for (const node of this.compared.querySelectorAll('[data-cell]')) node.classList.toggle('lit', node.dataset.cell === h3);
  }

  async backtest(button) {
    button.disabled = true;
    this.tested.replaceChildren(make('p', { class: 'quiet', role: 'status', text: t('backtest_running') }));
    try {
      const text = this.query();
      text.delete('start'); // the weeks before the held-out ones are what is learned from: all there are
      const [found] = await Promise.all([hall.connection.json(`/api/v1/hotspots/backtest?${text}`), styles()]);
      const head = [t('col.method'), ...found.shares.map((share) => t('col.share', { n: Math.round(share * 100) }))];
      const rows = found.methods.map((method) => [
        make('span', { class: method.key === 'own' ? 'hsp-own' : method.key === 'perfect' ? 'quiet' : '', text: t(`method.${method.key}`) || method.key }),
        ...found.shares.map((_, place) => make('span', {}, make('b', { text: `${t('col.hit')} ${percent(method.hit_rate[place])}` }), make('small', { text: ` PAI ${round(method.pai[place])}` })))]);
      this.tested.replaceChildren(
        make('p', { class: 'quiet', text: t('backtest_of', { weeks: found.weeks.length, n: hall.number(found.total), training: found.training_weeks, cells: hall.number(found.cells) }) }),
        table(head, rows, 'backtest'), make('h3', { text: t('backtest_weeks') }),
        lines([{ name: t('line.last_weeks'), values: found.weeks.map((week) => (week.total ? week.last_weeks / week.total : null)), tone: 'quiet', dashed: true }, { name: t('line.own'), values: found.weeks.map((week) => (week.total ? week.own / week.total : null)) }],
          { width: 680, height: 180, format: (share) => percent(share), ticks: found.weeks.map((week, place) => [place, day(Date.parse(week.start) / 1000).slice(5)]), label: t('backtest_weeks') }),
        make('p', { class: 'quiet hsp-legend' }, make('i', { class: 'own' }), document.createTextNode(t('line.own')), make('i', { class: 'other' }), document.createTextNode(t('line.last_weeks'))));
    } catch (error) {
      this.fail(this.tested, error);
    } finally {
      button.disabled = false;
    }
  }

  async links() {
    const me = await hall.connection.json('/api/v1/me').catch(() => null);
    if (!me || !me.may_export) {
      this.exports.replaceChildren(make('p', { class: 'quiet', text: t(me ? 'no_export' : 'failed') }));
      return;
    }
    const text = this.query();
    text.set('rate', this.asked.rate);
    this.exports.replaceChildren(...['geojson', 'geoparquet'].map((format) => make('a', { class: 'button', href: `${hall.origin}/api/v1/hotspots/export?format=${format}&${text}`, download: '', html: hall.icon('download', 16) }, make('span', { text: t(`export.${format}`) }))));
  }
}

/** Fill the page's place. */
export function mount(node) {
  page = new HotspotPage(node);
  node.addEventListener('pointerover', ({ target }) => page.point(target.dataset ? target.dataset.cell || null : null));
  return page;
}
