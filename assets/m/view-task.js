/** One task: the way there, what is known, the next step; and the result. */
import { ask, Offline, read, SignedOut } from './api.js';
import { button, distance, h, icon, sheet, toast } from './dom.js';
import * as maps from './map.js';
import { chips, condition, disc, enlarge, here, lamp, leftText, photoSlots, titled, top } from './parts.js';
import * as place from './place.js';
import * as queue from './queue.js';
import { keep, state } from './state.js';
import * as store from './store.js';
import { clock, metres, span, t } from './texts.js';

const STEPS = ['sent', 'accepted', 'on_site', 'done', 'checked'];
const MODES = ['walk', 'ride', 'drive'];
const MOVED_M = 40;
const AWAY_M = 250;
const MOST_TEXT = 500;

const found = (id) => [...state.tasks, ...state.done].find((one) => one.id === Number(id));
const missing = (title, back) => ({ node: h('div', { class: 'page' }, top(title, { back }), h('p', { class: 'empty' }, icon('info-circle', 32), t('state.gone'))) });
const mode = () => localStorage.getItem('hall.phone.mode') || 'walk';

export function task(id) {
  const first = found(id);
  if (!first) return { ...missing(t('phone.task'), '#/tasks'), tab: 'tasks' };
  place.look();
  const line = condition();
  const box = h('div', { class: 'task-map' });
  const eta = h('button', { type: 'button', class: 'eta', onclick: choose });
  const frame = h('div', { class: 'map-frame' }, box, eta);
  const facts = h('div', { class: 'facts' });
  const photos = h('div', { class: 'thumbs' });
  const actions = h('footer', { class: 'actions' });
  const node = h('div', { class: 'page with-actions' }, top(t('phone.task'), { back: '#/tasks' }), line.node, frame, facts, photos, actions);
  let map = null;
  let from = null;
  let sign = '';
  let left = false;
  let following = false;
  let way = null;

  maps.show(box, { center: first }).then((shown) => {
    map = shown;
    if (!map) return;
    if (left) return map.remove();
    map.mark('case', first, () => h('span', { class: 'case-mark' }, disc(first.level)));
    map.map.on('dragstart', () => (following = false));
    draw();
    locate(true);
    return undefined;
  });
  files(first.event_id, photos);

  /** The way is asked for when the phone has moved; without a connection the straight line has to do. */
  async function locate(force) {
    const at = here();
    if (!map || !at) return;
    map.mark('me', at, maps.dot);
    if (following) map.go(at, 17);
    if (!force && from && distance(from, at) < MOVED_M) return;
    const start = !from;
    from = at;
    const task = found(id) || first;
    try {
      const { ok, body } = await ask(`/api/v1/route?from=${at.lon},${at.lat}&to=${task.lon},${task.lat}&mode=${mode()}`);
      way = ok && body.reachable ? body : null;
      map.way(way && way.geometry.coordinates);
    } catch (error) {
      if (!(error instanceof Offline) && !(error instanceof SignedOut)) throw error;
      if (!way) map.way([[at.lon, at.lat], [task.lon, task.lat]]);
    }
    if (start && !following) map.fit([at, task, ...(way ? way.geometry.coordinates.map(([lon, lat]) => ({ lon, lat })) : [])], { top: 56, right: 48, bottom: 84, left: 48 });
    told(task, at);
  }

  function told(task, at) {
    const words = way ? [t(`phone.mode_${mode()}`), span(way.travel_time_s, 'urgent_hour'), metres(way.distance_m)] : [t('phone.straight'), metres(distance(at, task))];
    eta.textContent = words.join(' · ');
    eta.hidden = false;
    if (following && way && way.roads && way.roads.length) eta.textContent = `${way.roads.map((road) => road.name).filter(Boolean).slice(0, 2).join(' → ')} · ${eta.textContent}`;
  }

  function choose() {
    sheet(t('phone.mode'), (close) => MODES.map((name) => button(t(`phone.mode_${name}`), { look: name === mode() ? 'primary' : 'plain', symbol: { walk: 'walk', ride: 'route', drive: 'car' }[name], onclick() {
      localStorage.setItem('hall.phone.mode', name);
      close();
      locate(true);
    } })));
  }

  function navigate() {
    following = !following;
    frame.classList.toggle('large', following);
    if (map) map.map.resize();
    const at = here();
    if (following && at && map) map.go(at, 17);
    if (!at) toast(t(`phone.no_place_${state.noFix || 'yet'}`), 'warn');
    sign = '';
    draw();
    window.scrollTo(0, 0);
  }

  function draw() {
    line.draw();
    const task = found(id) || first;
    const at = queue.standing(task);
    if (state.fix) locate(false);
    const next = JSON.stringify([task.version, at, task.lamp, Math.floor(Date.now() / 60000), following, state.online]);
    if (next === sign) return;
    sign = next;
    facts.replaceChildren(...describe(task, at));
    actions.replaceChildren(...offers(task, at, { navigate, following }));
  }
  eta.hidden = true;
  return { node, draw, leave() {
    left = true;
    if (map) map.remove();
  } };
}

