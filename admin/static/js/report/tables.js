/** 按岗位 | 按企业 | 按渠道 | 按时段: tables that sort by any column under a head that stays. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { clock, formatNumber, hour, stopwatch, t } from "../i18n.js";
import { cardLabel } from "./labels.js";
import { Explanation, Meaning, Rate, useExplained } from "./explained.js";
import { quotient, ratio } from "./numbers.js";

const clickRate = (line) => ratio(line.reached.clicks, line.reached.impressions);
const applyRate = (line) => ratio(line.reached.appliers, line.reached.clicks);

export function count(key, metric, read) {
  return { key, metric, number: true, sort: read, cell: (line) => formatNumber(read(line)) };
}

/** Of a line that has no such figure, a dash. */
function countOrNone(key, metric, read) {
  const said = (value) => (value === null ? "–" : formatNumber(value));
  const sort = (line) => (read(line) === null ? -1 : read(line));
  return { key, metric, number: true, sort, cell: (line) => said(read(line)) };
}

function outcome(key, metric) {
  return {
    key,
    metric,
    number: true,
    sort: (line) => (line.applied[metric] === null ? -1 : line.applied[metric]),
    cell: (line) =>
      line.applied[metric] === null
        ? html`<span class="type-label">${t(line.applied.small ? "organiser.report.small_group" : "organiser.report.beside_small", {
            n: line.applied.hidden_below,
          })}</span>`
        : formatNumber(line.applied[metric]),
  };
}

export function rate(key, metric, read) {
  return {
    key,
    metric,
    number: true,
    sort: (line) => quotient(read(line)),
    cell: (line, explain) => html`<${Rate} metric=${metric} ratio=${read(line)} explain=${explain} />`,
  };
}

export function text(key, read, row = false) {
  return { key, row, sort: read, cell: read };
}

const REACHED = [
  count("organiser.report.column.exposures", "exposures", (line) => line.reached.exposures),
  count("organiser.report.column.seen", "impressions", (line) => line.reached.impressions),
  count("organiser.report.column.opened", "clicks", (line) => line.reached.clicks),
];
const APPLIED = [
  count("organiser.report.column.applied", "applications", (line) => line.applied.applications),
  rate("organiser.report.column.open_rate", "click_rate", clickRate),
  rate("organiser.report.column.apply_rate", "apply_rate", applyRate),
  outcome("organiser.report.step.contacted", "contacted"),
  outcome("organiser.report.column.onboarded", "hired"),
];

const CARDS = [
  {
    key: "organiser.report.column.number",
    sort: (line) => (line.kind === "policy" ? 10000 : 0) + line.number,
    cell: (line) => cardLabel(line),
  },
  text("organiser.report.column.job", (line) => line.title, true),
  {
    key: "organiser.report.column.openings",
    metric: "openings",
    number: true,
    sort: (line) => line.openings || 0,
    cell: (line) => (line.openings === null ? "–" : formatNumber(line.openings)),
  },
  {
    key: "organiser.report.column.presented",
    metric: "on_stage_seconds",
    number: true,
    sort: (line) => line.on_stage_seconds,
    cell: (line) => (line.pushes ? stopwatch(line.on_stage_seconds) : "–"),
  },
  ...REACHED,
  ...APPLIED,
];

const CHANNELS = [
  text("organiser.report.column.channel", (line) => line.name || t("organiser.report.unattributed"), true),
  countOrNone("organiser.report.column.scans", "scans", (line) => line.scans),
  count("organiser.report.column.visits", "visits", (line) => line.visits),
  count("organiser.report.step.visit", "visitors", (line) => line.visitors),
  ...REACHED,
  ...APPLIED,
  count("organiser.report.column.last_touch", "last_applications", (line) => line.last_applications),
];

const TIMES = [
  {
    key: "organiser.report.column.time",
    row: true,
    sort: (line) => (line.from_at === null ? "" : line.from_at),
    cell: (line) => sayTime(line),
  },
  count("organiser.report.column.presented", "presented", (line) => line.presented),
  count("organiser.report.column.visits", "visits", (line) => line.visits),
  count("organiser.report.column.new_visitors", "new_visitors", (line) => line.new_visitors),
  countOrNone("organiser.report.column.peak", "peak", (line) => line.peak),
  count("organiser.report.column.applied", "applications", (line) => line.applied.applications),
];

function sayTime(line) {
  if (line.kind === "before" || line.kind === "after") return t("organiser.report.time." + line.kind);
  const until = line.to_at ? hour(line.to_at) : t("organiser.report.time.now");
  const kind = line.kind === "slice" ? "" : t("organiser.report.time." + line.kind) + " ";
  return kind + hour(line.from_at) + "–" + until;
}

function sayList(line, onHandOver) {
  if (line.has_recruiter) return t("organiser.handover.own_account");
  if (!line.to_hand_over) return "–";
  return html`<${Button} kind="plain" onClick=${onHandOver}>
    ${line.handed_over_at ? t("organiser.handover.collected", { when: clock(line.handed_over_at, { time: "always" }) }) : t("organiser.handover.not_collected")}
  <//>`;
}

