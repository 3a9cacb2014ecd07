/** The four figures, and the funnel: numbers large enough for five metres, each in one line. */

import { html } from "../../vendor/preact-htm.js";
import { Funnel as Bars, widthOf } from "../charts.js";
import { formatNumber, hour, t } from "../i18n.js";

// A longer number is set smaller, so that it stays in its box; what does not fit beside it stands below.
const SIZES = [
  [112, ""],
  [84, " wall-number-long"],
  [68, " wall-number-longest"],
];
const LABEL = 40;
const GAP = 16;

function placed(text, beside, room, largest) {
  const sizes = [[largest, ""]].concat(SIZES.slice(1));
  const wide = beside ? GAP + widthOf(beside, LABEL) : 0;
  const inLine = sizes.find(([size]) => widthOf(text, size) + wide <= room);
  if (inLine || !beside) return { size: (inLine || sizes[2])[1], below: false };
  const above = sizes.slice(1).find(([size]) => widthOf(text, size) <= room) || sizes[2];
  return { size: above[1], below: true };
}

function Figure({ label, value, beside, tone = "", room = 343, largest = 112 }) {
  const text = typeof value === "number" ? formatNumber(value) : value;
  const { size, below } = placed(text, beside, room, largest);
  return html`<div class=${"wall-panel wall-figure" + (below ? " wall-figure-stacked" : "")}>
    <p>${label}</p>
    <p class="wall-line"><span class=${"wall-number" + tone + size}>${text}</span>${beside && html`<span class="wall-beside">${beside}</span>`}</p>
  </div>`;
}

/** The widest box, for the largest figure. */
function Largest(props) {
  return html`<${Figure} ...${props} tone=" wall-number-first" room=${466} largest=${128} />`;
}

/** On air who watches; before, when it begins; afterwards the most at once, or how many shows there were. */
function First({ wall }) {
  const { head, counts, course } = wall;
  if (head.status === "live") {
    const most = course.peak === null ? null : Math.max(course.peak, counts.watching);
    const beside = head.kind === "series" ? t("wall.shows", { n: head.shows }) : t("common.highest", { n: most });
    return html`<${Largest} label=${t("wall.watching")} value=${counts.watching} beside=${beside} />`;
  }
  if (head.kind === "series") return html`<${Largest} label=${t("wall.shows_held")} value=${head.shows} />`;
  if (head.status === "ended") return html`<${Largest} label=${t("wall.peak")} value=${course.peak || 0} />`;
  return html`<${Largest} label=${t("wall.begins")} value=${hour(head.starts_at)} />`;
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
    <${Bars} rows=${rows} />
  </section>`;
}
