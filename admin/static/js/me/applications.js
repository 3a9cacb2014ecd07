/** What was applied for, newest first, and how it stands. */

import { html } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { clock, t } from "../i18n.js";
import { labelled } from "../label.js";
import { shownPhone } from "./prove.js";

const TONES = { withdrawn: "", rejected: "", applied: "badge-ok" };

/** What is applied for, as it is spoken of. */
export function nameOf(one) {
  return labelled(one.card_label) + " " + one.job_title + " · " + one.employer;
}

function whose(people, ref) {
  const person = people.find((one) => one.ref === ref);
  return person ? [person.name, shownPhone(person)].filter(Boolean).join(" ") : "";
}

function Application({ one, people, onWithdraw }) {
  const tone = TONES[one.state] === undefined ? "badge-next" : TONES[one.state];
  return html`<li class="card stack-tight" data-application=${one.application_id}>
    <div class="line-up">
      <h2 class="type-value">${labelled(one.card_label) + " " + one.job_title}</h2>
      <span class="push"></span>
      <span class=${"badge " + tone}>${t("viewer.mine.state." + one.state)}</span>
    </div>
    <p>${one.employer}</p>
    <p class="type-label">${one.broadcast}</p>
    <p class="type-label">
      ${t("viewer.mine.applied_at", { when: clock(one.at, { time: "always" }) })} · ${t("viewer.mine.number", { number: one.number })}
      ${one.recorded_by_staff && html`${" · "}${t("me.recorded_by_staff")}`}
    </p>
    <p class="type-label">${whose(people, one.person)}</p>
    ${one.state !== "withdrawn" &&
    html`<div><${Button} kind="danger" onClick=${() => onWithdraw(one)}>${t("viewer.mine.withdraw")}<//></div>`}
  </li>`;
}

export function Applications({ mine, onWithdraw }) {
  return html`<ul class="stack me-applications">
    ${mine.applications.map(
      (one) => html`<${Application} key=${one.application_id} one=${one} people=${mine.people} onWithdraw=${onWithdraw} />`,
    )}
  </ul>`;
}
