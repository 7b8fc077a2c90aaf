/** Draws the images that the style names (docs/map-images.md): icons on discs, units, event pins with their rings, camera views, base symbols. */
(function (hall) {
  'use strict';

  const DARK = { plate: 'rgba(5,13,26,.88)', rim: '#050d1a', unit: '#081425', track: '#2c4a70', time: '#dce9f8', warn: '#fbbf24', alarm: '#ff4d5e' };
  const LIGHT = { plate: 'rgba(255,255,255,.94)', rim: '#ffffff', unit: '#ffffff', track: '#c9d6e6', time: '#274766', warn: '#c27803', alarm: '#d92336' };
  const STEPS = 8;
  const SECTOR_RADIUS = 128;

  /** @type {Map<string, {filled: boolean, paths: Path2D[]}>} */
  const glyphs = new Map();
  const reported = new Set();

  /** Read the sprite once; later calls give the same promise. */
  let loading = null;
  function load() {
    loading = loading || fetch(`${hall.assets}vendor/tabler-icons/sprite.svg`).then(async (answer) => {
      if (!answer.ok) throw new Error(`sprite: ${answer.status}`);
      const sprite = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml');
      for (const symbol of sprite.querySelectorAll('symbol')) {
        glyphs.set(symbol.id, {
          filled: symbol.getAttribute('fill') === 'currentColor',
          paths: Array.from(symbol.querySelectorAll('path'), (path) => new Path2D(path.getAttribute('d'))),
        });
      }
    });
    return loading;
  }

  /** @returns {CanvasRenderingContext2D} with (0, 0) in the middle and one unit a CSS pixel */
  function canvas(size, ratio) {
    const node = document.createElement('canvas');
    node.width = node.height = Math.round(size * ratio);
    const pen = node.getContext('2d', { willReadFrequently: true });
    pen.scale(ratio, ratio);
    pen.translate(size / 2, size / 2);
    return pen;
  }

  function disc(pen, radius, colour) {
    pen.beginPath();
    pen.arc(0, 0, radius, 0, 2 * Math.PI);
    pen.fillStyle = colour;
    pen.fill();
  }

  function ring(pen, radius, width, colour, share = 1) {
    pen.beginPath();
    pen.arc(0, 0, radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
    pen.lineWidth = width;
    pen.strokeStyle = colour;
    pen.stroke();
  }

  function glyph(pen, name, size, colour, weight = 1.75) {
    const drawing = glyphs.get(name);
    if (!drawing) return complain(`icon ${name}`);
    pen.save();
    pen.scale(size / 24, size / 24);
    pen.translate(-12, -12);
    pen.lineCap = pen.lineJoin = 'round';
    pen.lineWidth = weight;
    pen.strokeStyle = pen.fillStyle = colour;
    for (const path of drawing.paths) drawing.filled ? pen.fill(path) : pen.stroke(path);
    return pen.restore();
  }

  function complain(what) {
    if (!reported.has(what)) console.error(`map image: unknown ${what}`);
    reported.add(what);
  }

  const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

  /** Dark ink on bright discs, white ink on dark ones. */
  function inkOn(colour) {
    const [red, green, blue] = channels(colour);
    return 0.299 * red + 0.587 * green + 0.114 * blue > 120 ? '#06101f' : '#ffffff';
  }

  /** Ordinary events are grey in both themes, levels are not. */
  function isGrey(colour) {
    const [low, , high] = channels(colour).sort((a, b) => a - b);
    return high - low < 0.3 * high;
  }

  const drawings = {
    icon(pen, tones, [name, colour]) {
      disc(pen, 11.5, tones.rim);
      disc(pen, 10, colour);
      glyph(pen, name, 14, inkOn(colour), 2);
    },
    unit(pen, tones, [name, colour]) {
      disc(pen, 14.5, tones.plate);
      disc(pen, 13, tones.unit);
      ring(pen, 12.25, 1.5, colour);
      glyph(pen, name, 15, colour, 2);
    },
    pin(pen, tones, [name, colour, step]) {
      const left = Number(step);
      const ordinary = isGrey(colour);
      const hasRing = !ordinary || left <= STEPS / 4;
      disc(pen, hasRing ? 19 : 17.5, tones.plate);
      if (hasRing) {
        ring(pen, 16, 3, tones.track);
        if (left === 0) ring(pen, 16, 3, tones.alarm);
        else ring(pen, 16, 3, left <= STEPS / 4 ? tones.warn : tones.time, left / STEPS);
      }
      disc(pen, ordinary ? 10 : 12, colour);
      glyph(pen, name, ordinary ? 13 : 15, inkOn(colour), 2);
    },
    sector(pen, tones, [angle, colour]) {
      const half = (Math.min(Number(angle), 360) * Math.PI) / 360;
      pen.beginPath();
      if (half < Math.PI) pen.moveTo(0, 0);
      pen.arc(0, 0, SECTOR_RADIUS - 1, -Math.PI / 2 - half, -Math.PI / 2 + half);
      pen.closePath();
      pen.fillStyle = pen.strokeStyle = colour;
      pen.globalAlpha = 0.2;
      pen.fill();
      pen.globalAlpha = 0.75;
      pen.lineWidth = 1.5;
      pen.lineJoin = 'round';
      pen.stroke();
    },
  };
  const sizes = { icon: 24, unit: 30, pin: 44, sector: 2 * SECTOR_RADIUS };

  /** A symbol of the base map, described by the style. */
  function baseSymbol(pen, { shape, size, fill, ring: edge }) {
    if (shape === 'cross') {
      for (const [width, colour] of [[size / 3 + 2, edge], [size / 3, fill]]) {
        pen.fillStyle = colour;
        pen.fillRect(-width / 2, -size / 2 + 1, width, size - 2);
        pen.fillRect(-size / 2 + 1, -width / 2, size - 2, width);
      }
      return;
    }
    disc(pen, size / 2 - 1, fill);
    ring(pen, size / 2 - 1, 1.5, edge);
  }

  /**
   * Draw an image.
   * @param {string} name
   * @param {{ratio: number, theme: string, base: Object<string, Object>}} look device pixels per CSS pixel; base symbols as the style describes them
   * @returns {{image: ImageData, pixelRatio: number}}
   */
  function draw(name, { ratio, theme, base }) {
    const [kind, ...parts] = name.split(':');
    const size = base[name] ? base[name].size + 2 : sizes[kind] || 12;
    // a camera's view is as long on the ground as it is: large when close, so no more pixels than one a CSS pixel
    const pixelRatio = kind === 'sector' ? 1 : ratio;
    const pen = canvas(size, pixelRatio);
    if (base[name]) baseSymbol(pen, base[name]);
    else if (drawings[kind]) drawings[kind](pen, theme === 'light' ? LIGHT : DARK, parts);
    else {
      complain(`name ${name}`);
      disc(pen, 3, '#8fabc9');
    }
    return { image: pen.getImageData(0, 0, pen.canvas.width, pen.canvas.height), pixelRatio };
  }

  /** The same as a data URL, for legends and choosers. */
  function url(name, theme = 'dark') {
    const { image, pixelRatio } = draw(name, { ratio: Math.max(2, window.devicePixelRatio), theme, base: {} });
    const node = document.createElement('canvas');
    node.width = image.width;
    node.height = image.height;
    node.getContext('2d').putImageData(image, 0, 0);
    return { url: node.toDataURL(), size: image.width / pixelRatio };
  }

  hall.images = { load, draw, url, names: glyphs };
})((window.hall = window.hall || {}));
