/** Report an event, or solve it at once and report that (自办自结). What is entered stays until it is sent, also over a restart. */
import { Offline, read, SignedOut } from './api.js';
import { button, distance, h, icon, sheet, toast } from './dom.js';
import * as maps from './map.js';
import { condition, disc, photoSlots, top } from './parts.js';
import * as place from './place.js';
import * as queue from './queue.js';
import { state } from './state.js';
import * as store from './store.js';
import { clock, metres, t } from './texts.js';

const MOST_TEXT = 500;
const MOST_PLACE = 100;
const MOST_CLASSES = 30;
const NEAR_M = 100;
const ASK_MS = 800;
const NEW = () => ({ self: false, photos: [], class_code: '', class_name: '', text: '', done: '', place_text: '', place: null, picked: false });

let dictionary = null;

/** The event dictionary, kept on the phone. */
export async function classes() {
  if (dictionary) return dictionary;
  dictionary = (await store.get('kept', 'dictionary')) || null;
  const fresh = read('/api/v1/dictionary').then((tree) => {
    dictionary = flat(tree);
    store.put('kept', dictionary, 'dictionary');
  }).catch((error) => {
    if (!(error instanceof Offline) && !(error instanceof SignedOut)) throw error;
  });
  if (!dictionary) await fresh;
  return dictionary || [];
}

const flat = (tree) => tree.majors.flatMap((major) => major.sub_classes.flatMap((sub) => sub.classes.filter((one) => one.enabled !== false).map((one) => ({ code: one.code, name: one.name, group: sub.name }))));

