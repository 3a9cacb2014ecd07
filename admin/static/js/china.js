/** Times as they are in China, whatever a device believes its zone to be: shows, lists and files name one hour. */

const AHEAD_MS = 8 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;

/** What its UTC fields say is the time in China. A bare day is that day. */
export function inChina(when) {
  return /^\d{4}-\d\d-\d\d$/.test(when) ? new Date(when) : new Date(new Date(when).getTime() + AHEAD_MS);
}

/** 2026-11-28; days counts on from there. */
export function chinaDay(when, days = 0) {
  return new Date(inChina(when).getTime() + days * DAY_MS).toISOString().slice(0, 10);
}

/** 2026-11-28T14:00, as <input type="datetime-local"> writes it. */
export function chinaMinute(when) {
  return inChina(when).toISOString().slice(0, 16);
}

/** The moment such an input names; null when it names none. */
export function momentOf(minute) {
  const at = new Date(minute + "Z");
  return isNaN(at) ? null : new Date(at.getTime() - AHEAD_MS);
}
