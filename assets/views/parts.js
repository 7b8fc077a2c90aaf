/** Small things that all ways of seeing need. */

const hall = window.hall;

export const element = (...parameters) => hall.element(...parameters);

/** A button with an icon; its words are a text key. */
export function iconButton(icon, text, run, more = {}) {
  const node = element('button', { type: 'button', class: 'view-button', 'data-t-title': text, html: hall.icon(icon, 18), ...more });
  node.onclick = run;
  return node;
}

/** Put something over the map and keep its words in the present language. */
export function overMap(node) {
  const box = document.querySelector('.map-area') || hall.map.leaflet().getContainer().parentElement;
  box.append(node);
  hall.translate(node);
  return node;
}

/** Ask the server; what it refuses is said on the map. */
export async function ask(path, options) {
  try {
    return await hall.connection.json(path, options);
  } catch (error) {
    if (!(error instanceof hall.connection.Refused) && !(error instanceof TypeError)) throw error;
    return { refused: error.status || 0 };
  }
}

export const still = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

export const radians = (degrees) => (degrees * Math.PI) / 180;
export const degrees = (angle) => (angle * 180) / Math.PI;
/** Into 0..360. */
export const round360 = (angle) => ((angle % 360) + 360) % 360;
