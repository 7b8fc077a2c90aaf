/** The sheet at the right: the lists behind a tile. Key places with search and map, key videos, streets, subsystems, one large picture. */

import { create } from './map.js';
import { name, subsystem } from './tiles.js';
import * as videos from './videos.js';

const { hall } = window;
const make = hall.element;
const PAGE = 100;
const TYPING_MS = 250;

let sheet = null;
let large = null;
let back = null;

export function close() {
  if (sheet && sheet.open) sheet.close();
}

function ended() {
  if (large) large.end();
  large = videos.begin.large = null;
  sheet.replaceChildren();
  if (back && back.isConnected) back.focus();
}

/** Open the list of a tile. */
export function open(kind, given) {
  if (!sheet) {
    sheet = document.querySelector('[data-ck-sheet]');
    sheet.addEventListener('close', ended);
    sheet.addEventListener('click', (event) => event.target === sheet && sheet.close());
  }
  if (!sheet.open) back = document.activeElement;
  if (large) large.end();
  large = videos.begin.large = null;
  const title = make('h2', { id: 'ck-sheet-title', text: hall.t(`cockpit.tile.${kind}`) || hall.t('cockpit.tile.videos') });
  const note = make('small');
  const shut = make('button', { type: 'button', class: 'icon-button', title: hall.t('cockpit.close'), 'aria-label': hall.t('cockpit.close'), html: hall.icon('x', 18) });
  shut.onclick = close;
  sheet.setAttribute('aria-labelledby', 'ck-sheet-title');
  sheet.replaceChildren(make('header', {}, title, note, shut));
  if (!sheet.open) sheet.showModal();
  KINDS[kind]({ title, note, ...given });
}

const rows = (...attributes) => make('div', { class: 'ck-rows', tabindex: '0', ...attributes });
const said = (text, icon) => make('div', { class: 'ck-said', html: hall.icon(icon, 20) }, make('span', { text }));

async function given(box, path) {
  try {
    return await hall.connection.json(path);
  } catch (error) {
    if (!error.status && !(error instanceof TypeError)) throw error;
    box.replaceChildren(said(hall.t(error.status === 403 ? 'cockpit.no_right_tile' : 'cockpit.gone'), error.status === 403 ? 'lock' : 'cloud-off'));
    return null;
  }
}

// ---- key places -------------------------------------------------------------------------------------------------

function places({ note, category = '', all }) {
  const sums = (all && all.places) || { total: 0, categories: {} };
  const wanted = { category, q: '' };
  const search = make('input', { type: 'search', placeholder: hall.t('cockpit.find_place'), 'aria-label': hall.t('cockpit.find_place'), maxlength: '50' });
  const kinds = make('div', { class: 'ck-kinds', role: 'group', 'aria-label': hall.t('cockpit.categories') });
  const mapBox = make('div', { class: 'ck-map' });
  const list = rows();
  sheet.append(make('div', { class: 'ck-tools' }, search, kinds), mapBox, list);
  const drawing = create(mapBox, all && all.events && all.events.extent);
  let run = 0;

  function chips() {
    kinds.replaceChildren(...[['', sums.total], ...Object.entries(sums.categories)].map(([key, total]) => {
      const chip = make('button', { type: 'button', class: 'ck-kind', 'aria-pressed': String(key === wanted.category), text: key ? name('category', key) : hall.t('cockpit.all') });
      chip.append(make('b', { text: hall.number(total) }));
      chip.onclick = () => {
        wanted.category = key;
        chips();
        read();
      };
      return chip;
    }));
  }

  const query = (limit, offset = 0) => new URLSearchParams(Object.entries({ ...wanted, limit, offset }).filter(([, value]) => value !== '')).toString();

  async function read() {
    run += 1;
    const mine = run;
    const found = await given(list, `/api/v1/key-places?${query(5000)}`);
    if (!found || mine !== run) return;
    note.textContent = hall.t('cockpit.n_places', { n: hall.number(found.count) });
    show(found.items);
    const map = await drawing;
    if (map && mine === run) points(map, found.items);
  }

  /** A page of rows at a time: the next one when the last is nearly in view. */
  function show(items) {
    list.replaceChildren();
    list.scrollTop = 0;
    if (!items.length) list.append(said(hall.t('cockpit.nothing_found'), 'search'));
    let shown = 0;
    const more = () => {
      for (const item of items.slice(shown, shown + PAGE)) list.append(row(item));
      shown += PAGE;
    };
    more();
    list.onscroll = () => shown < items.length && list.scrollTop + list.clientHeight > list.scrollHeight - 600 && more();
  }

  function row(item) {
    const line = make('a', { class: 'ck-row', href: `/#z=17&c=${item.lon},${item.lat}&s=${item.layer}:${item.id}:${item.lon}:${item.lat}` });
    line.append(make('b', { class: 'ck-cut', text: item.name }), make('span', { text: name('category', item.category) }), make('p', { class: 'ck-cut', text: [item.street, item.address].filter(Boolean).join(' · ') }));
    line.onpointerenter = line.onfocus = () => drawing.then((map) => map && map.getLayer('point') && map.setFilter('point', ['==', ['get', 'key'], `${item.layer}/${item.id}`]));
    return line;
  }

  let typing = 0;
  search.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      wanted.q = search.value.trim();
      read();
    }, TYPING_MS);
  };
  chips();
  read();
}

