/** The animation: counts hour by hour, day by day or week by week; while it stands, the map shows the whole window again. */

const hall = window.hall;
const FRAME_MS = 450;

export class Player {
  constructor({ query, resolution, onFrame }) {
    Object.assign(this, { query, resolution, onFrame, found: null, at: null, timer: 0, step: 'day', changed: () => {} });
  }

  async load() {
    const text = this.query();
    text.set('resolution', String(this.resolution()));
    text.set('step', this.step);
    if (this.told === String(text)) return;
    if (this.step === 'hour') {
      // an hour by hour look is a look at days, not months: the last week of the window
      const end = Date.parse(text.get('end'));
      const start = Math.max(Date.parse(text.get('start')), end - 7 * 86400000);
      text.set('start', new Date(start).toISOString());
    }
    this.found = await hall.connection.json(`/api/v1/hotspots/frames?${text}`);
    this.told = String(text);
    this.at = 0;
  }

  async play() {
    if (this.timer) return this.pause();
    this.asked = true;
    this.changed();
    await this.load();
    if (!this.asked || !this.found.frames.length) {
      this.stop();
      return this.changed();
    }
    if (this.at === null || this.at >= this.found.frames.length - 1) this.at = 0;
    this.timer = setInterval(() => this.next(), FRAME_MS);
    return this.show();
  }

  next() {
    if (this.at >= this.found.frames.length - 1) this.pause();
    else this.seek(this.at + 1);
  }

  seek(at) {
    this.at = at;
    this.show();
  }

  show() {
    this.onFrame();
    this.changed();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.changed();
  }

  stop() {
    this.asked = false;
    clearInterval(this.timer);
    this.timer = 0;
    const was = this.at;
    this.found = this.at = this.told = null;
    if (was !== null) this.onFrame();
    this.changed();
  }

  /** Cells of the present frame; null when the whole window is shown. */
  cells() {
    if (!this.found || this.at === null) return null;
    const { cells, counts } = this.found.frames[this.at];
    return cells.map((place, index) => ({ h3: this.found.cells[place], count: counts[index], significant: false, z_score: 0 }));
  }

  highest() {
    return this.found && this.at !== null ? this.found.highest : 0;
  }
}