export function report() {
  place.look();
  const name = `draft:${state.me.username}:report`;
  let draft = NEW();
  const line = condition();
  const form = h('div', { class: 'form' });
  const hint = h('p', { class: 'hint' });
  const submit = button('', { look: 'primary', symbol: 'send', onclick: send });
  const turn = button('', { onclick() {
    draft.self = !draft.self;
    changed();
    build();
  } });
  const node = h('div', { class: 'page with-actions with-tabs' }, top(t('phone.tab_report')), line.node, form, h('footer', { class: 'actions' }, hint, h('div', { class: 'pair' }, turn, submit)));
  let map = null;
  let left = false;
  let near = null;
  let asking = 0;

  function check() {
    const has = (kind) => draft.photos.some((one) => one.kind === kind);
    const needs = draft.self
      ? [[has('before'), 'phone.needs_before'], [has('after'), 'phone.needs_after'], [draft.class_code, 'phone.needs_class'], [where(), 'phone.needs_place'], [draft.done.trim(), 'phone.needs_done']]
      : [[has('near'), 'phone.needs_photo'], [draft.class_code, 'phone.needs_class'], [where(), 'phone.needs_place']];
    const lacks = needs.find(([there]) => !there);
    submit.disabled = Boolean(lacks);
    hint.textContent = lacks ? t(lacks[1]) : '';
  }

  const where = () => draft.place || (state.fix && { lon: state.fix.lon, lat: state.fix.lat });

  const changed = () => {
    check();
    store.put('kept', draft, name);
  };

  // ---- the form -----------------------------------------------------------------------------------------------

  function build() {
    if (map) map.remove();
    map = null;
    turn.querySelector('span').textContent = t(draft.self ? 'phone.only_report' : 'phone.self_close');
    submit.querySelector('span').textContent = t(draft.self ? 'phone.submit_self_close' : 'phone.submit_report');
    const photos = draft.self
      ? [photoSlots(t('phone.before'), 'before', draft.photos, { hint: t('phone.at_least_one'), changed }), photoSlots(t('phone.after'), 'after', draft.photos, { hint: t('phone.at_least_one'), changed })]
      : [photoSlots(t('phone.on_the_spot'), 'near', draft.photos, { hint: t('phone.at_least_one'), changed })];
    form.replaceChildren(
      draft.self ? h('p', { class: 'note' }, icon('shield-check', 20), h('span', null, t('phone.self_close_text'))) : '',
      ...photos,
      classField(),
      placeField(),
      near || (near = h('div', { class: 'near', 'aria-live': 'polite' })),
      textField('text', t('phone.what'), t('phone.what_hint')),
      ...(draft.self ? [textField('done', t('phone.done_how'), t('phone.done_hint'))] : []),
    );
    check();
  }

  function textField(key, title, placeholder) {
    const area = h('textarea', { rows: 3, maxlength: MOST_TEXT, 'aria-label': title, placeholder, value: draft[key], oninput() {
      draft[key] = area.value;
      changed();
    } });
    return h('section', { class: 'field' }, h('h2', null, title), area);
  }

  function classField() {
    return h('section', { class: 'field' }, h('h2', null, t('phone.class')), h('button', { type: 'button', class: 'choose', id: 'class', onclick: chooseClass }, icon('search', 20), h('span', { class: draft.class_code ? 'grow' : 'grow quiet' }, draft.class_name || t('phone.class_hint')), icon('chevron-left', 20)));
  }

  function chooseClass() {
    sheet(t('phone.class'), (close) => {
      const list = h('div', { class: 'list' });
      const input = h('input', { type: 'search', class: 'search', 'aria-label': t('phone.class_hint'), placeholder: t('phone.class_hint'), autofocus: true, oninput: () => show() });
      async function show() {
        const words = input.value.trim().toLowerCase();
        const known = await classes();
        const recent = (await store.get('kept', 'recent-classes')) || [];
        const rank = (one) => (one.name.startsWith(words) ? 0 : one.name.includes(words) ? 1 : [...words].every((letter) => one.name.includes(letter)) ? 2 : one.group.includes(words) || one.code.toLowerCase().startsWith(words) ? 3 : 9);
        const hits = words
          ? known.map((one) => [rank(one), one]).filter(([order]) => order < 9).sort((a, b) => a[0] - b[0]).map(([, one]) => one)
          : [...recent.map((code) => known.find((one) => one.code === code)).filter(Boolean), ...known.filter((one) => !recent.includes(one.code))];
        list.replaceChildren(...hits.slice(0, MOST_CLASSES).map((one) => h('button', { type: 'button', class: 'item', onclick() {
          Object.assign(draft, { class_code: one.code, class_name: one.name });
          store.put('kept', [one.code, ...recent.filter((code) => code !== one.code)].slice(0, 5), 'recent-classes');
          changed();
          build();
          close();
          look();
        } }, h('b', null, one.name), h('small', null, one.group))), ...(hits.length ? [] : [h('p', { class: 'empty' }, known.length ? t('search.nothing', { text: input.value }) : t('phone.class_offline'))]));
      }
      show();
      return [input, list];
    });
  }

  function placeField() {
    const box = h('div', { class: 'place-map' });
    const words = h('span', { class: 'grow' });
    const bottom = h('div', { class: 'place-line' }, words, h('button', { type: 'button', class: 'bare words', onclick: adjust }, t('phone.adjust')));
    const text = h('input', { type: 'text', class: 'search', maxlength: MOST_PLACE, 'aria-label': t('phone.place_text'), placeholder: t('phone.place_text'), value: draft.place_text, oninput() {
      draft.place_text = text.value;
      changed();
    } });
    let known = '';
    placeField.draw = () => {
      const at = where();
      const sign = JSON.stringify([draft.picked, at && at.lon.toFixed(5), at && at.lat.toFixed(5), state.noFix, state.fix && Math.round(state.fix.accuracy)]);
      if (sign === known) return;
      known = sign;
      words.textContent = draft.picked ? t('phone.place_picked') : state.fix ? t('phone.place_own', { accuracy: Math.round(state.fix.accuracy) }) : t(`phone.no_place_${state.noFix || 'yet'}`);
      check();
      look();
      if (!at) return;
      if (map) {
        map.map.jumpTo({ center: [at.lon, at.lat] });
        return;
      }
      if (box.childElementCount) return;
      maps.show(box, { center: at, still: true }).then((made) => {
        if (left || !box.isConnected) return made && made.remove();
        map = made;
        if (made) box.append(h('span', { class: 'pin-middle' }, maps.pin()));
        return undefined;
      });
    };
    placeField.draw();
    return h('section', { class: 'field' }, h('h2', null, t('phone.place'), h('small', null, state.fix && !draft.picked ? t('phone.accuracy', { accuracy: Math.round(state.fix.accuracy) }) : '')), h('div', { class: 'place-box' }, box, bottom), text);
  }

  /** The map is moved under a pin. */
  function adjust() {
    const { worker } = state;
    const start = where() || state.tasks[0] || (worker && worker.grid_lon !== null && { lon: worker.grid_lon, lat: worker.grid_lat });
    if (!start) return void toast(t(`phone.no_place_${state.noFix || 'yet'}`), 'warn');
    sheet(t('phone.place_move'), (close) => {
      const box = h('div', { class: 'adjust-map' });
      let chosen = null;
      const take = button(t('phone.place_take'), { look: 'primary wide', symbol: 'map-pin', disabled: true, onclick() {
        draft.place = chosen.center();
        draft.picked = true;
        close();
        chosen.remove();
        changed();
        build();
      } });
      const own = state.fix && button(t('phone.place_use_own'), { symbol: 'current-location', onclick() {
        draft.place = null;
        draft.picked = false;
        close();
        if (chosen) chosen.remove();
        changed();
        build();
      } });
      setTimeout(() => maps.show(box, { center: start, zoom: 17 }).then((made) => {
        chosen = made;
        if (made) (box.append(h('span', { class: 'pin-middle' }, maps.pin())), (take.disabled = false));
      }));
      return [box, own, take];
    });
  }

  /** Is it known already? Open cases of the same class close by. */
  function look() {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      const at = where();
      if (!near || !at || !draft.class_code || left) return;
      const d = NEAR_M / 100000;
      try {
        const { features } = await read(`/api/v1/layers/open_events?bbox=${at.lon - d},${at.lat - d},${at.lon + d},${at.lat + d}&class_code=${draft.class_code}&limit=20`);
        const hits = features.map((one) => ({ ...one.properties, far: distance(at, { lon: one.geometry.coordinates[0], lat: one.geometry.coordinates[1] }) })).filter((one) => one.far <= NEAR_M).sort((a, b) => a.far - b.far);
        near.replaceChildren(...(hits.length ? [h('div', { class: 'card similar' }, disc(hits[0].level), h('span', { class: 'grow' }, h('b', null, t('phone.similar', { number: hits.length, length: metres(hits[0].far) })), h('small', null, `${hits[0].title} · ${clock(hits[0].reported_at)}`), h('small', null, t('phone.similar_text'))))] : []));
      } catch (error) {
        if (!(error instanceof Offline) && !(error instanceof SignedOut) && !(error instanceof Error)) throw error;
        near.replaceChildren();
      }
    }, ASK_MS);
  }

  async function send() {
    submit.disabled = true;
    const at = where();
    const body = {
      source: draft.self ? 'grid_self' : 'grid_patrol', class_code: draft.class_code, title: draft.class_name, lon: at.lon, lat: at.lat,
      crs: 'wgs84', ...(draft.place_text.trim() ? { place_text: draft.place_text.trim() } : {}), ...(draft.text.trim() ? { description: draft.text.trim() } : {}),
      // phones measure in WGS 84, and a place moved under the pin is on our own map
      crs_checked: true,
    };
    const kinds = draft.self ? ['before', 'after'] : ['near'];
    await queue.enter({ kind: draft.self ? 'self_close' : 'report', what: draft.self ? 'self_close' : 'report', title: draft.class_name, body: draft.self ? { ...body, opinion: draft.done.trim() } : body }, draft.photos.filter((one) => kinds.includes(one.kind)));
    await store.remove('kept', name);
    draft = NEW();
    toast(t(state.online ? 'phone.handed_in' : 'phone.kept'), 'good');
    location.hash = '#/tasks';
  }

  function draw() {
    line.draw();
    if (placeField.draw) placeField.draw();
  }

  build();
  store.get('kept', name).then((kept) => {
    if (!kept || left) return;
    draft = { ...NEW(), ...kept };
    build();
  });
  return { node, tab: 'report', draw, leave() {
    left = true;
    clearTimeout(asking);
    if (map) map.remove();
  } };
}
