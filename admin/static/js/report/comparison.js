/** A show beside earlier ones, of its series where it has one: the median under each figure, and the best and the worst card. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { clock, formatNumber, t } from "../i18n.js";
import { Explanation, Meaning, Rate, useExplained } from "./explained.js";
import { cardLabel } from "./labels.js";
import { isShare, nameOf } from "./metrics.js";
import { oneDecimal, percent } from "./numbers.js";

const AGAIN_MS = 60000;

/** Read with the report's first answer and once a minute; null until then, and where it cannot be had. */
export function useComparison(path, answer) {
  const [comparison, setComparison] = useState(null);
  const ready = answer !== null;
  useEffect(() => {
    if (!ready) return undefined;
    const read = () => !document.hidden && api("GET", path + "/comparison").then(setComparison, () => null);
    read();
    const timer = setInterval(read, AGAIN_MS);
    return () => clearInterval(timer);
  }, [ready]);
  return comparison;
}

/** 2,310, 16.2 or 59.6%: whole numbers as they are, all others to one decimal. */
function sayValue(metric, value) {
  if (!value || !value.denominator) return "–";
  if (isShare(metric)) return percent(value);
  return value.denominator === 1 ? formatNumber(value.numerator * value.per) : oneDecimal(value);
}

/** Under a figure: the median of the earlier shows. */
export function Earlier({ comparison, metric }) {
  const one = comparison && comparison.figures.find((figure) => figure.metric === metric);
  if (!one || !one.median) return null;
  const many = comparison.earlier.length;
  const sentence = many === 1 ? "series.compare.last" : "series.compare.median";
  return html`<p class="type-label">${t(sentence, { n: many, value: sayValue(metric, one.median) })}</p>`;
}

function sayCard(card) {
  const kind = /^政/.test(card.label) ? "policy" : "job";
  return cardLabel({ kind, number: card.label.replace(/\D/g, "") }) + " " + card.title;
}

function Card({ word, card, explain }) {
  return html`<p>
    <span class="type-label">${t(word)}</span> <strong>${sayCard(card)}</strong>${" "}
    <${Rate} metric="seen_apply_rate" ratio=${card.rate} explain=${explain} />
  </p>`;
}

function EarlierTable({ comparison, title, explain }) {
  const row = (name, values) => html`${name}${comparison.figures.map((figure, nth) => html`<td class="num">${sayValue(figure.metric, values[nth])}</td>`)}`;
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${title}>
    <table class="table report-table compare-table">
      <thead>
        <tr>
          <th scope="col">${t("series.column.show")}</th>
          ${comparison.figures.map((figure) => html`<th scope="col" class="num">${nameOf(figure.metric)} <${Meaning} metric=${figure.metric} explain=${explain} /></th>`)}
        </tr>
      </thead>
      <tbody>
        <tr>${row(html`<th scope="row">${t("series.compare.this")}</th>`, comparison.figures.map((figure) => figure.value))}</tr>
        ${comparison.earlier.length > 1 &&
        html`<tr>${row(html`<th scope="row">${t("series.compare.median_row")}</th>`, comparison.figures.map((figure) => figure.median))}</tr>`}
        ${comparison.earlier.map(
          (show) => html`<tr key=${show.broadcast_id}>
            ${row(
              html`<th scope="row"><a href=${"/organiser/broadcasts/" + show.broadcast_id + "/report"}>${show.title}</a>${" "}
                <span class="type-label">${clock(show.started_at, { time: "never" })}</span></th>`,
              show.values,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function ComparisonBlock({ comparison, live }) {
  const [said, explain] = useExplained();
  if (!comparison) return null;
  const many = comparison.earlier.length;
  const among = t("series.compare.among." + comparison.among, { name: comparison.unit });
  const title = many === 1 ? t("series.compare.title_last", { among }) : t("series.compare.title", { n: many, among });
  return html`<section class="card stack-tight report-compare">
    <div class="chart-head">
      <h2 class="grow">${many ? title : t("series.compare.title_first", { among })}</h2>
      ${comparison.series_id
        ? html`<a class="button button-plain no-print" href=${"/organiser/series/" + comparison.series_id}>${t("series.compare.series", { name: comparison.series })}</a>`
        : html`<span class="type-label">${t("series.compare.no_series")}</span>`}
    </div>
    ${many > 0 && comparison.series_id && comparison.among !== "series" && html`<p class="note">${t("series.compare.first_of_series", { among })}</p>`}
    ${live && many > 0 && html`<p class="note">${t("series.compare.live")}</p>`}
    <div class="compare-cards">
      ${comparison.best && html`<${Card} word="series.compare.best" card=${comparison.best} explain=${explain} />`}
      ${comparison.worst && html`<${Card} word="series.compare.worst" card=${comparison.worst} explain=${explain} />`}
      ${comparison.card_median &&
      html`<p><span class="type-label">${t("series.compare.cards_median")}</span> <strong>${percent(comparison.card_median)}</strong></p>`}
    </div>
    ${many > 0
      ? html`<${EarlierTable} comparison=${comparison} title=${title} explain=${explain} />`
      : html`<p class="tone-muted">${t("series.compare.first", { among })}</p>`}
    ${(many > 0 || comparison.best) && html`<${Explanation} said=${said} />`}
  </section>`;
}
