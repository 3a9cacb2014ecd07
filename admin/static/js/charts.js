/** Charts as inline SVG and plain boxes: no library, one tone, always with 看表格. */

import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { Button } from "./components.js";
import { formatNumber, formatRate, hour, t } from "./i18n.js";

function ChartHead({ title, asTable, onSwitch, children }) {
  return html`<header class="chart-head">
    <h3 class="grow">${title}</h3>
    ${children}
    <${Button} kind="plain" class="no-print" aria-pressed=${asTable ? "true" : "false"} onClick=${onSwitch}
      >${asTable ? t("common.see_chart") : t("common.see_table")}<//
    >
  </header>`;
}

/** columns: [{label, number}], rows of plain texts. */
function ChartTable({ title, columns, rows }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${title}>
    <table class="table">
      <caption class="visually-hidden">${title}</caption>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col" class=${column.number ? "num" : ""}>${column.label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, at) => html`<td class=${columns[at].number ? "num" : ""}>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function quotient(count, base) {
  return base ? count / base : null;
}

function withRates(rows) {
  return rows.map((row, at) =>
    Object.assign({}, row, {
      overPrevious: at === 0 ? null : quotient(row.count, rows[at - 1].count),
      overFirst: at === 0 ? null : quotient(row.count, rows[0].count),
      previous: at === 0 ? null : rows[at - 1],
      first: rows[0],
    }),
  );
}

function rateTerms(row, overFirst) {
  const base = overFirst ? row.first : row.previous;
  return t("common.rate_terms", { above: row.label, below: base.label, n: row.count, of: base.count });
}

function FunnelRow({ row, most, overFirst, plain }) {
  const rate = overFirst ? row.overFirst : row.overPrevious;
  return html`<li class="funnel-row">
    <span>${row.label}</span>
    <span class="funnel-track" aria-hidden="true">
      <span class="funnel-bar" style=${{ width: most ? (row.count / most) * 100 + "%" : "4px" }}></span>
    </span>
    <span class="funnel-count">
      <span class="count">${formatNumber(row.count)}</span>
      ${!plain && html`<span class="rate" title=${row.previous ? rateTerms(row, overFirst) : undefined}
        >${row.previous ? formatRate(rate) : ""}</span
      >`}
    </span>
  </li>`;
}

/**
 * Steps as horizontal bars in three columns. rows: [{label, count}], first step first; rates are over the step before,
 * or by the switch over the first. plain: no switches and no rates, for the wall.
 */
export function Funnel({ title, rows, plain = false }) {
  const [asTable, setAsTable] = useState(false);
  const [overFirst, setOverFirst] = useState(false);
  const steps = withRates(rows);
  if (plain) return html`<ol>${steps.map((row) => FunnelRow({ row, most: rows[0].count, plain }))}</ol>`;
  return html`<figure>
    <${ChartHead} title=${title} asTable=${asTable} onSwitch=${() => setAsTable(!asTable)}>
      <${Button} kind="plain" class="no-print" aria-pressed=${overFirst ? "true" : "false"}
        onClick=${() => setOverFirst(!overFirst)}>
        ${overFirst ? t("common.over_previous") : t("common.over_first", { first: rows.length ? rows[0].label : "" })}
      <//>
    <//>
    ${rows.length === 0 && html`<p class="empty">${t("common.no_data_yet")}</p>`}
    ${asTable
      ? html`<${ChartTable}
          title=${title}
          columns=${[
            { label: t("common.step") },
            { label: t("common.people"), number: true },
            { label: t("common.rate_over_previous"), number: true },
            { label: t("common.rate_over_first"), number: true },
          ]}
          rows=${steps.map((row) => [
            row.label,
            formatNumber(row.count),
            formatRate(row.overPrevious),
            formatRate(row.overFirst),
          ])}
        />`
      : html`<ol>${steps.map((row) => FunnelRow({ row, most: rows[0].count, overFirst }))}</ol>`}
  </figure>`;
}

/* Curve */

/** The least round number (such as 1, 1.25, 1.5, 2 × 10ⁿ, times 4) at or above the highest value, so that the grid has four lines. */
export function niceTop(highest) {
  if (highest <= 4) return 4;
  const step = highest / 4;
  const ten = Math.pow(10, Math.floor(Math.log10(step)));
  const factor = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10].find((candidate) => candidate * ten >= step && Number.isInteger(candidate * ten));
  return (factor || 10) * ten * 4;
}

function useWidth(fallback) {
  const box = useRef(null);
  const [width, setWidth] = useState(fallback);
  useEffect(() => {
    const measure = () => box.current && setWidth(Math.max(200, box.current.clientWidth));
    measure();
    window.addEventListener("resize", measure);
    const watcher = typeof ResizeObserver === "function" ? new ResizeObserver(measure) : null;
    if (watcher) watcher.observe(box.current);
    return () => {
      window.removeEventListener("resize", measure);
      if (watcher) watcher.disconnect();
    };
  }, []);
  return [box, width];
}

/** About how wide the words are, in the size of the text: Chinese takes a square, anything else little more than half. */
export function widthOf(words, size) {
  return Array.from(words).reduce((sum, letter) => sum + (letter > "\u2e80" ? 1 : 0.6), 0) * size;
}

// Labels that would touch are left out; the table names every push.
function spaced(marks, x, size) {
  let end = -Infinity;
  return marks.map((mark) => {
    const at = x(mark.at);
    const half = widthOf(mark.label, size) / 2;
    const shown = at - half >= end + size / 2;
    if (shown) end = at + half;
    return { at, label: shown ? mark.label : "" };
  });
}

