/** The catalogue beside the wall: owners, streets, groups and their cameras. Only the rows in view are on the page, however many there are. */

import * as api from './api.js';

const { hall } = window;
const make = hall.element;
const ROW_PX = 30;
const SPARE = 8;
const MOST = 500;
const WAIT_MS = 250;
const KINDS = { owner: 'building-bank', street: 'map-pin', source: 'database', division: 'map', group: 'folder', organization: 'folder' };

export class Tree {
  /**
   * @param {HTMLElement} root
   * @param {{onCamera: function(Object): void, onGroup: function(Object[]): void}} wiring
   */
  constructor(root, { onCamera, onGroup }) {
    Object.assign(this, { root, onCamera, onGroup, nodes: [], open: new Set(), loaded: new Map(), rows: [], at: 0, found: null, online: false, shown: new Set() });
    this.space = make('div', { class: 'vw-space' });
    this.list = make('div', { class: 'vw-list', role: 'tree', tabindex: '0', 'aria-label': hall.t('video.tree') }, this.space);
    this.list.addEventListener('scroll', () => this.paint());
    this.list.addEventListener('click', (event) => this.click(event));
    this.list.addEventListener('keydown', (event) => this.key(event));
    this.list.addEventListener('dragstart', (event) => this.drag(event));
    new ResizeObserver(() => this.paint()).observe(this.list);
    root.append(this.list);
  }

  async load() {
    const { nodes } = await api.ask('/api/v1/camera-tree');
    this.nodes = nodes;
    this.rebuild();
  }

  /** Only those that are online. */
  setOnline(on) {
    this.online = on;
    this.rebuild();
  }

  /** Cameras whose name or number has these words; without any, the tree. */
  search(text) {
    clearTimeout(this.searching);
    this.searching = setTimeout(async () => {
      this.wanted = text.trim();
      if (!this.wanted) this.found = null;
      else {
        const { wanted } = this;
        const answer = await api.ask(`/api/v1/search?${new URLSearchParams({ q: wanted, limit: '50' })}`).catch(() => ({ classes: [] }));
        if (wanted !== this.wanted) return;
        const hits = (Array.isArray(answer.classes) ? answer.classes.find((one) => (one.layer || one.key) === 'cameras') : (answer.classes || {}).cameras) || {};
        const ids = (hits.items || hits.hits || []).map(({ id }) => id);
        this.found = ids.length ? await api.cameras({ ids: ids.join(), limit: ids.length }) : [];
      }
      this.rebuild();
    }, WAIT_MS);
  }

  // ---- rows ---------------------------------------------------------------------------------------------------

  rebuild() {
    const keep = (camera) => !this.online || camera.online;
    this.rows = [];
    if (this.found) this.rows = this.found.filter(keep).map((camera) => ({ camera, depth: 0 }));
    else this.walk(null, 0, keep);
    this.at = Math.min(this.at, Math.max(0, this.rows.length - 1));
    this.space.style.height = `${Math.max(1, this.rows.length) * ROW_PX}px`;
    this.paint(true);
  }

  walk(parent, depth, keep) {
    for (const node of this.nodes.filter((one) => one.parent === parent)) {
      this.rows.push({ node, depth });
      if (!this.open.has(node.key)) continue;
      this.walk(node.key, depth + 1, keep);
      const cameras = this.loaded.get(node.key);
      if (cameras) this.rows.push(...cameras.filter(keep).map((camera) => ({ camera, depth: depth + 1 })));
      else if (this.isLeaf(node)) this.rows.push({ depth: depth + 1, waiting: true });
    }
  }

  isLeaf(node) {
    return !this.nodes.some(({ parent }) => parent === node.key);
  }

