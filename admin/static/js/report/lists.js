/** Lists of people brought in by staff: a new one, and those before. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Field, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { clock, t } from "../i18n.js";
import { ListPanel } from "../lists/panel.js";

const GIVEN = ["on_platform", "by_telephone", "in_person"];

/** Chosen once for everybody of the list. */
function Basis({ path, wanted, onWant }) {
  const [channels, setChannels] = useState([]);
  useEffect(() => {
    api("GET", path + "/channels").then((answer) => setChannels(answer.channels.filter((one) => !one.revoked_at)), () => setChannels([]));
  }, []);
  return html`<div class="stack">
    <fieldset>
      <legend>${t("lists.import.given")}</legend>
      ${GIVEN.map(
        (given) => html`<label class="check" key=${given}>
          <input type="radio" name="given" value=${given} checked=${wanted.given === given}
            onChange=${() => onWant(Object.assign({}, wanted, { given }))} />
          <span>${t("lists.import.given." + given)}</span>
        </label>`,
      )}
    </fieldset>
    <${Field} label=${t("lists.import.channel")} as="select" value=${wanted.channel_id}
      onChange=${(event) => onWant(Object.assign({}, wanted, { channel_id: event.target.value }))}>
      <option value="">${t("lists.import.channel.none")}</option>
      ${channels.map((one) => html`<option value=${one.id}>${one.name}</option>`)}
    <//>
  </div>`;
}

function Before({ base, kind, onOpen }) {
  const [imports, setImports] = useState([]);
  const [failed, setFailed] = useState("");
  useEffect(() => {
    api("GET", base).then(
      (answer) => setImports(answer.imports.filter((one) => one.kind === kind)),
      (failure) => setFailed(errorText(failure)),
    );
  }, []);
  if (failed) return html`<p class="field-error" role="alert">${failed}</p>`;
  if (imports.length === 0) return null;
  return html`<h3>${t("lists.import.history")}</h3>
    <ul>
      ${imports.map(
        (one) => html`<li key=${one.id} class="hand-over-row">
          <div class="grow">
            <p class="type-value">${one.file_name}</p>
            <p class="type-label">
              ${[
                t("lists.import.state." + one.state),
                one.state === "confirmed" && t("lists.import.done", { n: one.done }),
                one.by,
                one.by_link && t("lists.import.by_link"),
                clock(one.at, { time: "always" }),
              ]
                .filter(Boolean)
                .join(" · ")}
            </p>
          </div>
          <${Button} kind="plain" aria-label=${t("lists.import.open") + " " + one.file_name} onClick=${() => onOpen(one)}>
            ${t("lists.import.open")}
          <//>
        </li>`,
      )}
    </ul>`;
}

/** One list at a time; onBusy tells whether a new one is being looked at. */
export function Lists({ path, kind, onBusy = null }) {
  const [wanted, setWanted] = useState({ given: "", channel_id: "" });
  const [opened, setOpened] = useState(null);
  const [busy, setBusy] = useState(false);
  const base = path + "/people-imports";
  const applicants = kind === "applicants";
  const look = (one) => {
    setOpened(one);
    if (onBusy) onBusy(busy || one !== null);
  };
  const work = (now) => {
    setBusy(now);
    if (onBusy) onBusy(now);
  };
  return html`<div class="stack">
      ${!opened && !busy && applicants && html`<${Basis} path=${path} wanted=${wanted} onWant=${setWanted} />`}
      ${!opened && html`<p>${t("lists.import." + kind + "_hint")}</p>`}
      <${ListPanel} key=${opened ? opened.id : "new"} base=${base} kind=${kind} first=${opened}
        given=${applicants ? wanted.given : null} channel=${wanted.channel_id} tray=${applicants ? path + "/tray" : null} onBusy=${work} onAgain=${() => setOpened(null)} />
      ${!opened && !busy && html`<${Before} base=${base} kind=${kind} onOpen=${look} />`}
    </div>`;
}

export function ListsSheet({ path, kind, onClose }) {
  return html`<${Sheet} title=${t("lists.import." + kind)} wide onClose=${onClose}>
    <${Lists} path=${path} kind=${kind} />
  <//>`;
}
