/** One job: as written, as understood, what the rules say of it, and the way to let it be pushed all the same. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Badge, Button, Confirm } from "../components.js";
import { t } from "../i18n.js";
import { payBasis, showPay } from "../pay.js";
import { changes, Choice, filled, FormError, Line, Text, useForm } from "./form.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { useSettled } from "./jobs.js";
import { asked, say, sayBlocked, sayFinding, when } from "./words.js";

const BLANK = {
  employer_id: "",
  title: "",
  pay_text: "",
  workplace: "",
  headcount_min: "",
  headcount_max: "",
  shift: "",
  rest: "",
  meals: "",
  dorm: "",
  age: "",
  education: "",
  gender: "",
  benefits: "",
  requirements: "",
  duties: "",
  arrival: "",
  insurance: "",
  source: "",
  valid_until: "",
  remark: "",
};
const FACTS = ["shift", "rest", "meals", "dorm", "age", "education", "gender", "insurance"];
const TEXTS = ["requirements", "duties", "benefits", "arrival"];
const BACK = { href: "/organiser/jobs", get text() { return t("organiser.jobs.title"); } };

function whole(text) {
  return String(text).trim() === "" ? null : Number(text);
}

/** The form's values as the API takes them. */
export function asRequest(values) {
  const out = filled(values);
  out.headcount_min = whole(values.headcount_min);
  out.headcount_max = whole(values.headcount_max);
  // One number typed is that many, not up to that many.
  if (out.headcount_min === null) out.headcount_min = out.headcount_max;
  return out;
}

function asValues(job) {
  return Object.assign({}, BLANK, job.facts, { employer_id: job.employer_id });
}

function Understood({ text }) {
  const [seen, setSeen] = useState(null);
  const settled = useSettled(text);
  useEffect(() => {
    if (settled.trim() === "") return setSeen(null);
    let stale = false;
    api("POST", "/api/v1/pay", { text: settled }).then(
      (pay) => stale || setSeen({ pay }),
      (failure) => stale || setSeen({ failure }),
    );
    return () => {
      stale = true;
    };
  }, [settled]);
  if (!seen) return null;
  if (seen.failure) return html`<p class="field-hint tone-warn" role="status">! ${say(seen.failure)}</p>`;
  return html`<p class="field-hint" role="status">
    ${t("organiser.import.as_understood")} <strong class="pay-small">${showPay(seen.pay).whole}</strong>
    ${payBasis(seen.pay) && html` · ${payBasis(seen.pay)}`}
  </p>`;
}

function JobForm({ form, employers }) {
  const options = [["", t("programme.job.choose_employer")]].concat(employers.map((one) => [one.id, one.name]));
  return html`<${FormError} form=${form} />
    <fieldset class="card">
      <legend class="block-title">${t("programme.job.required")}</legend>
      <${Line} form=${form} name="title" required label=${t("programme.job.title")} />
      <div class="two-columns">
        <${Choice} form=${form} name="employer_id" label=${t("common.detail.employer") + " *"} options=${options} />
        <${Line} form=${form} name="workplace" required label=${t("programme.job.workplace")} />
      </div>
      <${Line} form=${form} name="pay_text" required label=${t("programme.job.pay")} hint=${t("programme.job.pay_hint")} />
      <${Understood} text=${form.values.pay_text} />
      <div class="two-columns">
        <${Line} form=${form} name="headcount_min" type="number" min="1" inputmode="numeric" label=${t("programme.job.headcount_min")} />
        <${Line} form=${form} name="headcount_max" type="number" min="1" inputmode="numeric" label=${t("programme.job.headcount_max")} />
      </div>
    </fieldset>
    <fieldset class="card">
      <legend class="block-title">${t("programme.job.facts")}</legend>
      <div class="two-columns">
        ${FACTS.map((name) => html`<${Line} key=${name} form=${form} name=${name} label=${t("programme.job." + name)} />`)}
      </div>
      ${TEXTS.map((name) => html`<${Text} key=${name} form=${form} name=${name} label=${t("programme.job." + name)} />`)}
      <div class="two-columns">
        <${Line} form=${form} name="valid_until" type="date" label=${t("common.detail.valid_until")} />
        <${Line} form=${form} name="source" label=${t("common.detail.source")} />
      </div>
      <${Text} form=${form} name="remark" rows="2" label=${t("programme.job.remark")} hint=${t("programme.job.remark_hint")} />
    </fieldset>`;
}

