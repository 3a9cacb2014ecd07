/** The page as it is drawn: one column with tabs below on a phone, stage left and list right from 768 px. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Announcer, Bars, Empty, TabPanel, Tabs, Toast } from "../components.js";
import { errorText } from "../errors.js";
import { t } from "../i18n.js";
import { appliedJobs, countOf } from "./applied.js";
import { ApplySheet } from "./apply.js";
import { DetailSheet } from "./detail.js";
import { Foot } from "./foot.js";
import { KeptOut } from "./kept_out.js";
import { Later, later } from "./later.js";
import { LOW, WIDE, useMedia } from "./manners.js";
import { StagePanel, StickyActions } from "./panel.js";
import { cardNow, jobCards, missedSince, samePush } from "./state.js";
import { PlatformLine, TopBar, UnderBar } from "./top.js";
import { useWatched } from "./watch.js";

function tabsOf(state) {
  const mine = countOf(state);
  return [
    { id: "live", label: t("viewer.tabs.live") },
    { id: "jobs", label: t("viewer.tabs.jobs", { n: jobCards(state.show).length }) },
    { id: "mine", label: mine ? t("viewer.tabs.mine", { n: mine }) : t("viewer.tabs.mine_none") },
  ];
}

function MainSheet({ page, state, applied }) {
  const { sheet } = state;
  if (!sheet) return null;
  if (sheet.kind === "apply") return html`<${ApplySheet} page=${page} sheet=${sheet} />`;
  const mine = sheet.card.job && applied[sheet.card.job.id];
  return html`<${DetailSheet} page=${page} sheet=${sheet} applied=${mine} asked=${state.asked} />`;
}

const OVER = {
  notice: ["notices", "NoticeSheet"],
  privacy: ["notices", "PrivacySheet"],
  report: ["notices", "ReportSheet"],
  resume: ["resume", "ResumeSheet"],
  files: ["files", "FilesSheet"],
  withdraw: ["mine", "WithdrawConfirm"],
};

/** What lies over the page or over its sheet: a notice, a question, the résumé. */
function OverSheet({ page, state }) {
  const { over, show } = state;
  const [drawn, setDrawn] = useState(null);
  useEffect(() => {
    if (!over) return setDrawn(null);
    const [part, name] = OVER[over.kind];
    later(part).then(
      (module) => setDrawn({ over, Drawn: module[name] }),
      () => {
        page.close();
        page.say(errorText({ code: "offline" }));
      },
    );
    return undefined;
  }, [over]);
  if (!drawn || drawn.over !== over) return null;
  return html`<${drawn.Drawn}
    page=${page}
    broadcast=${show.broadcast}
    serviceLine=${page.serviceLine}
    onClose=${page.close}
    ...${over}
  />`;
}

function Jobs({ page, state, applied, wanted }) {
  const { similar, show, now } = state;
  const initial = similar ? { place: similar.place } : null;
  const props = { show, now, applied, initial, onOpen: (cardId) => page.open(cardId, null) };
  return html`<${Later} key=${similar ? similar.key : "all"} part="list" name="JobList" wanted=${wanted} props=${props} />`;
}

function Mine({ page, state, wanted }) {
  return html`<${Later} part="mine" name="Mine" wanted=${wanted} props=${{ page, state }} />`;
}

function Narrow({ page, state, applied, low }) {
  const { tab } = state;
  const [sticky, setSticky] = useState(false);
  const panel = { name: "viewer", selected: tab };
  return html`
    <${TabPanel} id="live" ...${panel}>
      <${PlatformLine} broadcast=${state.show.broadcast} />
      <${StagePanel} page=${page} state=${state} applied=${applied} low=${low} onSeeAll=${() => page.select("jobs")} onSticky=${setSticky} />
    <//>
    <${TabPanel} id="jobs" ...${panel}><${Jobs} page=${page} state=${state} applied=${applied} wanted=${tab === "jobs"} /><//>
    <${TabPanel} id="mine" ...${panel}><${Mine} page=${page} state=${state} wanted=${tab === "mine"} /><//>
    ${tab === "live" && sticky && html`<${StickyActions} page=${page} state=${state} applied=${applied[jobOnStage(state)]} />`}
    <${Tabs} bottom name="viewer" label=${t("viewer.tabs.label")} tabs=${tabsOf(state)} selected=${tab} onSelect=${page.select} />
  `;
}

