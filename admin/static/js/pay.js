/** Pay in the reader's words: 5,500–7,000 元/月, 24 元/小时, 12–18 万/年, 8,000 元以上/月, 面议. */

import { formatNumber, t } from "./i18n.js";

const FEN_PER_YUAN = 100;

function given(fen) {
  return fen !== null && fen !== undefined;
}

// Yearly pay is said in 万, in English in thousands, when that leaves no more than one decimal.
function divisorOf(pay) {
  const large = FEN_PER_YUAN * Number(t("common.pay.large_unit_yuan"));
  const round = [pay.min_fen, pay.max_fen].filter(given).every((fen) => fen % (large / 10) === 0);
  return pay.unit === "year" && round ? large : FEN_PER_YUAN;
}

function amountOf(pay, divisor) {
  const low = given(pay.min_fen) ? formatNumber(pay.min_fen / divisor) : null;
  const high = given(pay.max_fen) ? formatNumber(pay.max_fen / divisor) : null;
  if (low === null) return high === null ? null : t("common.pay.most", { amount: high });
  return high === null || low === high ? low : low + "–" + high;
}

function unitOf(pay, divisor) {
  const name = divisor === FEN_PER_YUAN ? "unit" : "ten_thousand";
  const open = pay.open_ended && !given(pay.max_fen);
  return t("common.pay." + name + (open ? "_and_up" : ""), { per: t("common.pay.per." + pay.unit) });
}

/** {amount, unit, whole, spoken}: amount is drawn large; whole is both in one line; spoken is for screen readers. */
export function showPay(pay) {
  if (pay.negotiable && !given(pay.min_fen) && !given(pay.max_fen)) return written(t("common.pay.negotiable"));
  const divisor = divisorOf(pay);
  const amount = amountOf(pay, divisor);
  if (amount === null) return written(pay.text);
  const unit = unitOf(pay, divisor);
  const spoken = t("common.pay.spoken", { amount, unit: unit.replace("/", t("common.pay.spoken_per")) });
  return { amount, unit, whole: amount + " " + unit, spoken };
}

function written(text) {
  return { amount: text, unit: "", whole: text, spoken: text };
}

function payDay(text) {
  return /[日号]$/.test(text) ? t("common.pay.paid_on", { day: text }) : text;
}

/** 6,000–6,900 元/月, as the server keeps what the employer wrote, in the reader's words. */
function monthly(text) {
  const found = /^(.*) 元(以上)?\/月$/.exec(text);
  if (!found) return text;
  const unit = t(found[2] ? "common.pay.unit_and_up" : "common.pay.unit", { per: t("common.pay.per.month") });
  return found[1] + " " + unit;
}

/** 底薪2,500＋加班 · 综合6,000–6,900（企业提供） · 每月10日发; a missing base is said where pay is by month or year. */
export function payBasis(pay) {
  const baseMatters = (pay.unit === "month" || pay.unit === "year") && !pay.monthly_text;
  const parts = [
    pay.base_text || (baseMatters ? t("common.pay.no_base") : null),
    pay.monthly_text && t("common.pay.by_employer", { text: monthly(pay.monthly_text) }),
    pay.months && pay.months > 12 ? t("common.pay.months", { n: pay.months }) : null,
    pay.pay_day && payDay(pay.pay_day),
  ];
  return parts.filter(Boolean).join(" · ");
}
