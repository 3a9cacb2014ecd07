/** The server's registry of metrics, as every figure of the page names and explains itself. */

import { duration, formatNumber, language, stopwatch, t } from "../i18n.js";
import { oneDecimal, percent } from "./numbers.js";

const known = {};

export function learnMetrics(registry) {
  registry.metrics.forEach((metric) => {
    known[metric.key] = metric;
  });
}

export function nameOf(key) {
  return known[key].name[language()];
}

export function definitionOf(key) {
  return known[key].definition[language()];
}

function sayLength(seconds) {
  return seconds < 60 ? stopwatch(seconds) : duration(seconds);
}

const SAID = {
  number: (value, plain) => (plain === null ? oneDecimal(value) : formatNumber(plain)),
  percent: (value) => percent(value),
  seconds: (value, plain) => sayLength(plain === null ? value.numerator / value.denominator : plain),
  milliseconds: (value, plain) => sayLength((plain === null ? value.numerator / value.denominator : plain) / 1000),
};

/** 2,904, 16.2, 26.4% or 2小时06分; – while there is none. value: a count, both terms of a rate, or null. */
export function sayFigure(key, value) {
  const plain = typeof value === "number" ? value : null;
  if (plain === null && (!value || !value.denominator)) return "–";
  return SAID[known[key].shown_as](value, plain);
}

/** Whether it is a share, of which both terms are said. */
export function isShare(key) {
  return known[key].shown_as === "percent";
}

function termOf(key) {
  return known[key].term[language()];
}

/** 点开率 = 点开的人 ÷ 看到的人 = 688 ÷ 2,611 */
export function termsOf(key, ratio) {
  const metric = known[key];
  const sentence = metric.per === 1 ? "organiser.report.terms" : "organiser.report.terms_per";
  return t(sentence, {
    name: nameOf(key),
    above: termOf(metric.numerator),
    below: termOf(metric.denominator),
    n: ratio.numerator,
    of: ratio.denominator,
    per: metric.per,
  });
}
