/** Employers: who they are, who has seen their papers, and until when that holds. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Badge, Button, Check, Empty, Field, Sheet } from "../components.js";
import { t } from "../i18n.js";
import { changes, filled, FormError, Line, Text, useForm } from "./form.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { StateChips, useSettled } from "./jobs.js";
import { ask, asked, day, query, say } from "./words.js";

const PAPERS = ["licence", "recruitment_letter", "agent_identity", "mandate"];
const STATES = ["all", "unverified", "ending"];
const MOST = 500;
const BLANK = { name: "", full_name: "", contact_name: "", contact_phone: "", calls_within: "", licence_no: "" };
const BACK = { href: "/organiser/employers", get text() { return t("programme.nav.employers"); } };

function State({ employer }) {
  if (employer.verified) {
    return html`<${Badge} tone="ok">${t("common.job.verified")}<//>${" "}
      <span class="type-label">${t("programme.employers.until", { date: day(employer.verified_until) })}</span>`;
  }
  const word = employer.verified_until ? "programme.employers.ran_out" : "programme.employers.state.unverified";
  return html`<${Badge} tone="warn">${t(word)}<//>`;
}

/** onTick: it may be chosen, with others, to be verified. */
function EmployerLine({ employer, ticked, onTick }) {
  return html`<li class="row">
    ${onTick &&
    html`<${Check} checked=${ticked} onChange=${onTick}><span class="visually-hidden">${t("programme.employers.choose", { name: employer.name })}</span><//>`}
    <div class="grow">
      <p><a class="show-title" href=${"/organiser/employers/" + employer.id}>${employer.name}</a></p>
      <p class="type-label">
        ${[employer.full_name === employer.name ? null : employer.full_name, employer.contact_phone].filter(Boolean).join(" · ")}
      </p>
      <p><${State} employer=${employer} /></p>
    </div>
    <a href=${"/organiser/jobs?employer=" + employer.id}
      >${t("programme.employers.jobs", { n: employer.jobs })}<span class="visually-hidden"> ${employer.name}</span></a
    >
  </li>`;
}

/** Chosen ones stay chosen while they are listed: {ids, tick, choose}. */
function useChosen(employers) {
  const [chosen, setChosen] = useState([]);
  const ids = employers.map((one) => one.id).filter((id) => chosen.indexOf(id) >= 0);
  const tick = (id) => setChosen(ids.indexOf(id) >= 0 ? ids.filter((one) => one !== id) : ids.concat(id));
  return { ids, tick, choose: setChosen };
}

function VerifyMany({ ids, onDone, onClose }) {
  const done = (answer) => onDone(t("programme.employers.verified_many", { n: answer.verified, date: day(answer.until) }));
  return html`<${Sheet} title=${t("programme.employers.verify_many", { n: ids.length })} note=${t("programme.employers.verify_many_note")} onClose=${onClose}>
    <${Verify} address="/api/v1/employers/verify" more=${{ employers: ids }} onDone=${done} />
  <//>`;
}

/** What is to be verified, first or again, is chosen here, at most as many at once as the server takes. */
function Listed({ employers, ending, onVerified }) {
  const due = employers.filter((one) => ending || !one.verified);
  const open = due.map((one) => one.id);
  const { ids, tick, choose } = useChosen(due);
  const all = ending ? "programme.employers.choose_ending" : "programme.employers.choose_all";
  const [asking, setAsking] = useState(false);
  const done = (text) => {
    setAsking(false);
    onVerified(text);
  };
  return html`${open.length > 1 &&
    html`<div class="block"><div class="line-up wrap">
      <${Button} onClick=${() => choose(open.slice(0, MOST))}>${t(all, { n: Math.min(open.length, MOST) })}<//>
      ${ids.length > 0 && html`<${Button} kind="plain" onClick=${() => choose([])}>${t("programme.employers.choose_none")}<//>`}
      ${ids.length > 0 && html`<${Button} kind="primary" onClick=${() => setAsking(true)}>${t("programme.employers.verify_many", { n: ids.length })}<//>`}
    </div></div>`}
    <ul>
      ${employers.map(
        (one) => html`<${EmployerLine} key=${one.id} employer=${one} ticked=${ids.indexOf(one.id) >= 0}
          onTick=${open.length > 1 && due.includes(one) ? () => tick(one.id) : null} />`,
      )}
    </ul>
    ${asking && html`<${VerifyMany} ids=${ids} onDone=${done} onClose=${() => setAsking(false)} />`}`;
}