/* What the rules say */

const TONES = { block: "live", warn: "warn", notice: "next", allow: "ok" };

function Findings({ findings }) {
  if (findings.length === 0) return null;
  return html`<ul class="findings">
    ${findings.map(
      (finding) => html`<li key=${finding.rule_id} class="finding">
        <p>
          <${Badge} tone=${TONES[finding.severity]} shape=${finding.severity !== "block"}
            >${t("programme.severity." + finding.severity)}<//
          >${" "}<strong>“${finding.matched}”</strong>
        </p>
        <p>${sayFinding(finding)}</p>
        <p class="type-label">${finding.legal_basis}</p>
      </li>`,
    )}
  </ul>`;
}

function OverrideForm({ job, onDone }) {
  const form = useForm({ reason: "" }, ["reason"]);
  const submit = async (event) => {
    event.preventDefault();
    const done = await form.send("PUT", "/api/v1/jobs/" + job.id + "/override", {
      reason: form.values.reason,
      // What stands on this page: what was found meanwhile has not been read by whoever lets it through.
      covers: job.blocked.map((reason) => reason.rule_id || reason.code),
    });
    if (done) onDone(done, t("programme.job.let_now"));
  };
  return html`<form onSubmit=${submit} class="stack-tight">
    <${FormError} form=${form} />
    <${Text} form=${form} name="reason" rows="2" label=${t("organiser.jobs.override_reason") + " *"} hint=${t("programme.job.reason_hint")} />
    <${Button} type="submit" disabled=${form.sending}>${t("organiser.jobs.override")}<//>
  </form>`;
}

function Verdict({ job, onDone, put }) {
  const takeBack = () =>
    api("DELETE", "/api/v1/jobs/" + job.id + "/override").then(
      (row) => onDone(row, t("programme.job.taken_back")),
      (failure) => put({ text: say(failure) }),
    );
  const clear = job.blocked.length === 0 && !job.override && job.findings.length === 0;
  if (clear) return html`<p class="note note-ok">✓ ${t("programme.job.pushable")}</p>`;
  return html`<section class="card block" aria-label=${t("programme.job.rules")}>
    ${job.blocked.length > 0
      ? html`<h2 class="block-title tone-warn">! ${t("programme.jobs.state.blocked")}</h2>
          <ul class="todo-list">
            ${job.blocked.map(
              (reason, nth) => html`<li key=${nth}>
                ${sayBlocked(reason)}
                ${reason.code === "employer_unverified" &&
                html` · <a href=${"/organiser/employers/" + job.employer_id}>${t("programme.job.to_employer")}</a>`}
              </li>`,
            )}
          </ul>`
      : html`<p class="tone-ok">✓ ${t("programme.job.pushable")}</p>`}
    <${Findings} findings=${job.findings} />
    ${job.override &&
    html`<p class="note">
      ${t("programme.job.let_by", { who: job.override.by, when: when(job.override.at), reason: job.override.reason })}${" "}
      <${Button} kind="plain" onClick=${takeBack}>${t("programme.job.take_back")}<//>
    </p>`}
    ${job.blocked.length > 0 && html`<${OverrideForm} job=${job} onDone=${onDone} />`}
  </section>`;
}

