/** 上报表: the built-in form and the bureau's own workbooks, filled for one show, a series or days. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Badge, Button, Empty, Field } from "../components.js";
import { language, t } from "../i18n.js";
import { uploadTo } from "../upload.js";
import { FileDrop, Sending } from "./file_drop.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { ReportExports } from "./report_exports.js";
import { ask, asked, query, say, when } from "./words.js";

const EXAMPLE = "{{报名人数}}";
const KINDS = ["days", "series", "show"];

/** What a form is filled for, kept in the address: {show, series, since, until}. */
export function useWanted() {
  const [wanted, setWanted] = useState({
    show: asked("show") || "",
    series: asked("series") || "",
    since: asked("since") || "",
    until: asked("until") || "",
  });
  const want = (next) => {
    Object.keys(next).forEach((name) => ask(name, next[name]));
    setWanted(next);
  };
  return [wanted, want];
}

function kindOf(wanted) {
  return wanted.show ? "show" : wanted.series ? "series" : "days";
}

/** ?broadcast_id=…, ?series=… or ?since=…&until=…, as the interface takes it. */
export function wantedQuery(wanted, more = {}) {
  if (wanted.show) return query(Object.assign({ broadcast_id: wanted.show }, more));
  if (wanted.series) return query(Object.assign({ series: wanted.series }, more));
  return query(Object.assign({ since: wanted.since, until: wanted.until }, more));
}

function One({ wanted, want, shows, series }) {
  const set = (name) => (event) => want(Object.assign({}, wanted, { [name]: event.target.value }));
  if (kindOf(wanted) === "show") {
    return html`<${Field} class="input-small" label=${t("forms.for.which_show")} as="select" onChange=${set("show")}>
      ${shows.map((one) => html`<option key=${one.id} value=${one.id} selected=${one.id === wanted.show}>${one.title} · ${when(one.started_at || one.starts_at)}</option>`)}
    <//>`;
  }
  if (kindOf(wanted) === "series") {
    return html`<${Field} class="input-small" label=${t("forms.for.which_series")} as="select" onChange=${set("series")}>
      ${series.map((name) => html`<option key=${name} value=${name} selected=${name === wanted.series}>${name}</option>`)}
    <//>`;
  }
  return html`<${Field} class="input-small" label=${t("forms.for.since")} type="date" value=${wanted.since} onChange=${set("since")} />
    <${Field} class="input-small" label=${t("forms.for.until")} type="date" value=${wanted.until} onChange=${set("until")} />`;
}

/** One show, a series, or days; only what there is. */
export function ForWhat({ wanted, want }) {
  const load = useLoad("/api/v1/home");
  return html`<${Loaded} load=${load} say=${say}>
    ${(home) => {
      const shows = home.shows.map((row) => row.broadcast).filter((one) => one.status !== "scheduled" && !one.rehearsal);
      const series = shows.map((one) => one.series).filter((name, nth, all) => name && all.indexOf(name) === nth);
      const kinds = KINDS.filter((kind) => kind === "days" || (kind === "show" ? shows : series).length > 0);
      const choose = (kind) =>
        want({
          show: kind === "show" ? shows[0].id : "",
          series: kind === "series" ? series[0] : "",
          since: wanted.since,
          until: wanted.until,
        });
      return html`<section class="block stack">
        <h2 class="block-title">${t("forms.for.title")}</h2>
        <div class="line-up wrap" role="group" aria-label=${t("forms.for.title")}>
          ${kinds.map(
            (kind) => html`<button key=${kind} type="button" class="chip" aria-pressed=${kind === kindOf(wanted) ? "true" : "false"}
              onClick=${() => choose(kind)}>${t("forms.for." + kind)}</button>`,
          )}
        </div>
        <div class="form-for"><${One} wanted=${wanted} want=${want} shows=${shows} series=${series} /></div>
      </section>`;
    }}
  <//>`;
}

function builtIn(wanted) {
  return wanted.show
    ? "/api/v1/broadcasts/" + wanted.show + "/activity-form.xlsx"
    : "/api/v1/activity-form.xlsx" + wantedQuery(wanted);
}

