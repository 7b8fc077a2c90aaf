/**
 * The red alarm: a case became Ⅰ or Ⅱ. A banner stands over the map and the sound goes on until somebody acknowledges; several wait in a row. The map
 * goes there by itself only where the reader has allowed it. What was not acknowledged survives a reload of the page.
 */
(function (hall) {
  'use strict';

  const WAITING = 'hall.alarms';
  const FLY = 'hall.alarm.fly';
  const LEVELS = ['1', '2'];
  const CLOSE_ZOOM = 16;

  /** @type {Array<{layer: string, id: number, level: string, title: string, place: string, at: string, lon: number, lat: number}>} the first is shown */
  let queue = [];
  let shown = '';

  const flies = () => localStorage.getItem(FLY) === '1';
  const name = ({ layer, id }) => `${layer}/${id}`;

  function restore() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(WAITING) || '[]');
      queue = Array.isArray(kept) ? kept.filter((alarm) => alarm && alarm.layer && alarm.id) : [];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }

  function keep() {
    sessionStorage.setItem(WAITING, JSON.stringify(queue));
    render();
  }

  // ---- the banner ---------------------------------------------------------------------------------------------

  function button(key, icon, run, kind = '') {
    const node = hall.element('button', { type: 'button', class: `hall-alarm-button ${kind}`, html: hall.icon(icon, 16) }, hall.element('span', { text: hall.t(key) }));
    node.onclick = run;
    return node;
  }

  function flySwitch() {
    const node = hall.element('button', {
      type: 'button', role: 'switch', class: 'hall-alarm-fly', 'aria-checked': String(flies()), title: hall.t('alarm.fly_title'),
    }, hall.element('i', { 'aria-hidden': 'true' }), hall.element('span', { text: hall.t('alarm.fly') }));
    node.onclick = () => {
      localStorage.setItem(FLY, flies() ? '0' : '1');
      node.setAttribute('aria-checked', String(flies()));
      if (flies()) go();
    };
    return node;
  }

  const go = () => queue.length && hall.map.flyTo(queue[0].lon, queue[0].lat, { zoom: CLOSE_ZOOM });

  function banner() {
    const [alarm] = queue;
    const facts = [alarm.place, hall.clockTime(new Date(alarm.at), true)].filter(Boolean).join(' · ');
    const words = hall.element('div', { class: 'hall-alarm-words' }, hall.element('b', { text: alarm.title }), hall.element('span', { text: facts }));
    const rest = queue.length > 1 ? [hall.element('span', { class: 'hall-alarm-rest', text: hall.t('alarm.more', { number: queue.length - 1 }) })] : [];
    const silent = hall.sound.blocked() ? [hall.element('span', { class: 'hall-alarm-silent', text: hall.t('alarm.silent') })] : [];
    return hall.element('section', { class: `hall-alarm level-${alarm.level}`, role: 'alert', 'aria-label': hall.t('alarm.label') },
      hall.element('span', { class: 'hall-alarm-level', html: hall.icon('alert-triangle', 20) }, hall.element('b', { text: hall.t(`alarm.level_${alarm.level}`) })),
      words, ...rest, ...silent, flySwitch(),
      button('alarm.open', 'arrow-right', open),
      button('alarm.acknowledge', 'check', acknowledge, 'main'));
  }

  function render() {
    const text = JSON.stringify([queue, hall.language, hall.sound.blocked()]);
    if (text === shown) return;
    shown = text;
    const before = document.querySelector('.hall-alarm');
    document.documentElement.classList.toggle('alarmed', queue.length > 0);
    if (!queue.length) {
      if (before) before.remove();
      hall.sound.hush();
      return;
    }
    const node = banner();
    if (before) before.replaceWith(node);
    else document.getElementById('map').append(node);
    window.L.DomEvent.disableClickPropagation(node);
    hall.sound.alarm();
  }

  // ---- acts ---------------------------------------------------------------------------------------------------

  function acknowledge() {
    queue.shift();
    keep();
    if (queue.length && flies()) go();
  }

  /** Look at the case; the sound goes on until it is acknowledged. */
  function open() {
    hall.desk.pick(name(queue[0]));
  }

  function raise({ layer, row_id: id, at, feature }) {
    const [lon, lat] = feature.geometry.coordinates;
    const { level, title, place_text: place } = feature.properties;
    const alarm = { layer, id, level: String(level), title: title || '', place: place || '', at, lon, lat };
    const others = queue.filter((known) => name(known) !== name(alarm));
    // Ⅰ before Ⅱ, otherwise in the order in which they came; what is being read stays in front unless something graver comes
    const place_ = others.findIndex((known) => known.level > alarm.level);
    queue = place_ < 0 ? [...others, alarm] : [...others.slice(0, place_), alarm, ...others.slice(place_)];
    keep();
    if (queue[0] === alarm && flies()) go();
  }

  /** A case that is closed, or no longer major, needs nobody's acknowledgement. */
  function drop({ layer, row_id: id, feature }) {
    const left = queue.filter((known) => known.layer !== layer || known.id !== id);
    if (left.length === queue.length || (feature && LEVELS.includes(String(feature.properties.level)))) return;
    queue = left;
    keep();
  }

  function hear(change) {
    if (change.alarm && change.feature) raise(change);
    else {
      drop(change);
      if (change.kind === 'insert' && change.feature) hall.sound.tone();
    }
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    restore();
    hall.on('live', hear);
    Promise.all([hall.map.ready, hall.textsReady]).then(() => {
      hall.keys.bind('k', 'map.help.alarm', () => queue.length && acknowledge());
      render();
      hall.on('language', render);
      hall.on('sound', render);
    });
  });
  hall.alarm = { waiting: () => queue.slice(), acknowledge };
})((window.hall = window.hall || {}));
