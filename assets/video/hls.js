/** hls.js, fetched when the first picture needs it. */

let loading = null;

/** @returns {Promise<Function & {workerPath: string}>} the class Hls */
export function loadHls() {
  const folder = new URL('../vendor/hls.js/', import.meta.url).href;
  loading = loading || import(`${folder}hls.light.min.mjs`).then(({ default: Hls }) => Object.assign(Hls, { workerPath: `${folder}hls.worker.js` }));
  return loading;
}
