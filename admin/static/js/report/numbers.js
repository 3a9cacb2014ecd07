/** Rates as they are said: rounded half up from their two whole numbers, so that page and file say the same. */

import { formatNumber } from "../i18n.js";

/** n / d × times to one decimal, "26.4", or null when there is nothing to divide by. */
export function oneDecimal(ratio, times = 1) {
  if (!ratio || !ratio.denominator) return null;
  // In tenths, with whole numbers: 2 · 10 · n · times + d over 2 · d, rounded down.
  const tenths = Math.floor((20 * ratio.numerator * ratio.per * times + ratio.denominator) / (2 * ratio.denominator));
  return formatNumber(Math.floor(tenths / 10)) + "." + (tenths % 10);
}

/** 26.4%, or – when there is nothing to divide by. */
export function percent(ratio) {
  const said = oneDecimal(ratio, 100);
  return said === null ? "–" : said + "%";
}

export function ratio(numerator, denominator, per = 1) {
  return { numerator, denominator, per };
}

/** What two ratios sort by; nothing to divide by comes last. */
export function quotient(of) {
  return of.denominator ? of.numerator / of.denominator : -1;
}
