/** The four figures, and the funnel: numbers large enough for five metres, each in one line. */

import { html } from "../../vendor/preact-htm.js";
import { Funnel as Bars } from "../charts.js";
import { formatNumber, hour, t } from "../i18n.js";

// A longer number is set smaller, so that it stays in its box.
const SIZES = [
  [5, ""],
  [7, " wall-number-long"],
  [Infinity, " wall-number-longest"],
];

function Figure({ label, value, beside, tone = "" }) {
  const text = typeof value === "number" ? formatNumber(value) : value;
  const size = SIZES.find(([most]) => text.length <= most)[1];
  return html`<div class="wall-panel wall-figure">
    <p>${label}</p>
    <p class="wall-line"><span class=${"wall-number" + size + tone}>${text}</span>${beside && html`<span class="wall-beside">${beside}</span>`}</p>
  </div>`;
}

/** On air who watches; before, when it begins; afterwards the most at once, or how many shows there were. */
function First({ wall }) {
  const { head, counts, course } = wall;
  const tone = " wall-number-first";
  if (head.status === "live") {
    const most = course.peak === null ? null : Math.max(course.peak, counts.watching);
    const beside = head.kind === "series" ? t("wall.shows", { n: head.shows }) : t("common.highest", { n: most });
    return html`<${Figure} label=${t("wall.watching")} value=${counts.watching} beside=${beside} tone=${tone} />`;
  }
  if (head.kind === "series") return html`<${Figure} label=${t("wall.shows_held")} value=${head.shows} tone=${tone} />`;
  if (head.status === "ended") return html`<${Figure} label=${t("wall.peak")} value=${course.peak || 0} tone=${tone} />`;
  return html`<${Figure} label=${t("wall.begins")} value=${hour(head.starts_at)} tone=${tone} />`;
}

export function KeyFigures({ wall }) {
  const counts = wall.counts;
  return html`<section class="wall-figures" aria-label=${t("wall.figures")}>
    <${First} wall=${wall} />
    <${Figure} label=${t("wall.visits")} value=${counts.visits} />
    <${Figure} label=${t("wall.applications")} value=${counts.applications} />
    <${Figure} label=${t("wall.presented")} value=${counts.presented} beside=${t("wall.openings", { n: counts.presented_openings })} />
  </section>`;
}

export function Funnel({ steps, series }) {
  const rows = steps.map((step) => ({ label: t("wall.step." + step.metric), count: step.count }));
  return html`<section class="wall-panel wall-funnel" aria-label=${t("wall.funnel")}>
    <h2>${t(series ? "wall.funnel_series" : "wall.funnel")}</h2>
    <${Bars} rows=${rows} plain />
  </section>`;
}
