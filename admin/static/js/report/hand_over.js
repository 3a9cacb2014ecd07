/** 移交名单: one employer's list in one recorded act, with purpose and receiver, as a file or by a link and a code. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Field, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { clock, t } from "../i18n.js";
import { Defines } from "./explained.js";
import { CollectionLinks, MadeLink } from "./collecting.js";
import { postForFile } from "../save_file.js";
import { ListsSheet } from "./lists.js";

function Waiting({ line, onMake }) {
  const done = line.handed_over_at;
  const state = done
    ? t("organiser.handover.collected", { when: clock(done, { time: "always" }) })
    : t("organiser.handover.not_collected");
  return html`<li class="hand-over-row">
    <div class="grow">
      <p class="type-value">
        ${t("organiser.handover.employer", { employer: line.name, n: line.people_to_hand_over })} <${Defines} metric="people_to_hand_over" />
      </p>
      <p class="type-label">
        ${line.has_recruiter ? t("organiser.handover.own_account") : state}
        ${done &&
        line.since_hand_over > 0 &&
        html` · ${t("organiser.handover.new_since", { n: line.since_hand_over })} <${Defines} metric="since_hand_over" />`}
      </p>
    </div>
    <${Button} onClick=${() => onMake(line)}>${done ? t("organiser.handover.again") : t("organiser.handover.make")}<//>
  </li>`;
}

function Form({ path, line, onDone, onLink, onBack }) {
  const [purpose, setPurpose] = useState(t("organiser.handover.purpose_default"));
  const [receiver, setReceiver] = useState("");
  const [errors, setErrors] = useState({});
  const [busy, setBusy] = useState("");
  const make = (how) => (event) => {
    event.preventDefault();
    if (busy) return;
    const found = {
      purpose: purpose.trim() ? null : t("organiser.handover.purpose_missing"),
      receiver: receiver.trim() ? null : t("organiser.handover.receiver_missing"),
    };
    setErrors(found);
    if (found.purpose || found.receiver) return;
    setBusy(how);
    const body = { employer_id: line.employer_id, purpose: purpose.trim(), receiver: receiver.trim() };
    const made =
      how === "link"
        ? api("POST", path + "/collections", body).then(onLink)
        : postForFile(path + "/hand-overs", body, "list.xlsx").then(() => onDone(receiver.trim()));
    made.catch((failure) => {
      setBusy("");
      setErrors({ other: errorText(failure) });
    });
  };
  return html`<form class="stack" onSubmit=${make("file")} novalidate>
    <p class="type-value">${t("organiser.handover.employer", { employer: line.name, n: line.people_to_hand_over })}</p>
    <p class="note">${t("organiser.handover.note")}</p>
    <${Field} label=${t("organiser.handover.purpose")} value=${purpose} maxlength="100" error=${errors.purpose}
      onInput=${(event) => setPurpose(event.target.value)} />
    <${Field} label=${t("organiser.handover.receiver")} hint=${t("organiser.handover.receiver_hint")} value=${receiver}
      maxlength="100" error=${errors.receiver} data-autofocus onInput=${(event) => setReceiver(event.target.value)} />
    ${errors.other && html`<p class="field-error" role="alert">${errors.other}</p>`}
    <button type="submit" class="button button-primary button-main button-wide" disabled=${Boolean(busy)}>
      ${busy === "file" ? t("organiser.handover.making") : t("organiser.handover.as_file")}
    </button>
    <${Button} class="button-wide" disabled=${Boolean(busy)} onClick=${make("link")}>
      ${busy === "link" ? t("lists.link.making") : t("organiser.handover.as_link")}
    <//>
    <${Button} class="button-wide" onClick=${onBack}>${t("common.back")}<//>
  </form>`;
}

function History({ acts }) {
  if (acts.length === 0) return null;
  return html`<h3>${t("organiser.handover.history")}</h3>
    <ul class="stack-tight">
      ${acts.map(
        (act) => html`<li key=${act.id} class="type-label">
          ${act.employer} ·
          ${t("organiser.handover.act", {
            when: clock(act.at, { time: "always" }),
            who: act.by,
            receiver: act.receiver || t("organiser.handover.receiver_gone"),
            n: act.count,
          })}
          ${act.by_link ? " · " + t("lists.link.by_link") : ""}
        </li>`,
      )}
    </ul>`;
}

export function HandOverSheet({ path, report, onCopy, onClose, onRecorded }) {
  const [chosen, setChosen] = useState(null);
  const [made, setMade] = useState(null);
  const [bringing, setBringing] = useState(false);
  const [acts, setActs] = useState([]);
  const read = () => api("GET", path + "/hand-overs").then((answer) => setActs(answer.hand_overs), () => setActs([]));
  useEffect(() => {
    read();
  }, []);
  const lines = report.employers.filter((line) => line.to_hand_over > 0);
  const done = (receiver) => {
    setChosen(null);
    read();
    onRecorded(receiver);
  };
  const linked = (answer) => {
    setChosen(null);
    setMade(answer);
  };
  return html`<${Sheet} title=${t("organiser.handover.title")} wide onClose=${onClose}>
    ${made
      ? html`<${MadeLink} made=${made} onCopy=${onCopy} onDone=${() => setMade(null)} />`
      : chosen
      ? html`<${Form} key=${chosen.employer_id} path=${path} line=${chosen} onDone=${done} onLink=${linked}
          onBack=${() => setChosen(null)} />`
      : html`<div class="stack">
          ${lines.length === 0 && html`<p>${t("organiser.handover.none")}</p>`}
          <ul>
            ${lines.map((line) => html`<${Waiting} key=${line.employer_id} line=${line} onMake=${setChosen} />`)}
          </ul>
          <${Button} class="button-wide" onClick=${() => setBringing(true)}>${t("organiser.handover.upload")}<//>
          <${CollectionLinks} path=${path} />
          <${History} acts=${acts} />
        </div>`}
    <//>
    ${bringing && html`<${ListsSheet} path=${path} kind="outcomes" onClose=${() => setBringing(false)} />`}`;
}
