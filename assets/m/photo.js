/** Photos are made small on the phone before anything else happens to them; when and where they were taken is written into the file. */
const LONGEST_PX = 1600;
const QUALITY = 0.82;
const FRESH_MS = 300000;
const FIX_MS = 120000;

async function decoded(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    const image = new Image();
    image.src = URL.createObjectURL(file);
    await image.decode();
    URL.revokeObjectURL(image.src);
    return image;
  }
}

/**
 * @param {File} file as the camera gave it
 * @param {?{lon: number, lat: number, at: number}} fix where the phone is
 * @returns {Promise<Blob>} a JPEG of at most 1600 pixels
 * @throws when it is no image
 */
export async function shrink(file, fix) {
  const image = await decoded(file);
  const scale = Math.min(1, LONGEST_PX / Math.max(image.width, image.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  if (image.close) image.close();
  const small = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  const taken = file.lastModified || Date.now();
  // a photo from the album was not taken where the phone is now
  const here = fix && Date.now() - taken < FRESH_MS && Date.now() - fix.at < FIX_MS ? fix : null;
  const bytes = await small.arrayBuffer();
  return new Blob([bytes.slice(0, 2), exif(new Date(taken), here), bytes.slice(2)], { type: 'image/jpeg' });
}

/** An EXIF segment with the time (local, as cameras write it) and the position. */
function exif(taken, here) {
  const local = new Date(taken.getTime() + 8 * 3600000).toISOString();
  const stamp = `${local.slice(0, 10).replaceAll('-', ':')} ${local.slice(11, 19)}\0`;
  const view = new DataView(new ArrayBuffer(400));
  const text = (at, words) => Array.from(words, (letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  const entry = (at, tag, type, count, value) => {
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, count, true);
    if (typeof value === 'string') text(at + 8, value);
    else view.setUint32(at + 8, value, true);
  };
  text(0, 'II');
  view.setUint16(2, 42, true);
  view.setUint32(4, 8, true);
  view.setUint16(8, here ? 2 : 1, true);
  entry(10, 0x8769, 4, 1, 60);
  if (here) entry(22, 0x8825, 4, 1, 110);
  view.setUint16(60, 1, true);
  entry(62, 0x9003, 2, 20, 80);
  text(80, stamp);
  if (here) {
    const degrees = (at, value) => {
      const size = Math.abs(value);
      const minutes = (size % 1) * 60;
      [Math.floor(size), 1, Math.floor(minutes), 1, Math.round((minutes % 1) * 60 * 10000), 10000].forEach((part, index) => view.setUint32(at + 4 * index, part, true));
    };
    view.setUint16(110, 4, true);
    entry(112, 1, 2, 2, here.lat < 0 ? 'S\0' : 'N\0');
    entry(124, 2, 5, 3, 180);
    entry(136, 3, 2, 2, here.lon < 0 ? 'W\0' : 'E\0');
    entry(148, 4, 5, 3, 210);
    degrees(180, here.lat);
    degrees(210, here.lon);
  }
  const size = here ? 240 : 110;
  const head = new DataView(new ArrayBuffer(10));
  head.setUint16(0, 0xffe1);
  head.setUint16(2, size + 8);
  Array.from('Exif\0\0', (letter, index) => head.setUint8(4 + index, letter.charCodeAt(0)));
  return new Blob([head.buffer, view.buffer.slice(0, size)]);
}