function points(map, items) {
  const data = { type: 'FeatureCollection', features: items.map(({ layer, id, lon, lat }) => ({ type: 'Feature', properties: { key: `${layer}/${id}` }, geometry: { type: 'Point', coordinates: [lon, lat] } })) };
  const dark = map.hallTheme === 'dark';
  if (map.getSource('points')) return map.getSource('points').setData(data);
  map.addSource('points', { type: 'geojson', data });
  const radius = ['interpolate', ['linear'], ['zoom'], 10, 1.8, 13, 3, 16, 6];
  map.addLayer({ id: 'points', type: 'circle', source: 'points', paint: { 'circle-radius': radius, 'circle-color': dark ? '#5eead4' : '#0f766e', 'circle-opacity': 0.85, 'circle-stroke-width': 0.8, 'circle-stroke-color': dark ? '#071222' : '#ffffff' } });
  return map.addLayer({ id: 'point', type: 'circle', source: 'points', filter: ['==', ['get', 'key'], ''], paint: { 'circle-radius': 8, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-width': 3, 'circle-stroke-color': dark ? '#38bdf8' : '#0b78c2' } });
}

// ---- key videos -------------------------------------------------------------------------------------------------

let list236 = [];

async function cameras({ note }) {
  const search = make('input', { type: 'search', placeholder: hall.t('cockpit.find_camera'), 'aria-label': hall.t('cockpit.find_camera'), maxlength: '50' });
  const list = rows();
  sheet.append(make('div', { class: 'ck-tools' }, search), list);
  const found = await given(list, '/api/v1/key-videos');
  if (!found) return;
  list236 = found.items;
  note.textContent = hall.t('cockpit.video_sums', { total: found.total, online: found.online, faulty: found.faulty });
  const show = () => {
    const text = search.value.trim().toLowerCase();
    const shown = found.items.filter((camera) => !text || `${camera.name} ${camera.street} ${camera.gb_id}`.toLowerCase().includes(text));
    list.replaceChildren(...(shown.length ? shown.map(line) : [said(hall.t('cockpit.nothing_found'), 'search')]));
  };
  search.oninput = show;
  show();
}

function line(camera) {
  const row = make('button', { type: 'button', class: 'ck-row', 'data-ck-open': 'video', 'data-camera': String(camera.id) });
  const state = camera.online ? (camera.failure || (camera.quality && camera.quality !== 'good') ? 'faulty' : 'online') : 'offline';
  row.append(
    make('b', { class: 'ck-cut', text: camera.name }), make('span', { class: state === 'online' ? '' : 'offline', text: hall.t(`cockpit.video.${state}`) }),
    make('p', { class: 'ck-cut', text: [camera.street, hall.t(`cockpit.owner.${camera.owner}`) || camera.owner, camera.event_id === null ? '' : hall.t('cockpit.from_event', { n: Math.round(camera.distance_m) })].filter(Boolean).join(' · ') }),
  );
  return row;
}

/** One picture, large. */
function video({ title, note, camera }) {
  const one = videos.find(Number(camera)) || list236.find(({ id }) => id === Number(camera));
  if (!one) return close();
  title.textContent = one.name;
  note.textContent = one.street || '';
  large = new videos.Screen({ large: true });
  videos.begin.large = large;
  const picture = make('div', { class: 'ck-large-picture' }, large.node);
  large.node.removeAttribute('data-ck-open');
  const facts = rows();
  facts.append(...[
    ['cockpit.fact.number', one.gb_id], ['cockpit.fact.owner', hall.t(`cockpit.owner.${one.owner}`) || one.owner],
    ['cockpit.fact.event', one.event_id === null ? '' : hall.t('cockpit.from_event', { n: Math.round(one.distance_m) })],
    ['cockpit.fact.purpose', hall.t(one.event_id === null ? 'cockpit.purpose.inspection' : 'cockpit.purpose.event')],
  ].filter(([, text]) => text).map(([key, text]) => make('div', {}, make('b', { text: hall.t(key) }), make('span', { text }))));
  const ways = make('div', { class: 'ck-tools' });
  ways.append(make('a', { class: 'button', href: `/video/#n=1&c=${one.id}`, text: hall.t('cockpit.open_video') }), make('a', { class: 'button', href: `/#z=17&c=${one.lon},${one.lat}&s=cameras:${one.id}:${one.lon}:${one.lat}`, text: hall.t('cockpit.open_map') }));
  sheet.append(picture, ways, facts);
  return large.show(one);
}

// ---- streets, subsystems ----------------------------------------------------------------------------------------

function streets({ note, all }) {
  const list = rows();
  sheet.append(list);
  const { streets: found = [], accepted = 0 } = (all && all.figures) || {};
  note.textContent = hall.t('cockpit.streets_sum', { n: hall.number(accepted) });
  const percent = (rate) => (rate === null ? '—' : `${new Intl.NumberFormat(hall.language, { maximumFractionDigits: 1 }).format(100 * rate)} %`);
  list.append(...found.map((street) => {
    const row = make('div');
    row.append(
      make('b', { text: street.name || hall.t('cockpit.no_street') }), make('span', { text: hall.t('cockpit.street_accepted', { n: hall.number(street.accepted) }) }),
      make('p', { text: hall.t('cockpit.street_facts', { open: hall.number(street.open), overdue: hall.number(street.overdue), rate: percent(street.on_time_rate_7d), due: hall.number(street.due_7d) }) }),
    );
    return row;
  }));
  sheet.append(make('div', { class: 'ck-tools' }, make('a', { class: 'ck-link', href: '/analysis/', text: hall.t('cockpit.open_analysis') })));
}

function health({ note, all }) {
  const list = rows();
  sheet.append(list);
  const { parts = [], fine = 0, connected = 0 } = (all && all.health) || {};
  note.textContent = hall.t('cockpit.systems', { fine, connected });
  const when = (at) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(at));
  list.append(...parts.map(({ key, state, at, value, total }) => {
    const row = make('div');
    const measure = value === null ? '' : total === null ? hall.t(key === 'database' ? 'cockpit.ms' : 'cockpit.amount', { n: hall.number(value) }) : `${hall.number(value)} / ${hall.number(total)}`;
    row.append(make('b', { text: subsystem(key) }), make('span', { class: state, text: hall.t(`cockpit.health.${state}`) }), make('p', { text: [at ? hall.t('cockpit.last_sign', { time: when(at) }) : hall.t('cockpit.no_sign'), measure].filter(Boolean).join(' · ') }));
    return row;
  }));
}

const KINDS = { places, videos: cameras, video, streets, health };
