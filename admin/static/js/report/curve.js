/** 观看曲线与推送: viewers at once with every push, and applications under the same axis. */

import { html } from "../../vendor/preact-htm.js";
import { ChartTable, Curve, niceTop, Sparkbars, TableBeneath } from "../charts.js";
import { formatNumber, hour, t } from "../i18n.js";
import { Explanation, Meaning, useExplained } from "./explained.js";
import { labelled } from "./labels.js";
import { nameOf, sayFigure } from "./metrics.js";

const TEXT = 14;
const MOST_STEPS = 60;

/** The curve as points in time, ending where its axis ends. */
export function points(curve) {
  const from = new Date(curve.from_at).getTime();
  const steps = curve.watching.map((value, nth) => ({ at: from + nth * curve.bucket_seconds * 1000, value }));
  // The last step lasts until the end of the axis.
  return steps.concat({ at: new Date(curve.to_at).getTime(), value: curve.watching[curve.watching.length - 1] });
}

/** At most 60 steps: the most at once in each, its applications, and what was pushed. */
function steps(curve, marks) {
  const from = new Date(curve.from_at).getTime();
  const wide = Math.max(1, Math.ceil(curve.applications.length / MOST_STEPS));
  const found = [];
  for (let nth = 0; nth < curve.applications.length; nth += wide) {
    found.push({
      at: from + nth * curve.bucket_seconds * 1000,
      watching: Math.max(...curve.watching.slice(nth, nth + wide)),
      applications: curve.applications.slice(nth, nth + wide).reduce((sum, one) => sum + one, 0),
      pushed: [],
    });
  }
  marks.forEach((mark) => {
    const within = found.filter((step) => step.at <= new Date(mark.at).getTime()).pop();
    if (within) within.pushed.push(mark.label);
  });
  return found;
}

function StepsTable({ title, steps }) {
  const columns = [
    { label: t("common.when") },
    { label: t("common.watching"), number: true },
    { label: t("common.pushed") },
    { label: t("organiser.report.column.applied"), number: true },
  ];
  const rows = steps.map((step) => [
    hour(step.at, { seconds: true }),
    formatNumber(step.watching),
    step.pushed.join(t("programme.list_comma")),
    formatNumber(step.applications),
  ]);
  return html`<${TableBeneath}><${ChartTable} title=${title} columns=${columns} rows=${rows} /><//>`;
}

// As wide as the curve's own axis: its labels stand left of the plot, and a letter's width is kept on the right.
function inset(curve) {
  const top = niceTop(curve.watching.reduce((most, one) => Math.max(most, one), 0));
  const left = TEXT * (String(formatNumber(top)).length * 0.6 + 0.6);
  return { paddingLeft: left + "px", paddingRight: TEXT + "px" };
}

const AVERAGES = ["average_watching", "average_watch_ms"];

/** Those of the summary that stand under the curve. */
export function averagesTold(curve, summary) {
  if (curve.watching.length === 0) return [];
  return summary.filter((one) => AVERAGES.indexOf(one.metric) >= 0 && one.value.denominator > 0);
}

function Averages({ told }) {
  const [said, explain] = useExplained();
  if (told.length === 0) return null;
  return html`<p class="type-label">
      ${told.map(
        (one, nth) => html`${nth > 0 && " · "}<span data-metric=${one.metric}
          >${nameOf(one.metric)} ${sayFigure(one.metric, one.value)} <${Meaning} metric=${one.metric} explain=${explain}
        /></span>`,
      )}
    </p>
    <${Explanation} said=${said} />`;
}

export function ReportCurve({ report, staleSince }) {
  const curve = report.curve;
  const any = curve.watching.length > 0;
  const title = t("organiser.report.curve");
  const marks = labelled(curve.marks, report.cards);
  const drawn = any ? steps(curve, marks) : [];
  return html`<section class="card report-curve stack-tight">
    <div class="chart-head"><h2 class="grow">${title}</h2></div>
    <${Curve} title=${title} points=${any ? points(curve) : []} marks=${marks} height=${220} textSize=${TEXT} staleSince=${staleSince}>
      <div class="curve-under" style=${any ? inset(curve) : undefined}>
        <${Sparkbars} label=${t("organiser.report.applications_over_time")} bars=${drawn.map((step) => ({ at: step.at, value: step.applications }))} />
      </div>
    <//>
    ${any && html`<${Averages} told=${averagesTold(curve, report.summary)} /><${StepsTable} title=${title} steps=${drawn} />`}
  </section>`;
}
