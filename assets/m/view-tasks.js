/** My tasks: the duty card, three lists, what waits to be sent. */
import { h, icon } from './dom.js';
import { away, condition, disc, lamp, leftText, queued, titled, top } from './parts.js';
import * as queue from './queue.js';
import { state } from './state.js';
import { clock, metres, span, t } from './texts.js';

let list = 'todo';
const LISTS = { todo: (one) => one.at.state === 'sent' || one.at.state === 'accepted', doing: (one) => one.at.state === 'on_site', done: (one) => !['sent', 'accepted', 'on_site'].includes(one.at.state) };

export function tasks() {
  const line = condition();
  const duty = h('a', { class: 'card duty', href: '#/me' });
  const entries = h('section', { class: 'entries', 'aria-label': t('phone.waiting') });
  const segments = h('div', { class: 'segments', role: 'tablist' });
  const cards = h('div', { class: 'cards', id: 'cards' });
  const node = h('div', { class: 'page' }, top(t('phone.my_tasks'), { right: h('a', { class: 'bare', href: '#/map', 'aria-label': t('phone.tab_map') }, icon('map')) }), line.node, h('div', { class: 'body' }, duty, entries, segments, cards));
  let sign = '';

  function draw() {
    line.draw();
    const all = [...state.tasks, ...state.done].map((task) => ({ task, at: queue.standing(task) }));
    const minute = Math.floor(Date.now() / 60000);
    const next = JSON.stringify([all.map(({ task, at }) => [task.id, task.version, at, task.lamp]), list, minute, state.worker, state.online, state.readAt > 0, queue.waiting().length, state.fix && [state.fix.lon.toFixed(4), state.fix.lat.toFixed(4)]]);
    if (next === sign) return;
    sign = next;
    duty.replaceChildren(...dutyCard());
    entries.replaceChildren(...queue.waiting().map((item) => queued(item)));
    entries.hidden = !queue.waiting().length;
    segments.replaceChildren(...Object.keys(LISTS).map((name) => h('button', { type: 'button', role: 'tab', 'aria-selected': String(name === list), 'aria-controls': 'cards', class: name === list ? 'on' : null, onclick: () => ((list = name), draw()) }, t(`phone.list_${name}`), ' ', h('b', null, String(all.filter(LISTS[name]).length)))));
    const chosen = all.filter(LISTS[list]);
    cards.replaceChildren(...(chosen.length ? chosen.map(card) : [empty()]));
  }
  return { node, tab: 'tasks', draw };
}

function dutyCard() {
  const { worker } = state;
  if (!worker) return [h('span', { class: 'avatar' }, icon('user')), h('span', { class: 'grow' }, h('b', null, state.me.display_name), h('small', null, t('phone.reading')))];
  const on = worker.status !== 'off_duty';
  const figures = worker.sharing_since && on
    ? [worker.in_grid_s >= 60 && t('phone.in_grid', { time: span(worker.in_grid_s, 'urgent_hour') }), t('phone.walked', { length: metres(worker.walked_m) })].filter(Boolean).join(' · ')
    : t(on ? 'phone.not_shared' : 'phone.duty_off_text');
  const mark = !state.online ? ['warn', t('phone.off_line')] : on ? ['good', t('phone.on_duty')] : ['quiet', t('phone.off_duty')];
  return [h('span', { class: 'avatar' }, icon('user')), h('span', { class: 'grow' }, h('b', null, worker.grid_name || state.me.display_name), h('small', null, figures)), h('span', { class: `mark ${mark[0]}` }, mark[1])];
}

function card({ task, at }) {
  const over = ['done', 'declined', 'cancelled'].includes(at.state);
  return h('a', { class: 'card task', href: `#/task/${task.id}`, 'data-task': task.id },
    disc(task.level),
    h('span', { class: 'grow' },
      h('span', { class: 'row' }, h('b', { class: 'title' }, titled(task)), h('em', { class: at.pending ? 'pending' : null }, t(at.pending ? 'phone.to_send' : `phone.task_${at.state}`))),
      h('small', null, task.place_text),
      h('span', { class: 'row' }, over ? h('small', { class: 'with-icon' }, icon('clock', 16), task.finished_at ? clock(task.finished_at) : t('phone.now')) : h('small', { class: `with-icon ${lamp(task)}` }, icon('clock', 16), leftText(task)),
        over ? null : h('small', { class: 'with-icon' }, icon('map-pin', 16), away(task)))));
}

function empty() {
  const text = !state.readAt ? t('phone.reading') : list === 'todo' ? t('phone.nothing_todo') : t('phone.nothing');
  return h('p', { class: 'empty' }, icon(list === 'todo' ? 'check' : 'list-details', 32), text);
}