function Line({ form, wanted }) {
  const page = "/organiser/forms/" + form.id + query(wanted);
  return html`<li class="row show-row form-row">
    <div class="grow">
      <p><a class="show-title" href=${page}>${form.name}</a>
        ${form.unknown > 0 && html` <${Badge} tone="warn">${t("forms.unknown", { n: form.unknown })}<//>`}</p>
      <p class="type-label">${[t("forms.marks", { n: form.marks }), form.by, when(form.changed_at)].join(" · ")}</p>
    </div>
    <${Button} href=${page}>${t("forms.preview")}<span class="visually-hidden"> ${form.name}</span><//>
    <${Button} kind="primary" href=${"/api/v1/forms/" + form.id + "/filled.xlsx" + wantedQuery(wanted)} download=""
      >${t("forms.download")}<span class="visually-hidden"> ${form.name}</span><//>
  </li>`;
}

function Names() {
  const load = useLoad("/api/v1/form-marks");
  const [typed, setTyped] = useState("");
  const lang = language();
  const fits = (one) => Object.keys(one.name).some((key) => one.name[key].toLowerCase().includes(typed.trim().toLowerCase()));
  return html`<details class="block">
    <summary>${t("forms.names.title")}</summary>
    <div class="stack">
      <p>${t("forms.names.how", { mark: EXAMPLE })}</p>
      <p>${t("forms.names.each", { title: "{{每场.场次}}", mark: "{{每场.报名人数}}" })}</p>
      <${Field} label=${t("forms.names.search")} type="search" value=${typed} onInput=${(event) => setTyped(event.target.value)} />
      <${Loaded} load=${load} say=${say}>
        ${({ names }) => html`<ul class="form-names">
          ${names.filter(fits).map((one) => html`<li key=${one.key}><code>${"{{" + one.name["zh-CN"] + "}}"}</code>
            ${lang === "en" && html` <span class="type-label">${one.name.en}</span>`}</li>`)}
        </ul>`}
      <//>
    </div>
  </details>`;
}

export function FormsPage() {
  const load = useLoad("/api/v1/forms");
  const [wanted, want] = useWanted();
  const [share, setShare] = useState(null);
  const [failure, setFailure] = useState(null);
  const [notice, put] = useNotice();
  useEffect(() => setFailure(null), [wanted]);
  const send = async (file) => {
    setFailure(null);
    setShare(0);
    try {
      const form = await uploadTo("/api/v1/forms", file, setShare);
      location.assign("/organiser/forms/" + form.id + query(wanted));
    } catch (refused) {
      setFailure(refused);
      setShare(null);
    }
  };
  const back = { href: "/organiser/reports", text: t("programme.nav.reports") };
  return html`<${Frame} title=${t("forms.title")} back=${back} notice=${notice} put=${put}>
    <${ForWhat} wanted=${wanted} want=${want} />
    <section class="block">
      <h2 class="block-title">${t("forms.built_in.title")}</h2>
      <div class="row show-row form-row">
        <div class="grow"><p class="type-value">${t("forms.built_in.name")}</p><p class="type-label">${t("forms.built_in.note")}</p></div>
        <${Button} kind="primary" href=${builtIn(wanted)} download="">${t("forms.download")}<span class="visually-hidden"> ${t("forms.built_in.name")}</span><//>
      </div>
    </section>
    <section class="block">
      <h2 class="block-title">${t("forms.own.title")}</h2>
      <${Loaded} load=${load} say=${say}>
        ${({ forms }) =>
          forms.length === 0
            ? html`<${Empty} text=${t("forms.own.none", { mark: EXAMPLE })} />`
            : html`<ul>${forms.map((form) => html`<${Line} key=${form.id} form=${form} wanted=${wanted} />`)}</ul>`}
      <//>
      ${failure && html`<p class="note note-error" role="alert">${say(failure)}</p>`}
      ${share === null
        ? html`<${FileDrop} id="form-file" types=".xlsx" label=${t("forms.own.choose")} hint=${t("forms.own.hint")} onFile=${send} />`
        : html`<${Sending} share=${share} label=${t("forms.own.title")} />`}
    </section>
    <${ReportExports} wanted=${wanted} />
    <${Names} />
  <//>`;
}
