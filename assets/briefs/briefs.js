/** The page of briefs: a list at the left, an issue or the kinds at the right. `#b=12` opens an issue, `#kinds` the kinds. */

import * as api from './api.js';
import { asking } from './asking.js';
import { kinds } from './kinds.js';
import { Issue } from './issue.js';
import { line } from './line.js';

const { hall } = window;
const make = hall.element;
const AGAIN_MS = 30000;
const SOON_MS = 3000;
const PAGE = 50;
const VIEWS = { unread: { unread: 1 }, all: {}, draft: { state: 'draft' }, approved: { state: 'approved' }, sent: { state: 'sent' } };
const CYCLES = ['daily', 'nightly', 'weekly', 'monthly', 'quarterly', 'special', 'event'];

class Page {
  constructor(root) {
    this.root = root;
    this.drafts = root.dataset.may === 'draft';
    this.view = this.drafts ? 'all' : 'unread';
    this.rows = [];
    this.cycle = '';
    this.build();
    this.follow(true);
    window.addEventListener('hashchange', () => this.follow());
    hall.on('language', () => this.build() || this.load());
    setInterval(() => document.hidden || this.load(), AGAIN_MS);
    root.addEventListener('keydown', (event) => this.key(event));
  }

  build() {
    this.tabs = make('div', { class: 'br-tabs', role: 'group', 'aria-label': hall.t('briefs.which') });
    const choice = make('select', { 'aria-label': hall.t('briefs.cycle') }, make('option', { value: '', text: hall.t('briefs.all_cycles') }),
      ...CYCLES.map((cycle) => make('option', { value: cycle, text: hall.t(`briefs.cycle_${cycle}`) })));
    choice.value = this.cycle;
    choice.onchange = () => {
      this.cycle = choice.value;
      this.load();
    };
    const tools = make('div', { class: 'br-tools' }, make('span', { class: 'br-select', 'data-input': 'select' }, choice), this.tool('list', 'briefs.kinds', () => (window.location.hash = 'kinds')),
      ...(this.drafts ? [this.tool('plus', 'briefs.ask', () => asking(this.root, (id) => this.asked(id)), 'primary')] : []));
    const head = make('div', { class: 'br-head' }, make('h1', { text: hall.t('briefs.title') }), this.tabs, tools);
    this.list = make('div', { class: 'br-list', role: 'list', 'aria-label': hall.t('briefs.title') });
    this.side = make('section', { class: 'br-side', 'aria-label': hall.t('briefs.one') });
    this.root.replaceChildren(head, this.list, this.side);
    this.issue = new Issue(this.side, () => this.load());
    this.tab();
    if (this.id || this.kindsOpen) this.show();
  }

  tool(icon, text, run, tone = '') {
    const button = make('button', { type: 'button', class: `button small ${tone}`, html: hall.icon(icon, 15) }, make('span', { text: hall.t(text) }));
    button.onclick = run;
    return button;
  }

  tab() {
    const shown = Object.keys(VIEWS).filter((view) => this.drafts || !['draft', 'approved', 'sent'].includes(view));
    this.tabs.replaceChildren(...shown.map((view) => {
      const count = view === 'unread' && this.waiting ? make('b', { class: 'br-count', text: String(this.waiting) }) : '';
      const button = make('button', { type: 'button', class: 'br-tab', 'aria-pressed': String(this.view === view) }, make('span', { text: hall.t(`briefs.view_${view}`) }), count);
      button.onclick = () => {
        this.view = view;
        this.load();
      };
      return button;
    }));
  }

  /** What the address names. */
  follow(first = false) {
    const given = new URLSearchParams(window.location.hash.slice(1));
    this.kindsOpen = given.has('kinds');
    this.id = Number(given.get('b')) || null;
    this.show();
    if (first) this.load();
    else this.mark();
  }

  show() {
    if (this.kindsOpen) kinds(this.side, this.drafts);
    else if (this.id) this.issue.open(this.id);
    else this.issue.none();
  }

  async load() {
    const view = VIEWS[this.view];
    const wanted = { ...view, cycle: this.cycle, limit: PAGE };
    this.asking = wanted;
    try {
      const answer = await api.list(wanted);
      if (this.asking !== wanted) return;
      this.rows = answer.briefs;
      this.waiting = answer.unread;
      this.more = answer.links.length > 0;
      this.draw();
    } catch (error) {
      if (this.asking !== wanted) return;
      this.list.replaceChildren(make('p', { class: 'br-empty warn', role: 'status', text: api.failed(error) }));
    }
    clearTimeout(this.soon);
    if (this.rows.some(({ brief }) => brief.state === 'making')) this.soon = setTimeout(() => this.load(), SOON_MS);
  }

  async further() {
    const last = this.rows.at(-1).brief.id;
    const answer = await api.list({ ...VIEWS[this.view], cycle: this.cycle, limit: PAGE, before: last });
    this.rows = [...this.rows, ...answer.briefs];
    this.more = answer.links.length > 0;
    this.draw();
  }

  draw() {
    this.tab();
    const { scrollTop } = this.list;
    const focused = document.activeElement && document.activeElement.closest('.br-line');
    const held = focused ? focused.dataset.id : null;
    const lines = this.rows.map((row) => line(row));
    if (!lines.length) lines.push(make('p', { class: 'br-empty', role: 'status', text: hall.t(`briefs.none_${this.view === 'unread' ? 'unread' : 'all'}`) }));
    if (this.more) {
      const button = make('button', { type: 'button', class: 'button small br-more', text: hall.t('briefs.more') });
      button.onclick = () => this.further().catch((error) => hall.notice(api.failed(error), { kind: 'error', seconds: 6 }));
      lines.push(button);
    }
    this.list.replaceChildren(...lines);
    this.list.scrollTop = scrollTop;
    this.mark();
    if (held) this.list.querySelector(`[data-id="${held}"]`)?.focus({ preventScroll: true });
    if (!this.id && !this.kindsOpen && this.rows.length && !window.location.hash) this.first();
  }

  /** Nothing is chosen: the first issue that is there, without marking it as read before somebody looks at it on purpose. */
  first() {
    const ready = this.rows.find(({ brief, unread }) => brief.state !== 'making' && !unread);
    if (ready) this.issue.open(ready.brief.id);
  }

  mark() {
    for (const node of this.list.querySelectorAll('.br-line')) {
      const chosen = Number(node.dataset.id) === this.id;
      node.classList.toggle('chosen', chosen);
      if (chosen) node.setAttribute('aria-current', 'true');
      else node.removeAttribute('aria-current');
    }
  }

  asked(id) {
    this.view = 'all';
    window.location.hash = `b=${id}`;
    this.load();
  }

  key(event) {
    const lines = [...this.list.querySelectorAll('.br-line')];
    const at = lines.indexOf(document.activeElement);
    if (at < 0 || !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
    event.preventDefault();
    lines[Math.max(0, Math.min(lines.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1)))].focus();
  }
}

/** Fill the page's place. */
export function mount(node) {
  return new Page(node);
}
