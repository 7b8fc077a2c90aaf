/** The map: my tasks around me. */
import { h, icon, toast } from './dom.js';
import * as maps from './map.js';
import { away, condition, disc, here, leftText, titled, top } from './parts.js';
import * as place from './place.js';
import * as queue from './queue.js';
import { state } from './state.js';
import { t } from './texts.js';

export function map() {
  place.look();
  const line = condition();
  const box = h('div', { class: 'full-map' });
  const locate = h('button', { type: 'button', class: 'round', 'aria-label': t('phone.my_place'), onclick: centre }, icon('current-location'));
  const card = h('div', { class: 'map-card' });
  const node = h('div', { class: 'page whole' }, top(t('phone.tab_map')), line.node, h('div', { class: 'grow-box' }, box, locate, card));
  let shown = null;
  let left = false;
  const drawn = new Set();
  const { worker } = state;
  const start = here() || state.tasks[0] || (worker && worker.grid_lon !== null && { lon: worker.grid_lon, lat: worker.grid_lat });

  if (start) {
    maps.show(box, { center: start }).then((made) => {
      if (left) return made && made.remove();
      shown = made;
      if (!shown) return undefined;
      draw();
      const places = [...open(), ...(here() ? [here()] : [])];
      if (places.length > 1) shown.fit(places, 64);
      return undefined;
    });
  } else box.append(h('p', { class: 'map-note' }, t(`phone.no_place_${state.noFix || 'yet'}`)));

  const open = () => state.tasks.filter((task) => ['sent', 'accepted', 'on_site'].includes(queue.standing(task).state));

  function centre() {
    if (shown && state.fix) shown.go(state.fix, 17);
    else toast(t(`phone.no_place_${state.noFix || 'yet'}`), 'warn');
  }

  function pick(task) {
    card.replaceChildren(h('a', { class: 'card task', href: `#/task/${task.id}` }, disc(task.level), h('span', { class: 'grow' }, h('b', { class: 'title' }, titled(task)), h('small', null, task.place_text), h('small', null, [leftText(task), away(task)].filter(Boolean).join(' · ')))));
  }

  function draw() {
    line.draw();
    if (!shown) return;
    if (here()) shown.mark('me', here(), maps.dot);
    const now = open();
    for (const id of drawn) if (!now.some((task) => task.id === id)) (shown.clear(id), drawn.delete(id));
    for (const task of now) {
      drawn.add(task.id);
      shown.mark(task.id, task, () => h('button', { type: 'button', class: 'case-mark', 'aria-label': titled(task), onclick: () => pick(task) }, disc(task.level)));
    }
  }
  return { node, tab: 'map', draw, leave() {
    left = true;
    if (shown) shown.remove();
  } };
}
