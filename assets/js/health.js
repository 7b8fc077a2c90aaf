/** When drawing or the connection fails: say so, keep the last picture, and come back without help. */
(function (hall) {
  'use strict';

  const RESTORE_MS = 4000;
  const RETRY_MS = 5000;
  const MANNERS = 'hall.software-drawing-known';

  /** Sources whose tiles failed since the connection was good. */
  const failed = new Set();

  /** @returns {?WebGL2RenderingContext} */
  function context() {
    return document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: false });
  }

  /** Can this browser draw the map? If not, say so and put plain imagery under the pins and shapes, where there is any. */
  function canDraw() {
    const gl = context();
    if (!gl) {
      hall.notice(hall.t('map.health.no_webgl'), { kind: 'error', key: 'webgl', closes: false });
      plain();
      return false;
    }
    const debug = gl.getExtension('WEBGL_debug_renderer_info');
    const renderer = debug ? gl.getParameter(debug.UNMASKED_RENDERER_WEBGL) : '';
    const lose = gl.getExtension('WEBGL_lose_context');
    if (lose) lose.loseContext();
    if (/swiftshader|llvmpipe|software/i.test(renderer) && !localStorage.getItem(MANNERS)) {
      hall.notice(hall.t('map.health.software'), { kind: 'warn', key: 'software', seconds: 20, onClose: () => localStorage.setItem(MANNERS, '1') });
    }
    return true;
  }

  /** Without WebGL: the operator's imagery as plain pictures. */
  function plain() {
    const map = hall.map.leaflet();
    const [imagery] = hall.map.catalog().imagery || [];
    if (imagery) window.L.tileLayer(imagery.tiles[0], { maxNativeZoom: imagery.maxzoom, maxZoom: 22, attribution: imagery.attribution || '' }).addTo(map);
    map.getContainer().classList.add('hall-no-canvas');
  }

  /** The very first requests failed: there is no picture to keep yet. */
  function failedToStart(error, again) {
    console.error(error);
    if (error.status === 401) return signedOut();
    hall.textsReady.catch(() => null).then(() => {
      hall.notice(hall.t('map.health.start_failed') || 'The map does not answer. Trying again.', {
        kind: 'error', key: 'start', closes: false, action: { text: hall.t('map.health.retry') || '↻', run: again },
      });
    });
    return setTimeout(() => Promise.resolve(again()).then(() => hall.dismiss('start')), RETRY_MS);
  }

  /**
   * Look after MapLibre's canvas.
   * @param {Object} gl MapLibre's map
   * @param {function(): void} remount builds it anew
   * @returns {function(): void} ends it, before the canvas is taken away on purpose
   */
  function watch(gl, remount) {
    let timer = 0;
    let over = false;
    const canvas = gl.getCanvas();
    const renew = () => {
      if (over) return;
      over = true; // taking the old canvas away loses its context once more
      clearTimeout(timer);
      remount();
      hall.dismiss('context');
    };
    canvas.addEventListener('webglcontextlost', () => {
      if (over) return;
      hall.notice(hall.t('map.health.context_lost'), { kind: 'warn', key: 'context', closes: false });
      timer = setTimeout(renew, RESTORE_MS);
    });
    // what MapLibre restores by itself is older than what was chosen since
    canvas.addEventListener('webglcontextrestored', renew);
    gl.on('error', ({ error, sourceId }) => {
      if (sourceId) failed.add(sourceId);
      else console.error(error);
    });
    return () => (over = true);
  }

  function signedOut() {
    const next = encodeURIComponent(location.pathname + location.hash);
    hall.notice(hall.t('map.health.signed_out'), {
      kind: 'error', key: 'connection', closes: false,
      action: { text: hall.t('map.health.sign_in'), run: () => location.assign(`/login?next=${next}`) },
    });
  }

  /** Tiles that failed are asked for once more. */
  function recover() {
    const gl = hall.map.gl();
    if (gl) hall.diff.refresh(gl, Array.from(failed));
    failed.clear();
  }

  function tell({ state, since }) {
    document.documentElement.dataset.connection = state;
    if (state === 'signed_out') signedOut();
    else if (state === 'lost') {
      hall.notice(hall.t('map.health.lost', { time: hall.clockTime(since) }), {
        kind: 'error', key: 'connection', closes: false, action: { text: hall.t('map.health.retry'), run: hall.connection.retry },
      });
    } else {
      hall.dismiss('connection');
      hall.notice(hall.t('map.health.back'), { kind: 'info', key: 'back', seconds: 3, closes: false });
      recover();
    }
  }

  (hall.starts = hall.starts || []).push(() => {
    if (!hall.map) return;
    hall.on('connection', tell);
    hall.map.ready.then(() => {
      hall.dismiss('start');
      hall.connection.begin();
    });
  });
  hall.health = { canDraw, watch, failed: failedToStart };
})((window.hall = window.hall || {}));
