/** Which jobs a viewer looks for: number or words, place, pay, 包吃住, 长白班, 夫妻房; sorted by number or pay. */

import { placeOf } from "./place.js";

export const EVERYTHING = { text: "", place: "", pay: 0, board: false, day: false, couple: false, sort: "number" };

/** Yuan a month, offered as lower limits. */
export const PAY_STEPS = [4000, 5000, 6000, 8000];

const FEN = 100;
// Only for comparing pay of different units with each other; a viewer is never shown a month the employer did not write.
const UNITS_A_MONTH = { month: 1, year: 1 / 12, day: 22, hour: 22 * 8 };

function monthly(pay) {
  const fen = pay.max_fen || pay.min_fen;
  const times = UNITS_A_MONTH[pay.unit];
  return fen && times ? (fen / FEN) * times : null;
}

export function placesOf(cards) {
  const places = cards.filter((card) => card.job).map((card) => placeOf(card.job.workplace));
  return places.filter((place, at) => place && places.indexOf(place) === at);
}

function offers(text, yes, no) {
  return Boolean(text) && yes.test(text) && !no.test(text);
}

function hasBoard(job) {
  const meals = offers(job.meals, /包|含|免费|三餐|两餐/, /不包|不含|自理/);
  return meals && offers(job.dorm, /./, /不提供|无|自理|自行|代找|没/);
}

function hasCouple(card) {
  const said = (card.answers || []).find((answer) => answer.kind === "couple_room");
  const written = [card.job.dorm, card.job.requirements, card.job.arrival].some((text) =>
    offers(text, /夫妻/, /(?:无|没有|不提供)夫妻/),
  );
  return written || Boolean(said && offers(said.answer, /有|可以|提供/, /没|无|不/));
}

function isDayShift(job) {
  return offers(job.shift, /白班/, /倒|轮|夜/) || offers(job.shift, /不上夜班/, /^$/);
}

/** {kind, number} of 3, ３, 3号 or 政1; null for anything else. */
export function askedNumber(text) {
  const found = /^(政|\*)?\s*(\d{1,3})\s*号?$/.exec(text.normalize("NFKC").trim());
  return found ? { kind: found[1] ? "policy" : "job", number: Number(found[2]) } : null;
}

function fitsText(card, text) {
  const asked = askedNumber(text);
  if (asked) return card.kind === asked.kind && card.number === asked.number;
  const { job, policy } = card;
  const words = job ? [job.title, job.employer.name, job.employer.full_name, job.workplace] : [policy.title, policy.who];
  const wanted = text.normalize("NFKC").trim().toLowerCase();
  return words.join(" ").normalize("NFKC").toLowerCase().indexOf(wanted) >= 0;
}

function fits(card, wanted) {
  const { job } = card;
  if (wanted.text.trim() && !fitsText(card, wanted.text)) return false;
  if (!job) return !wanted.place && !wanted.pay && !wanted.board && !wanted.day && !wanted.couple;
  if (wanted.place && placeOf(job.workplace) !== wanted.place) return false;
  if (wanted.pay && (monthly(job.pay) || 0) < wanted.pay) return false;
  if (wanted.board && !hasBoard(job)) return false;
  if (wanted.day && !isDayShift(job)) return false;
  return !wanted.couple || hasCouple(card);
}

function byNumber(one, other) {
  if (one.kind !== other.kind) return one.kind === "job" ? -1 : 1;
  return one.number - other.number;
}

function byPay(one, other) {
  const pay = (card) => (card.job && monthly(card.job.pay)) || 0;
  return pay(other) - pay(one) || byNumber(one, other);
}

/** The cards that fit, in the wanted order; policies stand after the jobs. */
export function filtered(cards, wanted) {
  return cards.filter((card) => fits(card, wanted)).sort(wanted.sort === "pay" ? byPay : byNumber);
}

export function isNarrowed(wanted) {
  return Object.keys(EVERYTHING).some((name) => name !== "sort" && wanted[name] !== EVERYTHING[name]);
}
