/** States, reasons and days as the desk says them. */

import { html } from "../../vendor/preact-htm.js";
import { chinaDay } from "../china.js";
import { clock, t } from "../i18n.js";

/** What staff may bring an application to; a rejection comes last, with its reason. */
export const STATES = [
  "valid",
  "contacted",
  "interview",
  "offer",
  "hired",
  "retained_7d",
  "retained_30d",
  "no_show",
  "rejected",
];
export const ALL_STATES = ["applied"].concat(STATES, ["withdrawn"]);
export const REASONS = [
  "unreachable",
  "not_interested",
  "skills",
  "experience",
  "pay",
  "shift",
  "place",
  "full",
  "duplicate",
  "other",
];
const TONES = { applied: "badge-warn", valid: "badge-warn", rejected: "", no_show: "", withdrawn: "" };
const DONE = ["hired", "retained_7d", "retained_30d"];
const CLOSED = ["rejected", "no_show", "withdrawn"];

export function stateName(state) {
  return t("desk.state." + state);
}

export function State({ state }) {
  const tone = DONE.indexOf(state) >= 0 ? "badge-ok" : TONES[state] === undefined ? "badge-next" : TONES[state];
  return html`<span class=${"badge " + tone}>${stateName(state)}</span>`;
}

/** The day in China, so many days from now: 2026-11-28. */
export function dayFromNow(days) {
  return chinaDay(new Date(), days);
}

/** 下次 11月28日, or 已过期 …; nothing where nothing is to be done. */
export function Next({ application }) {
  const { next_on: day, state } = application;
  if (!day || CLOSED.indexOf(state) >= 0) return null;
  const late = day < dayFromNow(0);
  return html`<span class=${late || day === dayFromNow(0) ? "tone-warn" : ""}>
    ${t(late ? "desk.overdue" : "desk.next_on", { when: clock(day, { time: "never" }) })}
  </span>`;
}

export function isErased(application) {
  return application.phone_masked === "***";
}

/** The applicant's own phone has proven the number. */
export function Verified({ application }) {
  if (!application.phone_verified) return null;
  return html`<span class="badge badge-ok"><span aria-hidden="true">✓ </span>${t("desk.phone_verified")}</span>`;
}

export function channelName(name) {
  return name || t("desk.channel_none");
}
