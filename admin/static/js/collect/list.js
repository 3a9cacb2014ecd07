/** The list in clear: whom to call, and the workbook to fill in. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { errorText } from "../errors.js";
import { clock, t } from "../i18n.js";
import { labelled } from "../label.js";
import { ListPanel } from "../lists/panel.js";
import { postForFile } from "../save_file.js";
import { groupedPhone } from "../viewer/phone.js";

function Person({ line }) {
  const name = line.name || t("lists.collect.nameless");
  return html`<li class="collect-person">
    <div class="grow">
      <p class="type-value">${name}</p>
      <p>${labelled(line.job)}</p>
      <p class="type-label">
        ${t("lists.collect.number", { number: line.number })} · ${t("lists.collect.applied", { when: clock(line.at, { time: "always" }) })}
      </p>
    </div>
    ${line.phone
      ? html`<a class="button button-call" href=${"tel:" + line.phone} aria-label=${t("lists.collect.call", { name }) + " " + groupedPhone(line.phone)}
          >${groupedPhone(line.phone)}</a
        >`
      : html`<p class="type-label">${t("lists.collect.erased")}</p>`}
  </li>`;
}

function Left({ entered }) {
  const until = clock(entered.expires_at, { time: "always" });
  const text =
    entered.openings_left > 0
      ? t("lists.collect.left", { n: entered.openings_left, until })
      : t("lists.collect.left_none");
  return html`<p class=${entered.openings_left > 0 ? "type-label" : "note note-warn"}>${text}</p>`;
}

function Shown({ path, entered }) {
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const download = () => {
    setBusy(true);
    setFailed("");
    postForFile(path + "/file", { ticket: entered.ticket }, "list.xlsx").then(
      () => setBusy(false),
      (failure) => {
        setBusy(false);
        setFailed(errorText(failure));
      },
    );
  };
  if (entered.lines.length === 0) return html`<p class="note">${t("lists.collect.none")}</p>`;
  return html`<p class="note">${t("lists.collect.use")}</p>
    <${Left} entered=${entered} />
    <${Button} kind="primary" size="main" class="button-wide" disabled=${busy} onClick=${download}
      >${t("lists.collect.download")}<//
    >
    ${failed && html`<p class="field-error" role="alert">${failed}</p>`}
    <${Button} class="button-wide" href="#bring-back">${t("lists.collect.back_title")}<//>
    <ul>
      ${entered.lines.map((line) => html`<${Person} key=${line.number} line=${line} />`)}
    </ul>`;
}

export function CollectedList({ path, entered }) {
  const shown = entered.lines !== null;
  const heading = useRef(null);
  // The form that had the focus is gone.
  useEffect(() => {
    heading.current.focus();
  }, []);
  return html`<section class="stack">
      <h2 class="type-title" tabindex="-1" ref=${heading}>
        ${shown ? t("lists.collect.employer", { employer: entered.employer, n: entered.lines.length }) : entered.employer}
      </h2>
      <p class="type-label">${t("lists.collect.show", { title: entered.title })}</p>
      ${shown && html`<${Shown} path=${path} entered=${entered} />`}
    </section>
    <section class="stack collect-back" id="bring-back">
      <h2 class="type-title">${t("lists.collect.back_title")}</h2>
      <p>${t("lists.collect.back_hint")}</p>
      <${ListPanel} base=${path + "/people-imports"} headers=${{ "X-Collection-Ticket": entered.ticket }} kind="outcomes" />
    </section>`;
}