function describe(task, at) {
  const over = ['done', 'declined', 'cancelled'].includes(at.state);
  const checked = at.state === 'done' && !['dispatched', 'handling', 'checking', 'suspended'].includes(task.case_state);
  const behind = STEPS.indexOf(checked ? 'checked' : at.state);
  return [
    h('div', { class: 'row start' }, disc(task.level), h('h2', { class: 'title grow' }, titled(task)), h('em', null, t(at.pending ? 'phone.to_send' : `phone.task_${at.state}`))),
    h('p', { class: 'place' }, task.place_text),
    task.description && h('p', { class: 'description' }, task.description),
    task.order_text && h('p', { class: 'order' }, h('b', null, t('phone.order')), task.order_text),
    h('p', { class: 'tags' }, h('span', { class: 'tag' }, task.class_name), h('span', { class: 'tag' }, task.case_no), !over && h('span', { class: `tag ${lamp(task)}` }, leftText(task)), !task.lead && h('span', { class: 'tag' }, t('phone.helper'))),
    at.state === 'declined' || at.state === 'cancelled' ? h('p', { class: 'order' }, h('b', null, t(`phone.task_${at.state}`)), task.result || '') : h('ol', { class: 'steps' }, STEPS.map((name, step) => h('li', { class: step <= behind ? 'done' : step === behind + 1 ? 'now' : null, 'aria-current': step === behind + 1 ? 'step' : null }, h('span', null, t(`phone.step_${name}`))))),
    over && task.result && at.state === 'done' ? h('p', { class: 'order' }, h('b', null, t('phone.result')), task.result) : null,
  ].filter(Boolean);
}

function offers(task, at, { navigate, following }) {
  const enter = (action, more = {}) => queue.enter({ kind: 'task', what: action, task: task.id, title: task.title, body: { action, ...more } });
  const go = button(t(following ? 'phone.stop_navigation' : 'phone.navigate'), { look: at.state === 'accepted' && !following ? 'primary wide' : 'plain', symbol: 'navigation', onclick: navigate });
  const arrive = (look) => button(t('phone.arrive'), { look, symbol: 'check', onclick() {
    const far = state.fix ? distance(state.fix, task) : 0;
    if (far < AWAY_M) return void enter('arrive');
    sheet(t('phone.far'), (close) => [h('p', null, t('phone.far_text', { length: metres(far) })), button(t('phone.arrive_anyway'), { look: 'primary', onclick: () => (enter('arrive'), close()) }), button(t('phone.not_yet'), { onclick: close })]);
    return undefined;
  } });
  const decline = button(t('phone.decline'), { onclick: () => declined(enter) });
  const finish = () => h('a', { class: 'button primary wide', href: `#/task/${task.id}/result` }, icon('send', 20), h('span', null, t(`phone.finish_${task.purpose}`)));
  if (at.state === 'sent') return [h('div', { class: 'pair' }, decline, go), button(t('phone.accept'), { look: 'primary wide', symbol: 'check', onclick: () => enter('accept') })];
  if (at.state === 'accepted') return following ? [h('div', { class: 'pair' }, go, arrive('primary'))] : [h('div', { class: 'pair' }, decline, arrive('plain')), go];
  if (at.state === 'on_site') return [h('div', { class: 'pair' }, decline, go), finish()];
  return [];
}

function declined(enter) {
  const REASONS = ['far', 'busy', 'not_mine', 'unsafe'];
  sheet(t('phone.decline'), (close) => {
    const text = h('textarea', { rows: 3, maxlength: MOST_TEXT, 'aria-label': t('phone.reason'), placeholder: t('phone.reason') });
    const confirm = button(t('phone.decline'), { look: 'danger wide', disabled: true, onclick() {
      enter('decline', { opinion: text.value.trim() });
      close();
    } });
    text.addEventListener('input', () => (confirm.disabled = !text.value.trim()));
    const fill = (value) => {
      text.value = t(`phone.reason_${value}`);
      confirm.disabled = false;
    };
    return [h('p', { class: 'quiet' }, t('phone.decline_text')), chips(t('phone.reason'), REASONS.map((name) => [name, t(`phone.reason_${name}`)]), '', fill), text, confirm];
  });
}

