/** How it went: viewers at once with every push of a show; of a series its visits, show by show. */

import { html } from "../../vendor/preact-htm.js";
import { Curve, niceTop } from "../charts.js";
import { clock, formatNumber, t } from "../i18n.js";
import { points } from "../report/curve.js";

const TEXT = 40;
const CURVE = 496;
const BARS = { width: 636, height: 496 };

/** The curve is some seconds old; its line goes on to this moment. */
function upToNow(wall) {
  const drawn = points(wall.course.curve);
  const now = new Date(wall.as_of).getTime();
  if (wall.head.status !== "live" || now <= drawn[drawn.length - 1].at) return drawn;
  return drawn.concat({ at: now, value: wall.counts.watching });
}

function sayMark(mark) {
  const policy = /^政(\d+)$/.exec(mark.label);
  const job = /^(\d+)/.exec(mark.label);
  if (policy) return { at: mark.at, label: t("common.card.label_policy", { number: policy[1] }) };
  return job ? { at: mark.at, label: t("common.card.label_job", { number: job[1] }) } : mark;
}

function ShowCurve({ wall }) {
  const curve = wall.course.curve;
  if (!curve || curve.watching.length === 0) return html`<p class="wall-empty">${t("common.no_data_yet")}</p>`;
  return html`<${Curve} title=${t("wall.curve")} points=${upToNow(wall)} marks=${curve.marks.map(sayMark)} height=${CURVE} textSize=${TEXT} />`;
}

function Bar({ show, nth, step, top }) {
  const floor = BARS.height - TEXT * 1.7;
  const tall = show.visits === 0 ? 0 : Math.max(4, (show.visits / top) * (floor - TEXT * 1.7));
  const gap = Math.min(12, step / 4);
  return html`<rect class=${show.live ? "wall-bar wall-bar-live" : "wall-bar"} x=${nth * step} y=${floor - tall} width=${Math.max(2, step - gap)} height=${tall} />`;
}

function ShowBars({ shows }) {
  if (shows.length === 0) return html`<p class="wall-empty">${t("common.no_data_yet")}</p>`;
  const step = Math.min(160, BARS.width / shows.length);
  const most = shows.reduce((best, show) => (show.visits > best.visits ? show : best));
  const top = niceTop(most.visits);
  const at = shows.indexOf(most) * step;
  const late = at > BARS.width / 2;
  const says = shows.map((show) => show.title + " " + formatNumber(show.visits)).join("; ");
  return html`<svg class="curve" viewBox=${"0 0 " + BARS.width + " " + BARS.height} height=${BARS.height} role="img" aria-label=${says}>
    ${shows.map((show, nth) => html`<${Bar} key=${nth} show=${show} nth=${nth} step=${step} top=${top} />`)}
    <text class=${late ? "series-label at-end" : "series-label"} x=${late ? at + step : at} y=${TEXT}>${t("common.highest", { n: most.visits })}</text>
    <text x="0" y=${BARS.height - TEXT * 0.3}>${clock(shows[0].started_at, { time: "never" })}</text>
    ${shows.length * step > BARS.width * 0.6 &&
    html`<text class="at-end" x=${shows.length * step} y=${BARS.height - TEXT * 0.3}>${clock(shows[shows.length - 1].started_at, { time: "never" })}</text>`}
  </svg>`;
}

export function Course({ wall }) {
  const series = wall.head.kind === "series";
  return html`<section class="wall-panel wall-course" aria-label=${t("wall.course")}>
    <h2>${t(series ? "wall.show_by_show" : "wall.curve")}</h2>
    ${series ? html`<${ShowBars} shows=${wall.course.shows} />` : html`<${ShowCurve} wall=${wall} />`}
  </section>`;
}
