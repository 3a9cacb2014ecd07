/** The steps of a funnel: each a bar that says how it is counted, and all of them as a table. */

import { html } from "../../vendor/preact-htm.js";
import { formatNumber, t } from "../i18n.js";
import { Meaning, Rate } from "./explained.js";
import { percent } from "./numbers.js";

export const LABELS = {
  visitors: "organiser.report.step.visit",
  impressions: "organiser.report.step.impression",
  clicks: "organiser.report.step.click",
  apply_starts: "organiser.report.step.apply_start",
  appliers: "organiser.report.step.application",
};
// The metric of each step's rate: over the step before, and over the first.
const RATES = {
  impressions: ["impression_rate", "impression_rate"],
  clicks: ["click_rate", "click_share"],
  apply_starts: ["start_rate", "start_share"],
  appliers: ["finish_rate", "apply_share"],
};

function Bar({ step, most, overFirst, explain }) {
  const rate = overFirst ? step.over_first : step.over_previous;
  const metric = RATES[step.metric] && RATES[step.metric][overFirst ? 1 : 0];
  return html`<li class="funnel-row">
    <span>${t(LABELS[step.metric])} <${Meaning} metric=${step.metric} explain=${explain} /></span>
    <span class="funnel-track" aria-hidden="true">
      <span class="funnel-bar" style=${{ width: most ? (step.count / most) * 100 + "%" : "4px" }}></span>
    </span>
    <span class="funnel-count">
      <span class="count">${formatNumber(step.count)}</span>
      <span class="rate">${rate && html`<${Rate} metric=${metric} ratio=${rate} explain=${explain} />`}</span>
    </span>
  </li>`;
}

/** Each step with its rate over the one before, or over the first. */
export function Bars({ funnel, overFirst = false, explain }) {
  return html`<ol>
    ${funnel.map((step) => html`<${Bar} key=${step.metric} step=${step} most=${funnel[0].count} overFirst=${overFirst} explain=${explain} />`)}
  </ol>`;
}

/** With both rates, and what is implied where the steps tell it. */
export function StepTable({ title, funnel }) {
  const implied = funnel.some((step) => step.implied !== undefined);
  const columns = ["common.people", "common.rate_over_previous", "common.rate_over_first"].concat(implied ? "organiser.report.step.implied" : []);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${title}>
    <table class="table">
      <caption class="visually-hidden">${title}</caption>
      <thead>
        <tr>
          <th scope="col">${t("common.step")}</th>
          ${columns.map((key) => html`<th scope="col" class="num">${t(key)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${funnel.map(
          (step) => html`<tr key=${step.metric}>
            <th scope="row">${t(LABELS[step.metric])}</th>
            <td class="num">${formatNumber(step.count)}</td>
            <td class="num">${step.over_previous ? percent(step.over_previous) : ""}</td>
            <td class="num">${step.over_first ? percent(step.over_first) : ""}</td>
            ${implied && html`<td class="num">${formatNumber(step.implied)}</td>`}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