function employerColumns(onHandOver) {
  return [
    text("organiser.report.column.employer", (line) => line.name, true),
    count("organiser.report.column.cards", "cards", (line) => line.cards),
    count("organiser.report.column.openings", "openings", (line) => line.openings),
    ...REACHED,
    ...APPLIED,
    {
      key: "organiser.report.column.list",
      sort: (line) => line.handed_over_at || "",
      cell: (line) => sayList(line, onHandOver),
    },
  ];
}

function compare(one, other) {
  if (typeof one === "number") return one - other;
  return String(one).localeCompare(String(other), "zh-CN");
}

function sorted(lines, column, down) {
  if (!column) return lines;
  const ordered = lines.map((line, nth) => ({ line, nth, by: column.sort(line) }));
  ordered.sort((one, other) => (down ? -1 : 1) * compare(one.by, other.by) || one.nth - other.nth);
  return ordered.map((one) => one.line);
}

function HeadCell({ column, order, onSort, explain }) {
  const name = t(column.key);
  const direction = order && order.key === column.key ? (order.down ? "descending" : "ascending") : undefined;
  const arrow = direction === "descending" ? " ↓" : direction === "ascending" ? " ↑" : "";
  return html`<th scope="col" class=${column.number ? "num" : ""} aria-sort=${direction} data-print=${name}>
    <button type="button" title=${t("organiser.report.sort_by", { column: name })} onClick=${() => onSort(column)}>
      ${name}${arrow}</button
    >${column.metric && html`<${Meaning} metric=${column.metric} explain=${explain} />`}
  </th>`;
}

function Row({ columns, line, explain }) {
  return html`<tr>
    ${columns.map((column) => {
      const cell = column.cell(line, explain);
      return column.row ? html`<th scope="row">${cell}</th>` : html`<td class=${column.number ? "num" : ""}>${cell}</td>`;
    })}
  </tr>`;
}

/** foot: one more line below that is not sorted, such as the whole. most: only the first so many in their order. */
export function SortedTable({ title, columns, lines, foot, most = Infinity }) {
  const [order, setOrder] = useState(null);
  const [said, explain] = useExplained();
  const onSort = (column) => {
    const same = order && order.key === column.key;
    setOrder({ key: column.key, down: same ? !order.down : Boolean(column.number) });
  };
  const by = order && columns.find((column) => column.key === order.key);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${title}>
      <table class="table report-table">
        <caption class="visually-hidden">${title}</caption>
        <thead>
          <tr>
            ${columns.map(
              (column) => html`<${HeadCell} key=${column.key} column=${column} order=${order} onSort=${onSort} explain=${explain} />`,
            )}
          </tr>
        </thead>
        <tbody>
          ${sorted(lines, by, order && order.down).slice(0, most).map((line) => Row({ columns, line, explain }))}
        </tbody>
        ${foot && html`<tfoot>${Row({ columns, line: foot, explain })}</tfoot>`}
      </table>
    </div>
    <${Explanation} said=${said} />`;
}

export function CardTable({ report }) {
  const title = t("organiser.report.part.cards");
  return html`<${SortedTable} title=${title} columns=${CARDS} lines=${report.cards} />`;
}

export function EmployerTable({ report, onHandOver }) {
  const title = t("organiser.report.part.employers");
  return html`<${SortedTable} title=${title} columns=${employerColumns(onHandOver)} lines=${report.employers} />`;
}

export function ChannelTable({ report }) {
  return html`<${SortedTable} title=${t("organiser.report.part.channels")} columns=${CHANNELS} lines=${report.channels} />`;
}

const REGIONS = [
  text("organiser.report.column.region", (line) => line.name || t("organiser.report.nowhere"), true),
  count("organiser.report.column.cards", "cards", (line) => line.cards),
  count("organiser.report.column.openings", "openings", (line) => line.openings),
  count("organiser.report.column.applied", "applications", (line) => line.applied.applications),
  count("series.column.applicants", "applicants", (line) => line.applied.applicants),
  outcome("organiser.report.step.contacted", "contacted"),
  outcome("organiser.report.column.onboarded", "hired"),
];

export function RegionTable({ report }) {
  return html`<${SortedTable} title=${t("organiser.report.part.regions")} columns=${REGIONS} lines=${report.regions} />
    <p class="type-label">${t("organiser.report.regions_note")}</p>`;
}

const PRIORITIES = [
  text("organiser.report.column.priority", (line) => t("organiser.report.priority." + line.group), true),
  {
    key: "series.column.applicants",
    metric: "applicants",
    number: true,
    sort: (line) => (line.hidden_below ? -1 : line.applicants),
    cell: (line) => (line.hidden_below ? html`<span class="type-label">${t("organiser.report.few", { n: line.hidden_below })}</span>` : formatNumber(line.applicants)),
  },
];

/** Those who said so of themselves; nothing is drawn while no group is large enough to be told. */
export function PriorityTable({ report }) {
  return html`<${SortedTable} title=${t("organiser.report.part.priorities")} columns=${PRIORITIES} lines=${report.priorities} />
    <p class="type-label">${t("organiser.report.priorities_note")}</p>`;
}

export function TimeTable({ report }) {
  return html`<${SortedTable} title=${t("organiser.report.part.times")} columns=${TIMES} lines=${report.times} />`;
}
