/**
 * Sounds, made by the browser itself: one short tone for a new case, an insistent one for a major case until somebody acknowledges it. Browsers play
 * nothing before the page was touched; until then the page says so. Loud, low or mute is remembered.
 */
(function (hall) {
  'use strict';

  const STORED = 'hall.sound';
  const VOLUMES = { loud: 0.5, low: 0.12, mute: 0 };
  const NEXT = { loud: 'low', low: 'mute', mute: 'loud' };
  const REPEAT_MS = 2400;
  const TONE_GAP_MS = 2000;
  /** [start in s, hertz] of each beep. */
  const NEW = [[0, 880]];
  const MAJOR = [[0, 988], [0.22, 740], [0.44, 988], [0.66, 740], [0.88, 988]];

  /** @type {?AudioContext} */
  let context = null;
  let repeating = 0;
  let lastTone = 0;

  const level = () => (localStorage.getItem(STORED) in VOLUMES ? localStorage.getItem(STORED) : 'loud');

  function write() {
    document.documentElement.dataset.sound = level();
  }

  /** The browser lets a page sound only after it was touched. */
  function unlock() {
    if (!context) context = new AudioContext();
    if (context.state === 'suspended') context.resume().then(() => hall.emit('sound', level()));
  }

  const blocked = () => level() !== 'mute' && (!context || context.state !== 'running');

  function play(beeps) {
    const volume = VOLUMES[level()];
    if (!volume || blocked()) return;
    for (const [start, hertz] of beeps) {
      const at = context.currentTime + start;
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.type = 'triangle';
      tone.frequency.value = hertz;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(volume, at + 0.012);
      gain.gain.exponentialRampToValueAtTime(0.0005, at + 0.18);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.2);
    }
  }

  /** One short tone; many cases at once sound like one. */
  function tone() {
    if (repeating || Date.now() - lastTone < TONE_GAP_MS) return;
    lastTone = Date.now();
    play(NEW);
  }

  /** Sound until `hush`. */
  function alarm() {
    if (repeating) return;
    play(MAJOR);
    repeating = setInterval(() => play(MAJOR), REPEAT_MS);
  }

  function hush() {
    clearInterval(repeating);
    repeating = 0;
  }

  function turn() {
    localStorage.setItem(STORED, NEXT[level()]);
    write();
    unlock();
    hall.emit('sound', level());
    hall.notice(hall.t(`sound.${level()}`), { key: 'sound', seconds: 3 });
    play(NEW);
  }

  (hall.starts = hall.starts || []).push(() => {
    write();
    document.addEventListener('pointerdown', unlock, { capture: true });
    document.addEventListener('keydown', unlock, { capture: true });
    document.addEventListener('click', ({ target }) => target.closest('[data-sound-switch]') && turn());
  });
  hall.sound = { tone, alarm, hush, blocked, level, sounding: () => repeating !== 0 };
})((window.hall = window.hall || {}));
