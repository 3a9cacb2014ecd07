/** The report of a show, live and after: sentence, figures, funnel, curve, what to do, tables. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Announcer, Bars, Button, TabPanel, Tabs, Toast } from "../components.js";
import { clock, hour, language, t } from "../i18n.js";
import { copied } from "../organiser/copy.js";
import { asked } from "../organiser/words.js";
import { ApplicationsSheet } from "./applications.js";
import { Before } from "./before.js";
import { ComparisonBlock, useComparison } from "./comparison.js";
import { ReportCurve } from "./curve.js";
import { useReport } from "./following.js";
import { ReportFunnel } from "./funnel.js";
import { HandOverSheet } from "./hand_over.js";
import { Head, KeyFigures, Sentence } from "./head.js";
import { MoreFigures } from "./more.js";
import { Platform } from "./platform.js";
import { RemindersSheet } from "./reminders.js";
import { CardTable, ChannelTable, EmployerTable, PriorityTable, RegionTable, TimeTable } from "./tables.js";
import { Apart, Todo } from "./todo.js";

const TABS = ["cards", "employers", "channels", "times", "regions", "priorities", "platform"];

// What a link from elsewhere may open at once.
const OPENED = { waiting: { kind: "list", waiting: true }, lists: { kind: "remind" } };

/** No figures yet: being counted, or why not. */
function Waiting({ failure, slow, onAgain }) {
  const heading = html`<h1 class="type-title">${t("programme.nav.reports")}</h1>`;
  if (failure) {
    return html`${heading}
    <section class="card stack" role="alert">
      <p>${t("organiser.report.failed")} ${t("organiser.report.error_number", { code: failure.problem.request_id || failure.code })}</p>
      <${Button} onClick=${onAgain}>${t("common.retry")}<//>
    </section>`;
  }
  return html`${heading} ${slow && html`<p class="card" role="status">${t("organiser.report.counting")}</p>`}`;
}

function hint(report) {
  if (report.figures.applied.applications > 0) return null;
  if (report.broadcast.status === "live") return t("organiser.report.live_none");
  return report.broadcast.status === "ended" ? t("organiser.report.ended_none") : null;
}

function Breakdown({ path, report, counted, onAnswer, onHandOver }) {
  const [tab, setTab] = useState("cards");
  const tables = {
    cards: html`<${CardTable} report=${report} />`,
    employers: html`<${EmployerTable} report=${report} onHandOver=${onHandOver} />`,
    channels: html`<${ChannelTable} report=${report} />`,
    times: html`<${TimeTable} report=${report} />`,
    regions: html`<${RegionTable} report=${report} />`,
    priorities: html`<${PriorityTable} report=${report} />`,
    platform: html`<${Platform} path=${path} report=${report} onAnswer=${onAnswer} />`,
  };
  const file = (part) => path + "/report.csv?part=" + part + "&lang=" + language();
  const shown = TABS.filter((id) => id !== "priorities" || report.priorities.length > 0);
  const tabs = shown.map((id) => ({ id, label: t("organiser.report.part." + id) }));
  return html`<section class="card report-tables">
    <div class="report-tabs">
      <${Tabs} name="report" label=${t("organiser.report.tabs.label")} tabs=${tabs} selected=${tab} onSelect=${setTab} />
      ${counted &&
      html`<div class="line-up no-print">
        <${Button} kind="plain" href=${path + "/report.xlsx?lang=" + language()} download="">${t("organiser.report.export_book")}<//>
        <${Button} kind="plain" href=${file("summary")} download="">${t("organiser.report.export_summary")}<//>
        <${Button} href=${file(tab)} download="">${t("organiser.report.export")}<//>
      </div>`}
    </div>
    ${shown.map((id) => html`<${TabPanel} key=${id} name="report" id=${id} selected=${tab}>${tables[id]}<//>`)}
  </section>`;
}

function Foot({ report, failure }) {
  const as_of = new Date(report.as_of);
  return html`<footer class="type-label report-foot">
    ${failure
      ? html`<span class="tone-warn" role="status">! ${t("common.stale", { time: hour(as_of, { seconds: true }) })}</span>`
      : t("common.data_as_of", { time: clock(as_of, { time: "always" }) })}
    <span class="no-print"> · ${t("organiser.report.definition_note")}</span>
  </footer>`;
}

function useSaying() {
  const [said, setSaid] = useState(null);
  const say = (text) => setSaid({ text, id: Date.now() });
  return [said, say, () => setSaid(null)];
}

export function ReportPage({ boot }) {
  const path = "/api/v1/broadcasts/" + boot.broadcast_id;
  const following = useReport(path);
  const comparison = useComparison(path, following.answer);
  const [sheet, setSheet] = useState(OPENED[asked("open")] || null);
  const [said, say, unsay] = useSaying();
  if (!following.answer) {
    return html`<div class="report stack">
      <${Waiting} failure=${following.failure} slow=${following.slow} onAgain=${following.refresh} />
    </div>`;
  }
  const report = following.answer.report;
  const show = report.broadcast;
  const handOver = () => setSheet({ kind: "hand_over" });
  const copy = (text) => copied(text).then((done) => say(t(done ? "common.copied" : "common.copy_by_hand")));
  const recorded = (receiver) => {
    say(t("organiser.handover.recorded", { who: boot.account.name, when: clock(new Date()), receiver }));
    following.refresh();
  };
  return html`<div class="report stack">
    <${Announcer} />
    <${Head} show=${show} watching=${report.figures.watching} />
    ${show.status === "scheduled" && html`<${Before} path=${path} show=${show} onCopy=${copy} />`}
    ${show.status !== "scheduled" &&
    html`<${Sentence} sentence=${following.sentence} onCopy=${() => copy(following.sentence[language()])}
      formLink=${report.counted ? path + "/activity-form.xlsx" : null}
      formsPage=${"/organiser/forms?show=" + show.id} />`}
    <${KeyFigures} figures=${report.figures} comparison=${comparison} />
    <div class="report-charts">
      <${ReportFunnel} report=${report} hint=${hint(report)} />
      <${ReportCurve} report=${report} staleSince=${following.failure ? report.as_of : null} />
    </div>
    <${Todo} report=${report} onHandOver=${handOver} onRemind=${() => setSheet({ kind: "remind" })}
      onList=${(wanted) => setSheet(Object.assign({ kind: "list" }, wanted))} />
    <${ComparisonBlock} comparison=${comparison} live=${show.status === "live"} />
    <${Breakdown} path=${path} report=${report} counted=${report.counted} onAnswer=${following.put} onHandOver=${handOver} />
    <${Apart} apart=${report.apart} />
    ${show.status !== "scheduled" && html`<${MoreFigures} report=${report} />`}
    <${Foot} report=${report} failure=${following.failure} />
    ${sheet && sheet.kind === "hand_over" &&
    html`<${HandOverSheet} path=${path} report=${report} onCopy=${copy} onClose=${() => setSheet(null)} onRecorded=${recorded} />`}
    ${sheet && sheet.kind === "remind" &&
    html`<${RemindersSheet} path=${path} onCopy=${copy} onHandOver=${handOver} onClose=${() => setSheet(null)} />`}
    ${sheet && sheet.kind === "list" &&
    html`<${ApplicationsSheet} path=${path} report=${report} waiting=${Boolean(sheet.waiting)} onClose=${() => setSheet(null)} />`}
    <${Bars}>${said && html`<${Toast} key=${said.id} text=${said.text} onGone=${unsay} />`}<//>
  </div>`;
}
