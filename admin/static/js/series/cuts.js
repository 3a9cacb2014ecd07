/** All shows together by job, employer, place of work and channel; a device or person counts once in each line. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button, TabPanel, Tabs } from "../components.js";
import { clock, formatNumber, t } from "../i18n.js";
import { Loaded, useLoad } from "../organiser/frame.js";
import { query, say } from "../organiser/words.js";
import { count, rate, SortedTable, text } from "../report/tables.js";
import { ratio } from "../report/numbers.js";
import { TableFile } from "./files.js";

// A season has thousands of jobs; the first of an order are what one looks for.
const MOST = 50;

const figure = (key, metric) => count(key, metric, (line) => line[metric]);
const CARDS = [figure("organiser.report.column.cards", "cards"), figure("series.column.openings", "openings")];
const CAME = [figure("organiser.report.column.visits", "visits"), figure("series.column.visitors", "visitors")];
const DID = [
  figure("organiser.report.column.exposures", "exposures"),
  figure("organiser.report.column.seen", "impressions"),
  figure("organiser.report.column.opened", "clicks"),
  rate("organiser.report.column.open_rate", "click_rate", (line) => ratio(line.clicks, line.impressions)),
  figure("series.column.applications", "applications"),
  figure("series.column.applicants", "applicants"),
];
const SHOWS = figure("series.column.shows", "shows");

const kind = (line) => (line.beside ? t("programme.channel.kind." + line.beside) : "–");
const TABS = {
  jobs: [text("organiser.report.column.job", (line) => line.name, true), text("organiser.report.column.employer", (line) => line.beside), SHOWS, ...CARDS, ...DID],
  employers: [text("organiser.report.column.employer", (line) => line.name, true), SHOWS, ...CARDS, ...DID],
  workplaces: [text("series.cuts.workplace", (line) => line.name, true), SHOWS, ...CARDS, ...DID],
  channels: [
    text("organiser.report.column.channel", (line) => line.name || t("organiser.report.unattributed"), true),
    text("series.cuts.kind", kind),
    SHOWS,
    ...CAME,
    ...DID,
  ],
};

function Lines({ title, columns, lines }) {
  const [all, setAll] = useState(false);
  const more = lines.length > MOST && !all;
  return html`<${SortedTable} title=${title} columns=${columns} lines=${lines} most=${more ? MOST : lines.length} />
    ${more && html`<${Button} kind="plain" onClick=${() => setAll(true)}>${t("series.cuts.all", { n: formatNumber(lines.length) })}<//>`}`;
}

function Cuts({ cuts, of }) {
  const [tab, setTab] = useState("jobs");
  const tabs = Object.keys(TABS).map((id) => ({ id, label: t("series.part." + id) }));
  return html`<${Tabs} name="cuts" label=${t("series.cuts.title")} tabs=${tabs} selected=${tab} onSelect=${setTab} />
    <div class="line-up wrap no-print"><${TableFile} key=${tab} of=${of} part=${tab} none=${cuts[tab].length === 0} /></div>
    ${Object.entries(TABS).map(
      ([id, columns]) => html`<${TabPanel} key=${id} name="cuts" id=${id} selected=${tab}>
        ${id === tab && html`<${Lines} title=${t("series.part." + id)} columns=${columns} lines=${cuts[id]} />`}
      <//>`,
    )}
    <p class="type-label">
      ${t("series.cuts.note")} ${t("common.data_as_of", { time: clock(cuts.as_of, { time: "always" }) })}
    </p>`;
}

/** Read once: of a great season it takes seconds. */
export function CutTables({ of }) {
  const load = useLoad(of.address + "/cuts" + query(of.days));
  return html`<section class="card report-tables series-cuts">
    <h2>${t("series.cuts.title")}</h2>
    <${Loaded} load=${load} say=${say}>${(cuts) => html`<${Cuts} cuts=${cuts} of=${of} />`}<//>
  </section>`;
}
