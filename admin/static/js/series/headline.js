/** What public bodies publish of a season: ours beside what platforms stated, never added, each with its definition. */

import { html } from "../../vendor/preact-htm.js";
import { clock, formatNumber, t } from "../i18n.js";
import { definitionOf, nameOf } from "../report/metrics.js";
import { Defined } from "../report/explained.js";
import { TableFile, TableHead } from "./files.js";

// [metric, unit of the number, what platforms call the same].
const ROWS = [
  ["shows", "series.unit.shows", null],
  ["openings", "series.unit.openings", null],
  ["visits", "series.unit.visits", "views"],
  ["applications", "series.unit.applications", "leads"],
  ["hired", "series.unit.people", null],
];

function Stated({ figures, shows }) {
  if (figures.length === 0) return html`<span class="tone-muted">–</span>`;
  return figures.map(
    (one) => html`<p key=${one.platform} class="platform-box series-stated">
      <strong>${one.platform} ${formatNumber(one.value)}</strong>
      <span class="type-label">
        ${t("organiser.report.platform.metric." + one.metric)} <${Defined} metric=${"platform_" + one.metric} /> · ${t("organiser.report.platform.stated")} · ${t("series.stated_of", { n: one.shows, of: shows })} ·${" "}
        ${t("organiser.report.platform.who", { who: one.by.join(t("programme.list_comma")), when: clock(one.at, { time: "always" }) })}
      </span>
    </p>`,
  );
}

export function Headline({ report, of }) {
  const stated = (metric) => report.reported.filter((one) => one.metric === metric);
  return html`<section class="card">
    <${TableHead} title=${t("series.headline")}>
      <${TableFile} of=${of} part="summary" />
      <${TableFile} of=${of} part="platform" none=${report.reported.length === 0} />
    <//>
    <div class="table-scroll" tabindex="0" role="region" aria-label=${t("series.headline")}>
      <table class="table series-headline">
        <thead>
          <tr>
            <th scope="col">${t("series.column.figure")}</th>
            <th scope="col" class="num">${t("series.column.measured")}</th>
            <th scope="col">${t("series.column.stated")}</th>
            <th scope="col">${t("series.column.definition")}</th>
          </tr>
        </thead>
        <tbody>
          ${ROWS.map(
            ([metric, unit, theirs]) => html`<tr key=${metric} data-metric=${metric}>
              <th scope="row">${nameOf(metric)}</th>
              <td class="num"><span class="type-figure">${formatNumber(report.figures[metric])}</span> ${t(unit)}</td>
              <td><${Stated} figures=${theirs ? stated(theirs) : []} shows=${report.figures.shows} /></td>
              <td class="type-label">${definitionOf(metric)} <${Defined} metric=${metric} /></td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="type-label">${t("organiser.report.platform.note")}</p>
  </section>`;
}
