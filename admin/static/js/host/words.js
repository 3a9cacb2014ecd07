/** What the host's side says about cards, commands and times, in the reader's language. */

import { cardLabel, cardTitle } from "../job_card.js";
import { ago, clock, hasCopy, t } from "../i18n.js";
import { showPay } from "../pay.js";
import { numberTyped } from "./tray.js";

const ACTIONS = {
  broadcast_started: "started",
  broadcast_ended: "ended",
  card_pushed: "pushed",
  card_withdrawn: "withdrawn",
  card_pinned: "pinned",
  card_unpinned: "unpinned",
  undone: "undone",
};
const KINDS = {
  start: "started",
  end: "ended",
  push: "pushed",
  withdraw: "withdrawn",
  pin: "pinned",
  unpin: "unpinned",
  undo: "undone",
};

/** A number typed, as it is called: 4号, 政1. */
export function sayNumber(wanted) {
  return t("common.card.label_" + wanted.kind, { number: String(wanted.number) });
}

/** 直播已结束，岗位还能报名到… */
export function endedWords(broadcast) {
  return t("host.console.ended_until", { date: clock(broadcast.apply_until, { time: "never" }) });
}

/** 3号 of the log, as the reader calls it: No. 3. */
export function sayLabel(label) {
  const named = numberTyped(label || "");
  return named ? sayNumber(named) : label || "";
}

/** 推送3号, for desk.last_action. */
export function sayAction(action) {
  return t("host.console.action." + ACTIONS[action.kind], { label: sayLabel(action.label) });
}

function labelOf(command) {
  return command.card ? cardLabel(command.card) : "";
}

/** 推送4号, for a command that waits or was not done. */
export function sayCommand(command) {
  return t("host.console.action." + KINDS[command.kind], { label: labelOf(command) });
}

/** 已推送 4号. */
export function sayDone(command) {
  return t("host.console.done." + KINDS[command.kind], { label: labelOf(command) });
}

/** 4号 已经在台上, for a push that found it there. */
export function sayOnStage(command) {
  return t("host.console.already_on_stage", { label: labelOf(command) });
}

/** 4号 品检员. */
export function named(card) {
  return cardLabel(card) + " " + cardTitle(card);
}

/** 35秒前, 2分35秒前; from an hour on as everywhere else. */
export function secondsAgo(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return t("host.time.seconds_ago", { n: whole });
  if (whole < 3600) return t("host.time.minutes_seconds_ago", { n: Math.floor(whole / 60), seconds: whole % 60 });
  return ago(Date.now() - whole * 1000);
}

/** Why a card may not be pushed: 写了“限女性”. */
export function sayBlocked(reason) {
  const key = "host.blocked." + reason.code;
  return hasCopy(key) ? t(key, { matched: reason.matched || "" }) : reason.code;
}

/** Whether its employer's papers are what somebody has to look at first; of anything that says what blocks it. */
export function isUnverified(one) {
  return one.blocked.some((reason) => reason.code === "employer_unverified");
}

/** Where what keeps a card from being pushed is put right: at its employer, or at the job. */
export function wayOut(entry) {
  const { job } = entry.card;
  return isUnverified(entry) ? "/organiser/employers/" + job.employer.id : "/organiser/jobs/" + job.id;
}

/** What there is to do about it first: 去核验企业, 改岗位. */
export function sayWayOut(entry) {
  return t(isUnverified(entry) ? "host.console.verify_employer" : "host.console.edit_job");
}

/** All reasons in one line. */
export function sayAllBlocked(blocked) {
  return t("host.console.blocked", { reason: blocked.map(sayBlocked).join(t("host.blocked.and")) });
}

/** Pay as short as a tray row needs it: 5,500–7,000/月. */
export function shortPay(job) {
  const { amount, unit } = showPay(job.pay);
  return unit ? amount + unit.replace(/^元/, "").replace(/^yuan/, "") : amount;
}
