/** Several shows together: what is published upward with both ledgers side by side, the funnel, a row for each show. */

import { html, useEffect } from "../../vendor/preact-htm.js";
import { Announcer } from "../components.js";
import { clock, t } from "../i18n.js";
import { Frame, Loaded, useLoad, useNotice } from "../organiser/frame.js";
import { say } from "../organiser/words.js";
import { Walls } from "../organiser/walls.js";
import { CutTables } from "./cuts.js";
import { Headline } from "./headline.js";
import { BaseTable, HostTable, SeriesFunnel, ShowTable } from "./tables.js";

const BACK = { href: "/organiser/reports", get text() { return t("programme.nav.reports"); } };
const LIVE_MS = 5000;

/** Asked again while a show is on air and somebody looks. */
function useFresh(load) {
  const live = load.data !== null && load.data.shows.some((show) => show.status === "live");
  useEffect(() => {
    const timer = live ? setInterval(() => !document.hidden && load.refresh(), LIVE_MS) : 0;
    return () => clearInterval(timer);
  }, [live]);
}

function Report({ report, address }) {
  if (report.shows.length === 0) return html`<p class="empty">${t("series.empty")}</p>`;
  return html`<${Headline} report=${report} />
    <${SeriesFunnel} report=${report} />
    <${ShowTable} report=${report} />
    ${report.bases.length > 1 && html`<${BaseTable} report=${report} />`}
    ${report.hosts.length > 1 && html`<${HostTable} report=${report} />`}
    <${CutTables} address=${address + "/cuts"} />
    <footer class="type-label report-foot">
      ${t("common.data_as_of", { time: clock(report.as_of, { time: "always" }) })}
      <span class="no-print"> · <a href="/organiser/definitions">${t("series.definitions.title")}</a></span>
    </footer>`;
}

export function SeriesPage({ id }) {
  const address = "/api/v1/" + (id === null ? "everything" : "series/" + id);
  const load = useLoad(address + "/report");
  const [notice, put] = useNotice();
  useFresh(load);
  const title = id === null ? t("series.everything") : load.data === null ? t("series.title") : load.data.name;
  return html`<${Frame} title=${title} back=${BACK} notice=${notice} put=${put}>
    <${Announcer} />
    <${Loaded} load=${load} say=${say}>${(report) => html`<div class="report stack"><${Report} report=${report} address=${address} /></div>`}<//>
    ${id !== null && load.data !== null && html`<div class="no-print"><${Walls} of=${{ series_id: id }} put=${put} /></div>`}
  <//>`;
}
