/**
 * The ground of the page's scripts: one global `hall`, its events, texts in two languages, and the way to Dash.
 * Dash loads all files as plain scripts in the order of their names: what needs another file waits in `hall.starts`, which run when all are there.
 */
(function (hall) {
  'use strict';

  /** Folder that this file's folder lies in, with the slash: where vendor/ and i18n/ are. */
  hall.assets = new URL('../', document.currentScript.src).href;
  /** Where the server's own paths begin, without the slash at the end. */
  hall.origin = new URL('..', hall.assets).href.replace(/\/$/, '');

  hall.starts = hall.starts || [];
  const begin = () => hall.starts.forEach((start) => start());
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
  else setTimeout(begin);

  const YEAR_S = 31536000;

  // ---- events -------------------------------------------------------------------------------------------------

  /** @type {Map<string, Set<function(*): void>>} */
  const listeners = new Map();

  /**
   * Call `run` whenever `name` happens: state, pick, shape, language, connection, revisions, tool.
   * @param {string} name
   * @param {function(*): void} run
   * @returns {function(): void} ends it
   */
  hall.on = function (name, run) {
    if (!listeners.has(name)) listeners.set(name, new Set());
    listeners.get(name).add(run);
    return () => listeners.get(name).delete(run);
  };

  /** Tell everybody who listens. */
  hall.emit = function (name, value) {
    for (const run of listeners.get(name) || []) run(value);
  };

  // ---- Dash ---------------------------------------------------------------------------------------------------

  /** Write properties of a Dash component; nothing happens while the page has no such component. */
  hall.setProps = function (id, properties) {
    const dash = window.dash_clientside;
    if (dash && dash.set_props && document.getElementById(id)) dash.set_props(id, properties);
  };

  /** Write a dcc.Store, which has no element on the page. */
  hall.store = function (id, value) {
    const dash = window.dash_clientside;
    if (dash && dash.set_props) dash.set_props(id, { data: value });
  };

  /**
   * Run calls that a Dash callback wrote into the store `map-command`: `[["flyTo", 113.5, 22.2, {"zoom": 16}], …]`, each a function of `hall.map`
   * or, with a dot, of another part: `["draw.clear"]`.
   * @param {?Array<Array<*>>} calls
   */
  hall.command = function (calls) {
    for (const [name, ...parameters] of calls || []) {
      const [part, inner] = name.includes('.') ? name.split('.') : ['map', name];
      const owner = hall[part];
      if (owner && typeof owner[inner] === 'function') owner[inner](...parameters);
      else console.error(`hall has no ${name}`);
    }
    return window.dash_clientside.no_update;
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    hall: {
      command: hall.command,
      results: (hits) => {
        hall.map.showResults(hits || []);
        return window.dash_clientside.no_update;
      },
      notice: (notice) => {
        if (notice && notice.text) hall.notice(notice.text, notice);
        return window.dash_clientside.no_update;
      },
    },
  });

  // ---- texts --------------------------------------------------------------------------------------------------

  /** @type {Object<string, Object<string, string>>} */
  const catalogues = {};
  /** @type {"zh" | "en"} */
  hall.language = 'zh';

  /**
   * The text of a key in the present language; `{name}` in it is replaced by `values.name`.
   * @param {string} key
   * @param {Object<string, string | number>} [values]
   */
  hall.t = function (key, values) {
    const text = (catalogues[hall.language] || {})[key];
    if (text === undefined) return '';
    return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
  };

  /** The right one of `{zh, en}`. */
  hall.text = function (texts) {
    return typeof texts === 'string' ? texts : (texts && (texts[hall.language] || texts.zh)) || '';
  };

  /** Fill `data-t` (text), `data-t-title` (title and accessible name) and `data-t-placeholder` below `root`. */
  hall.translate = function (root) {
    for (const node of root.querySelectorAll('[data-t]')) node.textContent = hall.t(node.dataset.t);
    for (const node of root.querySelectorAll('[data-t-title]')) {
      node.title = hall.t(node.dataset.tTitle);
      node.setAttribute('aria-label', node.title);
    }
    for (const node of root.querySelectorAll('[data-t-placeholder]')) node.placeholder = hall.t(node.dataset.tPlaceholder);
  };

  /** Catalogues that are or were asked for, by their path below i18n/. @type {Map<string, Promise<void>>} */
  const fetched = new Map();
  /** Parts of the product whose texts this page needs beside those of all pages. @type {Set<string>} */
  const parts = new Set();

  /** Read one catalogue, once; one that failed is asked for anew the next time. */
  function loadTexts(language, part) {
    const path = part ? `${part}/${language}.json` : `${language}.json`;
    if (!fetched.has(path)) {
      const reading = fetch(`${hall.assets}i18n/${path}`).then(async (answer) => {
        if (!answer.ok) throw new Error(`texts: ${answer.status}`);
        const texts = await answer.json(); // others come at the same time: what is there is looked at only now
        catalogues[language] = { ...catalogues[language], ...texts };
      });
      reading.catch(() => fetched.delete(path));
      fetched.set(path, reading);
    }
    return fetched.get(path);
  }

  /**
   * Have the texts of one part of the product, a folder below i18n/, in the present language and in every later one.
   * @param {string} part
   * @returns {Promise<void>}
   */
  hall.texts = async function (part) {
    parts.add(part);
    await hall.textsReady;
    await loadTexts(hall.language, part);
  };

  /** Keep a choice for the next visits, where the server reads it, too. */
  hall.remember = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=${YEAR_S}; samesite=lax`;
  };

  /**
   * Change the language of everything that the scripts have drawn; the page hears of it by the event `language`.
   * @param {"zh" | "en"} language
   */
  hall.setLanguage = async function (language) {
    const chosen = language === 'en' ? 'en' : 'zh';
    await Promise.all([loadTexts(chosen), ...[...parts].map((part) => loadTexts(chosen, part))]);
    hall.language = chosen;
    hall.remember('hall_lang', chosen);
    document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
    hall.translate(document);
    hall.emit('language', chosen);
  };

  /** Settled when the texts of the page's language are there. */
  hall.textsReady = hall.setLanguage(document.documentElement.lang.startsWith('en') ? 'en' : 'zh');

  // ---- small things -------------------------------------------------------------------------------------------

  /** Formats take a millisecond to make: each is made once. */
  const formats = {};
  const once = (name, make) => (formats[name] = formats[name] || make());

  /** A whole number with its groups: 12,000. */
  hall.number = (value) => once(hall.language, () => new Intl.NumberFormat(hall.language)).format(value);

  /** An icon of the set in the colour of the text (assets/css/icons.css), as text for innerHTML. */
  hall.icon = (name, size = 18) => `<i class="icon icon-${name}" style="width:${size}px;height:${size}px" aria-hidden="true"></i>`;

  /**
   * Make an element.
   * @param {string} tag
   * @param {Object<string, string>} [attributes] `html` and `text` are its content
   * @param {...Node} children
   * @returns {HTMLElement}
   */
  hall.element = function (tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === 'html') node.innerHTML = value;
      else if (name === 'text') node.textContent = value;
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  };

  /** A clock time of the hall's own zone: 10:26. */
  hall.clockTime = (date, seconds = false) =>
    once(seconds, () => new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}),
    })).format(date);
})((window.hall = window.hall || {}));
