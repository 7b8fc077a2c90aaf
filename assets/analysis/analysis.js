/** The page of analysis: what its fields ask for, its charts and the map of bins. What is counted stands in the page already. */

import { bars, lines, matrix, styles } from '../charts/charts.js';

const { hall } = window;
const CHARTS = { bars, lines, matrix };
const DATES = new Set(['from', 'to']);
const [NARROW, WIDEST] = [300, 960];

// ---- addresses -------------------------------------------------------------------------------------

/** Ask the server for the same page with other values; an empty one is taken out. */
function ask(changed) {
  const query = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changed)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  query.delete('page');
  window.dash_clientside.set_props('analysis-where', { search: `?${query}` });
}

function changed({ target }) {
  const name = target.dataset && target.dataset.field;
  if (!name || !target.closest('[data-analysis-form]')) return;
  if (name === 'days') ask({ days: target.value, from: '', to: '' });
  else if (DATES.has(name)) ask({ [name]: target.value, days: '' });
  else ask({ [name]: target.value });
}

// ---- charts ---------------------------------------------------------------------------------------------------

function draw(node) {
  const { chart, values, label, height } = node.dataset;
  const given = JSON.parse(values);
  const width = Math.max(node.clientWidth, NARROW);
  const options = { ...given, width, label };
  if (chart === 'lines') {
    node.replaceChildren(lines(given.series, { ...options, height: Number(height) || 260, floor: given.floor === undefined ? 0 : given.floor }));
  } else if (chart === 'matrix') {
    const day = (row, column, value) => `${given.rows[row].label} ${column}:00 · ${value}`;
    node.replaceChildren(matrix(given.rows, { ...options, width: Math.min(width, WIDEST), row: 26, name: 48, tail: 56, title: day }));
  } else {
    node.replaceChildren(CHARTS[chart](given.rows, { ...options, name: 110, tail: 60, row: 28 }));
  }
}

const wide = new Map();
const sized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!target.isConnected || Math.abs((wide.get(target) || 0) - target.clientWidth) < 8) continue;
    wide.set(target, target.clientWidth);
    draw(target);
  }
});

// ---- the page -------------------------------------------------------------------------------------------------

function settle(root) {
  for (const node of root.querySelectorAll('[data-chart]')) {
    if (node.dataset.drawn === node.dataset.values) continue;
    node.dataset.drawn = node.dataset.values;
    draw(node);
    wide.set(node, node.clientWidth);
    sized.observe(node);
  }
  for (const node of root.querySelectorAll('[data-analysis-map]')) {
    if (node.dataset.drawn === node.dataset.analysisMap) continue;
    node.dataset.drawn = node.dataset.analysisMap;
    import('./map.js').then((module) => module.show(node, JSON.parse(node.dataset.analysisMap)));
  }
  for (const form of root.querySelectorAll('[data-weights-form]')) {
    // its fields are made after it; a form of another object is another form
    if (form.dataset.begun === form.dataset.weightsForm || !form.querySelector('input[data-limit]')) continue;
    const first = !form.dataset.begun;
    form.dataset.begun = form.dataset.weightsForm;
    import('./weights.js').then((module) => (first ? module.begin(form, () => ask({ weights: '' })) : module.look(form)));
  }
}

/** @param {HTMLElement} root */
export async function mount(root) {
  await styles();
  document.addEventListener('change', changed);
  let due = 0;
  const soon = () => {
    cancelAnimationFrame(due);
    due = requestAnimationFrame(() => settle(root));
  };
  new MutationObserver(soon).observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-values', 'data-analysis-map'] });
  soon();
}
