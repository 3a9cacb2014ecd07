/** Which card is meant: by number as typed, the next one, the one before; no I/O. */

import { lastCommand, shownIds } from "./stage.js";

const WIDE = /[０-９＊×]/g;

function narrow(text) {
  return text.replace(WIDE, (wide) => (wide === "＊" || wide === "×" ? "*" : String(wide.charCodeAt(0) - 0xff10))).trim();
}

/** "4" and "4号" mean a job, "*1" and "政1" a policy: {kind, number}, or null when it is no number. */
export function numberTyped(text) {
  const found = /^([*政]?)\s*(\d{1,4})号?$/.exec(narrow(text));
  return found ? { kind: found[1] ? "policy" : "job", number: Number(found[2]) } : null;
}

export function findByNumber(tray, wanted) {
  return tray.find(({ card }) => card.kind === wanted.kind && card.number === wanted.number) || null;
}

/** Title, employer and place are searched, without regard to case. */
export function matches({ card }, text) {
  const wanted = text.trim().toLowerCase();
  const job = card.job;
  const words = job ? [job.title, job.employer.name, job.employer.full_name, job.workplace] : [card.policy.title];
  return wanted === "" || words.some((word) => word.toLowerCase().indexOf(wanted) >= 0);
}

function isReady({ card, blocked }) {
  return blocked.length === 0 && card.state === "open";
}

/** The job shown last; a policy in between does not change whose turn it is. */
function lastJobShown(jobs, stage) {
  const shown = shownIds(stage);
  for (let at = shown.length - 1; at >= 0; at -= 1) {
    const place = jobs.findIndex(({ card }) => card.id === shown[at]);
    if (place >= 0) return place;
  }
  return -1;
}

/**
 * The card that 推送下一个 names: the first job after the one shown last that may be pushed, takes applications and
 * was not shown; at the end of the tray the first such from the top, then policies; null when all were shown.
 */
export function nextCard(tray, stage) {
  const shown = shownIds(stage);
  const jobs = tray.filter(({ card }) => card.kind === "job");
  const turn = lastJobShown(jobs, stage) + 1;
  const inTurn = jobs.slice(turn).concat(jobs.slice(0, turn), tray.filter(({ card }) => card.kind === "policy"));
  return inTurn.find((one) => isReady(one) && shown.indexOf(one.card.id) < 0) || null;
}

/** The nearest job before the one on stage that may be pushed; behind a policy, the job shown last; else null. */
export function cardBefore(tray, stage) {
  const jobs = tray.filter(({ card }) => card.kind === "job");
  const last = lastJobShown(jobs, stage);
  const isOnStage = last >= 0 && stage.onStage && jobs[last].card.id === stage.onStage.cardId;
  const before = jobs.slice(0, isOnStage ? last : last + 1);
  return before.reverse().find(isReady) || null;
}

/** "live", "next", "shown" or null. */
export function phaseOf(card, stage, next) {
  if (stage.onStage && stage.onStage.cardId === card.id) return "live";
  if (next && next.card.id === card.id) return "next";
  return shownIds(stage).indexOf(card.id) >= 0 ? "shown" : null;
}

const UNDO_SECONDS = 10;
const FINAL = ["broadcast_started", "undone"];

/** The seq that 撤销上一步 would take back now (milliseconds); null when there is none or ten seconds are over. */
export function undoableSeq(stage, desk, now) {
  const seen = lastCommand(stage);
  const told = desk && desk.last_action;
  if (seen && (!told || seen.seq >= told.seq)) {
    const late = now - new Date(seen.at).getTime() > UNDO_SECONDS * 1000;
    return late || FINAL.indexOf(seen.type) >= 0 ? null : seen.seq;
  }
  return told && told.undo_until && now <= new Date(told.undo_until).getTime() ? told.seq : null;
}

/** The same ids with one moved to the place of another. */
export function reordered(ids, moved, target) {
  const rest = ids.filter((id) => id !== moved);
  const place = ids.indexOf(target);
  return rest.slice(0, place).concat([moved], rest.slice(place));
}
