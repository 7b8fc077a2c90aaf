/** One issue: the paper, what can be done with it, who has read it. */

import * as api from './api.js';

const { hall } = window;
const make = hall.element;
const READ_MS = 2500;
const SOON_MS = 2500;
const VERBS = { approve: ['check', 'primary'], send: ['send', 'primary'], withdraw: ['arrow-back-up', ''], again: ['refresh', ''] };

export class Issue {
  /** @param {HTMLElement} side where it is shown @param {function(): void} changed called when its state changed */
  constructor(side, changed) {
    this.side = side;
    this.changed = changed;
  }

  none() {
    this.id = null;
    this.reading = clearTimeout(this.reading);
    this.side.replaceChildren(make('div', { class: 'br-nothing', html: hall.icon('file-text', 28) }, make('p', { text: hall.t('briefs.choose') })));
  }

  async open(id) {
    clearTimeout(this.again);
    const fresh = this.id !== id;
    if (fresh) this.reading = clearTimeout(this.reading);
    this.id = id;
    if (fresh) this.side.replaceChildren(make('div', { class: 'loading', role: 'status', html: '<i class="bone bone-a"></i><i class="bone bone-b"></i><i class="bone bone-c"></i><i class="bone bone-d"></i>' }));
    try {
      const view = await api.one(id);
      if (this.id !== id) return;
      this.draw(view, fresh);
    } catch (error) {
      if (this.id !== id) return;
      this.side.replaceChildren(make('div', { class: 'br-nothing', role: 'status', html: hall.icon('alert-triangle', 28) }, make('p', { text: error.status === 404 ? hall.t('briefs.gone') : api.failed(error) })));
    }
  }

  draw(view, fresh) {
    const { brief } = view;
    const scrolled = this.sheet ? this.sheet.scrollTop : 0;
    this.said = make('p', { class: 'br-said', role: 'status' });
    this.sheet = make('div', { class: 'br-sheet', tabindex: '0', 'aria-label': brief.title });
    if (view.html) this.sheet.innerHTML = view.html;
    else this.sheet.append(make('p', { class: 'br-empty', role: 'status', text: brief.failure ? hall.t('briefs.not_made', { why: brief.failure }) : hall.t('briefs.making') }));
    this.side.replaceChildren(this.bar(view), ...this.warnings(view), make('div', { class: 'br-body' }, this.sheet, this.course(view)));
    if (!fresh) this.sheet.scrollTop = scrolled;
    if (brief.state === 'making' || !brief.rendered) this.again = setTimeout(() => this.id === brief.id && this.open(brief.id), SOON_MS);
    if (view.unread && !this.reading) this.reading = setTimeout(() => this.read(brief), READ_MS);
  }

  /** It has been on the screen for a while: that is its receipt. */
  async read(brief) {
    this.reading = null;
    if (document.hidden || this.id !== brief.id) return;
    await api.act(brief.id, { action: 'read' }).catch(() => null);
    this.changed();
    if (this.id === brief.id) this.open(brief.id);
  }

  bar(view) {
    const { brief } = view;
    const acts = view.possible.filter((name) => name in VERBS).map((name) => {
      const [icon, tone] = VERBS[name];
      const button = make('button', { type: 'button', class: `button small ${tone}`, 'data-brief-act': name, html: hall.icon(icon, 15) }, make('span', { text: hall.t(`briefs.act_${name}`) }));
      button.onclick = () => this.ask(name, view, button);
      return button;
    });
    const files = ['pdf', 'docx'].map((suffix) => {
      const button = make('button', { type: 'button', class: 'button small', html: hall.icon('download', 15) }, make('span', { text: suffix === 'pdf' ? 'PDF' : 'DOCX' }));
      button.disabled = brief.state === 'making';
      button.onclick = () => this.download(brief, suffix);
      return button;
    });
    const title = `${brief.area_name || ''}${hall.language === 'zh' ? '' : ' '}${api.typeName(brief)}`;
    return make('header', { class: 'br-bar' },
      make('div', { class: 'br-what' }, make('h2', { class: 'cut', text: title }), make('span', { class: 'quiet cut', text: `${hall.t('briefs.issue_of', { year: brief.year, n: brief.issue })} · ${brief.label}` })),
      this.said, make('div', { class: 'br-acts' }, ...acts, ...files));
  }

