/** What this device applied for in all shows, and what is kept of whom. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Bars, Button, Confirm, Empty, Toast } from "../components.js";
import { errorText } from "../errors.js";
import { clock, language, switchLanguage, t } from "../i18n.js";
import { openVisit } from "../viewer/visit.js";
import { Applications, nameOf } from "./applications.js";
import { GroupsSheet } from "./groups.js";
import { CorrectSheet, EraseSheet, People, saveData } from "./people.js";
import { ProveSheet } from "./prove.js";

/** The page's data and how it is read again; failure instead while there is none. */
function useMine(visit) {
  const [mine, setMine] = useState(null);
  const [failure, setFailure] = useState(null);
  const read = async () => {
    try {
      setMine(await visit.http("GET", "/me"));
      setFailure(null);
    } catch (refused) {
      setFailure(refused);
    }
  };
  useEffect(() => {
    if (visit) read();
  }, []);
  return { mine, failure, read };
}

function Foot({ mine, show }) {
  const other = language() === "en" ? "zh-CN" : "en";
  return html`<footer class="me-foot type-label stack-tight">
    ${mine && html`<p>${t("me.keeper", { name: mine.organiser })}</p>`}
    ${mine && mine.keeper_contact && html`<p>${t("me.keeper_contact", { contact: mine.keeper_contact })}</p>`}
    <p class="line-up">
      <a href=${show ? "/b/" + show : "/"}>${t(show ? "me.back_to_show" : "me.home")}</a>
      <button type="button" class="link-button" lang=${other} onClick=${() => switchLanguage(other)}>${t("common.lang.switch")}</button>
    </p>
  </footer>`;
}

function OpenSheet({ sheet, visit, close, changed }) {
  if (!sheet) return null;
  if (sheet.kind === "prove") return html`<${ProveSheet} visit=${visit} person=${sheet.person} onClose=${close} onProven=${() => changed(t("common.verify.done"))} />`;
  if (sheet.kind === "correct") return html`<${CorrectSheet} visit=${visit} person=${sheet.person} onClose=${close} onDone=${() => changed(t("me.correct.done"))} />`;
  if (sheet.kind === "groups") return html`<${GroupsSheet} visit=${visit} person=${sheet.person} onClose=${close} onDone=${changed} />`;
  if (sheet.kind === "erase") return html`<${EraseSheet} visit=${visit} person=${sheet.person} onClose=${close} onDone=${() => changed(t("me.erase.done"))} />`;
  return html`<${Confirm}
    text=${t("viewer.mine.withdraw_ask")}
    note=${sheet.note}
    yes=${t("viewer.mine.withdraw_yes")}
    no=${t("viewer.mine.withdraw_no")}
    onYes=${sheet.withdraw}
    onNo=${close}
  />`;
}

function Known({ mine, open, withdraw, save }) {
  return html`
    ${mine.applications.length === 0
      ? html`<${Empty} text=${t("me.empty")} />`
      : html`<${Applications} mine=${mine} onWithdraw=${(one) => open({ kind: "withdraw", note: nameOf(one), withdraw: () => withdraw(one) })} />`}
    <section class="stack" aria-labelledby="me-prove">
      <h2 id="me-prove" class="type-title">${t("me.prove.title")}</h2>
      <p>${t("me.prove.why")}</p>
      <${Button} class="button-wide" onClick=${() => open({ kind: "prove", person: null })}>${t("me.prove.open")}<//>
    </section>
    ${mine.people.length > 0 && html`<${People} people=${mine.people} asks=${mine.asks_groups} open=${open} save=${save} />`}
  `;
}

export function App({ show }) {
  const [visit] = useState(() => (show ? openVisit({ broadcastId: show }) : null));
  const { mine, failure, read } = useMine(visit);
  const [sheet, setSheet] = useState(null);
  const [toast, setToast] = useState(null);
  const say = (text) => setToast({ text, key: clock(new Date(), { time: "always" }) + Math.random() });
  // What was said of the last thing does not lie over the question about the next.
  const open = (wanted) => {
    setToast(null);
    setSheet(wanted);
  };
  const changed = (text) => {
    setSheet(null);
    say(text);
    read();
  };
  const attempt = async (work, done) => {
    try {
      await work();
      if (done) changed(done);
    } catch (refused) {
      setSheet(null);
      say(errorText(refused));
    }
  };
  const withdraw = (one) =>
    attempt(() => visit.http("POST", "/me/applications/" + one.application_id + "/withdraw"), t("viewer.mine.withdrawn"));
  const save = (person) => attempt(() => saveData(visit, person));
  return html`<div class="stack me">
    ${!show && html`<${Empty} text=${t("me.empty")} />`}
    ${show && !mine && !failure && html`<p class="type-label">${t("common.loading")}</p>`}
    ${failure &&
    html`<div class="note note-error stack-tight" role="alert"><p>${errorText(failure)}</p><${Button} onClick=${read}>${t("common.retry")}<//></div>`}
    ${mine && html`<${Known} mine=${mine} open=${open} withdraw=${withdraw} save=${save} />`}
    <${Foot} mine=${mine} show=${show} />
    <${OpenSheet} sheet=${sheet} visit=${visit} close=${() => setSheet(null)} changed=${changed} />
    <${Bars}>${toast && html`<${Toast} key=${toast.key} text=${toast.text} onGone=${() => setToast(null)} />`}<//>
  </div>`;
}
