/** The apply sheet: number, name, one box to tick; then what was stored, and what comes next. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Button, Check, Field, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { clock, hour, language, t } from "../i18n.js";
import { cardLabel, showPay } from "../job_card.js";
import { keepPerson, person } from "./draft.js";
import { Later } from "./later.js";
import { groupedPhone, isPhone, phoneFault, plainPhone, regroup } from "./phone.js";

const OWN_FIELD = ["phone_invalid", "consent_missing"];

/** The consent to this job, fetched when the form opens and again when the server knows another text. */
function useConsent(page, jobId, failure) {
  const [got, setGot] = useState({ consent: null, failed: false });
  const ask = () => {
    setGot({ consent: null, failed: false });
    page.consentOf(jobId).then(
      (consent) => setGot({ consent, failed: false }),
      () => setGot({ consent: null, failed: true }),
    );
  };
  useEffect(() => {
    if (!got.consent || (failure && failure.code === "consent_missing")) ask();
  }, [jobId, failure]);
  useEffect(() => {
    if (!got.failed) return undefined;
    window.addEventListener("online", ask);
    return () => window.removeEventListener("online", ask);
  }, [got.failed]);
  return Object.assign({ ask }, got);
}

/** As shown beside the box; the text agreed to is the Chinese one. */
function ConsentText({ consent, onDetails }) {
  const [before, after] = (language() === "zh-CN" ? consent.text : consent.english).split(consent.employer);
  const details = (event) => {
    event.preventDefault();
    onDetails();
  };
  return html`${before}${after === undefined ? null : html`<b>${consent.employer}</b>`}${after}${" "}
    <button type="button" class="link-button" onClick=${details}>${t("viewer.apply.consent_details")}</button>`;
}

function ConsentBox({ page, card, got, agreed, error, onChange }) {
  if (got.failed) {
    return html`<p class="field-error" role="alert">
      ${t("common.error.offline")} <button type="button" class="link-button" onClick=${got.ask}>${t("common.retry")}</button>
    </p>`;
  }
  if (!got.consent) return html`<p class="type-label viewer-consent">${t("common.loading")}</p>`;
  const details = () => page.openOver({ kind: "notice", card, consent: got.consent });
  return html`<div class="viewer-consent">
    <${Check} checked=${agreed} error=${error} onChange=${(event) => onChange(event.target.checked)}>
      <${ConsentText} consent=${got.consent} onDetails=${details} />
    <//>
  </div>`;
}

function faultsOf({ phone, agreed, consent }) {
  return {
    phone: isPhone(phone) ? null : t(phoneFault(phone)),
    consent: agreed && consent ? null : t("viewer.apply.consent_missing"),
  };
}

function failureText(failure) {
  if (!failure || OWN_FIELD.indexOf(failure.code) >= 0) return null;
  return errorText(failure);
}

/** What was typed is kept as it is typed; Enter, or the keyboard's 完成, sends the form. */
function ApplyForm({ page, sheet }) {
  const { card, failure, agreed, phase } = sheet;
  const kept = person();
  const [typed, setTyped] = useState({ phone: groupedPhone(kept.phone), name: kept.name });
  const [faults, setFaults] = useState({});
  const phoneRef = useRef(null);
  const got = useConsent(page, card.job.id, failure);
  const change = (changes) => {
    setTyped(Object.assign({}, typed, changes));
    keepPerson(changes);
  };
  const typePhone = (event) => {
    change({ phone: event.isComposing ? event.target.value : regroup(event.target) });
    setFaults({});
  };
  const submit = (event) => {
    event.preventDefault();
    if (phase === "sending") return;
    const found = faultsOf({ phone: typed.phone, agreed, consent: got.consent });
    setFaults(found);
    if (found.phone) phoneRef.current.focus();
    if (found.phone || found.consent) return;
    page.submit({ phone: plainPhone(typed.phone), name: typed.name.trim() || null }, got.consent);
  };
  const refused = failure && failure.code;
  const other = failureText(failure);
  return html`<form class="stack" noValidate onSubmit=${submit}>
    <${Field}
      label=${t("viewer.apply.phone")}
      error=${faults.phone || (refused === "phone_invalid" ? t(phoneFault(typed.phone)) : null)}
      inputRef=${phoneRef}
      type="tel"
      inputmode="tel"
      enterkeyhint="done"
      autocomplete="tel"
      placeholder="138 0000 0000"
      data-autofocus
      value=${typed.phone}
      onInput=${typePhone}
    />
    <${Field}
      label=${t("viewer.apply.name")}
      autocomplete="name"
      enterkeyhint="done"
      maxlength="40"
      placeholder=${t("viewer.apply.name_example")}
      value=${typed.name}
      onInput=${(event) => change({ name: event.target.value })}
    />
    <${ConsentBox}
      page=${page}
      card=${card}
      got=${got}
      agreed=${agreed}
      error=${agreed ? null : faults.consent || (refused === "consent_missing" ? t("viewer.apply.consent_missing") : null)}
      onChange=${page.keepAgreed}
    />
    <p class="type-label">${t("viewer.apply.adult")}</p>
    ${other && html`<p class="note note-error" role="alert">${other}</p>`}
    <${Button} kind="primary" size="main" class="button-wide" type="submit" disabled=${phase === "sending"}>
      ${t(phase === "sending" ? "viewer.apply.sending" : "viewer.apply.confirm")}
    <//>
    <p class="type-label">${t("viewer.apply.free")}</p>
    <${Family} page=${page} sheet=${sheet} />
  </form>`;
}

