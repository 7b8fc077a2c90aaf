/** A new report at the desk: the place by a click or an address, the class by a word, photos dropped in; the server says meanwhile what is known there. */
(function (hall) {
  'use strict';

  const WAIT_MS = 350;
  let count = 0;
  let timer = 0;
  let marker = null;
  let release = null;
  /** What stands fixed of the report: {lon, lat, class_code}. */
  let known = {};

  const form = () => document.querySelector('[data-report]');
  const fields = () => Array.from(form().querySelectorAll('input[data-field], select[data-field], textarea[data-field]'));
  const field = (name) => fields().find((node) => node.dataset.field === name);
  const value = (name) => (field(name) ? field(name).value.trim() : '');

  function ask(search = '') {
    count += 1;
    hall.store('report-ask', { ...known, place: value('place_text'), class: value('class_text'), text: `${value('title')} ${value('description')}`.trim(), search, n: count });
  }

  function soon(search) {
    clearTimeout(timer);
    timer = setTimeout(() => form() && ask(search), WAIT_MS);
  }

  // ---- the place ----------------------------------------------------------------------------------------------

  function put(lon, lat) {
    known = { ...known, lon: Number(lon.toFixed(6)), lat: Number(lat.toFixed(6)) };
    unput();
    if (form() && field('place_text')) hall.lacks(field('place_text'));
    marker = window.L.marker([lat, lon], { draggable: true, keyboard: false, alt: hall.t('report.point'), icon: window.L.divIcon({ className: 'hall-report-pin', html: hall.icon('map-pin', 28), iconSize: [28, 28], iconAnchor: [14, 26] }) })
      .addTo(hall.map.leaflet());
    marker.on('dragend', () => {
      const { lat: north, lng: east } = marker.getLatLng();
      put(east, north);
      ask();
    });
  }

  function unput() {
    if (marker) marker.remove();
    marker = null;
  }

  /** Wait for one click on the map. */
  function point(button) {
    const map = hall.map.leaflet();
    if (release) return release();
    button.setAttribute('aria-pressed', 'true');
    map.getContainer().classList.add('hall-drawing');
    const once = ({ latlng }) => {
      end();
      put(latlng.lng, latlng.lat);
      ask();
    };
    const drop = hall.keys.onEscape(() => end());
    function end() {
      drop();
      map.off('click', once);
      button.setAttribute('aria-pressed', 'false');
      setTimeout(() => map.getContainer().classList.remove('hall-drawing'));
      release = null;
    }
    map.on('click', once);
    release = end;
    return null;
  }

  function takePlace({ reportPlace, title, lon, lat }) {
    field('place_text').value = title || reportPlace;
    if (lon) {
      put(Number(lon), Number(lat));
      hall.map.reveal(Number(lon), Number(lat));
    }
    ask();
  }

  function takeClass({ reportClass, title }) {
    known = { ...known, class_code: reportClass };
    field('class_text').value = title;
    hall.lacks(field('class_text'));
    if (!value('title')) field('title').value = title;
    ask();
  }

  // ---- filing -------------------------------------------------------------------------------------------------

  function say(text) {
    const node = document.querySelector('[data-report-said]');
    if (node) node.textContent = text;
  }

  async function file(button) {
    const missing = [['place_text', known.lon === undefined], ['class_text', !known.class_code], ['title', !value('title')]].find(([, isMissing]) => isMissing);
    if (missing) {
      hall.lacks(field(missing[0]), hall.t(`report.missing_${missing[0]}`));
      return;
    }
    button.disabled = true;
    try {
      const attachments = [];
      for (const photo of field('attachments').files) attachments.push((await hall.photos.send(photo, 'near')).id);
      const given = Object.fromEntries(fields().filter((node) => node.type !== 'file' && node.value.trim()).map((node) => [node.dataset.field, node.value.trim()]));
      count += 1;
      hall.store('report-file', { ...given, ...known, attachments, n: `${Date.now()}-${count}` });
      say(hall.t('report.filing'));
      setTimeout(() => (button.disabled = false), 4000);
    } catch (error) {
      button.disabled = false;
      if (!(error instanceof hall.connection.Refused) && !(error instanceof TypeError)) throw error;
      say(hall.t('case.photo_refused'));
    }
  }

  function click({ target }) {
    const button = target.closest('[data-report-point], [data-report-place], [data-report-class], [data-report-file]');
    if (!button || !form()) return null;
    if ('reportPoint' in button.dataset) return point(button);
    if ('reportPlace' in button.dataset) return takePlace(button.dataset);
    if ('reportClass' in button.dataset) return takeClass(button.dataset);
    return file(button);
  }

  function input({ target }) {
    if (!form() || !form().contains(target) || !target.dataset.field) return;
    if (target.dataset.field === 'place_text') soon('place');
    else if (target.dataset.field === 'class_text') {
      const { class_code: dropped, ...rest } = known;
      known = rest;
      soon('class');
    } else if (['title', 'description'].includes(target.dataset.field)) soon('');
  }

  function leave() {
    if (release) release();
    unput();
    known = {};
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    document.addEventListener('click', click);
    document.addEventListener('input', input);
    hall.on('panel', (shown) => {
      const here = shown && shown.kind === 'board' && shown.data.name === 'report';
      if (!here) return leave();
      const { lon, lat } = shown.data;
      leave();
      if (Number.isFinite(lon)) hall.map.ready.then(() => put(lon, lat));
      return null;
    });
    hall.keys.bind('n', 'map.help.report', () => document.querySelector('[data-board=report]') && hall.desk.board('report'));
  });
})((window.hall = window.hall || {}));
