/** The controller of the hall's screens: one card a screen with its heartbeat and what it shows, the programmes, and peace and emergency. */

const { hall } = window;
const POLL_MS = 3000;
const SIZES = ['1920x1080', '3840x2160', '5760x1080', '7680x2160'];
const t = (key, values) => hall.t(key, values);

/** An element; what is null or false is left out. */
function h(tag, options = {}, ...children) {
  const { onClick, onChange, ...rest } = options;
  const attributes = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined && value !== false).map(([key, value]) => [key, value === true ? '' : value]));
  const node = hall.element(tag, attributes, ...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  if (onClick) node.addEventListener('click', onClick);
  if (onChange) node.addEventListener('change', onChange);
  return node;
}

/** A reason has so many letters at least; the rule of services/hall_mode.py. */
const SHORTEST_REASON = 2;
/** Answers that have words of their own. */
const REFUSALS = [400, 403, 404, 409, 422];
const icon = (name) => h('i', { class: `icon icon-${name}`, 'aria-hidden': 'true' });
const button = (label, name, onClick, classes = '', more = {}) => h('button', { type: 'button', class: `button small ${classes}`, onClick, ...more }, icon(name), label);
const field = (label, input) => h('label', { class: 'hs-field' }, h('span', { text: label }), h('span', { 'data-input': 'text' }, input));

async function ask(path, method = 'GET', body = undefined) {
  const answer = await fetch(`${hall.origin}${path}`, { method, headers: { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}) });
  const given = (answer.headers.get('Content-Type') || '').includes('json') ? await answer.json() : null;
  if (!answer.ok) throw Object.assign(new Error(path), { status: answer.status, detail: (given && given.detail) || '' });
  return given;
}

function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s >= 172800) return t('screens.days', { n: Math.floor(s / 86400) });
  if (s >= 7200) return t('screens.hours', { n: Math.floor(s / 3600) });
  return s >= 120 ? t('screens.minutes', { n: Math.floor(s / 60) }) : t('screens.seconds_n', { n: s });
}

const clock = (text) => hall.clockTime(new Date(text));

class Controller {
  constructor(root) {
    this.root = root;
    /** Open forms and half-written words survive what is read meanwhile. */
    this.editing = null;
    this.programme = null;
    this.sure = '';
    this.said = h('p', { class: 'hs-said', role: 'status' });
    this.modeBox = h('section', { class: 'hs-mode', 'aria-label': t('screens.mode') });
    this.list = h('div', { class: 'hs-list' });
    this.books = h('section', { class: 'hs-books' });
    this.past = h('section', { class: 'hs-past' });
    root.replaceChildren(this.said, this.modeBox, this.list, this.books, this.past);
  }

  /** Do something, say how it went, and read again. */
  async act(run, done = t('screens.saved')) {
    try {
      await run();
      this.say(done, 'good');
      this.editing = null;
    } catch (error) {
      this.say(t('screens.failed', { detail: t(`screens.refused.${REFUSALS.includes(error.status) ? error.status : 'other'}`) }), 'alarm');
    }
    this.sure = '';
    await this.read(true);
  }

  say(text, tone = '') {
    this.said.textContent = text;
    this.said.className = `hs-said ${tone}`;
    clearTimeout(this.hush);
    this.hush = setTimeout(() => (this.said.textContent = ''), 8000);
  }

  async read(again = false) {
    try {
      const [list, mode] = await Promise.all([ask('/api/v1/screens'), ask('/api/v1/mode')]);
      this.draw(list, mode, again);
      this.silent = false;
    } catch (error) {
      if (!this.silent) this.say(error.status === 401 ? t('screens.away') : t('screens.away'), 'warn');
      this.silent = true;
    }
    if (again) return;
    setTimeout(() => this.read(), POLL_MS);
  }

