/**
 * Which arrangement fits a screen, and how large it is drawn. Each arrangement is a sheet of its own, in its own pixels (wall.css lays out its areas); the sheet
 * is scaled to the screen and takes the screen's proportions, so that its middle grows and nothing is stretched.
 */

/** Sheets: height in their own pixels, what stands in them, how large the map is drawn, how many maps, how much larger a case's rows are in an emergency. */
export const SHEETS = {
  hd: { height: 1080, least: 1780, ratio: 1.8, maps: 1, behind: true, panels: ['figures', 'flow', 'rank', 'events', 'hot', 'presence'], video: 4, cover: { left: 478, right: 478, top: 240, bottom: 92 } },
  uhd: { height: 1620, grown: 1.25, least: 2700, ratio: 2, maps: 1, behind: true, panels: ['figures', 'flow', 'rank', 'heat', 'events', 'hot', 'presence', 'cams'], video: 6, cover: { left: 640, right: 640, top: 260, bottom: 444 } },
  wide: { height: 1080, least: 4300, ratio: 1.8, maps: 2, panels: ['figures', 'flow', 'rank', 'heat', 'events', 'hot', 'presence', 'cams'], video: 8 },
  double: { height: 1620, grown: 1.25, least: 4900, ratio: 2.2, maps: 2, panels: ['figures', 'flow', 'rank', 'heat', 'sources', 'trend', 'events', 'hot', 'presence', 'cams'], video: 8 },
  tall: { height: 1920, least: 1040, ratio: 1.8, maps: 1, panels: ['figures', 'flow', 'rank', 'events', 'presence'], video: 4 },
};
/** Screens with a sheet made for them. */
const KNOWN = { '1920x1080': 'hd', '3840x2160': 'uhd', '5760x1080': 'wide', '7680x2160': 'double' };
/** Type is readable from a distance of so many times its height. */
const READABLE = 250;
/** Height of running text on the sheets, in their own pixels. */
const BODY_PX = 22;
const FACTORS = [0.8, 1.3];

/** The sheet whose proportions are nearest; of two with the same, the one whose pixels are. */
export function sheetFor(width, height) {
  const known = KNOWN[`${width}x${height}`];
  if (known) return known;
  const aspect = width / height;
  if (aspect < 1) return 'tall';
  if (aspect < 2.7) return height >= 1500 ? 'uhd' : 'hd';
  return height >= 1500 ? 'double' : 'wide';
}

/** How much larger the type must be, from the wall's width and its viewers' distance; 1 where they are not known. */
export function typeFactor(width, sheetScale, screen) {
  if (!screen || !screen.wall_width_m || !screen.distance_m) return 1;
  const needed = (screen.distance_m / READABLE) * (width / screen.wall_width_m);
  return Math.min(Math.max(needed / (BODY_PX * sheetScale), FACTORS[0]), FACTORS[1]);
}

/**
 * @param {{width: number, height: number}} view of the window
 * @param {?string} size `1920x1080` when it is set; a window of another size shows the whole of it
 * @param {?Object} screen as the controller has it
 * @returns {{name: string, width: number, height: number, scale: number, left: number, top: number}} the sheet in its own pixels, and where it lies
 */
export function arrange(view, size, screen) {
  const [width, height] = size ? size.split('x').map(Number) : [view.width, view.height];
  const name = sheetFor(width, height);
  const sheet = SHEETS[name];
  const grown = typeFactor(width, height / sheet.height, screen);
  // a narrow screen gets a higher sheet rather than columns that run into each other
  const factor = Math.min(grown, (sheet.height * width) / height / sheet.least);
  const sheetHeight = Math.round(sheet.height / Math.max(factor, 0.5));
  const sheetWidth = Math.round((sheetHeight * width) / height);
  const scale = Math.min(view.width / sheetWidth, view.height / sheetHeight);
  return { name, width: sheetWidth, height: sheetHeight, scale, left: (view.width - sheetWidth * scale) / 2, top: (view.height - sheetHeight * scale) / 2 };
}
