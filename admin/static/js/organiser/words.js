/** What the organiser's pages say about failures, blocked jobs, dates and codes. */

import { errorText } from "../errors.js";
import { clock, hasCopy, language, t } from "../i18n.js";

/** In the words of these pages where they have some, else as everywhere. */
export function say(failure) {
  const key = "programme.error." + failure.code;
  return hasCopy(key) ? t(key, { expected: failure.expected || "" }) : errorText(failure);
}

/** Why a job may not be pushed: 写了“限女性”. */
export function sayBlocked(reason) {
  return t("programme.blocked." + reason.code, { matched: reason.matched || "" });
}

/** All reasons in one line. */
export function sayAllBlocked(blocked) {
  return t("programme.blocked.all", { reason: blocked.map(sayBlocked).join(t("programme.blocked.and")) });
}

/** Why a wording rule objects, in the reader's language. */
export function sayFinding(finding) {
  return language() === "en" ? finding.reason_en : finding.reason;
}

/** 11月28日 14:00. */
export function when(time) {
  return clock(time, { time: "always" });
}

export function day(date) {
  return clock(date, { time: "never" });
}

/** What stands after ? in this page's address. */
export function asked(name) {
  return new URLSearchParams(location.search).get(name);
}

/** Keeps a filter in the address, so that a reload and a link show the same. */
export function ask(name, value) {
  const here = new URL(location.href);
  if (value) here.searchParams.set(name, value);
  else here.searchParams.delete(name);
  history.replaceState(null, "", here.href);
}

/** ?a=1&b=2 of what is given; what is empty is left out. */
export function query(params) {
  const search = new URLSearchParams();
  Object.keys(params).forEach((name) => {
    const value = params[name];
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  });
  const text = search.toString();
  return text ? "?" + text : "";
}