function Wide({ page, state, applied }) {
  const selected = state.tab === "mine" ? "mine" : "jobs";
  const panel = { name: "viewer", selected };
  return html`
    <div class="viewer-wide">
      <section class="viewer-stage" aria-label=${t("viewer.tabs.live")}>
        <${PlatformLine} broadcast=${state.show.broadcast} />
        <${StagePanel} page=${page} state=${state} applied=${applied} low=${false} onSticky=${() => null} />
      </section>
      <section class="viewer-side stack">
        <${Tabs} name="viewer" label=${t("viewer.tabs.label")} tabs=${tabsOf(state).slice(1)} selected=${selected} onSelect=${page.select} />
        <${TabPanel} id="jobs" ...${panel}><${Jobs} page=${page} state=${state} applied=${applied} wanted /><//>
        <${TabPanel} id="mine" ...${panel}><${Mine} page=${page} state=${state} wanted=${selected === "mine"} /><//>
      </section>
    </div>
  `;
}

function jobOnStage({ show, shown, now }) {
  const card = shown && cardNow(show, shown.cardId, now);
  return card && card.job ? card.job.id : "";
}

function waitingCard({ show, shown, now }) {
  return show.stage && !samePush(show.stage, shown) ? cardNow(show, show.stage.cardId, now) : null;
}

/** Of what is brought forward the first page comes with the line, the others while the bar is read. */
function missedCards({ show, line, away }) {
  return line === "back" ? missedSince(show, away).length : 0;
}

function WrongLink({ page }) {
  const text = page.serviceLine
    ? t("viewer.wrong_link", { phone: page.serviceLine })
    : t("viewer.wrong_link_no_phone");
  return html`<main id="content" class="viewer-main" tabindex="-1"><h1 class="visually-hidden">${t("common.product.name")}</h1><${Empty} text=${text} /></main>`;
}

export function App({ page }) {
  const state = useWatched(page.state);
  const wide = useMedia(WIDE);
  const low = useMedia(LOW);
  if (state.wrongLink) return html`<${WrongLink} page=${page} />`;
  if (state.keptOut) return html`<${KeptOut} page=${page} state=${state} />`;
  const { broadcast, counts } = state.show;
  const applied = appliedJobs(state.mine);
  const { toast } = state;
  return html`
    <header>
      <${TopBar} broadcast=${broadcast} watching=${counts.watching} />
      <${UnderBar} line=${state.line} missed=${missedCards(state)} next=${waitingCard(state)} onLook=${page.look} />
    </header>
    <main id="content" class="viewer-main" tabindex="-1">
      ${broadcast.picture_url && html`<${Later} part="picture" name="Picture" props=${{ broadcast }} />`}
      <${wide ? Wide : Narrow} page=${page} state=${state} applied=${applied} low=${low} />
      <${MainSheet} page=${page} state=${state} applied=${applied} />
      <${OverSheet} page=${page} state=${state} />
    </main>
    <${Foot}
      broadcast=${broadcast}
      serviceLine=${page.serviceLine}
      onCall=${() => page.call(state.shown && state.shown.cardId, state.shown && state.shown.seq)}
      onPrivacy=${() => page.openOver({ kind: "privacy" })}
    />
    <${Announcer} />
    <${Bars}>${toast && html`<${Toast} key=${toast.key} text=${toast.text} onGone=${page.toastGone} />`}<//>
  `;
}
