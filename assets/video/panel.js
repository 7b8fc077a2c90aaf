/** The picture of one camera in its own panel: live when asked for, then what can be done with it. */

import * as api from './api.js';
import { Grid } from './tiles.js';

const { hall } = window;
const make = hall.element;

/** @param {HTMLElement} place with the camera's id */
export async function mount(place) {
  const id = Number(place.dataset.videoPanel);
  place.classList.add('vp');
  const poster = make('button', { type: 'button', class: 'vp-poster' }, make('span', { class: 'vp-play', html: hall.icon('player-play', 22) }),
    make('b', { text: hall.t('video.panel_start') }), make('small', { text: hall.t('video.panel_idle') }));
  const box = make('div', { class: 'vp-box' }, poster);
  const tool = (icon, text, attributes) => make('button', { type: 'button', class: 'button small', ...attributes, html: `${hall.icon(icon, 14)}<span>${hall.t(text)}</span>` });
  place.replaceChildren(box, make('div', { class: 'vp-tools' },
    tool('history', 'video.to_replay', { 'data-video-cameras': String(id), 'data-video-replay': 'true' }),
    tool('device-cctv', 'video.in_dock', { 'data-video-cameras': String(id) })));
  poster.onclick = async () => {
    const [camera] = await api.cameras({ ids: String(id), limit: 1 });
    const grid = new Grid(make('div', {}), { popHost: place, tools: { clip: true } });
    box.replaceChildren(grid.root);
    grid.resize(1);
    grid.fill([camera]);
    endWith(place, grid);
  };
}

/** A panel that goes takes its stream with it. */
function endWith(place, grid) {
  const gone = new MutationObserver(() => {
    if (place.isConnected) return;
    gone.disconnect();
    grid.end();
  });
  gone.observe(document.body, { childList: true, subtree: true });
}