function Edit({ loaded, employers, put }) {
  const [job, setJob] = useState(loaded);
  const [asking, setAsking] = useState(false);
  const form = useForm(asValues(loaded), ["title", "employer_id", "workplace", "pay_text"]);
  const done = (row, text) => {
    // What stands in the form unsaved stays; the rest is as it is now.
    form.setValues(Object.assign(asValues(row), changes(form.values, asValues(job))));
    setJob(row);
    put({ text });
  };
  const submit = async (event) => {
    event.preventDefault();
    const mine = changes(form.values, asValues(job));
    const now = await api("GET", "/api/v1/jobs/" + job.id).catch(() => job);
    const whole = asRequest(Object.assign(asValues(now), mine));
    const row = await form.send("PUT", "/api/v1/jobs/" + job.id, whole);
    if (!row) return;
    done(row, row.shows > 0 ? t("programme.job.saved_and_told") : t("common.saved"));
  };
  const remove = () =>
    api("DELETE", "/api/v1/jobs/" + job.id).then(
      () => location.assign("/organiser/jobs"),
      (failure) => {
        setAsking(false);
        put({ text: say(failure) });
      },
    );
  return html`<${Verdict} job=${job} onDone=${done} put=${put} />
    <form class="stack" onSubmit=${submit} novalidate>
      <${JobForm} form=${form} employers=${employers} />
      <div class="form-end">
        <${Button} type="submit" kind="primary" size="main" disabled=${form.sending}>${t("common.save")}<//>
        <${Button} kind="danger" onClick=${() => setAsking(true)}>${t("programme.job.remove")}<//>
      </div>
    </form>
    ${asking &&
    html`<${Confirm}
      text=${t("programme.job.remove_ask")}
      yes=${t("programme.job.remove")}
      no=${t("common.cancel")}
      onYes=${remove}
      onNo=${() => setAsking(false)}
    />`}`;
}

function origin(job) {
  return job.import_row ? t("programme.job.from_row", { row: job.import_row.replace("!", " · ") }) : null;
}

export function JobPage({ id }) {
  const job = useLoad("/api/v1/jobs/" + id);
  const employers = useLoad("/api/v1/employers");
  const [notice, put] = useNotice();
  const title = job.data ? job.data.facts.title : t("programme.job.page");
  return html`<${Frame} title=${title} back=${BACK} notice=${notice} put=${put}>
    <${Loaded} load=${job} say=${say}>
      ${(loaded) => html`${origin(loaded) && html`<p class="type-label">${origin(loaded)}</p>`}
        <${Loaded} load=${employers} say=${say}>
          ${(list) => html`<${Edit} loaded=${loaded} employers=${list.employers} put=${put} />`}
        <//>`}
    <//>
  <//>`;
}

function Create({ employers, put }) {
  const form = useForm(Object.assign({}, BLANK, { employer_id: asked("employer") || "" }), [
    "title",
    "employer_id",
    "workplace",
    "pay_text",
  ]);
  const submit = async (event) => {
    event.preventDefault();
    const row = await form.send("POST", "/api/v1/jobs", asRequest(form.values));
    if (row) location.assign("/organiser/jobs/" + row.id);
  };
  return html`<form class="stack" onSubmit=${submit} novalidate>
    <p class="type-label">
      ${t("programme.job.no_employer_yet")} <a href="/organiser/employers/new">${t("programme.employers.add")}</a>
    </p>
    <${JobForm} form=${form} employers=${employers} put=${put} />
    <div class="form-end">
      <${Button} type="submit" kind="primary" size="main" disabled=${form.sending}>${t("programme.job.create")}<//>
    </div>
  </form>`;
}

export function NewJobPage() {
  const employers = useLoad("/api/v1/employers");
  const [notice, put] = useNotice();
  return html`<${Frame} title=${t("programme.jobs.add")} back=${BACK} notice=${notice} put=${put}>
    <${Loaded} load=${employers} say=${say}>
      ${(list) => html`<${Create} employers=${list.employers} put=${put} />`}
    <//>
  <//>`;
}
