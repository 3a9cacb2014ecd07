/** 更多指标: every metric of the whole show that stands nowhere else on the page now, as the files say it. */

import { html } from "../../vendor/preact-htm.js";
import { t } from "../i18n.js";
import { averagesTold } from "./curve.js";
import { Explanation, Meaning, Rate, useExplained } from "./explained.js";
import { isShare, nameOf, sayFigure } from "./metrics.js";
import { OUTCOME_METRICS } from "./outcomes.js";

// Drawn above, whatever the show is like; and the same time on air once more, in milliseconds.
const ELSEWHERE = [
  ["visitors", "applications", "applications_per_thousand", "peak", "contacted_rate", "on_air_ms"],
  ["impressions", "clicks", "apply_starts", "appliers", "impression_rate", "click_rate", "start_rate", "finish_rate"],
  ["click_share", "start_share", "apply_share"],
].flat();

/** What else is drawn above as the show is now. */
function drawnNow({ broadcast, figures, curve, summary }) {
  return [].concat(
    figures.applied.applicants > 0 ? OUTCOME_METRICS : [],
    figures.waiting > 0 ? "waiting" : [],
    broadcast.status === "live" ? "watching" : [],
    averagesTold(curve, summary).map((one) => one.metric),
  );
}

function Figure({ metric, value, explain }) {
  return html`<div data-metric=${metric}>
    <dt class="type-label">${nameOf(metric)} <${Meaning} metric=${metric} explain=${explain} /></dt>
    <dd>${isShare(metric) ? html`<${Rate} metric=${metric} ratio=${value} explain=${explain} />` : sayFigure(metric, value)}</dd>
  </div>`;
}

export function MoreFigures({ report }) {
  const [said, explain] = useExplained();
  const drawn = ELSEWHERE.concat(drawnNow(report));
  const more = report.summary.filter((one) => drawn.indexOf(one.metric) < 0);
  return html`<section class="card stack-tight report-more">
    <h2>${t("organiser.report.more")}</h2>
    <dl class="figure-list">
      ${more.map((one) => html`<${Figure} key=${one.metric} metric=${one.metric} value=${one.value} explain=${explain} />`)}
    </dl>
    <${Explanation} said=${said} />
  </section>`;
}
