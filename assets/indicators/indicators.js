/** The page of indicators: nine domains at the left; at the right what is abnormal, one indicator, or the intake of figures. */

import { styles } from '../charts/charts.js';
import * as api from './api.js';
import { board, DOMAINS } from './board.js';
import { detail, firstRange } from './detail.js';
import { intake } from './intake.js';
import { listed } from './warnings.js';

const { hall } = window;
const make = hall.element;
const AGAIN_MS = 60000;
const CODE = /^[A-Z]{2}-\d{2}$/;

class Page {
  constructor(root) {
    this.root = root;
    const given = new URLSearchParams(window.location.search);
    this.code = CODE.test(given.get('code') || '') ? given.get('code') : null;
    this.domain = given.get('domain') in DOMAINS ? given.get('domain') : null;
    this.area = given.get('area') || null;
    this.view = given.get('view') === 'intake' ? 'intake' : 'list';
    this.figures = [];
    this.warnings = [];
    this.build();
    this.start();
    hall.on('language', () => this.build() || this.draw());
    setInterval(() => document.hidden || this.load(), AGAIN_MS);
    root.addEventListener('keydown', (event) => this.key(event));
  }

  build() {
    this.sums = make('div', { class: 'in-sum', role: 'status' });
    this.choice = make('select', { 'aria-label': hall.t('indicators.area') });
    this.choice.onchange = () => this.go(this.choice.value);
    this.tools = make('div', { class: 'in-tools' });
    const head = make('div', { class: 'in-bar' }, make('h1', { text: hall.t('indicators.title') }), make('span', { class: 'in-select', 'data-input': 'select' }, this.choice), this.sums, this.tools);
    this.board = make('div', { class: 'in-board' });
    this.side = make('aside', { class: 'in-side', 'aria-label': hall.t('indicators.one') });
    this.root.replaceChildren(head, this.board, this.side);
    if (this.areas) this.choose();
  }

  async start() {
    try {
      await styles();
      const { items, may_submit: may } = await api.areas();
      this.areas = items;
      this.may = may;
      if (!items.some((one) => one.code === this.area)) this.area = items.length ? items[0].code : null;
      this.names = Object.fromEntries(items.map((one) => [one.code, one.name]));
      this.choose();
    } catch (error) {
      this.fail(error);
    }
    await this.load();
    if (this.code) this.open(this.code);
  }

  choose() {
    this.choice.replaceChildren(...this.areas.map((one) => make('option', { value: one.code, text: one.name })));
    this.choice.value = this.area || '';
    const tool = (view, icon, text) => {
      const button = make('button', { type: 'button', class: 'button small', 'aria-pressed': String(this.view === view && !this.code), html: hall.icon(icon, 15) }, make('span', { text: hall.t(text) }));
      button.onclick = () => this.show(view);
      return button;
    };
    this.tools.replaceChildren(tool('list', 'alert-triangle', 'indicators.abnormal'), ...(this.may ? [tool('intake', 'upload', 'indicators.intake')] : []));
  }

  async load() {
    const asked = this.area;
    try {
      const [found, warnings] = await Promise.all([api.all(asked), api.warnings({ limit: 200 })]);
      if (asked !== this.area) return;
      this.figures = found.items;
      this.warnings = warnings.items;
      this.at = Date.now();
      this.draw();
    } catch (error) {
      this.fail(error);
    }
  }

  /** What is shown stays, and says since when it stands still. */
  fail(error) {
    const text = error.status === 403 || error.status === 404 ? hall.t('indicators.forbidden') : this.at ? hall.t('indicators.lost', { at: api.clock(this.at) }) : hall.t('indicators.failed');
    this.sums.replaceChildren(make('span', { class: 'chip alarm', html: hall.icon('cloud-off', 14) }, make('span', { text })));
  }

  draw() {
    const count = (test) => this.figures.filter(test).length;
    const chips = [
      ['alarm', 'indicators.sum_red', count((one) => one.state === 'red')], ['warn', 'indicators.sum_yellow', count((one) => one.state === 'yellow')],
      ['', 'indicators.sum_stale', count((one) => one.stale)], ['', 'indicators.sum_none', count((one) => one.quality === 'none')], ['', 'indicators.sum_all', this.figures.length],
    ];
    this.sums.replaceChildren(...chips.filter(([, , n]) => n).map(([kind, key, n]) => make('span', { class: `chip ${kind}`, text: hall.t(key, { n }) })));
    board(this.board, this.figures, { code: this.code, domain: this.domain, open: (code) => this.open(code), only: (domain) => this.only(domain) });
    if (!this.code) this.drawSide();
  }

  drawSide() {
    if (this.view === 'intake') {
      if (!this.side.querySelector('input[type=file]')) intake(this.side, () => this.load());
      return;
    }
    listed(this.side, this.figures, this.warnings, { open: (code, area) => (area && area !== this.area ? this.go(area, code) : this.open(code)) });
  }

  async open(code, points) {
    const same = this.code === code && !points;
    this.code = code;
    this.address();
    this.choose();
    for (const node of this.board.querySelectorAll('.in-line')) node.classList.toggle('chosen', node.dataset.code === code);
    const known = this.figures.find((one) => one.code === code);
    const wanted = points || firstRange(known ? known.cycle : 'day');
    if (!same || !this.side.querySelector('.in-head')) this.side.setAttribute('aria-busy', 'true');
    try {
      const found = await api.one(code, this.area, wanted);
      if (this.code !== code) return;
      detail(this.side, found, {
        points: wanted, names: this.names || {}, choose: (n) => this.open(code, n), go: (area) => this.go(area, code), close: () => this.show('list'), changed: () => this.load(),
      });
      if (!points) this.side.scrollTop = 0;
    } catch (error) {
      this.side.replaceChildren(make('p', { class: 'empty', text: hall.t(error.status === 404 ? 'indicators.gone' : 'indicators.failed') }));
    }
    this.side.removeAttribute('aria-busy');
  }

  show(view) {
    this.view = view;
    this.code = null;
    this.side.replaceChildren();
    this.address();
    this.choose();
    this.draw();
  }

  only(domain) {
    this.domain = domain;
    this.address();
    this.draw();
  }

  async go(area, code = this.code) {
    this.area = area;
    this.address();
    this.choose();
    await this.load();
    if (code) await this.open(code);
  }

  address() {
    const given = new URLSearchParams();
    if (this.area && this.areas && this.area !== this.areas[0].code) given.set('area', this.area);
    if (this.domain) given.set('domain', this.domain);
    if (this.code) given.set('code', this.code);
    else if (this.view !== 'list') given.set('view', this.view);
    const text = given.toString();
    window.history.replaceState(window.history.state, '', text ? `?${text}` : window.location.pathname);
  }

  /** Arrows go through the lines of a cell, Escape goes back to the list. */
  key(event) {
    if (event.key === 'Escape' && this.code) return this.show('list');
    const line = event.target.closest('.in-line');
    const next = line && { ArrowDown: line.nextElementSibling, ArrowUp: line.previousElementSibling }[event.key];
    if (!next) return undefined;
    event.preventDefault();
    return next.focus();
  }
}

/** Fill the page. */
export function mount(root) {
  return new Page(root);
}
