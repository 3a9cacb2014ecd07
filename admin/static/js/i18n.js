/** Words, numbers and times in the reader's language; the catalogues are flat JSON shared with the templates. */

import { chinaDay, inChina } from "./china.js";
import { recall, remember } from "./store.js";

const LANGUAGES = ["zh-CN", "en"];

const PLACEHOLDER = /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g;

let current = null;
let catalogue = {};

function known(name) {
  return LANGUAGES.indexOf(name) >= 0 ? name : null;
}

/** ?lang= wins, then the remembered choice, then what the server wrote on html, then Chinese. */
export function language() {
  if (current === null) {
    const asked = known(new URLSearchParams(location.search).get("lang"));
    if (asked) keepLanguage(asked);
    current = asked || known(recall("lang")) || known(document.documentElement.lang) || LANGUAGES[0];
    document.documentElement.lang = current;
  }
  return current;
}

// The cookie lets the server draw the next page's shell in the same language.
function keepLanguage(name) {
  remember("lang", name);
  document.cookie = "lang=" + name + ";path=/;max-age=31536000;samesite=lax";
}

/** Remembers the language and loads the page anew in it. */
export function switchLanguage(name) {
  keepLanguage(name);
  const here = new URL(location.href);
  here.searchParams.delete("lang");
  if (here.href === location.href) location.reload();
  else location.replace(here.href);
}

async function fetchCatalogue(name) {
  const address = new URL("../i18n/" + name + "." + language() + ".json", import.meta.url);
  const answer = await fetch(address.href);
  if (!answer.ok) throw new Error("catalogue " + name + " answered " + answer.status);
  return answer.json();
}

/**
 * Makes the named catalogues ready for t(); those inlined by the page as
 * <script type="application/json" data-catalogue="viewer" data-lang="zh-CN"> are not fetched.
 */
export async function loadCatalogues(names) {
  const parts = await Promise.all(
    names.map((name) => {
      const inline = document.querySelector('script[data-catalogue="' + name + '"][data-lang="' + language() + '"]');
      return inline ? JSON.parse(inline.textContent) : fetchCatalogue(name);
    }),
  );
  catalogue = Object.assign({}, catalogue, ...parts);
}

/**
 * The sentence of that key. Numbers among the params are grouped (1,234); give a string to keep digits as they are.
 * {n|person|people} in a sentence picks the first word when n is 1.
 */
export function t(key, params = {}) {
  const sentence = catalogue[key];
  if (sentence === undefined) {
    console.warn("no copy for", key);
    return key;
  }
  return sentence.replace(PLACEHOLDER, (whole, name, one, other) => {
    const value = params[name];
    if (one !== undefined) return value === 1 ? one : other;
    if (value === undefined || value === null) return "";
    return typeof value === "number" ? formatNumber(value) : String(value);
  });
}

/** Whether there is a sentence for that key. */
export function hasCopy(key) {
  return catalogue[key] !== undefined;
}

/** 2904 → 2,904. */
export function formatNumber(value) {
  return value.toLocaleString("en-US");
}

function twoDigits(value) {
  return value < 10 ? "0" + value : String(value);
}

function timeOfDay(china) {
  return twoDigits(china.getUTCHours()) + ":" + twoDigits(china.getUTCMinutes());
}

function day(china, now) {
  const params = {
    day: String(china.getUTCDate()),
    month: t("common.time.month." + (china.getUTCMonth() + 1)),
    year: String(china.getUTCFullYear()),
  };
  const sameYear = china.getUTCFullYear() === inChina(now).getUTCFullYear();
  return t(sameYear ? "common.time.date" : "common.time.date_with_year", params);
}

/**
 * 今天 14:32, 11月28日, 2027年11月28日, in China.
 * time: "today" (default) writes the hour only today, "always" every day, "never" not at all.
 */
export function clock(when, { now = new Date(), time = "today" } = {}) {
  const today = chinaDay(when) === chinaDay(now);
  const name = today ? t("common.time.today") : day(inChina(when), now);
  const withHour = time === "always" || (time === "today" && today);
  return withHour ? name + " " + timeOfDay(inChina(when)) : name;
}

/** 14:32, or 14:32:18 with seconds, in China. */
export function hour(when, { seconds = false } = {}) {
  const china = inChina(when);
  return seconds ? timeOfDay(china) + ":" + twoDigits(china.getUTCSeconds()) : timeOfDay(china);
}

/** 刚刚, 3分钟前, 2小时前; after a day the date. */
export function ago(when, now = new Date()) {
  const seconds = (now - new Date(when)) / 1000;
  if (seconds < 60) return t("common.time.just_now");
  if (seconds < 3600) return t("common.time.minutes_ago", { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return t("common.time.hours_ago", { n: Math.floor(seconds / 3600) });
  return clock(when, { now });
}

/** 155 seconds → 2:35, with hours → 00:42:18. */
export function stopwatch(seconds, { hours = false } = {}) {
  const whole = Math.max(0, Math.floor(seconds));
  const rest = twoDigits(whole % 60);
  const minutes = Math.floor(whole / 60);
  if (!hours && minutes < 60) return minutes + ":" + rest;
  return twoDigits(Math.floor(minutes / 60)) + ":" + twoDigits(minutes % 60) + ":" + rest;
}

/** 7560 seconds → 2小时06分. */
export function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("common.time.minutes", { n: minutes });
  return t("common.time.hours_minutes", { n: Math.floor(minutes / 60), minutes: twoDigits(minutes % 60) });
}
