/** The server's registry of metrics, as every figure of the page names and explains itself. */

import { language, t } from "../i18n.js";

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