export function EmployersPage() {
  const [search, setSearch] = useState("");
  const [state, setState] = useState(STATES.indexOf(asked("state")) > 0 ? asked("state") : "all");
  const settled = useSettled(search);
  const load = useLoad("/api/v1/employers" + query({ q: settled, state: state === "all" ? null : state }));
  const [notice, put] = useNotice();
  const choose = (one) => {
    setState(one);
    ask("state", one === "all" ? null : one);
  };
  const verified = (text) => {
    put({ text });
    load.reload();
  };
  const none = state === "all" && !settled ? "programme.employers.none" : "programme.employers.none_found";
  const buttons = html`<${Button} kind="primary" href="/organiser/employers/new">${t("programme.employers.add")}<//>`;
  return html`<${Frame} title=${t("programme.nav.employers")} buttons=${buttons} notice=${notice} put=${put}>
    <div class="filter-row">
      <${Field}
        class="input-small"
        type="search"
        label=${t("programme.employers.search")}
        value=${search}
        maxlength="100"
        onInput=${(event) => setSearch(event.target.value)}
      />
      <${StateChips} state=${state} onChoose=${choose} states=${STATES} words="programme.employers." />
    </div>
    <${Loaded} load=${load} say=${say}>
      ${({ employers }) =>
        employers.length === 0
          ? html`<${Empty} text=${t(none)} />`
          : html`<${Listed} employers=${employers} ending=${state === "ending"} onVerified=${verified} />`}
    <//>
  <//>`;
}

function EmployerForm({ form }) {
  return html`<${FormError} form=${form} />
    <div class="two-columns">
      <${Line} form=${form} name="name" required label=${t("programme.employers.name")} hint=${t("programme.employers.name_hint")} />
      <${Line} form=${form} name="full_name" label=${t("programme.employers.full_name")} hint=${t("programme.employers.full_name_hint")} />
      <${Line} form=${form} name="contact_name" label=${t("programme.job.contact_name")} />
      <${Line} form=${form} name="contact_phone" inputmode="tel" label=${t("programme.job.contact_phone")} />
      <${Line} form=${form} name="calls_within" label=${t("organiser.employers.calls_within")} placeholder=${t("programme.employers.calls_example")} />
      <${Line} form=${form} name="licence_no" label=${t("programme.employers.licence_no")} />
    </div>`;
}

/* Verification */

/** What was seen, by whom, for how long; sent with more. onDone is given the answer. */
function Verify({ address, more, onDone }) {
  const [seen, setSeen] = useState([]);
  const form = useForm({ until: "", who: "" });
  const tick = (paper) => setSeen(seen.indexOf(paper) >= 0 ? seen.filter((one) => one !== paper) : seen.concat(paper));
  const submit = async (event) => {
    event.preventDefault();
    const answer = await form.send("POST", address, Object.assign(filled(form.values), { seen }, more));
    if (answer) onDone(answer);
  };
  return html`<form class="stack-tight" onSubmit=${submit}>
    <${FormError} form=${form} />
    <p>${t("programme.employers.papers")}</p>
    ${PAPERS.map(
      (paper) => html`<${Check} key=${paper} checked=${seen.indexOf(paper) >= 0} onChange=${() => tick(paper)}
        >${t("programme.paper." + paper)}<//
      >`,
    )}
    <div class="two-columns">
      <${Line} form=${form} name="until" type="date" label=${t("organiser.employers.verified_until")} hint=${t("programme.employers.until_hint")} />
      <${Line} form=${form} name="who" label=${t("programme.employers.who")} hint=${t("programme.employers.who_hint")} />
    </div>
    <${Button} type="submit" kind="primary" disabled=${form.sending}>${t("organiser.employers.verify")}<//>
  </form>`;
}

