/** The funnel of all shows together, a row for each show, each unit and each host. */

import { html } from "../../vendor/preact-htm.js";
import { TableBeneath } from "../charts.js";
import { clock, formatNumber, t } from "../i18n.js";
import { Explanation, useExplained } from "../report/explained.js";
import { Exposures } from "../report/funnel.js";
import { Outcomes } from "../report/outcomes.js";
import { Bars, StepTable } from "../report/steps.js";
import { count, SortedTable, text } from "../report/tables.js";
import { TableFile, TableHead } from "./files.js";

/** Devices over all of the shows; then people, in a line of their own. */
export function SeriesFunnel({ report }) {
  const [said, explain] = useExplained();
  const title = t("series.funnel");
  return html`<section class="card report-funnel stack-tight">
    <h2>${title}</h2>
    <${Bars} funnel=${report.funnel} explain=${explain} />
    <${Exposures} figures=${report.figures} explain=${explain} />
    <${Outcomes} applied=${report.figures} explain=${explain} />
    <p class="type-label">${t("series.distinct")}</p>
    <${Explanation} said=${said} />
    <${TableBeneath}><${StepTable} title=${title} funnel=${report.funnel} /><//>
  </section>`;
}

const figure = (key, metric) => count(key, metric, (line) => line.figures[metric]);

const FIGURES = [
  figure("organiser.report.column.cards", "cards"),
  figure("series.column.openings", "openings"),
  figure("organiser.report.column.visits", "visits"),
  figure("series.column.visitors", "visitors"),
  figure("series.column.applications", "applications"),
  figure("series.column.applicants", "applicants"),
  figure("organiser.report.step.contacted", "contacted"),
  figure("organiser.report.column.onboarded", "hired"),
];

function sayStated(line) {
  const platforms = Object.keys(line.stated_views || {});
  return platforms.length === 0 ? "–" : platforms.map((name) => name + " " + formatNumber(line.stated_views[name])).join(t("programme.list_comma"));
}

const SHOWS = [
  {
    key: "series.column.show",
    row: true,
    sort: (line) => line.title,
    cell: (line) =>
      line.broadcast_id ? html`<a href=${"/organiser/broadcasts/" + line.broadcast_id + "/report"}>${line.title}</a>` : line.title,
  },
  text("series.column.day", (line) => (line.started_at ? clock(line.started_at, { time: "never" }) : "")),
  text("series.column.unit", (line) => line.unit || "–"),
  ...FIGURES,
  { key: "series.column.stated_views", metric: "platform_views", sort: sayStated, cell: sayStated },
];
SHOWS[1].sort = (line) => line.started_at;

/** whole: the line below, of all shows together. */
function Table({ part, title, columns, lines, whole, of }) {
  return html`<section class="card">
    <${TableHead} title=${title}><${TableFile} of=${of} part=${part} /><//>
    <${SortedTable} title=${title} columns=${columns} lines=${lines} foot=${whole} />
    <p class="type-label">${t("series.whole_note")}</p>
  </section>`;
}

function sayWhole(report) {
  return t("series.whole", { n: report.figures.shows });
}

export function ShowTable({ report, of }) {
  const whole = { title: sayWhole(report), started_at: "", unit: " ", figures: report.figures };
  return html`<${Table} part="shows" title=${t("series.by_show")} columns=${SHOWS} lines=${report.shows} whole=${whole} of=${of} />`;
}

const HOSTS = [
  text("series.column.host", (line) => line.host || t("series.no_host"), true),
  figure("series.column.shows", "shows"),
  ...FIGURES,
];

/** By the host's name as it was written; devices and people count once in each. */
export function HostTable({ report, of }) {
  const whole = { host: sayWhole(report), figures: report.figures };
  return html`<${Table} part="hosts" title=${t("series.by_host")} columns=${HOSTS} lines=${report.hosts} whole=${whole} of=${of} />`;
}

const STEP = 16;

/** A unit leads to its own report, of the same days. */
function unitCell(line) {
  if (!line.unit_id) return line.name;
  const inward = { paddingLeft: (line.depth - 1) * STEP + "px" };
  if (line.own) return html`<span style=${inward}>${t("series.unit_own", { name: line.name })}</span>`;
  return html`<a style=${inward} href=${"/organiser/units/" + line.unit_id + location.search}>${line.name}</a>`;
}

const UNITS = [
  { key: "series.column.unit", row: true, sort: (line) => line.name, cell: unitCell },
  figure("series.column.shows", "shows"),
  ...FIGURES,
];

/** As the tree stands: each unit with all beneath it; devices and people count once in each. */
export function UnitTable({ report, of }) {
  const whole = { name: sayWhole(report), figures: report.figures };
  return html`<${Table} part="units" title=${t("series.by_unit")} columns=${UNITS} lines=${report.units} whole=${whole} of=${of} />`;
}
