/** 从到访到入职: devices step by step, each over the step before or over visitors; then what became of the people. */

import { html, useState } from "../../vendor/preact-htm.js";
import { TableBeneath } from "../charts.js";
import { t } from "../i18n.js";
import { Explanation, Meaning, useExplained } from "./explained.js";
import { Outcomes } from "./outcomes.js";
import { Bars, LABELS, StepTable } from "./steps.js";

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
  const [said, explain] = useExplained();
  const applied = report.figures.applied;
  const title = t("organiser.report.funnel");
  return html`<section class="card report-funnel stack-tight">
    <div class="chart-head">
      <h2 class="grow">${title}</h2>
      <${Switch} overFirst=${overFirst} onSwitch=${setOverFirst} />
    </div>
    ${hint && html`<p class="note">${hint}</p>`}
    <${Bars} funnel=${report.funnel} overFirst=${overFirst} explain=${explain} />
    <${Notes} funnel=${report.funnel} figures=${report.figures} explain=${explain} />
    ${applied.applicants > 0 && html`<${Outcomes} applied=${applied} explain=${explain} />`}
    <${Explanation} said=${said} />
    <${TableBeneath}><${StepTable} title=${title} funnel=${report.funnel} /><//>
  </section>`;
}
