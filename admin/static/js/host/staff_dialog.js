/** 代录报名: an application recorded for someone who agreed, one after another. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Button, Check, Field, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { cardTitle } from "../job_card.js";
import { newKey } from "../api.js";
import { t } from "../i18n.js";
import { findByNumber, numberTyped } from "./tray.js";
import { sayNumber } from "./words.js";

const WAYS = ["in_person", "by_telephone"];
const EMPTY = { phone: "", name: "", agreed: false };

/** The channels of the show, without those whose link was revoked; none where they cannot be read. */
function useChannels(calls) {
  const [channels, setChannels] = useState([]);
  useEffect(() => {
    calls.get("/channels").then(
      (answer) => setChannels((answer.channels || []).filter((channel) => !channel.revoked_at)),
      () => setChannels([]),
    );
  }, []);
  return channels;
}

function faultsOf(filled, entry) {
  const faults = {};
  if (!filled.phone.trim()) faults.phone = t("common.error.phone_invalid");
  if (!entry || !entry.card.job) faults.number = t("host.staff.number_missing");
  if (!filled.way) faults.way = t("host.staff.way_missing");
  if (!filled.agreed) faults.agreed = t("host.staff.consent_missing");
  return faults;
}

function faultOfAnswer(failure) {
  const fields = { "contact.phone": "phone", job_id: "number", channel_id: "channel" };
  return { [fields[failure.field] || "all"]: errorText(failure) };
}

function Ways({ chosen, error, onChoose }) {
  return html`<fieldset class="staff-ways" aria-describedby=${error ? "staff-way-error" : undefined}>
    <legend class="type-label">${t("host.staff.way")}</legend>
    ${WAYS.map(
      (way) => html`<label key=${way} class="check" for=${"way-" + way}>
        <input type="radio" id=${"way-" + way} name="consent-way" checked=${chosen === way}
          onChange=${() => onChoose(way)} />
        <span>${t("host.staff.way." + way)}</span>
      </label>`,
    )}
    ${error && html`<p id="staff-way-error" class="field-error" role="alert">${error}</p>`}
  </fieldset>`;
}

function Channel({ channels, chosen, onChoose }) {
  if (channels.length === 0) return null;
  return html`<${Field} as="select" label=${t("host.staff.channel")} class="input-small" value=${chosen}
    onChange=${(event) => onChoose(event.target.value)}>
    <option value="">${t("host.staff.no_channel")}</option>
    ${channels.map((channel) => html`<option key=${channel.id} value=${channel.id}>${channel.name}</option>`)}
  <//>`;
}

/** Number, way and channel stay for the next one; phone, name and the tick do not. */
export function StaffSheet({ show, onClose }) {
  const onStage = show.cardOnStage;
  const start = onStage && onStage.job ? String(onStage.number) : "";
  const [filled, setFilled] = useState(Object.assign({ number: start, channel: "", way: null }, EMPTY));
  const [faults, setFaults] = useState({});
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const key = useRef(newKey());
  const phone = useRef(null);
  const channels = useChannels(show.calls);
  const wanted = numberTyped(filled.number);
  const entry = wanted && findByNumber(show.cards, wanted);
  const set = (name) => (value) => {
    key.current = newKey();
    setSaid("");
    setFilled((before) => Object.assign({}, before, { [name]: value }));
  };
  const typed = (name) => (event) => set(name)(event.target.value);

  const stored = (receipt) => {
    key.current = newKey();
    setFilled((before) => Object.assign({}, before, EMPTY));
    const words = receipt.repeated ? "host.staff.again" : "host.staff.saved";
    setSaid(t(words, { label: sayNumber(wanted), number: receipt.number }));
    phone.current.focus();
  };

  const save = (event) => {
    event.preventDefault();
    const wrong = faultsOf(filled, entry);
    setFaults(wrong);
    if (Object.keys(wrong).length || busy) return;
    setBusy(true);
    show.calls
      .post("/staff-applications", requestOf(filled, entry), key.current)
      .then(stored, (failure) => setFaults(faultOfAnswer(failure)))
      .finally(() => setBusy(false));
  };

  return html`<${Sheet} title=${t("host.staff.title")} onClose=${onClose}>
    <form class="stack" novalidate onSubmit=${save} autocomplete="off">
      <${Field} label=${t("host.staff.phone")} type="tel" inputmode="tel" class="input-small" data-autofocus
        inputRef=${phone}
        value=${filled.phone} onInput=${typed("phone")} error=${faults.phone} />
      <${Field} label=${t("host.staff.name")} type="text" maxlength="40" class="input-small" value=${filled.name}
        onInput=${typed("name")} />
      <${Field} label=${t("host.staff.number")} type="text" inputmode="numeric" class="input-small"
        value=${filled.number}
        onInput=${typed("number")} hint=${entry ? cardTitle(entry.card) : undefined} error=${faults.number} />
      <${Channel} channels=${channels} chosen=${filled.channel} onChoose=${set("channel")} />
      <${Ways} chosen=${filled.way} error=${faults.way} onChoose=${set("way")} />
      <${Check} checked=${filled.agreed} error=${faults.agreed}
        onChange=${(event) => set("agreed")(event.target.checked)}>${t("host.staff.consent")}<//>
      ${faults.all && html`<p class="field-error" role="alert">${faults.all}</p>`}
      <p class=${said ? "note note-ok" : "visually-hidden"} role="status">${said}</p>
      <${Button} type="submit" kind="primary" size="main" class="button-wide" disabled=${busy}>
        ${t("host.staff.save_next")}<//>
    </form>
  <//>`;
}

function requestOf(filled, entry) {
  const contact = { phone: filled.phone, name: filled.name.trim() || null };
  return { job_id: entry.card.job.id, contact, channel_id: filled.channel || null, consent_given: filled.way };
}
