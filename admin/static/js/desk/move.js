/** Choosing a state, and for a rejection why; of one application or of many. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button, Field } from "../components.js";
import { t } from "../i18n.js";
import { REASONS, stateName, STATES } from "./words.js";

export function MoveForm({ onMove, children }) {
  const [state, setState] = useState("");
  const [reason, setReason] = useState("");
  const [fault, setFault] = useState("");
  const choose = (put) => (event) => {
    setFault("");
    put(event.target.value);
  };
  const submit = (event) => {
    event.preventDefault();
    if (!state) return setFault("state");
    if (state === "rejected" && !reason) return setFault("reason");
    setFault("");
    setState("");
    setReason("");
    return onMove(state, state === "rejected" ? reason : null);
  };
  return html`<form class="desk-move" onSubmit=${submit} novalidate>
    <${Field} label=${t("desk.move_to")} as="select" class="input-small" error=${fault === "state" && t("desk.move_choose")}
      onChange=${choose(setState)}>
      <option value="" selected=${state === ""}>${t("desk.move_choose")}</option>
      ${STATES.map((name) => html`<option value=${name} selected=${state === name}>${stateName(name)}</option>`)}
    <//>
    ${state === "rejected" &&
    html`<${Field} label=${t("desk.move_why")} as="select" class="input-small" error=${fault === "reason" && t("desk.move_choose_why")}
      onChange=${choose(setReason)}>
      <option value="" selected=${reason === ""}>${t("desk.move_choose_why")}</option>
      ${REASONS.map((name) => html`<option value=${name} selected=${reason === name}>${t("desk.reason." + name)}</option>`)}
    <//>`}
    <div class="line-up desk-move-yes">
      <button type="submit" class="button button-primary">${t("desk.move_yes")}</button>
      ${children}
    </div>
  </form>`;
}

export function BulkBar({ count, onMove, onNone }) {
  if (count === 0) return null;
  return html`<section class="desk-bulk" aria-label=${t("desk.move")}>
    <strong role="status">${t("desk.selected", { n: count })}</strong>
    <${MoveForm} onMove=${onMove}><${Button} kind="plain" onClick=${onNone}>${t("desk.select_none")}<//><//>
  </section>`;
}
