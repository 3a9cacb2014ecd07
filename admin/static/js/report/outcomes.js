/** What became of the people who applied: one line, each step with its rate and what that is a share of. */

import { html } from "../../vendor/preact-htm.js";
import { formatNumber, t } from "../i18n.js";
import { Meaning, Rate } from "./explained.js";
import { ratio } from "./numbers.js";

// The metric, its label, its rate, and what the rate is over. Who stayed is told of those who started.
const OUTCOMES = [
  ["valid", "organiser.report.step.valid", "valid_rate", "applicants"],
  ["contacted", "organiser.report.step.contacted", "contacted_rate", "applicants"],
  ["interview", "organiser.report.step.interview", "interview_rate", "applicants"],
  ["offered", "organiser.report.step.hired", "offered_rate", "applicants"],
  ["hired", "organiser.report.step.onboarded", "hired_rate", "applicants"],
  ["retained_7d", "organiser.report.step.retained_7d", "retained_7d_rate", "hired"],
  ["retained_30d", "organiser.report.step.retained_30d", "retained_30d_rate", "hired"],
];

/** Every metric that is drawn here. */
export const OUTCOME_METRICS = ["applicants"].concat(...OUTCOMES.map(([metric, , rate]) => [metric, rate]));

/** In people, not devices: in a line of its own, so that nobody divides the one by the other. */
export function Outcomes({ applied, explain }) {
  return html`<p class="afterwards">
    <span class="type-label">${t("organiser.report.by_people")}</span>
    <span
      >${t("organiser.report.applied_people")} <strong>${formatNumber(applied.applicants)}</strong>${" "}
      <${Meaning} metric="applicants" explain=${explain}
    /></span>
    ${OUTCOMES.map(
      ([metric, label, rate, over]) =>
        html`<span key=${metric} data-outcome=${metric}
          >${t(label)} <strong>${formatNumber(applied[metric])}</strong>${" "}
          <${Rate} metric=${rate} ratio=${ratio(applied[metric], applied[over])} explain=${explain} />${" "}
          <${Meaning} metric=${metric} explain=${explain}
        /></span>`,
    )}
  </p>`;
}
