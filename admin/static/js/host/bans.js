/** 请出直播间: keeping out the device that made an application, and letting it back in. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Button, Field, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { clock, t } from "../i18n.js";

/** who: the masked line of the application. onBanned takes what stands now, with its id. */
export function BanSheet({ show, application, who, onBanned, onClose }) {
  const [reason, setReason] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const ban = (event) => {
    event.preventDefault();
    if (busy) return;
    if (!reason.trim()) {
      setFault(t("host.ban.reason_missing"));
      return;
    }
    setBusy(true);
    show.calls.post("/bans", { application_id: application.id, reason: reason.trim() }).then(onBanned, (failure) => {
      setBusy(false);
      setFault(errorText(failure));
    });
  };
  return html`<${Sheet} title=${t("host.ban.title")} note=${who} onClose=${onClose}>
    <form class="stack" novalidate onSubmit=${ban}>
      <p>${t("host.ban.means")}</p>
      <${Field} label=${t("host.ban.reason")} type="text" maxlength="100" autocomplete="off" value=${reason} error=${fault} data-autofocus
        onInput=${(event) => {
          setFault("");
          setReason(event.target.value);
        }} />
      <button type="submit" class="button button-danger button-main button-wide" disabled=${busy}>${t("host.ban.yes")}</button>
      <${Button} size="main" class="button-wide" onClick=${onClose}>${t("common.cancel")}<//>
    </form>
  <//>`;
}

function Line({ one, onLift }) {
  const name = t("host.ban.number", { number: one.number || "–" });
  const lifted = one.lifted_at && t("host.ban.lifted", { who: one.lifted_by, when: clock(one.lifted_at, { time: "always" }) });
  return html`<li class="live-row live-line">
    <div class="grow">
      <p class="type-value">${name} · ${one.reason}</p>
      <p class="field-hint">${one.by} · ${clock(one.at, { time: "always" })}${lifted ? " · " + lifted : ""}</p>
    </div>
    ${!lifted && html`<${Button} aria-label=${t("host.ban.lift") + " " + name} onClick=${() => onLift(one)}>${t("host.ban.lift")}<//>`}
  </li>`;
}

/** Everyone kept out, and who was let back in. */
export function BansSheet({ show, onClose }) {
  const [bans, setBans] = useState(null);
  const [failed, setFailed] = useState("");
  const fail = (failure) => setFailed(errorText(failure));
  const read = () => show.calls.get("/bans").then((answer) => setBans(answer.bans), fail);
  const lift = (one) => {
    setFailed("");
    return show.calls.remove("/bans/" + one.id).then(read, fail);
  };
  useEffect(() => {
    read();
  }, []);
  return html`<${Sheet} title=${t("host.ban.list")} onClose=${onClose}>
    <div class="stack" role="status">
      ${failed && html`<p class="field-error" role="alert">${failed}</p>`}
      ${bans === null && !failed && html`<p>${t("common.loading")}</p>`}
      ${bans && bans.length === 0 && html`<p>${t("host.ban.none")}</p>`}
    </div>
    ${bans && bans.length > 0 && html`<ul>${bans.map((one) => html`<${Line} key=${one.id} one=${one} onLift=${lift} />`)}</ul>`}
  <//>`;
}
