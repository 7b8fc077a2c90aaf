/** What turns, tips and lights the tilted view, and the flights over it: one bar at the lower edge of the map. */

import { element, iconButton, overMap } from './parts.js';

const hall = window.hall;
const TURN_DEG = 30;
const TIP_DEG = 10;
const KINDS = ['25d', '3d'];

const clock = (hour) => `${String(Math.floor(hour)).padStart(2, '0')}:${String(Math.round((hour % 1) * 60)).padStart(2, '0')}`;
const COMPASS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'];
const side = (azimuth) => hall.t(`views.side.${COMPASS[Math.round(azimuth / 45) % 8]}`);

/**
 * @param {{turn: function(?number), tip: function(number), set: function(string), light: function(?number), leave: function()}} acts
 */
export function controls({ turn, tip, set, light }) {
  const kinds = element('div', { class: 'segments', role: 'group', 'data-t-title': 'views.kinds' });
  for (const kind of KINDS) {
    const node = element('button', { type: 'button', class: 'segment', 'data-t': `views.${kind}`, 'data-kind': kind });
    node.onclick = () => set(kind);
    kinds.append(node);
  }
  const north = iconButton('navigation', 'views.north', () => turn(null), { class: 'view-button view-north' });
  const slider = element('input', { type: 'range', min: '0', max: '23.75', step: '0.25', 'data-t-title': 'views.sun' });
  const now = element('button', { type: 'button', class: 'button small', 'data-t': 'views.sun_now' });
  const said = element('span', { class: 'view-sun' });
  slider.oninput = () => light(Number(slider.value));
  now.onclick = () => light(null);
  const flights = iconButton('route', 'views.flights', () => import('./flights.js').then(({ toggle }) => toggle(flights)), { 'aria-expanded': 'false' });
  const bar = overMap(element('div', { class: 'view-bar', role: 'toolbar', 'data-t-title': 'views.bar' },
    kinds, element('span', { class: 'view-split' }),
    iconButton('arrow-back-up', 'views.left', () => turn(-TURN_DEG), { 'data-turns': 'true' }), north,
    iconButton('refresh', 'views.right', () => turn(TURN_DEG), { 'data-turns': 'true' }),
    iconButton('arrow-up', 'views.flatter', () => tip(TIP_DEG)), iconButton('arrow-down', 'views.steeper', () => tip(-TIP_DEG)),
    element('span', { class: 'view-split' }), element('span', { class: 'view-sun-icon', html: hall.icon('sun', 16) }), slider, said, now,
    element('span', { class: 'view-split' }), flights));
  bar.dataset.mapCover = 'bottom';
  let last = null;

  function write() {
    if (!last) return;
    const { kind, bearing, hour, sun, at } = last;
    for (const node of kinds.children) node.setAttribute('aria-pressed', String(node.dataset.kind === kind));
    for (const node of bar.querySelectorAll('[data-turns]')) node.disabled = kind === '25d';
    north.style.setProperty('--turn', `${-bearing}deg`);
    const shown = hour === null ? (((at + 8 * 3600000) % 86400000) + 86400000) % 86400000 / 3600000 : hour;
    if (document.activeElement !== slider) slider.value = String(shown);
    slider.setAttribute('aria-valuetext', clock(shown));
    now.hidden = hour === null;
    const text = sun.altitude > 0 ? hall.t('views.sun_up', { side: side(sun.azimuth), altitude: Math.round(sun.altitude) }) : hall.t('views.sun_down');
    said.replaceChildren(element('b', { text: clock(Math.floor(shown * 60) / 60) }), element('span', { text: ` · ${text}` }));
    said.title = hall.t('views.sun_note');
    said.dataset.azimuth = String(Math.round(sun.azimuth));
  }

  return {
    show: (values) => {
      last = values;
      write();
    },
    turn: (bearing) => north.style.setProperty('--turn', `${-bearing}deg`),
    translate: () => {
      hall.translate(bar);
      write();
    },
    remove: () => {
      bar.remove();
      for (const node of document.querySelectorAll('.view-flights')) node.remove();
    },
  };
}
