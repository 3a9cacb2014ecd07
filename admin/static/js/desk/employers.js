/** For organisers: employers without a recruiter account, whom they call for. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Button, Empty } from "../components.js";
import { errorText } from "../errors.js";
import { t } from "../i18n.js";
import { readEmployers } from "./calls.js";

function Line({ one }) {
  return html`<li>
    <a class="desk-employer" href=${"/desk?employer_id=" + one.employer_id}>
      <span class="type-value">${one.name}</span>
      <span class=${one.waiting ? "tone-warn" : "type-label"}>
        ${t("desk.organiser_count", { n: one.applications, waiting: one.waiting })}
      </span>
    </a>
  </li>`;
}

export function EmployersPage() {
  const [found, setFound] = useState(null);
  const [failure, setFailure] = useState(null);
  const load = () => readEmployers().then((answer) => setFound(answer.employers), setFailure);
  useEffect(() => {
    load();
  }, []);
  if (failure)
    return html`<div class="note note-error" role="alert">
      <p>${errorText(failure)}</p>
      <${Button} onClick=${load}>${t("common.retry")}<//>
    </div>`;
  return html`<div class="stack desk-employers">
    <h1 class="type-title">${t("desk.organiser_title")}</h1>
    <p class="type-label">${t("desk.organiser_note")}</p>
    ${found === null && html`<p class="empty" role="status">${t("common.loading")}</p>`}
    ${found && found.length === 0 && html`<${Empty} text=${t("desk.organiser_empty")} />`}
    ${found && found.length > 0 && html`<ul class="stack-tight">${found.map((one) => html`<${Line} key=${one.employer_id} one=${one} />`)}</ul>`}
  </div>`;
}
