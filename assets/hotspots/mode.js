/**
 * Hot spots on the command map: H3 cells below the events, what is more than chance outlined, what is noise quiet. The rail holds the filters, a click
 * opens the cell's panel, and the whole question stands in the address (`hs`).
 */

import { layers, loadCells, sources, value } from './cells.js';
import { Controls } from './controls.js';
import { mount as mountCell } from './cell.js';
import { Player } from './player.js';
import { filters, read, resolutionAt, span, written } from './state.js';

const hall = window.hall;
const HIDDEN = ['events'];

/** Everything of the open mode; null while it is closed. */
let here = null;

const now = () => hall.connection.now() / 1000;
const zoom = () => hall.map.leaflet().getZoom() - hall.viewport.OFFSET;

export const resolution = () => here.asked.resolution || resolutionAt(zoom());

/** What the interfaces are asked for, without the resolution and the rate. */
export const query = () => filters(here.asked, now());

function overlay({ theme }) {
  return here.drawn ? { sources: here.drawn, below: layers(theme) } : { sources: {}, below: {} };
}

function draw() {
  if (!here.found) return;
  const { cells, rate } = here.found;
  const shown = here.player.cells() || cells;
  const highest = here.player.highest() || Math.max(...cells.map((cell) => value(cell, rate) || 0), 0);
  here.drawn = sources(shown, { rate: here.player.cells() ? 'count' : rate, highest, chosen: here.asked.cell || null, lines: cells });
  hall.modes.draw('hotspots', overlay);
}

/** Resolves when the canvas shows the cells that it was given last. */
function drawn() {
  const gl = hall.map.gl();
  if (!gl) return Promise.resolve();
  return new Promise((resolve) => {
    const look = (event) => {
      if (event.sourceId !== 'hotspot-cells' || !gl.isSourceLoaded('hotspot-cells')) return;
      gl.off('sourcedata', look);
      gl.once('render', () => resolve());
      gl.triggerRepaint();
    };
    gl.on('sourcedata', look);
    // the same cells as before are not handed over again
    gl.once('idle', () => {
      gl.off('sourcedata', look);
      resolve();
    });
  });
}

/** Ask for the cells and draw them; of several questions only the last is drawn. */
export async function refresh() {
  const mine = here;
  const asked = (here.number += 1);
  const text = query();
  text.set('resolution', String(resolution()));
  text.set('rate', here.asked.rate);
  if (String(text) === here.told) return;
  const began = performance.now();
  here.controls.busy(true);
  try {
    const found = await hall.connection.json(`/api/v1/hotspots?${text}`);
    if (here !== mine || asked !== here.number) return;
    here.told = String(text);
    here.found = found;
    here.player.stop();
    draw();
    drawn().then(() => mine === here && Object.assign(here, { took: performance.now() - began, takes: here.takes + 1 }));
    here.controls.tell(found);
  } catch (error) {
    if (here !== mine || asked !== here.number) return;
    here.controls.fail(error);
    if (!error.status && !(error instanceof TypeError)) throw error;
  } finally {
    if (here === mine && asked === here.number) here.controls.busy(false);
  }
}

/** Another question. @param {Partial<import('./state.js').Asked>} changes */
export function change(changes) {
  Object.assign(here.asked, changes);
  hall.modes.note('hs', written(here.asked));
  here.controls.write(here.asked);
  const refreshed = refresh();
  if (here.asked.cell && hall.desk.shown() && hall.desk.shown().data.name === 'hotspot') open(here.asked.cell);
  return refreshed;
}

/** Open the panel of a cell. */
export function open(h3) {
  here.asked.cell = h3;
  hall.modes.note('hs', written(here.asked));
  draw();
  hall.desk.board('hotspot', { cell: h3, query: String(query()) });
}

export const redraw = () => here && draw();

function click(event) {
  if (!here || !here.drawn || hall.tools.active() || !window.h3) return;
  // what lies above the cells goes first: an event's pin opens the event
  if (hall.pick.at(event.latlng).some(({ id, part }) => id !== null && ['pin', 'unit', 'dot', 'symbol'].includes(part))) return;
  const { lat, lng } = event.latlng;
  const cell = window.h3.latLngToCell(lat, lng, here.found.resolution);
  if (here.found.cells.some(({ h3 }) => h3 === cell)) open(cell);
}

function moved() {
  if (here && !here.asked.resolution && here.found && here.found.resolution !== resolution()) refresh();
}

/** The panel's holder has come: its cell is read and drawn. */
function settle() {
  for (const node of document.querySelectorAll('[data-hotspot-cell]:not([data-taken])')) {
    node.dataset.taken = 'true';
    mountCell(node);
  }
}

export async function enter(text) {
  const asked = read(text);
  const shown = HIDDEN.filter((key) => (hall.map.choices.layers[key] || {}).visible);
  for (const key of shown) hall.map.setLayer(key, { visible: false });
  if (here) {
    if (shown.length) here.shown = shown;
    here.asked = asked;
    here.controls.write(asked);
    hall.modes.note('hs', written(asked));
    await refresh();
    if (!here) return;
    if (asked.cell) open(asked.cell);
    else draw();
    return;
  }
  here = { asked, shown, number: 0, found: null, drawn: null, told: '', took: null, takes: 0 };
  const mine = here;
  here.player = new Player({ query, resolution, onFrame: () => here === mine && draw() });
  here.controls = new Controls({ change, open, leave, player: here.player, look: (days) => span(days, now()) });
  here.controls.write(asked);
  document.getElementById('frame').classList.add('with-hotspots');
  const map = hall.map.leaflet();
  map.on('click', click);
  map.on('zoomend', moved);
  const watch = new MutationObserver(settle);
  watch.observe(document.getElementById('panel-body'), { childList: true, subtree: true });
  here.releases = [
    () => map.off('click', click), () => map.off('zoomend', moved), () => watch.disconnect(),
    hall.on('language', () => here && here.controls.translate(here.asked, here.found)),
    hall.on('panel', (panel) => {
      if (!here) return;
      // the way back from a case leads to its cell again
      const cell = panel && panel.data.name === 'hotspot' ? panel.data.cell : '';
      if (cell === here.asked.cell) return;
      here.asked.cell = cell;
      hall.modes.note('hs', written(here.asked));
      draw();
    }),
  ];
  hall.modes.note('hs', written(asked));
  await loadCells();
  if (here !== mine) return;
  await refresh();
  if (here === mine && asked.cell) open(asked.cell);
}

/** Back to the map as it was. */
export function leave() {
  if (!here) return;
  const { controls, releases, shown, player } = here;
  player.stop();
  here = null;
  for (const release of releases) release();
  controls.remove();
  document.getElementById('frame').classList.remove('with-hotspots');
  hall.modes.draw('hotspots', null);
  for (const key of shown) hall.map.setLayer(key, { visible: true });
  hall.modes.note('hs', null);
  if (hall.desk.shown() && hall.desk.shown().data.name === 'hotspot') hall.desk.close();
}

/** What is shown, and how long the last change took until it was drawn (ms). */
export const current = () => (here ? { asked: here.asked, found: here.found, took: here.took, takes: here.takes, frame: here.player.at } : null);
