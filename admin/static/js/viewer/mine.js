/** 我的报名: what this device applied for, what waits for the line, and what was refused while nobody looked. */

import { html } from "../../vendor/preact-htm.js";
import { Button, Confirm, Empty } from "../components.js";
import { errorText } from "../errors.js";
import { clock, t } from "../i18n.js";
import { cardLabel } from "../job_card.js";
import { groupedPhone } from "./phone.js";
import { cardOfJob } from "./state.js";

const TONES = { withdrawn: "", rejected: "", applied: "badge-ok" };

function State({ state }) {
  const tone = TONES[state] === undefined ? "badge-next" : TONES[state];
  return html`<span class=${"badge " + tone}>${t("viewer.mine.state." + state)}</span>`;
}

function Title({ card }) {
  return html`<h2 class="type-value">${card ? cardLabel(card) + " " + card.job.title : ""}</h2>`;
}

function Application({ page, application, card }) {
  const withdrawn = application.state === "withdrawn";
  const { application_id: applicationId } = application;
  return html`<li class="card stack-tight" data-application=${applicationId}>
    <div class="line-up"><${Title} card=${card} /><span class="push"></span><${State} state=${application.state} /></div>
    <p class="type-label">
      ${t("viewer.mine.applied_at", { when: clock(application.at, { time: "always" }) })} · ${t("viewer.mine.number", { number: application.number })}
    </p>
    <p class="type-label">${application.contact_masked}</p>
    <div><div class="line-up wrap">
      ${!withdrawn && html`<${Button} onClick=${() => page.openOver({ kind: "resume", applicationId })}>${t("viewer.resume.add")}<//>`}
      ${!withdrawn && html`<${Button} onClick=${() => page.openOver({ kind: "files", applicationId })}>${t("viewer.files.add")}<//>`}
      ${!withdrawn && html`<${Button} kind="danger" onClick=${() => page.openOver({ kind: "withdraw", application })}>${t("viewer.mine.withdraw")}<//>`}
      ${withdrawn && card && html`<${Button} onClick=${() => page.apply(card.id, null)}>${t("viewer.mine.apply_again")}<//>`}
    </div></div>
  </li>`;
}

function masked(phone) {
  const plain = groupedPhone(phone).replace(/ /g, "");
  return plain.slice(0, 3) + "****" + plain.slice(-4);
}

/** Not answered yet, or refused while the sheet was closed. */
function OnItsWay({ page, entry, card }) {
  return html`<li class="card stack-tight">
    <${Title} card=${card} />
    ${entry.body && html`<p class="type-label">${masked(entry.body.contact.phone)}</p>`}
    <p class="tone-warn">! ${entry.body ? t("viewer.mine.waiting") : errorText({ code: entry.failed })}</p>
    <div><div class="line-up wrap">
      ${!entry.body && card && html`<${Button} onClick=${() => page.applyAgain(entry, card)}>${t("viewer.mine.apply_again")}<//>`}
      <${Button} kind="plain" onClick=${() => page.dropWaiting(entry.key)}>
        ${t(entry.body ? "viewer.mine.withdraw_yes" : "common.close")}
      <//>
    </div></div>
  </li>`;
}

export function Mine({ page, state }) {
  const { show, mine, waiting } = state;
  const all = html`<p><a class="viewer-foot-link" href=${"/me?show=" + show.broadcast.id}>${t("viewer.mine.all")}</a></p>`;
  if (mine.length + waiting.length === 0) return html`<${Empty} text=${t("viewer.mine.empty")}>${all}<//>`;
  return html`<div class="stack"><ul class="stack viewer-mine">
    ${waiting.map((entry) => html`<${OnItsWay} key=${entry.key} page=${page} entry=${entry} card=${cardOfJob(show, entry.jobId)} />`)}
    ${mine.map(
      (one) => html`<${Application} key=${one.application_id} page=${page} application=${one} card=${cardOfJob(show, one.job_id)} />`,
    )}
  </ul>${all}</div>`;
}

export function WithdrawConfirm({ page, application, onClose }) {
  return html`<${Confirm}
    text=${t("viewer.mine.withdraw_ask")}
    yes=${t("viewer.mine.withdraw_yes")}
    no=${t("viewer.mine.withdraw_no")}
    onYes=${() => page.withdraw(application)}
    onNo=${onClose}
  />`;
}
