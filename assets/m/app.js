/** The page itself: which view is shown, the bar below, who is signed in. */
import { Offline, read, SignedOut } from './api.js';
import { h, icon } from './dom.js';
import * as live from './live.js';
import * as place from './place.js';
import * as queue from './queue.js';
import { change, recall, state, watch } from './state.js';
import { t } from './texts.js';
import { map } from './view-map.js';
import { account, messages, signIn, stranger } from './view-own.js';
import { classes, report } from './view-report.js';
import { result, task } from './view-task.js';
import { tasks } from './view-tasks.js';

const app = document.getElementById('app');
const VIEWS = [
  [/^#\/task\/(\d+)\/result$/, result],
  [/^#\/task\/(\d+)$/, task],
  [/^#\/map$/, map],
  [/^#\/report$/, report],
  [/^#\/messages$/, messages],
  [/^#\/me$/, account],
  [/^/, tasks],
];
const TABS = [['tasks', 'list-details'], ['map', 'map'], ['report', 'plus'], ['messages', 'bell'], ['me', 'user']];

/** Reporting must work without a connection on the first day, too. */
const DICTIONARY_MS = 2000;

let shown = null;
let started = false;

/** A view is a function of its parameters and gives {node, tab?, draw?(), leave?()}; `draw` is called after every change. */
function route() {
  if (shown && shown.leave) shown.leave();
  const hash = location.hash || '#/tasks';
  const [pattern, view] = !state.me ? [/^/, signIn] : state.readAt && !state.worker ? [/^/, stranger] : VIEWS.find(([one]) => one.test(hash));
  shown = view(...pattern.exec(hash).slice(1));
  shown.for = key();
  app.replaceChildren(...[shown.node, shown.tab && bar(shown.tab)].filter(Boolean));
  app.removeAttribute('aria-busy');
  draw();
  window.scrollTo(0, 0);
}

const key = () => `${state.me ? state.me.username : ''} ${Boolean(state.readAt && !state.worker)}`;

function bar(tab) {
  return h('nav', { class: 'tabs', 'aria-label': t('phone.pages') }, TABS.map(([name, symbol]) =>
    h('a', { href: `#/${name}`, class: name === tab ? 'here' : null, 'aria-current': name === tab ? 'page' : null, 'data-tab': name }, icon(symbol), h('span', null, t(`phone.tab_${name}`)), h('i', { class: 'count', hidden: true }))));
}

function draw() {
  if (shown.for !== key()) return void route();
  if (shown.draw) shown.draw();
  const fresh = state.messages.filter((one) => one.fresh).length + queue.stopped().length;
  const count = app.querySelector('[data-tab=messages] .count');
  if (count) {
    count.hidden = !fresh;
    count.textContent = fresh;
  }
}

/** Everything that runs while somebody is signed in. */
async function begin() {
  if (started) {
    await live.refresh();
    live.connect();
    return void queue.send();
  }
  started = true;
  live.start();
  await queue.start();
  place.start();
  setTimeout(classes, DICTIONARY_MS);
}

document.addEventListener('signedin', async () => {
  location.hash = '#/tasks';
  await recall(state.me.username);
  route();
  begin();
});
document.addEventListener('redraw', route);

/** Who is signed in: the server says so; without a connection it is whoever was last. */
async function who() {
  await recall();
  const last = state.me;
  if (last) route();
  try {
    const me = await read('/api/v1/me');
    if (!last || last.username !== me.username) {
      change({ me, worker: null, tasks: [], done: [], messages: [], readAt: 0 });
      await recall(me.username);
    }
    change({ me, expired: false });
  } catch (error) {
    if (!(error instanceof Offline) && !(error instanceof SignedOut)) throw error;
    if (!last) change({ expired: false });
  }
}

async function boot() {
  if ('serviceWorker' in navigator) navigator.serviceWorker.register('/m/sw.js').catch(() => {});
  await who();
  watch(draw);
  window.addEventListener('hashchange', route);
  route();
  if (state.me) begin();
}

boot();