  draw(list, mode, again) {
    this.told = list;
    const busy = !again && this.root.contains(document.activeElement) && /INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName);
    if (busy) return;
    this.drawMode(list, mode);
    this.drawScreens(list);
    this.drawProgrammes(list);
    // who only sets the screens up reads no reports of emergencies
    if ((list.may_switch || !list.may_set_up) && (again || !this.history)) this.readPast();
  }

  // ---- screens ------------------------------------------------------------------------------------------------------

  drawScreens(list) {
    const cards = list.items.map((item) => (item.screen ? this.card(item, list) : this.stranger(item, list)));
    const add = list.may_set_up ? [this.editing === 'new' ? this.form(null, list) : button(t('screens.add'), 'plus', () => this.open('new'), 'primary')] : [];
    const none = list.items.length ? null : h('p', { class: 'quiet', text: t(list.may_set_up ? 'screens.none' : 'screens.none_plain') });
    this.list.replaceChildren(...[none, ...cards, h('div', { class: 'hs-add' }, ...add)].filter(Boolean));
  }

  open(what) {
    this.editing = what;
    this.drawScreens(this.told);
  }

  state({ alive, pages }) {
    const [last] = pages;
    if (alive) return h('span', { class: 'chip good', text: t('screens.alive') });
    return h('span', { class: last ? 'chip alarm' : 'chip', text: last ? t('screens.silent', { time: clock(last.at) }) : t('screens.never') });
  }

  health({ pages }, at) {
    const [last] = pages;
    if (!last) return h('p', { class: 'hs-health quiet' });
    const running = Date.parse(last.at) - Date.parse(last.started_at);
    const parts = [
      `${last.width} × ${last.height}`, t('screens.up', { n: span(running) }), last.heap_mb !== null && t('screens.heap', { n: last.heap_mb }), last.nodes !== null && t('screens.nodes', { n: last.nodes }),
      last.faults > 0 && t('screens.faults', { n: last.faults }), pages.filter((one) => Date.parse(at) - Date.parse(one.at) < 20000).length > 1 && t('screens.pages', { n: pages.length }),
    ].filter(Boolean);
    return h('p', { class: 'hs-health quiet' }, parts.join(' · '), last.stale.length ? h('span', { class: 'warn', text: ` · ${t('screens.stale', { list: last.stale.map((id) => t(`wall.panel.${id}`) || id).join('、') })}` }) : null);
  }

  card(item, list) {
    const { screen } = item;
    if (this.editing === screen.id) return this.form(screen, list);
    const set = (change) => this.act(() => ask(`/api/v1/screens/${screen.id}`, 'PATCH', change));
    const [last] = item.pages;
    const scenes = list.scenes.map((name) => h('button', {
      type: 'button', class: 'segment', 'aria-pressed': String(screen.scene === name), onClick: () => set({ scene: screen.scene === name ? null : name }), text: t(`wall.scene.${name}`),
    }));
    const programme = h('select', { 'aria-label': t('screens.programme'), onChange: ({ target }) => set({ programme_id: Number(target.value) }) }, list.programmes.map((one) => h('option', { value: one.id, selected: one.id === screen.programme_id, text: one.name })));
    const sure = this.sure === `screen${screen.id}`;
    return h('section', { class: 'hs-card', 'data-screen': screen.name, 'aria-label': screen.title },
      h('header', {}, h('h2', { text: screen.title }), h('code', { text: `/wall?screen=${screen.name}` }), this.state(item),
        h('span', { class: 'hs-acts' }, h('a', { class: 'button small', href: `/wall?screen=${screen.name}`, target: '_blank', rel: 'noopener' }, icon('external-link'), t('screens.open')), button(t('screens.reload'), 'refresh', () => set({ reload: true })),
          ...(list.may_set_up ? [button(t('screens.edit'), 'pencil', () => this.open(screen.id)), button(sure ? t('screens.remove_sure') : t('screens.remove'), 'trash', () => {
            if (sure) this.act(() => ask(`/api/v1/screens/${screen.id}`, 'DELETE'));
            else {
              this.sure = `screen${screen.id}`;
              this.drawScreens(this.told);
            }
          }, 'danger')] : []))),
      this.health(item, list.at),
      h('div', { class: 'hs-row' }, h('span', { class: 'hs-label', text: t('screens.now') }), h('b', { text: last && item.alive ? t(`wall.scene.${last.scene}`) : '—' }), last && item.alive && last.look === 'emergency' ? h('span', { class: 'chip alarm', text: t('wall.mode.emergency') }) : null,
        h('span', { class: 'hs-grow' }), h('span', { class: 'hs-label', text: t('screens.programme') }), h('span', { 'data-input': 'select' }, programme),
        button(screen.paused ? t('screens.go_on') : t('screens.pause'), screen.paused ? 'player-play' : 'player-pause', () => set({ paused: !screen.paused }), screen.paused ? 'primary' : '', { 'aria-pressed': String(screen.paused) })),
      h('div', { class: 'hs-row' }, h('span', { class: 'hs-label', text: t('screens.scene') }), h('div', { class: 'segments hs-scenes' }, h('button', { type: 'button', class: 'segment', 'aria-pressed': String(!screen.scene), onClick: () => set({ scene: null }), text: t('screens.rotate') }), scenes)),
      h('div', { class: 'hs-row' }, h('span', { class: 'hs-label', text: t('screens.look') }), h('div', { class: 'segments' }, ['follow', 'peace'].map((look) => h('button', { type: 'button', class: 'segment', 'aria-pressed': String(screen.look === look), onClick: () => set({ look }), text: t(`screens.look.${look}`) })))));
  }

  /** A browser that shows a name nobody has entered. */
  stranger(item, list) {
    return h('section', { class: 'hs-card unknown', 'aria-label': item.name }, h('header', {}, h('h2', { text: item.name }), h('span', { class: 'chip warn', text: t('screens.unknown') }), this.state(item),
      h('span', { class: 'hs-acts' }, list.may_set_up ? button(t('screens.enter'), 'plus', () => this.act(() => ask('/api/v1/screens', 'POST', { name: item.name, title: item.name })), 'primary') : null)), this.health(item, list.at));
  }

  form(screen, list) {
    const given = screen || { name: '', title: '', size: null, wall_width_m: null, distance_m: null, programme_id: list.programmes[0].id };
    const input = (name, more = {}) => h('input', { name, value: given[name] ?? '', autocomplete: 'off', ...more });
    const known = [...new Set([...SIZES, given.size].filter(Boolean))];
    const size = h('select', { name: 'size' }, h('option', { value: '', text: t('screens.size_auto') }), known.map((one) => h('option', { value: one, selected: one === given.size, text: one })));
    const programme = h('select', { name: 'programme_id' }, list.programmes.map((one) => h('option', { value: one.id, selected: one.id === given.programme_id, text: one.name })));
    const form = h('form', { class: 'hs-card hs-form' }, field(t('screens.title'), input('title', { required: true, maxlength: 40 })), field(t('screens.name'), input('name', { required: true, pattern: '[a-z0-9][a-z0-9_\\-]*', maxlength: 40, title: t('screens.name_hint') })),
      field(t('screens.size'), size), field(t('screens.programme'), programme), field(t('screens.width'), input('wall_width_m', { type: 'number', min: 0.5, max: 500, step: 0.1 })), field(t('screens.distance'), input('distance_m', { type: 'number', min: 0.5, max: 500, step: 0.1 })),
      h('div', { class: 'hs-form-acts' }, h('button', { type: 'submit', class: 'button small primary' }, icon('check'), t('screens.save')), button(t('screens.cancel'), 'x', () => {
        this.editing = null;
        this.drawScreens(this.told);
      })));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const value = (name) => form.elements[name].value.trim();
      const body = { name: value('name'), title: value('title'), size: value('size') || null, programme_id: Number(value('programme_id')), wall_width_m: Number(value('wall_width_m')) || null, distance_m: Number(value('distance_m')) || null };
      document.activeElement.blur();
      this.act(() => ask(screen ? `/api/v1/screens/${screen.id}` : '/api/v1/screens', screen ? 'PATCH' : 'POST', body));
    });
    return form;
  }

  // ---- programmes -----------------------------------------------------------------------------------------------------

  drawProgrammes(list) {
    const rows = list.programmes.map((one) => (this.programme && this.programme.id === one.id ? this.editor(list) : h('div', { class: 'hs-programme' }, h('b', { text: one.name }), h('span', { class: 'quiet', text: one.steps.map((step) => [t(`wall.scene.${step.scene}`), this.told.mapped.includes(step.scene) && this.viewed(step), `${step.seconds} ${t('screens.seconds')}`].filter(Boolean).join(' ')).join(' → ') }),
      list.may_set_up ? h('span', { class: 'hs-acts' }, button(t('screens.edit_programme'), 'pencil', () => this.write({ ...one, steps: one.steps.map((step) => ({ ...step })) })), list.programmes.length > 1 ? button(this.sure === `p${one.id}` ? t('screens.remove_sure') : t('screens.remove'), 'trash', () => {
        if (this.sure === `p${one.id}`) this.act(() => ask(`/api/v1/programmes/${one.id}`, 'DELETE'));
        else {
          this.sure = `p${one.id}`;
          this.drawProgrammes(this.told);
        }
      }, 'danger') : null) : null)));
    const isNew = this.programme && !this.programme.id;
    this.books.replaceChildren(h('h2', { text: t('screens.programmes') }), ...rows, ...(isNew ? [this.editor(list)] : []), ...(list.may_set_up && !isNew ? [button(t('screens.programme_add'), 'plus', () => this.write({ id: null, name: t('screens.programme_new'), steps: list.scenes.slice(0, 3).map((scene) => ({ scene, seconds: 60 })) }))] : []));
  }

  /** How a step shows its map, in words; empty when it lies still. */
  viewed({ flight, compare }) {
    if (compare) return `〔${t(`screens.view.${compare}`)}〕`;
    if (!flight) return '';
    const known = this.told.flights.find(({ id }) => id === flight);
    return `〔${t('screens.view.flight', { name: known ? known.name : t('screens.view.flight_gone') })}〕`;
  }

  /** What the map of a step does: lies still, is compared, or is flown over. */
  views(step, list) {
    const now = step.compare ? `compare:${step.compare}` : step.flight ? `flight:${step.flight}` : '';
    const flights = list.flights.map(({ id, name, seconds }) => [`flight:${id}`, t('screens.view.flight', { name: `${name} · ${Math.round(seconds)} ${t('screens.seconds')}` })]);
    if (step.flight && !list.flights.some(({ id }) => id === step.flight)) flights.push([now, t('screens.view.flight', { name: t('screens.view.flight_gone') })]);
    const options = [['', t('screens.view.plan')], ...list.compares.map((name) => [`compare:${name}`, t(`screens.view.${name}`)]), ...flights];
    const choose = ({ target }) => {
      const [kind, value] = target.value.split(':');
      step.compare = kind === 'compare' ? value : null;
      step.flight = kind === 'flight' ? Number(value) : null;
      const flown = list.flights.find(({ id }) => id === step.flight);
      // a flight is seen to its end
      if (flown) step.seconds = Math.max(step.seconds, Math.ceil(flown.seconds));
      this.write(this.programme);
    };
    return h('span', { 'data-input': 'select' }, h('select', { 'aria-label': t('screens.view'), disabled: !list.mapped.includes(step.scene), onChange: choose }, options.map(([value, text]) => h('option', { value, selected: value === now, text }))));
  }

  write(programme) {
    this.programme = programme;
    this.drawProgrammes(this.told);
  }

  editor(list) {
    const { programme } = this;
    const steps = programme.steps.map((step, index) => h('div', { class: 'hs-step' },
      h('span', { 'data-input': 'select' }, h('select', { 'aria-label': t('screens.scene'), onChange: ({ target }) => {
        step.scene = target.value;
        if (!list.mapped.includes(step.scene)) step.flight = step.compare = null;
        this.write(this.programme);
      } }, list.scenes.map((name) => h('option', { value: name, selected: name === step.scene, text: t(`wall.scene.${name}`) })))),
      this.views(step, list),
      h('span', { 'data-input': 'number' }, h('input', { type: 'number', min: 5, max: 3600, value: step.seconds, 'aria-label': t('screens.seconds'), onChange: ({ target }) => (step.seconds = Number(target.value)) })), h('span', { class: 'quiet', text: t('screens.seconds') }),
      button(t('screens.up_one'), 'arrow-up', () => index && this.write({ ...programme, steps: programme.steps.map((one, at, all) => (at === index ? all[at - 1] : at === index - 1 ? all[index] : one)) }), '', { disabled: !index }),
      button(t('screens.step_remove'), 'x', () => this.write({ ...programme, steps: programme.steps.filter((_, at) => at !== index) }), '', { disabled: programme.steps.length < 2 })));
    return h('div', { class: 'hs-card hs-editor' }, field(t('screens.title'), h('input', { value: programme.name, maxlength: 40, onChange: ({ target }) => (programme.name = target.value) })), ...steps,
      h('div', { class: 'hs-form-acts' }, button(t('screens.step_add'), 'plus', () => this.write({ ...programme, steps: [...programme.steps, { scene: 'overview', seconds: 60 }] })),
        button(t('screens.save'), 'check', () => {
          this.programme = null;
          this.act(() => ask(programme.id ? `/api/v1/programmes/${programme.id}` : '/api/v1/programmes', programme.id ? 'PUT' : 'POST', { name: programme.name, steps: programme.steps }));
        }, 'primary'), button(t('screens.cancel'), 'x', () => this.write(null))));
  }

  // ---- peace and emergency ------------------------------------------------------------------------------------------

  drawMode(list, mode) {
    const emergency = mode.mode === 'emergency';
    const key = JSON.stringify([mode, list.may_switch]);
    if (this.modeBox.dataset.shown === key) return;
    this.modeBox.dataset.shown = key;
    const words = h('textarea', { rows: 2, maxlength: 500, placeholder: t(emergency ? 'screens.mode.note' : 'screens.mode.reason'), 'aria-label': t(emergency ? 'screens.mode.note' : 'screens.mode.reason') });
    const lack = h('p', { class: 'hs-lack', role: 'alert' });
    /** Switch where the reason is written and the case is named, else say at the field what is missing. */
    const turn = (body, missing = null) => {
      const wrong = missing || (words.value.trim().length < SHORTEST_REASON ? words : null);
      for (const node of this.modeBox.querySelectorAll('[aria-invalid]')) node.removeAttribute('aria-invalid');
      lack.textContent = wrong ? t(`screens.lack.${wrong === words ? (emergency ? 'note' : 'reason') : 'case'}`) : '';
      if (!wrong) return this.act(() => ask('/api/v1/mode', 'POST', { ...body, reason: words.value.trim() }));
      wrong.setAttribute('aria-invalid', 'true');
      wrong.focus();
      return null;
    };
    const acks = mode.proposals.map((one) => h('span', { class: one.acknowledged_at ? 'hs-proposal seen' : 'hs-proposal', 'data-event': one.id }, `Ⅰ ${one.title}`, one.acknowledged_at
      ? h('span', { class: 'quiet', text: t('screens.mode.acknowledged', { time: clock(one.acknowledged_at), name: one.acknowledged_by }) })
      : button(t('screens.mode.acknowledge'), 'check', () => this.act(() => ask(`/api/v1/wall/events/${one.id}/acknowledge`, 'POST')))));
    const head = h('header', {}, h('b', { class: emergency ? 'alarm' : 'good', text: t(`screens.mode.${mode.mode}`) }), emergency ? h('span', { text: [mode.event && mode.event.title, t('screens.mode.since', { time: clock(mode.started_at), name: mode.started_by }), mode.reason].filter(Boolean).join(' · ') }) : mode.proposals.length ? h('span', { class: 'warn', text: t('screens.mode.propose', { n: mode.proposals.length }) }) : null);
    let acts;
    if (!list.may_switch) acts = [h('p', { class: 'quiet', text: t('screens.mode.may_not') })];
    else if (emergency) acts = [h('span', { 'data-input': 'text' }, words), button(t('screens.mode.end'), 'check', () => turn({ mode: 'peace' }), 'primary'), lack];
    else {
      const choice = mode.proposals.length ? h('select', { 'aria-label': t('screens.mode.case') }, mode.proposals.map((one) => h('option', { value: one.id, text: `Ⅰ ${one.title} · ${one.place_text}` }))) : h('input', { type: 'number', min: 1, placeholder: t('screens.mode.case_id'), 'aria-label': t('screens.mode.case_id'), title: t('screens.mode.no_case') });
      acts = [h('span', { 'data-input': 'text' }, choice), h('span', { 'data-input': 'text' }, words), button(t('screens.mode.begin'), 'alert-triangle', () => turn({ mode: 'emergency', event_id: Number(choice.value) }, Number(choice.value) > 0 ? null : choice), 'danger'), lack];
    }
    this.modeBox.classList.toggle('is-emergency', emergency);
    this.modeBox.replaceChildren(head, ...(acks.length ? [h('div', { class: 'hs-proposals' }, acks)] : []), h('div', { class: 'hs-mode-acts' }, acts));
  }

  async readPast() {
    this.history = true;
    let items;
    try {
      ({ items } = await ask('/api/v1/mode/history?limit=10'));
    } catch {
      this.past.replaceChildren();
      return;
    }
    const lines = items.map(({ report, ...one }) => h('article', { class: 'hs-report' },
      h('b', { text: t('screens.report.case', { title: report.title, no: report.case_no, place: report.place_text }) }), h('span', { class: 'chip', text: t('screens.report.lasted', { n: span(report.duration_s * 1000) }) }),
      h('p', { text: t('screens.report.by', { start: `${one.started_at.slice(0, 10)} ${clock(one.started_at)}`, by: one.started_by, reason: one.reason, end: clock(one.ended_at), ended: one.ended_by }) }),
      h('p', { text: [t('screens.report.figures', { acts: report.acts, sent: report.sent, arrived: report.arrived, first: report.first_arrival_at ? span(Date.parse(report.first_arrival_at) - Date.parse(one.started_at)) : '—' }), report.departments ? t('screens.report.departments', { list: report.departments.join('、') }) : '', t('screens.report.city', { n: report.city_accepted, m: report.city_closed })].filter(Boolean).join(' · ') }),
      h('p', { text: t('screens.report.note', { text: report.note }) })));
    this.past.replaceChildren(h('h2', { text: t('screens.report') }), ...(lines.length ? lines : [h('p', { class: 'quiet', text: t('screens.report.none') })]));
  }
}

/** Fill the page's place. */
export async function mount(root) {
  await hall.texts('wall');
  const controller = new Controller(root);
  await controller.read();
  hall.on('language', async () => {
    await Promise.all([hall.texts('wall'), hall.texts('screens')]);
    controller.modeBox.dataset.shown = '';
    controller.read(true);
  });
}
