/** 更多指标: every metric of the whole show that stands nowhere else on the page, as the files say it. */

import { html } from "../../vendor/preact-htm.js";
import { t } from "../i18n.js";
import { Explanation, Meaning, Rate, useExplained } from "./explained.js";
import { isShare, nameOf, sayFigure } from "./metrics.js";

// Drawn above; and the same time on air once more, in milliseconds.
const ELSEWHERE = [
  ["visitors", "applications", "applications_per_thousand", "peak", "contacted_rate"],
  ["impressions", "clicks", "apply_starts", "appliers", "impression_rate", "click_rate", "start_rate", "finish_rate"],
  ["click_share", "start_share", "apply_share", "applicants", "valid", "contacted", "interview", "offered", "hired"],
  ["retained_7d", "retained_30d", "valid_rate", "interview_rate", "offered_rate", "hired_rate"],
  ["retained_7d_rate", "retained_30d_rate", "average_watching", "average_watch_ms", "waiting", "watching", "on_air_ms"],
].flat();

function Figure({ metric, value, explain }) {
  return html`<div data-metric=${metric}>
    <dt class="type-label">${nameOf(metric)} <${Meaning} metric=${metric} explain=${explain} /></dt>
    <dd>${isShare(metric) ? html`<${Rate} metric=${metric} ratio=${value} explain=${explain} />` : sayFigure(metric, value)}</dd>
  </div>`;
}

export function MoreFigures({ summary }) {
  const [said, explain] = useExplained();
  const more = summary.filter((one) => ELSEWHERE.indexOf(one.metric) < 0);
  return html`<section class="card stack-tight report-more">
    <h2>${t("organiser.report.more")}</h2>
    <dl class="figure-list">
      ${more.map((one) => html`<${Figure} key=${one.metric} metric=${one.metric} value=${one.value} explain=${explain} />`)}
    </dl>
    <${Explanation} said=${said} />
  </section>`;
}
