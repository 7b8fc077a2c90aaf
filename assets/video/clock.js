/** Times as the screens of video write them: the hall's own zone, whole words for spans. */

const { hall } = window;
const ZONE = { timeZone: 'Asia/Shanghai' };
const format = (options) => new Intl.DateTimeFormat('en-GB', { ...ZONE, ...options });
const HMS = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const HM = format({ hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('sv-SE', { ...ZONE, year: 'numeric', month: '2-digit', day: '2-digit' });

/** 10:11:47 */
export const hms = (seconds) => HMS.format(seconds * 1000);
/** 10:11 */
export const hm = (seconds) => HM.format(seconds * 1000);
/** 2026-11-23 */
export const day = (seconds) => DAY.format(seconds * 1000);
/** The server's time in seconds since 1970. */
export const now = () => hall.connection.now() / 1000;

/** 18 秒, 14 分钟, 3 小时, 2 天 */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return hall.t('video.span_s', { n: whole });
  if (whole < 3600) return hall.t('video.span_min', { n: Math.round(whole / 60) });
  if (whole < 2 * 86400) return hall.t('video.span_h', { n: Math.round(whole / 3600) });
  return hall.t('video.span_d', { n: Math.round(whole / 86400) });
}

/** 18 米, 1.2 公里 */
export const metres = (value) => hall.geodesy ? hall.geodesy.readLength(value) : `${Math.round(value)} m`;