  paint(anew = false) {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW_PX) - SPARE);
    const last = Math.min(this.rows.length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW_PX) + SPARE);
    if (!anew && first === this.first && last === this.last) return;
    Object.assign(this, { first, last });
    const rows = this.rows.slice(first, last).map((row, at) => this.row(row, first + at));
    if (!this.rows.length) rows.push(make('p', { class: 'vw-none', text: hall.t(this.found ? 'video.tree_none' : 'video.tree_empty') }));
    this.space.replaceChildren(...rows);
    this.list.setAttribute('aria-activedescendant', this.rows.length ? `vw-row-${this.at}` : '');
  }

  row(row, at) {
    const { node, camera, depth, waiting } = row;
    const line = make('div', { class: `vw-row${at === this.at ? ' active' : ''}`, role: 'treeitem', id: `vw-row-${at}`, 'data-at': String(at), 'aria-level': String(depth + 1), 'aria-selected': String(at === this.at),
      style: `top:${at * ROW_PX}px;padding-left:${8 + depth * 16}px` });
    if (waiting) line.append(make('span', { class: 'vw-second', text: hall.t('state.loading') }));
    else if (node) this.fillNode(line, node);
    else this.fillCamera(line, camera);
    return line;
  }

  fillNode(line, node) {
    const open = this.open.has(node.key);
    line.setAttribute('aria-expanded', String(open));
    const name = node.kind === 'owner' ? hall.t(`video.owner.${node.name}`) || node.name : node.name;
    line.insertAdjacentHTML('beforeend', hall.icon(open ? 'chevron-down' : 'chevron-right', 14) + hall.icon(KINDS[node.kind] || 'folder', 14));
    line.append(make('span', { class: 'vw-name', text: name }), make('span', { class: 'vw-count', text: `${hall.number(node.online)} / ${hall.number(node.count)}` }));
    if (this.isLeaf(node)) line.insertAdjacentHTML('beforeend', `<span class="vw-play" title="${hall.t('video.open_all')}">${hall.icon('player-play', 13)}</span>`);
  }

  fillCamera(line, camera) {
    line.draggable = true;
    line.classList.toggle('off', !camera.online);
    line.classList.toggle('shown', this.shown.has(camera.id));
    line.insertAdjacentHTML('beforeend', hall.icon(camera.online ? 'video' : 'video-off', 14));
    line.append(make('span', { class: 'vw-name', text: camera.name, title: camera.name }));
    const state = camera.online ? (camera.health && !['good', 'unchecked'].includes(camera.health) ? hall.t(`video.health.${camera.health}`) : '') : hall.t('video.state.offline');
    if (state) line.append(make('span', { class: 'vw-bad', text: state }));
    else if (!(camera.modes || []).length) line.append(make('span', { class: 'vw-bad', html: hall.icon('lock', 13) }));
  }

  /** Which cameras are on the wall. */
  mark(ids) {
    this.shown = new Set(ids);
    this.paint(true);
  }

  // ---- acts ---------------------------------------------------------------------------------------------------

  async toggle(node) {
    if (this.open.delete(node.key)) {
      this.rebuild();
      return;
    }
    this.open.add(node.key);
    this.rebuild();
    if (this.isLeaf(node)) {
      await this.camerasOf(node);
      this.rebuild();
    }
  }

  async camerasOf(node) {
    if (!this.loaded.has(node.key)) {
      const wanted = node.group_id ? { group_id: node.group_id } : { owner: node.owner, area: node.area };
      this.loaded.set(node.key, await api.cameras({ ...wanted, limit: MOST }));
    }
    return this.loaded.get(node.key);
  }

  async act(row, all = false) {
    if (!row || row.waiting) return;
    if (row.camera) this.onCamera(row.camera);
    else if (all) this.onGroup((await this.camerasOf(row.node)).filter(({ online }) => !this.online || online));
    else await this.toggle(row.node);
  }

  click({ target }) {
    const line = target.closest('.vw-row');
    if (!line) return;
    this.at = Number(line.dataset.at);
    this.act(this.rows[this.at], Boolean(target.closest('.vw-play')));
    this.paint(true);
  }

  key(event) {
    const row = this.rows[this.at];
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    if (steps[event.key]) this.at = Math.max(0, Math.min(this.rows.length - 1, this.at + steps[event.key]));
    else if (event.key === 'Enter') this.act(row, event.shiftKey);
    else if (event.key === 'ArrowRight' && row && row.node && !this.open.has(row.node.key)) this.toggle(row.node);
    else if (event.key === 'ArrowLeft' && row && row.node && this.open.has(row.node.key)) this.toggle(row.node);
    else return;
    event.preventDefault();
    const top = this.at * ROW_PX;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    if (top + ROW_PX > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + ROW_PX - this.list.clientHeight;
    this.paint(true);
  }

  drag(event) {
    const line = event.target.closest('.vw-row');
    const row = line && this.rows[Number(line.dataset.at)];
    if (!row || !row.camera) return;
    event.dataTransfer.setData('application/x-camera', String(row.camera.id));
    event.dataTransfer.setData('text/plain', row.camera.name);
  }
}
