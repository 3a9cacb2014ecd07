/** 从到访到入职: devices step by step, each over the step before or over visitors; then what became of the people. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { formatNumber, t } from "../i18n.js";
import { Explanation, Meaning, Rate, useExplained } from "./explained.js";
import { percent } from "./numbers.js";
import { Outcomes } from "./outcomes.js";

const LABELS = {
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

function Bar({ label, metric, count, most, rateMetric, rate, explain }) {
  return html`<li class="funnel-row">
    <span>${label} <${Meaning} metric=${metric} explain=${explain} /></span>
    <span class="funnel-track" aria-hidden="true">
      <span class="funnel-bar" style=${{ width: most ? (count / most) * 100 + "%" : "4px" }}></span>
    </span>
    <span class="funnel-count">
      <span class="count">${formatNumber(count)}</span>
      <span class="rate">${rate && html`<${Rate} metric=${rateMetric} ratio=${rate} explain=${explain} />`}</span>
    </span>
  </li>`;
}

function steps(funnel, overFirst) {
  return funnel.map((step) => ({
    key: step.metric,
    label: t(LABELS[step.metric]),
    count: step.count,
    implied: step.implied,
    rate: overFirst ? step.over_first : step.over_previous,
    rateMetric: RATES[step.metric] && RATES[step.metric][overFirst ? 1 : 0],
    both: step,
  }));
}

function StepTable({ rows }) {
  const columns = [
    "common.people",
    "common.rate_over_previous",
    "common.rate_over_first",
    "organiser.report.step.implied",
  ];
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${t("organiser.report.funnel")}>
    <table class="table">
      <caption class="visually-hidden">${t("organiser.report.funnel")}</caption>
      <thead>
        <tr>
          <th scope="col">${t("common.step")}</th>
          ${columns.map((key) => html`<th scope="col" class="num">${t(key)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) => html`<tr>
            <th scope="row">${row.label}</th>
            <td class="num">${formatNumber(row.count)}</td>
            <td class="num">${row.both.over_previous ? percent(row.both.over_previous) : ""}</td>
            <td class="num">${row.both.over_first ? percent(row.both.over_first) : ""}</td>
            <td class="num">${formatNumber(row.implied)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** How often cards were seen, beside how many saw one. */
export function Exposures({ figures, explain }) {
  return html`<p class="type-label">
    ${t("organiser.report.exposures", { n: figures.exposures })} <${Meaning} metric="exposures" explain=${explain} />
  </p>`;
}

function Notes({ funnel, figures, explain }) {
  const { applied } = figures;
  const implied = funnel.filter((step) => step.implied > 0);
  const steps = implied.map((step) => t(LABELS[step.metric]) + " " + t("organiser.report.implied", { n: step.implied }));
  const note = (metric, said) => html`<p class="type-label">${said} <${Meaning} metric=${metric} explain=${explain} /></p>`;
  return html`<${Exposures} figures=${figures} explain=${explain} />
  ${steps.length > 0 && note("implied", steps.join(" · "))}
  ${applied.recorded > 0 && note("recorded", t("organiser.report.recorded", { n: applied.recorded }))}
  ${applied.withdrawn > 0 && note("withdrawn", t("organiser.report.withdrawn", { n: applied.withdrawn }))}`;
}

function Switch({ overFirst, onSwitch }) {
  const chip = (label, first) =>
    html`<button type="button" class="chip" aria-pressed=${overFirst === first ? "true" : "false"} onClick=${() => onSwitch(first)}>
      ${label}
    </button>`;
  return html`<div class="line-up no-print" role="group" aria-label=${t("organiser.report.over_label")}>
    ${chip(t("common.rate_over_previous"), false)}${chip(t("organiser.report.over_first"), true)}
  </div>`;
}

export function ReportFunnel({ report, hint }) {
  const [overFirst, setOverFirst] = useState(false);
  const [asTable, setAsTable] = useState(false);
  const [said, explain] = useExplained();
  const rows = steps(report.funnel, overFirst);
  const applied = report.figures.applied;
  return html`<section class="card report-funnel stack-tight">
    <div class="chart-head">
      <h2 class="grow">${t("organiser.report.funnel")}</h2>
      ${!asTable && html`<${Switch} overFirst=${overFirst} onSwitch=${setOverFirst} />`}
      <${Button} kind="plain" class="no-print" aria-pressed=${asTable ? "true" : "false"} onClick=${() => setAsTable(!asTable)}
        >${asTable ? t("common.see_chart") : t("common.see_table")}<//
      >
    </div>
    ${hint && html`<p class="note">${hint}</p>`}
    ${asTable
      ? html`<${StepTable} rows=${rows} />`
      : html`<ol>
          ${rows.map(
            (row) =>
              html`<${Bar} key=${row.key} label=${row.label} metric=${row.key} count=${row.count} most=${rows[0].count}
                rateMetric=${row.rateMetric} rate=${row.rate} explain=${explain} />`,
          )}
        </ol>`}
    <${Notes} funnel=${report.funnel} figures=${report.figures} explain=${explain} />
    ${applied.applicants > 0 && html`<${Outcomes} applied=${applied} explain=${explain} />`}
    <${Explanation} said=${said} />
  </section>`;
}