  warnings({ brief, troubles }) {
    const found = [];
    if (troubles.length) found.push(hall.t('briefs.trouble', { n: troubles.length, what: troubles.map((one) => `${one.query} · ${api.full(one.since)}`).join('；') }));
    if (brief.failure && brief.state !== 'making') found.push(hall.t('briefs.not_drawn', { why: brief.failure }));
    return found.map((text) => make('p', { class: 'br-warning', role: 'status', html: hall.icon('alert-triangle', 16) }, make('span', { text })));
  }

  /** From draft to reader: who and when. */
  course({ brief, receipts }) {
    const step = (key, at, name, done) => make('li', { class: done ? 'done' : '' },
      make('b', { text: hall.t(`briefs.step_${key}`) }), make('span', { class: 'quiet', text: done ? [name, api.full(at)].filter(Boolean).join(' · ') : hall.t('briefs.not_yet') }));
    const steps = make('ol', { class: 'br-steps' }, step('made', brief.data_at, '', Boolean(brief.data_at)), step('approved', brief.approved_at, brief.approved_name, Boolean(brief.approved_at)),
      step('sent', brief.sent_at, brief.sent_name, Boolean(brief.sent_at)), ...(brief.received ? [step('read', brief.read_at, '', Boolean(brief.read_at))] : []));
    const aside = make('aside', { class: 'br-course', 'aria-label': hall.t('briefs.course') }, make('h3', { text: hall.t('briefs.course') }), steps);
    if (receipts.length) {
      aside.append(make('h3', { text: hall.t('briefs.receipts', { n: brief.readers, of: brief.receivers }) }),
        make('ul', { class: 'br-receipts' }, ...receipts.map((one) => make('li', { class: one.read_at ? '' : 'waiting' },
          make('span', { class: 'cut', text: `${one.name} · ${hall.t(`role.${one.role}`)}` }), make('time', { text: one.read_at ? api.moment(one.read_at) : hall.t('briefs.view_unread') })))));
    }
    return aside;
  }

  /** Approving and sending are asked for once more; approving takes a remark that is printed. */
  ask(name, view, button) {
    const { brief } = view;
    if (name === 'again') return this.act(name, brief, '', button);
    const remark = make('textarea', { rows: '3', maxlength: '500', placeholder: hall.t('briefs.remark_hint'), 'aria-label': hall.t('briefs.remark') });
    const dialog = make('dialog', { class: 'br-dialog', 'aria-label': hall.t(`briefs.act_${name}`) });
    const form = make('form', { method: 'dialog' }, make('h2', { text: `${hall.t(`briefs.act_${name}`)} · ${brief.title}` }), make('p', { class: 'quiet', text: hall.t(`briefs.about_${name}`) }),
      ...(view.troubles.length && name !== 'withdraw' ? [make('p', { class: 'warn', text: hall.t('briefs.about_trouble', { n: view.troubles.length }) })] : []), ...(name === 'approve' ? [remark] : []));
    const cancel = make('button', { type: 'submit', class: 'button', value: '', text: hall.t('briefs.cancel') });
    const go = make('button', { type: 'submit', class: 'button primary', value: 'go', text: hall.t(`briefs.act_${name}`) });
    form.append(make('div', { class: 'br-acts' }, cancel, go));
    dialog.append(form);
    dialog.onclose = () => {
      dialog.remove();
      if (dialog.returnValue === 'go') this.act(name, brief, remark.value, button);
    };
    // beside what is drawn again while files are made
    this.side.parentElement.append(dialog);
    dialog.showModal();
    return null;
  }

  async act(action, brief, remark, button) {
    button.disabled = true;
    this.said.textContent = hall.t('briefs.doing');
    try {
      await api.act(brief.id, { action, version: brief.version, remark });
      hall.notice(hall.t(`briefs.did_${action}`), { seconds: 4, key: 'briefs' });
    } catch (error) {
      hall.notice(error.status === 409 && /changed|meanwhile|not possible/.test(error.detail) ? hall.t('briefs.changed') : api.failed(error), { kind: 'error', seconds: 8, key: 'briefs' });
    }
    this.changed();
    if (this.id === brief.id) this.open(brief.id);
  }

  async download(brief, suffix) {
    this.said.textContent = hall.t('briefs.fetching');
    try {
      const found = await api.file(brief.id, suffix);
      if (!found) {
        this.said.textContent = hall.t('briefs.drawing');
        setTimeout(() => this.id === brief.id && this.download(brief, suffix), SOON_MS);
        return;
      }
      const link = make('a', { href: URL.createObjectURL(found.content), download: found.name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
      this.said.textContent = '';
    } catch (error) {
      this.said.textContent = api.failed(error);
    }
  }
}
