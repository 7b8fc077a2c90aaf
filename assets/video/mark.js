/** The watermark over every picture: who looks, and when. One drawing for all tiles, made anew with the minute. */

import { day, hms, now } from './clock.js';

const EVERY_MS = 20000;
const SIZE = { width: 300, height: 120 };
let words = '';
let timer = 0;

const time = () => `${day(now())} ${hms(now())}`;
/** The server's words without their day: the time of the picture's showing stands below them. */
const who = () => words.replace(/\s*\d{4}-\d{2}-\d{2}\s*$/, '');

function draw() {
  const canvas = document.createElement('canvas');
  canvas.width = SIZE.width;
  canvas.height = SIZE.height;
  const pen = canvas.getContext('2d');
  pen.translate(SIZE.width / 2, SIZE.height / 2);
  pen.rotate(-0.3);
  write(pen, 13, 0);
  document.documentElement.style.setProperty('--video-mark', `url(${canvas.toDataURL()})`);
}

function write(pen, size, middle) {
  pen.font = `500 ${size}px "Noto Sans SC", sans-serif`;
  pen.textAlign = 'center';
  pen.shadowColor = 'rgb(0 0 0 / 80%)';
  pen.shadowBlur = 2;
  pen.fillStyle = 'rgb(255 255 255 / 62%)';
  pen.fillText(who(), middle, -2);
  pen.fillText(time(), middle, size * 1.3);
}

/** Show these words over all pictures from now on. */
export function setMark(text) {
  if (text && text !== words) {
    words = text;
    draw();
  }
  if (!timer) timer = setInterval(draw, EVERY_MS);
}

/** Burn the watermark into a copy of a picture. */
export function stamp(canvas) {
  const pen = canvas.getContext('2d');
  const step = { x: Math.max(300, canvas.width / 3), y: Math.max(140, canvas.height / 3) };
  for (let y = step.y / 2; y < canvas.height; y += step.y) {
    for (let x = step.x / 2; x < canvas.width; x += step.x) {
      pen.save();
      pen.translate(x, y);
      pen.rotate(-0.3);
      write(pen, Math.max(13, canvas.width / 60), 0);
      pen.restore();
    }
  }
}
