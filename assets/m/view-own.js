/** Who I am: signing in and out, duty, consent, settings; and what has happened. */
import { ask, Offline } from './api.js';
import { button, h, icon, sheet, toast } from './dom.js';
import { disconnect } from './live.js';
import { condition, queued, top } from './parts.js';
import * as place from './place.js';
import * as queue from './queue.js';
import { change, forget, recall, seen, state } from './state.js';
import { clock, known, language, setLanguage, setTheme, t, theme } from './texts.js';

// ---- signing in ---------------------------------------------------------------------------------------------------

function form(done) {
  const message = h('p', { class: 'form-message', role: 'alert' });
  const username = h('input', { id: 'username', name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', maxlength: 64, required: true, value: (state.me && state.me.username) || '' });
  const password = h('input', { id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', maxlength: 256, required: true });
  const submit = h('button', { type: 'submit', class: 'button primary wide' }, h('span', null, t('login.submit')));
  return h('form', { class: 'sign-in', async onsubmit(event) {
    event.preventDefault();
    submit.disabled = true;
    message.textContent = '';
    try {
      const { ok, status, body } = await ask('/api/v1/session', { method: 'POST', body: { username: username.value.trim(), password: password.value } });
      if (ok) return void (await done(body));
      const until = /until (\S+)/.exec((body && body.detail) || '');
      message.textContent = status === 401 && until ? t('login.locked', { until: clock(until[1]) }) : t('login.wrong');
    } catch (error) {
      if (!(error instanceof Offline)) throw error;
      message.textContent = error.message === '429' ? t('login.busy') : t('phone.sign_in_offline');
    } finally {
      submit.disabled = false;
    }
    return undefined;
  } }, h('label', { for: 'username' }, t('login.username')), username, h('label', { for: 'password' }, t('login.password')), password, message, submit);
}

export function signIn() {
  const other = () => {
    setLanguage(language === 'zh' ? 'en' : 'zh');
    document.dispatchEvent(new CustomEvent('redraw'));
  };
  const node = h('div', { class: 'page welcome' },
    h('header', null, h('span', { class: 'logo' }, icon('stack-2', 32)), h('h1', null, t('phone.app')), h('p', { class: 'quiet' }, t('phone.welcome'))),
    form(async (me) => {
      change({ me, expired: false });
      document.dispatchEvent(new CustomEvent('signedin'));
    }),
    h('footer', null, h('span', null, t('login.recorded')), h('button', { type: 'button', class: 'bare words', onclick: other, lang: language === 'zh' ? 'en' : 'zh-CN' }, t('language.other'))));
  return { node };
}

/** The session is over: sign in again without losing the view. */
document.addEventListener('signin', () => {
  sheet(t('phone.sign_in'), (close) => [h('p', { class: 'quiet' }, t('phone.sign_in_again')), form(async (me) => {
    const same = state.me && state.me.username === me.username;
    change({ me, expired: false });
    close();
    if (!same) {
      change({ worker: null, tasks: [], done: [], messages: [], readAt: 0 });
      await recall(me.username);
    }
    document.dispatchEvent(new CustomEvent('signedin'));
  })]);
});

async function signOut() {
  try {
    await ask('/api/v1/session', { method: 'DELETE' });
  } catch (error) {
    if (error instanceof Offline) return toast(t('phone.sign_out_offline'), 'warn');
  }
  disconnect();
  await place.stop();
  await forget();
  if (navigator.serviceWorker && navigator.serviceWorker.controller) navigator.serviceWorker.controller.postMessage('forget');
  document.dispatchEvent(new CustomEvent('redraw'));
  return undefined;
}

function leave() {
  const waits = queue.waiting().length + queue.stopped().length;
  if (!waits) return void signOut();
  sheet(t('phone.sign_out'), (close) => [h('p', null, t('phone.sign_out_waiting', { number: waits })), button(t('phone.sign_out'), { look: 'danger wide', onclick: () => (close(), signOut()) }), button(t('phone.stay'), { onclick: close })]);
}

/** An account that stands for no worker has no tasks. */
export function stranger() {
  const node = h('div', { class: 'page' }, top(t('phone.app')), h('div', { class: 'body' }, h('div', { class: 'empty' }, icon('user', 40), h('b', null, t('phone.no_worker')), h('p', null, t('phone.no_worker_text', { name: state.me.display_name, username: state.me.username }))), h('a', { class: 'button wide', href: '/' }, icon('map', 20), h('span', null, t('phone.to_desk'))), button(t('phone.sign_out'), { look: 'wide', symbol: 'logout', onclick: leave })));
  return { node };
}

// ---- me -----------------------------------------------------------------------------------------------------------

const toggle = (id, title, text, on, onclick) =>
  h('div', { class: 'setting' }, h('span', { class: 'grow' }, h('b', { id }, title), h('small', null, text)), h('button', { type: 'button', class: `switch ${on ? 'on' : ''}`, role: 'switch', 'aria-checked': String(Boolean(on)), 'aria-labelledby': id, onclick }, h('i')));

export function account() {
  const line = condition();
  const body = h('div', { class: 'body' });
  const node = h('div', { class: 'page' }, top(t('phone.tab_me')), line.node, body);
  let sign = '';

  const change_own = (values, title) => queue.enter({ kind: 'own', what: 'own', title, body: values });

  function consent() {
    sheet(t('phone.share'), (close) => [
      h('p', null, t('phone.consent_what')), h('p', null, t('phone.consent_why')), h('p', null, t('phone.consent_end')),
      button(t('phone.consent_give'), { look: 'primary wide', symbol: 'shield-check', onclick() {
        close();
        change({ worker: { ...state.worker, sharing_since: new Date().toISOString() } });
        change_own({ share_position: true }, t('phone.share'));
        place.look();
      } }), button(t('phone.consent_refuse'), { onclick: close }),
    ]);
  }

  async function withdraw() {
    change({ worker: { ...state.worker, sharing_since: null } });
    await place.stop();
    await change_own({ share_position: false }, t('phone.share_end'));
  }

  function duty() {
    const on = state.worker.status === 'off_duty';
    change({ worker: { ...state.worker, status: on ? 'free' : 'off_duty' } });
    change_own({ on_duty: on }, t(on ? 'phone.duty_begin' : 'phone.duty_end'));
    if (on && state.worker.sharing_since) place.look();
  }

  function shareText() {
    const { worker } = state;
    if (!worker.sharing_since) return t('phone.share_off');
    if (state.noFix) return t(`phone.no_place_${state.noFix}`);
    if (worker.status === 'off_duty') return t('phone.share_waits');
    return worker.position_at ? t('phone.share_on', { time: clock(worker.position_at) }) : t('phone.share_first');
  }

  function draw() {
    line.draw();
    const { worker, me } = state;
    const next = JSON.stringify([worker, me, language, theme(), state.noFix, state.live, state.online, state.queue.length]);
    if (next === sign) return;
    sign = next;
    const on = worker && worker.status !== 'off_duty';
    const others = queue.foreign();
    body.replaceChildren(...[
      h('div', { class: 'card duty' }, h('span', { class: 'avatar' }, icon('user')), h('span', { class: 'grow' }, h('b', null, me.display_name), h('small', null, worker ? [worker.worker_no, worker.team, worker.grid_name].filter(Boolean).join(' · ') : me.username)), worker && h('span', { class: 'mark quiet' }, t('phone.done_today', { number: worker.done_today }))),
      worker && h('section', { class: 'card settings' },
        toggle('duty', t('phone.duty'), t(on ? 'phone.duty_on_text' : 'phone.duty_off_text'), on, duty),
        toggle('share', t('phone.share'), shareText(), worker.sharing_since, worker.sharing_since ? withdraw : consent)),
      others.length ? h('p', { class: 'note warn' }, icon('alert-triangle', 20), h('span', null, t('phone.foreign', { number: others.length, names: [...new Set(others.map((item) => item.account))].join(', ') }))) : null,
      h('section', { class: 'card settings' },
        h('button', { type: 'button', class: 'setting', onclick: () => (setLanguage(language === 'zh' ? 'en' : 'zh'), document.dispatchEvent(new CustomEvent('redraw'))) }, icon('language'), h('span', { class: 'grow' }, h('b', null, t('phone.language'))), h('em', null, t('phone.language_now'))),
        h('button', { type: 'button', class: 'setting', onclick: () => (setTheme(theme() === 'light' ? 'dark' : 'light'), document.dispatchEvent(new CustomEvent('redraw'))) }, icon(theme() === 'light' ? 'sun' : 'moon'), h('span', { class: 'grow' }, h('b', null, t('phone.theme'))), h('em', null, t(`phone.theme_${theme()}`))),
        h('div', { class: 'setting' }, icon('info-circle'), h('span', { class: 'grow' }, h('b', null, t('phone.state')), h('small', null, [t(state.online ? `live.${state.live}` : 'phone.off_line'), state.readAt && t('phone.as_of', { time: clock(state.readAt) })].filter(Boolean).join(' · '))))),
      window.isSecureContext ? h('p', { class: 'quiet small' }, t('phone.install')) : h('p', { class: 'note warn' }, icon('info-circle', 20), h('span', null, t('phone.no_https'))),
      button(t('phone.sign_out'), { look: 'wide', symbol: 'logout', onclick: leave }),
    ].filter(Boolean));
  }
  return { node, tab: 'me', draw };
}

// ---- messages -----------------------------------------------------------------------------------------------------

const SYMBOLS = { new: 'bell', cancelled: 'x', sent: 'check' };

/** Why the server refused an entry, in words of the trade. */
function why({ error, what }) {
  if (what === 'self_close' && error.case_no) return t('phone.why_self_close', { case_no: error.case_no });
  if (/override_reason/.test(error.detail)) return t('phone.why_override');
  if (error.status === 409) return t(`phone.why_409_${known(`phone.why_409_${what}`) ? what : 'other'}`);
  return t(known(`phone.why_${error.status}`) ? `phone.why_${error.status}` : 'phone.why_other');
}

function explain(item) {
  sheet(t('phone.refused'), (close) => {
    const mends = /override_reason/.test(item.error.detail);
    const text = h('textarea', { rows: 3, maxlength: 500, 'aria-label': t('phone.reason'), placeholder: t('phone.reason') });
    return [
      queued(item), h('p', null, why(item)),
      item.body.opinion ? h('p', { class: 'order' }, h('b', null, t('phone.entered')), item.body.opinion) : null,
      item.error.detail ? h('p', { class: 'quiet small' }, t('phone.server_says', { text: item.error.detail })) : null,
      mends ? text : null,
      mends ? button(t('phone.send_again'), { look: 'primary wide', onclick: () => text.value.trim() && (queue.mend(item, { override_reason: text.value.trim() }), close()) }) : null,
      item.error.status === 403 || mends ? null : button(t('phone.send_again'), { onclick: () => (queue.mend(item, {}), close()) }),
      button(t('phone.acknowledge'), { look: mends ? 'plain' : 'primary wide', symbol: 'check', onclick: () => (queue.acknowledge(item), close()) }),
    ].filter(Boolean);
  });
}

export function messages() {
  const line = condition();
  const stopped = h('section', { class: 'entries' });
  const waiting = h('section', { class: 'entries' });
  const list = h('div', { class: 'cards messages' });
  const node = h('div', { class: 'page' }, top(t('phone.tab_messages')), line.node, h('div', { class: 'body' }, stopped, waiting, list));
  let sign = '';

  function row(one) {
    const words = one.kind === 'sent' ? `${t(`phone.entry_${one.what}`)} · ${one.title}` : `${t(`phone.message_${one.kind}`)} · ${one.title}`;
    const text = [one.text, one.needs && t('phone.needs_person')].filter(Boolean).join(' · ');
    const content = [icon(SYMBOLS[one.kind], 20), h('span', { class: 'grow' }, h('b', null, words), text && h('small', null, text)), h('em', null, clock(one.at))];
    return one.task ? h('a', { class: `entry ${one.fresh ? 'fresh' : ''}`, href: `#/task/${one.task}` }, content) : h('div', { class: `entry ${one.fresh ? 'fresh' : ''}` }, content);
  }

  function draw() {
    line.draw();
    const next = JSON.stringify([queue.own(), state.messages]);
    if (next === sign) return;
    sign = next;
    stopped.replaceChildren(...queue.stopped().map((item) => queued(item, () => explain(item))));
    waiting.replaceChildren(...queue.waiting().map((item) => queued(item)));
    stopped.hidden = !queue.stopped().length;
    waiting.hidden = !queue.waiting().length;
    const empty = !state.messages.length && !queue.own().length;
    list.replaceChildren(...(empty ? [h('p', { class: 'empty' }, icon('bell', 32), t('phone.no_messages'))] : state.messages.map(row)));
  }
  return { node, tab: 'messages', draw, leave: seen };
}