/** Photos that are known of the case. */
async function files(eventId, box) {
  const shown = (list) => box.replaceChildren(...list.slice(0, 12).map((file) => {
    const words = [t(`phone.photo_${file.kind}`), clock(file.taken_at || file.added_at)].join(' ');
    return h('button', { type: 'button', class: 'thumb', onclick: () => enlarge(`/api/v1/attachments/${file.id}`, words) }, h('img', { src: `/api/v1/attachments/${file.id}?size=thumb`, alt: '', loading: 'lazy' }), h('span', null, words));
  }));
  try {
    const { attachments } = await read(`/api/v1/events/${eventId}`);
    shown(attachments);
  } catch (error) {
    if (!(error instanceof Offline) && !(error instanceof SignedOut) && !(error instanceof Error)) throw error;
  }
}

export function result(id) {
  const task = found(id);
  if (!task) return missing(t('phone.result'), '#/tasks');
  place.look();
  const name = `draft:${state.me.username}:task:${id}`;
  const draft = { photos: [], text: '', outcome: '' };
  const handles = task.purpose === 'handle';
  const outcomes = handles ? ['repaired', 'fenced', 'handed_over', 'persuaded'] : ['passed', 'failed'];
  const line = condition();
  const form = h('div', { class: 'form' });
  const hint = h('p', { class: 'hint' });
  const submit = button(t(`phone.submit_${task.purpose}`), { look: 'primary wide', onclick: send });
  const node = h('div', { class: 'page with-actions' }, top(t(`phone.finish_${task.purpose}`), { back: `#/task/${id}` }), line.node, form, h('footer', { class: 'actions' }, hint, submit));
  const kind = handles ? 'after' : 'near';

  function check() {
    const has = (one) => draft.photos.some((photo) => photo.kind === one);
    const lacks = handles && !has('after') ? 'phone.needs_after' : !handles && !has('near') ? 'phone.needs_photo' : !draft.outcome ? 'phone.needs_outcome' : draft.outcome === 'failed' && !draft.text.trim() ? 'phone.needs_reason' : '';
    submit.disabled = Boolean(lacks);
    hint.textContent = lacks ? t(lacks) : '';
  }
  const changed = () => {
    check();
    store.put('kept', draft, name);
  };

  function build() {
    const count = h('small', null, `${draft.text.length} / ${MOST_TEXT}`);
    const text = h('textarea', { rows: 4, maxlength: MOST_TEXT, 'aria-label': t('phone.explanation'), placeholder: t('phone.explanation_hint'), value: draft.text, oninput() {
      draft.text = text.value;
      count.textContent = `${text.value.length} / ${MOST_TEXT}`;
      changed();
    } });
    const options = h('div', null);
    const outcome = () => options.replaceChildren(chips(t('phone.outcome'), outcomes.map((one) => [one, t(`phone.outcome_${one}`)]), draft.outcome, (value) => {
      draft.outcome = value;
      outcome();
      changed();
    }));
    outcome();
    form.replaceChildren(...[
      handles && photoSlots(t('phone.before'), 'before', draft.photos, { hint: t('phone.if_any'), changed }),
      photoSlots(t(handles ? 'phone.after' : 'phone.on_the_spot'), kind, draft.photos, { hint: t('phone.at_least_one'), changed }),
      h('section', { class: 'field' }, h('h2', null, t('phone.outcome')), options),
      h('section', { class: 'field' }, h('h2', null, t('phone.explanation'), count), text),
    ].filter(Boolean));
    check();
  }

  async function send() {
    submit.disabled = true;
    const opinion = [t(`phone.outcome_${draft.outcome}`), draft.text.trim()].filter(Boolean).join(t('phone.colon'));
    await queue.enter({ kind: 'task', what: 'finish', task: task.id, title: task.title, body: { action: 'finish', opinion, passed: draft.outcome !== 'failed' } }, draft.photos);
    await store.remove('kept', name);
    await keep();
    toast(t(state.online ? 'phone.handed_in' : 'phone.kept'), 'good');
    location.hash = '#/tasks';
  }

  build();
  store.get('kept', name).then((kept) => {
    if (!kept) return;
    Object.assign(draft, kept);
    build();
  });
  return { node, draw: line.draw };
}
