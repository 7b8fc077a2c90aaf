/** How much more or less a count has become, as people are told it; the rule of services/change.py. */

/** Below so many before, one case is 5 % and more: the difference is told in cases. */
export const PERCENT_FROM = 20;

/** The change as a part of what was before; null where that was too little, and the difference says more. */
export const shareOf = (now, before) => (before >= PERCENT_FROM ? (now - before) / before : null);

/** Its size without a sign: `3.9%`, or `49` with the unit's word where a share says nothing. */
export function size(now, before, unit) {
  const share = shareOf(now, before);
  const number = (value) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 }).format(value);
  return share === null ? `${number(Math.abs(now - before))} ${unit}` : `${number(Math.abs(100 * share))}%`;
}
