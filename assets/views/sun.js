/**
 * Where the sun stands, after the low-precision series of the Astronomical Almanac (section C, right to about 0.01° between 1950 and 2050):
 * mean longitude and anomaly, ecliptic longitude by the first two terms of the equation of centre, obliquity, then hour angle by sidereal time.
 */

import { degrees, radians, round360 } from './parts.js';

const J2000_MS = Date.UTC(2000, 0, 1, 12);
const DAY_MS = 86400000;

/**
 * @param {number} time milliseconds since 1970
 * @param {number} lon degrees
 * @param {number} lat degrees
 * @returns {{azimuth: number, altitude: number}} degrees: clockwise from north, above the horizon (without refraction)
 */
export function sunAt(time, lon, lat) {
  const days = (time - J2000_MS) / DAY_MS;
  const mean = round360(280.46 + 0.9856474 * days);
  const anomaly = radians(round360(357.528 + 0.9856003 * days));
  const ecliptic = radians(mean + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly));
  const oblique = radians(23.439 - 0.0000004 * days);
  const ascension = Math.atan2(Math.cos(oblique) * Math.sin(ecliptic), Math.cos(ecliptic));
  const declination = Math.asin(Math.sin(oblique) * Math.sin(ecliptic));
  const sidereal = radians(round360(280.46061837 + 360.98564736629 * days + lon));
  const hour = sidereal - ascension;
  const north = radians(lat);
  const altitude = Math.asin(Math.sin(north) * Math.sin(declination) + Math.cos(north) * Math.cos(declination) * Math.cos(hour));
  const azimuth = Math.atan2(-Math.sin(hour), Math.tan(declination) * Math.cos(north) - Math.sin(north) * Math.cos(hour));
  return { azimuth: round360(degrees(azimuth)), altitude: degrees(altitude) };
}

const CHINA_MS = 8 * 3600000;

/** The instant at which China's clocks show that hour (0..24, parts of it too) on the day of `now`. */
export function chinaHour(now, hour) {
  const midnight = Math.floor((now + CHINA_MS) / DAY_MS) * DAY_MS - CHINA_MS;
  return midnight + hour * 3600000;
}

/**
 * MapLibre's light for the sun: it comes from where the sun is. Below the horizon the map's own even light is kept.
 * @param {Object} own `light` of the style
 * @returns {Object} `light` of a style
 */
export function lightOf({ azimuth, altitude }, own) {
  if (altitude <= 0) return own;
  // low light is warm, and weaker
  const low = Math.max(0, 1 - altitude / 25);
  const mix = (from, to) => Math.round(from + (to - from) * low);
  const color = `rgb(255, ${mix(255, 214)}, ${mix(255, 165)})`;
  return { anchor: 'map', position: [1.3, azimuth, Math.min(75, 90 - altitude)], color, intensity: own.intensity * (1.15 - 0.2 * low) };
}
