/** One applicant: number once it is asked for, what was done, what to do next. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button, Field } from "../components.js";
import { errorText } from "../errors.js";
import { clock, t } from "../i18n.js";
import { labelled } from "../label.js";
import { reveal } from "./calls.js";
import { MoveForm } from "./move.js";
import { channelName, dayFromNow, isErased, Next, State, stateName, Verified } from "./words.js";

const PURPOSES = ["contact", "duplicate", "own_request"];
const KINDS = ["called", "no_answer", "message", "visited", "note"];
const RESUME = ["education", "experience", "skills", "wanted_job", "wanted_place", "wanted_pay"];

function spaced(phone) {
  return /^\d{11}$/.test(phone) ? phone.replace(/^(\d{3})(\d{4})(\d{4})$/, "$1 $2 $3") : phone;
}

function Phone({ application }) {
  const [shown, setShown] = useState(null);
  const [purpose, setPurpose] = useState("contact");
  const [failed, setFailed] = useState("");
  if (isErased(application)) return html`<p class="note">${t("desk.erased")}</p>`;
  const ask = (event) => {
    event.preventDefault();
    setFailed("");
    return reveal(application.id, purpose).then(setShown, (failure) => setFailed(errorText(failure)));
  };
  if (shown)
    return html`<div class="stack-tight" role="status">
      <p class="type-value">${shown.name || ""}</p>
      <${Button} kind="primary" size="main" class="button-wide" href=${"tel:" + shown.phone}>${t("desk.dial", { phone: spaced(shown.phone) })}<//>
      <${Button} kind="plain" onClick=${() => setShown(null)}>${t("desk.hide")}<//>
    </div>`;
  return html`<form class="stack-tight" onSubmit=${ask}>
    <fieldset class="desk-purposes">
      <legend>${t("desk.reveal_note")}</legend>
      ${PURPOSES.map(
        (name) => html`<label class="check" key=${name}>
          <input type="radio" name="purpose" value=${name} checked=${purpose === name} onChange=${() => setPurpose(name)} />
          <span>${t("desk.purpose." + name)}</span>
        </label>`,
      )}
    </fieldset>
    ${failed && html`<p class="field-error" role="alert">${failed}</p>`}
    <button type="submit" class="button button-primary button-main button-wide">${t("desk.reveal")}</button>
  </form>`;
}

function LogForm({ onLog }) {
  const [kind, setKind] = useState("called");
  const [said, setSaid] = useState("");
  const [day, setDay] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const body = { kind, said: said.trim() || null };
    if (day) body.next_on = day;
    if (await onLog(body)) {
      setSaid("");
      setDay("");
    }
  };
  return html`<form class="stack-tight" onSubmit=${submit}>
    <fieldset>
      <legend class="visually-hidden">${t("desk.log_kind")}</legend>
      <div class="chips desk-kinds">
        ${KINDS.map(
          (name) => html`<button type="button" key=${name} class="chip" aria-pressed=${kind === name ? "true" : "false"}
            onClick=${() => setKind(name)}>${t("desk.kind." + name)}</button>`,
        )}
      </div>
    </fieldset>
    <${Field} label=${t("desk.log_said")} hint=${t("desk.log_said_hint")} as="textarea" rows="2" maxlength="1000" class="input-small" value=${said}
      onInput=${(event) => setSaid(event.target.value)} />
    <div class="desk-next">
      <${Field} label=${t("desk.log_next")} type="date" class="input-small" min=${dayFromNow(0)} max=${dayFromNow(366)} value=${day}
        onChange=${(event) => setDay(event.target.value)} />
      <${Button} onClick=${() => setDay(dayFromNow(1))}>${t("desk.tomorrow")}<//>
      <${Button} onClick=${() => setDay(dayFromNow(3))}>${t("desk.in_three_days")}<//>
    </div>
    <button type="submit" class="button button-primary">${t("desk.log_yes")}</button>
  </form>`;
}

function Resume({ resume }) {
  const told = resume ? RESUME.filter((name) => resume[name]) : [];
  if (told.length === 0) return html`<p class="type-label">${t("desk.resume_none")}</p>`;
  return html`<dl class="desk-resume">
    ${told.map((name) => html`<dt key=${name} class="type-label">${t("desk.resume." + name)}</dt><dd>${resume[name]}</dd>`)}
  </dl>`;
}

function Files({ opened }) {
  const base = "/api/v1/desk/applications/" + opened.application.id + "/files/";
  if (opened.files.length === 0) return null;
  return html`<ul class="stack-tight" aria-label=${t("desk.files")}>
    ${opened.files.map(
      (file) => html`<li key=${file.id}>
        <${Button} class="button-wide desk-file" href=${base + file.id} download>${t("desk.file", { name: file.name })}<//>
        <p class="type-label">${t("desk.file_of", { when: clock(file.at, { time: "always" }), size: Math.ceil(file.bytes / 1024) })}</p>
      </li>`,
    )}
  </ul>`;
}

function Others({ others, onOpen, onSelect }) {
  if (others.length === 0) return null;
  return html`<section class="stack-tight">
    <div class="line-up">
      <h3 class="type-value">${t("desk.others")}</h3><span class="push"></span>
      <${Button} onClick=${onSelect}>${t("desk.others_select")}<//>
    </div>
    <ul class="stack-tight">
      ${others.map(
        (one) => html`<li key=${one.id}>
          <button type="button" class="desk-other" onClick=${() => onOpen(one)}>
            <span>${labelled(one.card_label)} ${one.job_title}</span>
            <span class="type-label">${one.broadcast_title} · ${clock(one.at, { time: "always" })}</span>
            <${State} state=${one.state} />
          </button>
        </li>`,
      )}
    </ul>
  </section>`;
}

function eventName(event) {
  if (event.kind === "viewed" || event.kind === "applied_again") return t("desk.event." + event.kind);
  const reason = event.reason ? "：" + t("desk.reason." + event.reason) : "";
  return stateName(event.kind) + reason;
}

function moments(opened) {
  const events = opened.events.map((event) => ({ at: event.at, by: event.by, what: eventName(event), undone: event.undone }));
  const logged = opened.follow_ups.map((one) => ({ at: one.at, by: one.by, what: t("desk.kind." + one.kind), said: one.said }));
  return events.concat(logged).sort((a, b) => (a.at < b.at ? 1 : -1));
}

function History({ opened }) {
  return html`<section class="stack-tight">
    <h3 class="type-value">${t("desk.history")}</h3>
    <ol class="desk-history">
      ${moments(opened).map(
        (one) => html`<li>
          <p><strong>${one.what}</strong>${one.undone && html` <span class="badge">${t("desk.event.undone")}</span>`}</p>
          ${one.said && html`<p class="desk-said">${one.said}</p>`}
          <p class="type-label">${clock(one.at, { time: "always" })}${one.by ? " · " + one.by : ""}</p>
        </li>`,
      )}
    </ol>
  </section>`;
}

export function Person({ opened, onBack, onOpen, onSelect, onMove, onLog, onClearNext }) {
  const one = opened.application;
  return html`<div class="stack" data-person=${one.id}>
    <${Button} kind="plain" class="desk-back" onClick=${onBack}>‹ ${t("desk.back")}<//>
    <header class="stack-tight">
      <div class="line-up">
        <h2 class="type-title" tabindex="-1">${one.name_masked} ${isErased(one) ? "" : one.phone_masked}</h2>
        <span class="push"></span><${State} state=${one.state} />
      </div>
      ${one.phone_verified && html`<p><${Verified} application=${one} /></p>`}
      <p>${labelled(one.card_label)} ${one.job_title}</p>
      <p class="type-label">
        ${t("desk.number", { number: one.number })} · ${t("desk.applied_at", { when: clock(one.at, { time: "always" }) })} ·
        ${" " + t("desk.came_by", { channel: channelName(one.channel) })} · ${one.broadcast_title}
      </p>
      ${one.next_on &&
      html`<p class="line-up"><${Next} application=${one} /><${Button} kind="plain" onClick=${onClearNext}>${t("desk.next_clear")}<//></p>`}
    </header>
    <${Phone} key=${one.id} application=${one} />
    <section class="stack-tight">
      <h3 class="type-value">${t("desk.log")}</h3>
      <${LogForm} key=${one.id} onLog=${onLog} />
    </section>
    <section class="stack-tight">
      <h3 class="type-value">${t("desk.move")}</h3>
      <${MoveForm} key=${one.id} onMove=${onMove} />
    </section>
    <section class="stack-tight">
      <h3 class="type-value">${t("desk.resume")}</h3>
      <${Resume} resume=${opened.resume} />
      <${Files} opened=${opened} />
    </section>
    <${Others} others=${opened.others} onOpen=${onOpen} onSelect=${onSelect} />
    <${History} opened=${opened} />
  </div>`;
}
