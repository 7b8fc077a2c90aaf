/** The way to the pictures: nothing of video is loaded before a panel offers some. What asks for it by `data-video-…` is listed in docs/desk.md. */
(function (hall) {
  'use strict';

  const folder = `${hall.assets}video/`;
  let look = null;

  /** Load a module of video with its look. */
  async function load(name) {
    look = look || new Promise((resolve) => {
      const link = hall.element('link', { rel: 'stylesheet', href: `${folder}video.css` });
      link.onload = link.onerror = resolve;
      document.head.append(link);
    });
    const [module] = await Promise.all([import(`${folder}${name}.js`), look, hall.texts('video')]);
    return module;
  }

  /** Run a function of the dock; what fails is said on the map. */
  function dock(run, ...parameters) {
    return load('dock').then((module) => module[run](...parameters)).catch((error) => {
      console.error(error);
      hall.notice(hall.t('video.cannot_open'), { kind: 'error', seconds: 8, key: 'video' });
    });
  }

  const ids = (text) => text.split(',').map(Number);
  const CLICKS = {
    videoEvent: ({ videoEvent }) => dock('openEvent', JSON.parse(videoEvent)),
    videoCameras: ({ videoCameras, videoReplay }) => dock('openCameras', ids(videoCameras), { replay: Boolean(videoReplay) }),
    videoShape: () => dock('openShape', current('shape')),
  };

  /** What the panel shows, of one kind. */
  function current(kind) {
    const shown = hall.desk.shown();
    return shown && shown.kind === kind ? shown.data : null;
  }

  function click({ target }) {
    const asked = target.closest && target.closest('[data-video-event], [data-video-cameras], [data-video-shape]');
    if (!asked) return;
    const name = Object.keys(CLICKS).find((one) => one in asked.dataset);
    CLICKS[name](asked.dataset);
  }

  /** One key: what the panel is about, on pictures; pressed again, they go. */
  let open = false;
  function toggle() {
    if (open) return dock('close');
    const asked = document.querySelector('#panel-body [data-video-event], #panel-body [data-video-cameras], #panel-body [data-video-shape]');
    if (asked) return asked.click();
    return hall.notice(hall.t('video.choose_first'), { seconds: 5, key: 'video' });
  }

  /** A place for pictures has come onto the page: the camera's own panel, the page of video. */
  const PLACES = { '[data-video-panel]': 'panel', '#video-wall': 'wall', '#detections.det': 'detections' };
  let offered = false;
  function settle() {
    if (!offered && document.querySelector('#panel-body [data-video-event]')) {
      offered = true;
      requestIdleCallback(() => load('dock'));
    }
    for (const [selector, name] of Object.entries(PLACES)) {
      for (const node of document.querySelectorAll(`${selector}:not([data-taken])`)) {
        node.dataset.taken = 'true';
        load(name).then((module) => module.mount(node));
      }
    }
  }

  (hall.starts = hall.starts || []).push(() => {
    document.addEventListener('click', click);
    hall.on('video', (shown) => (open = Boolean(shown)));
    if (hall.map) hall.keys.bind('v', 'map.help.video', toggle);
    let due = 0;
    const soon = () => {
      cancelAnimationFrame(due);
      due = requestAnimationFrame(settle);
    };
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
    soon();
  });
  hall.video = { load, dock };
})((window.hall = window.hall || {}));
