/** The page's texts in both languages: they came with the document, so switching needs no connection. */
const catalogues = JSON.parse(document.getElementById('texts').textContent);
const YEAR_S = 31536000;

export let language = document.documentElement.lang.startsWith('en') ? 'en' : 'zh';

/** The text of a key; `{name}` in it is replaced by `values.name`. */
export function t(key, values) {
  const text = catalogues[language][key];
  if (text === undefined) return key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}

export const known = (key) => key in catalogues[language];

export function remember(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR_S}; samesite=lax`;
}

export function setLanguage(chosen) {
  language = chosen;
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
  document.title = t('phone.app');
  remember('hall_lang', chosen);
}

export const theme = () => document.documentElement.dataset.theme;

export function setTheme(chosen) {
  document.documentElement.dataset.theme = chosen;
  document.querySelector('meta[name=theme-color]').content = chosen === 'light' ? '#ffffff' : '#081425';
  remember('hall_theme', chosen);
}

const LOCAL = { timeZone: 'Asia/Shanghai', hour12: false };

/** 14:55, or with the day when it is another one. */
export function clock(at) {
  const date = new Date(at);
  const day = (one) => one.toLocaleDateString('zh-CN', { timeZone: LOCAL.timeZone });
  const time = date.toLocaleTimeString('en-GB', { ...LOCAL, hour: '2-digit', minute: '2-digit' });
  if (day(date) === day(new Date())) return time;
  return `${date.toLocaleDateString(language === 'zh' ? 'zh-CN' : 'en-GB', { timeZone: LOCAL.timeZone, month: 'numeric', day: 'numeric' })} ${time}`;
}

export function metres(value) {
  if (value === null || value === undefined) return '';
  return value < 950 ? `${Math.max(10, Math.round(value / 10) * 10)} m` : `${(value / 1000).toFixed(value < 9950 ? 1 : 0)} km`;
}

/** 1 时 36 分; working days as such. */
export function span(seconds, unit) {
  const minutes = Math.max(0, Math.round(Math.abs(seconds) / 60));
  const dayMinutes = unit === 'work_day' ? 480 : 1440;
  if (minutes >= dayMinutes) {
    const days = Math.floor((minutes / dayMinutes) * 10) / 10;
    return t(unit === 'work_day' ? 'phone.work_days' : 'phone.days', { number: days });
  }
  if (minutes >= 60) return t('phone.hours_minutes', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  return t('phone.minutes', { number: minutes });
}
