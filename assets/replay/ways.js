/** Ways of the workers, read an hour at a time when they are needed; who may not see them, or has none, sees cases alone. */

const hall = window.hall;
const HOUR_S = 3600;
const iso = (at) => encodeURIComponent(new Date(at * 1000).toISOString().replace('.000', ''));

export class Ways {
  /** @param {function(): void} told is called when more is there */
  constructor(start, end, told) {
    Object.assign(this, { start, end, changed: told, hours: new Map(), state: 'none', signal: 300, seen: 0 });
  }

  /** Have what is needed at an instant; while playing, the hour that comes next as well. */
  need(at, speed) {
    if (this.state === 'forbidden' || at > hall.connection.now() / 1000) return;
    const hour = Math.floor(at / HOUR_S);
    this.load(hour);
    if (speed && speed <= HOUR_S / 4) this.load(hour + 1);
  }

  async load(hour) {
    if (this.hours.has(hour)) return;
    this.hours.set(hour, []);
    try {
      const found = await hall.connection.json(`/api/v1/replay/tracks?start=${iso(hour * HOUR_S)}&end=${iso((hour + 1) * HOUR_S)}`);
      this.hours.set(hour, found.tracks);
      this.signal = found.signal_s;
      this.since = found.kept_since && Date.parse(found.kept_since) / 1000;
      this.state = 'known';
    } catch (error) {
      if (error.status === 403) this.state = 'forbidden';
      else {
        this.state = 'failed';
        setTimeout(() => this.hours.delete(hour), 5000);
      }
    }
    this.changed();
  }

  /** Where everybody was who had a signal then. */
  at(at) {
    const found = [];
    const hour = Math.floor(at / HOUR_S);
    const next = new Map((this.hours.get(hour + 1) || []).map((way) => [way.worker_id, way]));
    for (const way of this.hours.get(hour) || []) {
      const place = before(way.at, at);
      if (place < 0) continue;
      const follower = next.get(way.worker_id);
      const then = place + 1 < way.at.length ? [way.at[place + 1], way.lon[place + 1], way.lat[place + 1]] : follower ? [follower.at[0], follower.lon[0], follower.lat[0]] : null;
      if (at - way.at[place] > this.signal) continue;
      const share = then && then[0] - way.at[place] <= this.signal ? (at - way.at[place]) / (then[0] - way.at[place]) : 0;
      found.push({ way, lon: way.lon[place] + share * (then ? then[1] - way.lon[place] : 0), lat: way.lat[place] + share * (then ? then[2] - way.lat[place] : 0) });
    }
    this.seen = found.length;
    return found;
  }

  /** known, none, forbidden or failed, how many are seen now, and since when ways are kept. */
  told() {
    return { state: this.state, seen: this.seen, since: this.since || null };
  }
}

function before(times, at) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