function Unverify({ employer, onDone }) {
  const form = useForm({ reason: "" }, ["reason"]);
  const submit = async (event) => {
    event.preventDefault();
    const row = await form.send("POST", "/api/v1/employers/" + employer.id + "/unverify", { reason: form.values.reason });
    if (row) onDone(row, t("programme.employers.unverified_now"));
  };
  return html`<details>
    <summary>${t("programme.employers.take_back")}</summary>
    <form class="stack-tight" onSubmit=${submit}>
      <${FormError} form=${form} />
      <${Text} form=${form} name="reason" rows="2" label=${t("programme.employers.reason") + " *"} />
      <${Button} type="submit" kind="danger" disabled=${form.sending}>${t("programme.employers.take_back")}<//>
    </form>
  </details>`;
}

function Verification({ employer, onDone }) {
  const verified = (row) => onDone(row, t("programme.employers.verified_now", { date: day(row.verified_until) }));
  return html`<section class="card block">
    <h2 class="block-title">${t("programme.employers.verification")}</h2>
    <p>
      <${State} employer=${employer} />${" "}
      ${employer.verified_by &&
      html`<span class="type-label"
        >${t("programme.employers.verified_by", { who: employer.verified_by, date: day(employer.verified_at) })}</span
      >`}
    </p>
    ${!employer.verified && html`<p class="tone-warn">! ${t("organiser.employers.unverified")}</p>`}
    <${Verify} address=${"/api/v1/employers/" + employer.id + "/verify"} onDone=${verified} />
    ${employer.verified && html`<${Unverify} employer=${employer} onDone=${onDone} />`}
  </section>`;
}

function Edit({ loaded, put }) {
  const [employer, setEmployer] = useState(loaded);
  const form = useForm(Object.assign({}, BLANK, pick(loaded)), ["name"]);
  const done = (row, text) => {
    // What stands in the form unsaved stays; the rest is as it is now.
    form.setValues(Object.assign(pick(row), changes(form.values, pick(employer))));
    setEmployer(row);
    put({ text });
  };
  const submit = async (event) => {
    event.preventDefault();
    const mine = changes(form.values, pick(employer));
    const now = await api("GET", "/api/v1/employers/" + employer.id).catch(() => employer);
    const row = await form.send("PUT", "/api/v1/employers/" + employer.id, filled(Object.assign(pick(now), mine)));
    if (row) done(row, t("common.saved"));
  };
  return html`<form class="card stack" onSubmit=${submit} novalidate>
      <${EmployerForm} form=${form} />
      <div class="form-end">
        <${Button} type="submit" kind="primary" disabled=${form.sending}>${t("common.save")}<//>
        <a href=${"/organiser/jobs?employer=" + employer.id}>${t("programme.employers.jobs", { n: employer.jobs })}</a>
      </div>
    </form>
    <${Verification} key=${employer.verified_at + employer.verified_until} employer=${employer} onDone=${done} />`;
}

function pick(employer) {
  const out = {};
  Object.keys(BLANK).forEach((name) => {
    out[name] = employer[name] || "";
  });
  return out;
}

export function EmployerPage({ id }) {
  const load = useLoad("/api/v1/employers/" + id);
  const [notice, put] = useNotice();
  const title = load.data ? load.data.name : t("programme.nav.employers");
  return html`<${Frame} title=${title} back=${BACK} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>${(employer) => html`<${Edit} loaded=${employer} put=${put} />`}<//>
  <//>`;
}

export function NewEmployerPage() {
  const form = useForm(BLANK, ["name"]);
  const [notice, put] = useNotice();
  const submit = async (event) => {
    event.preventDefault();
    const row = await form.send("POST", "/api/v1/employers", filled(form.values));
    if (row) location.assign("/organiser/employers/" + row.id);
  };
  return html`<${Frame} title=${t("programme.employers.add")} back=${BACK} notice=${notice} put=${put}>
    <form class="card stack" onSubmit=${submit} novalidate>
      <${EmployerForm} form=${form} />
      <div class="form-end">
        <${Button} type="submit" kind="primary" size="main" disabled=${form.sending}>${t("programme.employers.create")}<//>
      </div>
    </form>
  <//>`;
}
