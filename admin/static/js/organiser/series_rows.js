/** The series an organisation has, each with the way to its report; and everything together. */

import { html } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { t } from "../i18n.js";
import { useLoad } from "./frame.js";
import { day } from "./words.js";

function sayShows(row) {
  const span = row.first_at ? [day(row.first_at), day(row.last_at)] : [];
  const days = span[0] === span[1] ? span[0] : span.join("–");
  return [t("series.shows_held", { n: row.shows }), days].filter(Boolean).join(" · ");
}

function Row({ name, about, href }) {
  return html`<li class="row show-row">
    <div class="grow">
      <p>${name}</p>
      ${about && html`<p class="type-label">${about}</p>`}
    </div>
    <${Button} href=${href}>${t("organiser.home.see_report")}<span class="visually-hidden"> ${name}</span><//>
  </li>`;
}

export function SeriesRows() {
  const load = useLoad("/api/v1/series");
  const rows = load.data ? load.data.series.filter((row) => row.shows > 0) : [];
  return html`<section class="block">
    <h2 class="block-title">${t("series.list")}</h2>
    <ul>
      ${rows.map((row) => html`<${Row} key=${row.id} name=${row.name} about=${sayShows(row)} href=${"/organiser/series/" + row.id} />`)}
      <${Row} name=${t("series.everything")} href="/organiser/series/everything" />
    </ul>
  </section>`;
}
