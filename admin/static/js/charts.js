/** Charts as inline SVG and plain boxes: no library, one tone. */

import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { Button, useStableId } from "./components.js";
import { formatNumber, hour, t } from "./i18n.js";

/** The table of what is drawn above: on a screen once asked for, on paper always. */
export function TableBeneath({ children }) {
  const [open, setOpen] = useState(false);
  const id = useStableId("beneath");
  return html`<${Button} kind="plain" class="no-print" aria-expanded=${open ? "true" : "false"} aria-controls=${id} onClick=${() => setOpen(!open)}
      >${t(open ? "common.hide_table" : "common.see_table")}<//
    >
    <div id=${id} class=${open ? "" : "on-paper"}>${children}</div>`;
}

/** columns: [{label, number}], rows of plain texts. */
export function ChartTable({ title, columns, rows }) {
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

/** Steps as horizontal bars, for the wall. rows: [{label, count}], first step first. */
export function Funnel({ rows }) {
  return html`<ol>
    ${rows.map(
      (row) => html`<li key=${row.label} class="funnel-row">
        <span>${row.label}</span>
        <span class="funnel-track" aria-hidden="true">
          <span class="funnel-bar" style=${{ width: rows[0].count ? (row.count / rows[0].count) * 100 + "%" : "4px" }}></span>
        </span>
        <span class="funnel-count"><span class="count">${formatNumber(row.count)}</span></span>
      </li>`,
    )}
  </ol>`;
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

/**
 * Viewers over time with every push as a vertical rule. points: [{at, value}], marks: [{at, label: "3号"}], times as ISO
 * or milliseconds. staleSince: when the numbers stopped. textSize 40 on the wall; children stand under the same axis.
 */
export function Curve({ title, points, marks = [], height = 240, textSize = 14, staleSince, children }) {
  const [box, width] = useWidth(640);
  const [placed, pushes] = [inMilliseconds(points), inMilliseconds(marks)];
  return html`<figure>
    ${staleSince && html`<p class="tone-warn">! ${t("common.stale", { time: hour(staleSince) })}</p>`}
    <div ref=${box}>
      ${placed.length === 0
        ? html`<p class="empty">${t("common.no_data_yet")}</p>`
        : html`<${CurveDrawing} title=${title} points=${placed} marks=${pushes} width=${width} height=${height} text=${textSize} />
          ${children}`}
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
