/** Several shows together: what is published upward with both ledgers side by side, the funnel, a row for each show. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Announcer } from "../components.js";
import { clock, hour, t } from "../i18n.js";
import { Frame, Loaded, useLoad, useNotice } from "../organiser/frame.js";
import { useSettled } from "../organiser/jobs.js";
import { query, say } from "../organiser/words.js";
import { Walls } from "../organiser/walls.js";
import { CutTables } from "./cuts.js";
import { Days, daysAsked } from "./days.js";
import { WholeFiles } from "./files.js";
import { Headline } from "./headline.js";
import { HostTable, SeriesFunnel, ShowTable, UnitTable } from "./tables.js";

const BACK = { href: "/organiser/reports", get text() { return t("programme.nav.reports"); } };
const LIVE_MS = 5000;

/** Asked again while a show is on air and somebody looks. */
function useFresh(load, address) {
  const live = load.data !== null && load.data.shows.some((show) => show.status === "live");
  useEffect(() => {
    const timer = live ? setInterval(() => !document.hidden && load.refresh(), LIVE_MS) : 0;
    return () => clearInterval(timer);
  }, [live, address]);
}

function Report({ report, stale, of }) {
  if (report.shows.length === 0) return html`<p class="empty">${t(report.id === null ? "series.unit_empty" : "series.empty")}</p>`;
  return html`${stale && html`<p class="note note-warn" role="status">! ${t("common.stale", { time: hour(report.as_of, { seconds: true }) })}</p>`}
    <${Headline} report=${report} of=${of} />
    <${SeriesFunnel} report=${report} />
    <${ShowTable} report=${report} of=${of} />
    ${report.units.length > 0 && html`<${UnitTable} report=${report} of=${of} />`}
    ${report.hosts.length > 1 && html`<${HostTable} report=${report} of=${of} />`}
    <${CutTables} of=${of} />
    <footer class="type-label report-foot">
      ${t("common.data_as_of", { time: clock(report.as_of, { time: "always" }) })}
      <span class="no-print"> · <a href="/organiser/definitions">${t("series.definitions.title")}</a></span>
    </footer>`;
}

function addressOf(id, unit) {
  if (unit !== null) return "/api/v1/units/" + unit;
  return "/api/v1/" + (id === null ? "everything" : "series/" + id);
}

/** Figures of other days are not shown while those asked for are counted. */
function ofNowAlone(load) {
  return load.loading ? Object.assign({}, load, { data: null }) : load;
}

export function SeriesPage({ id, unit }) {
  const [days, setDays] = useState(daysAsked());
  // Each range may be seconds of counting: asked for when nobody changes it any more.
  const of = { address: addressOf(id, unit), days: useSettled(days) };
  const address = of.address + "/report" + query(of.days);
  const load = useLoad(address);
  const [notice, put] = useNotice();
  useFresh(load, address);
  const waiting = t(unit === null ? "series.title" : "series.unit_report");
  const title = id === null && unit === null ? t("series.everything") : load.data === null ? waiting : load.data.name;
  return html`<${Frame} title=${title} back=${BACK} notice=${notice} put=${put}>
    <${Announcer} />
    <${Days} days=${days} onDays=${setDays} />
    <${Loaded} load=${ofNowAlone(load)} say=${say}>${(report) => html`<${WholeFiles} of=${of} empty=${report.shows.length === 0} />
      <div class="report stack"><${Report} report=${report} stale=${load.stale} of=${of} /></div>`}<//>
    ${id !== null && load.data !== null && html`<div class="no-print"><${Walls} of=${{ series_id: id }} put=${put} /></div>`}
  <//>`;
}