function Family({ page, sheet }) {
  const start = () => page.applyForSomeoneElse(sheet.card.id, sheet.pushSeq);
  return html`<p class="type-label">
    ${t("viewer.apply.for_family")}${" "}
    <button type="button" class="link-button" onClick=${start}>${t("viewer.apply.someone_else")}</button>
  </p>`;
}

/** 1–3个工作日, where the employer said nothing else; English has its own words for so many days. */
function within(said) {
  const days = /^([\d–-]+)个工作日$/.exec(said || "1–3个工作日");
  return days ? t("viewer.apply.working_days", { n: Number(days[1]) || days[1] }) : said;
}

function Next({ job }) {
  const { name, contact_phone: phone, calls_within: said } = job.employer;
  const params = { employer: name, within: within(said), phone };
  return html`<p>${t(phone ? "viewer.apply.next" : "viewer.apply.next_no_phone", params)}</p>`;
}

/** The number is proven before anything is sent; what was typed waits. */
function Verify({ page, sheet }) {
  const props = { call: page.visit.call, phone: sheet.contact.phone, atOnce: true, onVerified: page.submitAgain };
  return html`<div class="stack">
    <p>${t("viewer.apply.verify_first")}</p>
    <${Later} part="verify" name="VerifyPhone" props=${props} />
    <${Button} kind="plain" onClick=${page.editForm}>${t("viewer.apply.verify_back")}<//>
  </div>`;
}

/** Where the organiser asks for it after applying. */
function VerifyOffer({ page, sheet }) {
  const [state, setState] = useState("offered");
  if (!sheet.contact || page.state.get().show.broadcast.phone_check !== "after") return null;
  if (state === "done") return html`<p class="note note-ok" role="status">✓ ${t("common.verify.done")}</p>`;
  const props = { call: page.visit.call, phone: sheet.contact.phone, atOnce: true, onVerified: () => setState("done") };
  return html`<div class="stack-tight">
    <p class="type-label">${t("viewer.apply.verify_offer")}</p>
    ${state === "open"
      ? html`<${Later} part="verify" name="VerifyPhone" props=${props} />`
      : html`<${Button} class="button-wide" onClick=${() => setState("open")}>${t("common.verify.title")}<//>`}
  </div>`;
}

function Done({ page, sheet }) {
  const { card, receipt } = sheet;
  const resume = () => page.openOver({ kind: "resume", applicationId: receipt.application_id });
  const files = () => page.openOver({ kind: "files", applicationId: receipt.application_id });
  return html`
    <p class="type-value">
      ${t("viewer.apply.done_at", { when: clock(receipt.at, { time: "always" }), number: receipt.number })}
    </p>
    <${Next} job=${card.job} />
    ${page.serviceLine && html`<p>${t("viewer.apply.no_call", { phone: page.serviceLine })}</p>`}
    <${VerifyOffer} page=${page} sheet=${sheet} />
    <div class="stack-tight">
      <p class="type-label">${t("viewer.resume.offer")}</p>
      <${Button} class="button-wide" onClick=${resume}>${t("viewer.resume.add")}<//>
      <${Button} class="button-wide" onClick=${files}>${t("viewer.files.add")}<//>
    </div>
  `;
}

function trouble(page) {
  return page.serviceLine
    ? t("viewer.apply.failed", { phone: page.serviceLine })
    : t("viewer.apply.failed_no_phone");
}

/** After sending: stored, stored before, or kept until the line is back. */
function Outcome({ page, sheet }) {
  const { phase, receipt } = sheet;
  const box = useRef(null);
  useLayoutEffect(() => box.current.focus({ preventScroll: true }), [phase]);
  return html`<div class="stack viewer-outcome" ref=${box} tabindex="-1" role="status">
    ${phase === "done" && html`<${Done} page=${page} sheet=${sheet} />`}
    ${phase === "again" && html`<p class="note">${t("viewer.apply.again", { time: hour(receipt.at) })}</p>`}
    ${phase === "saved" && html`<p class="note note-warn">! ${t("viewer.apply.saved")}</p>`}
    ${phase === "trouble" && html`<p class="note note-error">! ${trouble(page)}</p>`}
    <${Button} kind="primary" size="main" class="button-wide" onClick=${page.close}>${t("viewer.apply.more")}<//>
    <${Family} page=${page} sheet=${sheet} />
  </div>`;
}

export function ApplySheet({ page, sheet }) {
  const { card, phase, key } = sheet;
  const form = phase === "form" || phase === "sending";
  const title = phase === "done" ? t("viewer.apply.done") : t("viewer.apply.title", { label: cardLabel(card), title: card.job.title });
  const note = card.job.employer.name + " · " + showPay(card.job.pay).whole;
  return html`<${Sheet} title=${title} note=${note} onClose=${page.close}>
    ${form && html`<${ApplyForm} key=${key} page=${page} sheet=${sheet} />`}
    ${phase === "verify" && html`<${Verify} page=${page} sheet=${sheet} />`}
    ${!form && phase !== "verify" && html`<${Outcome} page=${page} sheet=${sheet} />`}
  <//>`;
}