function geometry(points, width, height, text) {
  const times = points.map((point) => point.at);
  const from = Math.min(...times);
  const span = Math.max(...times) - from || 1;
  const top = niceTop(Math.max(...points.map((point) => point.value)));
  const left = text * (String(formatNumber(top)).length * 0.6 + 0.6);
  const plot = { left, right: width - text, top: text * 1.7, bottom: height - text * 1.7 };
  return {
    plot,
    top,
    from,
    until: from + span,
    x: (at) => plot.left + ((at - from) / span) * (plot.right - plot.left),
    y: (value) => plot.bottom - (value / top) * (plot.bottom - plot.top),
  };
}

function Grid({ shape, text }) {
  return [0, 1, 2, 3, 4].map((line) => {
    const value = (shape.top / 4) * line;
    const y = shape.y(value);
    return html`<g key=${line}>
      <line class="grid" x1=${shape.plot.left} x2=${shape.plot.right} y1=${y} y2=${y} />
      <text class="at-end" x=${shape.plot.left - text * 0.4} y=${y + text * 0.35}>${formatNumber(value)}</text>
    </g>`;
  });
}

function Marks({ shape, marks, text }) {
  return spaced(marks, shape.x, text).map(
    (mark, at) => html`<g key=${at}>
      <line class="mark" x1=${mark.at} x2=${mark.at} y1=${shape.plot.top} y2=${shape.plot.bottom} />
      ${mark.label && html`<text class="mark-label" x=${mark.at} y=${text}>${mark.label}</text>`}
    </g>`,
  );
}

function Peak({ shape, points, text }) {
  const peak = points.reduce((best, point) => (point.value > best.value ? point : best));
  const x = shape.x(peak.at);
  const late = x > (shape.plot.left + shape.plot.right) / 2;
  return html`<text class=${late ? "series-label at-end" : "series-label"}
    x=${x + (late ? -text * 0.5 : text * 0.5)} y=${shape.y(peak.value) - text * 0.4}>
    ${t("common.highest", { n: peak.value })}
  </text>`;
}

function CurveDrawing({ title, points, marks, width, height, text }) {
  const shape = geometry(points, width, height, text);
  const line = points.map((point) => shape.x(point.at).toFixed(1) + "," + shape.y(point.value).toFixed(1)).join(" ");
  const foot = height - text * 0.3;
  return html`<svg class="curve" viewBox=${"0 0 " + width + " " + height} height=${height} role="img" aria-label=${title}>
    <${Grid} shape=${shape} text=${text} />
    <${Marks} shape=${shape} marks=${marks} text=${text} />
    <polyline class="series" points=${line} />
    <${Peak} shape=${shape} points=${points} text=${text} />
    <text x=${shape.plot.left} y=${foot}>${hour(shape.from)}</text>
    <text class="at-end" x=${shape.plot.right} y=${foot}>${hour(shape.until)}</text>
  </svg>`;
}

function inMilliseconds(items) {
  return items.map((item) => Object.assign({}, item, { at: new Date(item.at).getTime() }));
}

function curveTable(points, marks) {
  const rows = points.map((point) => ({ at: point.at, cells: [formatNumber(point.value), ""] }));
  const pushes = marks.map((mark) => ({ at: mark.at, cells: ["", mark.label] }));
  return rows
    .concat(pushes)
    .sort((one, other) => one.at - other.at)
    .map((row) => [hour(row.at, { seconds: true }), ...row.cells]);
}

/**
 * Viewers over time with every push as a vertical rule. points: [{at, value}], marks: [{at, label: "3号"}], times as ISO
 * or milliseconds. staleSince: when the numbers stopped. textSize 40 on the wall; children stand under the same axis.
 */
export function Curve({ title, points, marks = [], height = 240, textSize = 14, plain = false, staleSince, children }) {
  const [asTable, setAsTable] = useState(false);
  const [box, width] = useWidth(640);
  const placed = inMilliseconds(points);
  const pushes = inMilliseconds(marks);
  const columns = [
    { label: t("common.when") },
    { label: t("common.watching"), number: true },
    { label: t("common.pushed") },
  ];
  const drawing = html`<${CurveDrawing} title=${title} points=${placed} marks=${pushes} width=${width} height=${height}
    text=${textSize} />`;
  return html`<figure>
    ${!plain && html`<${ChartHead} title=${title} asTable=${asTable} onSwitch=${() => setAsTable(!asTable)} />`}
    ${staleSince && html`<p class="tone-warn">! ${t("common.stale", { time: hour(staleSince) })}</p>`}
    <div ref=${box}>
      ${placed.length === 0 && html`<p class="empty">${t("common.no_data_yet")}</p>`}
      ${placed.length > 0 &&
      (asTable
        ? html`<${ChartTable} title=${title} columns=${columns} rows=${curveTable(placed, pushes)} />`
        : drawing)}
      ${!asTable && placed.length > 0 && children}
    </div>
  </figure>`;
}

/** Small bars under a curve, from the same start to the same end. bars: [{at, value}] evenly spaced in time. */
export function Sparkbars({ label, bars, height = 32 }) {
  const [box, width] = useWidth(640);
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const step = bars.length ? width / bars.length : width;
  const describe = bars.map((bar) => hour(bar.at) + " " + formatNumber(bar.value)).join("; ");
  return html`<div ref=${box}>
    <p class="type-label">${label}</p>
    <svg class="spark" viewBox=${"0 0 " + width + " " + height} height=${height} role="img" aria-label=${label + ": " + describe}>
      ${bars.map((bar, at) => {
        const tall = bar.value === 0 ? 0 : Math.max(2, (bar.value / most) * height);
        return html`<rect key=${at} x=${at * step} y=${height - tall} width=${Math.max(1, step - 2)} height=${tall} />`;
      })}
    </svg>
  </div>`;
}
