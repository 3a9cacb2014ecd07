/** 观看曲线与推送: viewers at once with every push, and applications under the same axis. */

import { html } from "../../vendor/preact-htm.js";
import { Curve, niceTop, Sparkbars } from "../charts.js";
import { duration, formatNumber, stopwatch, t } from "../i18n.js";
import { labelled } from "./labels.js";
import { oneDecimal, ratio } from "./numbers.js";

const TEXT = 14;
const MOST_BARS = 60;

/** The curve as points in time, ending where its axis ends. */
export function points(curve) {
  const from = new Date(curve.from_at).getTime();
  const steps = curve.watching.map((value, nth) => ({ at: from + nth * curve.bucket_seconds * 1000, value }));
  // The last step lasts until the end of the axis.
  return steps.concat({ at: new Date(curve.to_at).getTime(), value: curve.watching[curve.watching.length - 1] });
}

/** Applications in at most 60 bars over the same time. */
function bars(curve) {
  const from = new Date(curve.from_at).getTime();
  const wide = Math.max(1, Math.ceil(curve.applications.length / MOST_BARS));
  const found = [];
  for (let nth = 0; nth < curve.applications.length; nth += wide) {
    const value = curve.applications.slice(nth, nth + wide).reduce((sum, one) => sum + one, 0);
    found.push({ at: from + nth * curve.bucket_seconds * 1000, value });
  }
  return found;
}

// As wide as the curve's own axis: its labels stand left of the plot, and a letter's width is kept on the right.
function inset(curve) {
  const top = niceTop(curve.watching.reduce((most, one) => Math.max(most, one), 0));
  const left = TEXT * (String(formatNumber(top)).length * 0.6 + 0.6);
  return { paddingLeft: left + "px", paddingRight: TEXT + "px" };
}

function Averages({ figures }) {
  const average = oneDecimal(ratio(figures.watch_ms, figures.on_air_ms));
  const each = figures.watched ? figures.watch_ms / figures.watched / 1000 : null;
  return html`<p class="type-label">
    ${[
      average && t("organiser.report.average_watching", { n: average }),
      each !== null && t("organiser.report.average_watch", { time: each < 60 ? stopwatch(each) : duration(each) }),
    ]
      .filter(Boolean)
      .join(" · ")}
  </p>`;
}

export function ReportCurve({ report, staleSince }) {
  const curve = report.curve;
  const any = curve.watching.length > 0;
  return html`<section class="card report-curve stack-tight">
    <${Curve} title=${t("organiser.report.curve")} points=${any ? points(curve) : []} marks=${labelled(curve.marks, report.cards)} height=${220}
      textSize=${TEXT} staleSince=${staleSince}>
      <div class="curve-under" style=${any ? inset(curve) : undefined}>
        <${Sparkbars} label=${t("organiser.report.applications_over_time")} bars=${bars(curve)} />
      </div>
    <//>
    ${any && html`<${Averages} figures=${report.figures} />`}
  </section>`;
}
