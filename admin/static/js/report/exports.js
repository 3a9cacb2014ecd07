/** 导出报名名单: what to take out, masked unless a purpose is given; below, what was taken out, how far it is, and the file. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Field, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { clock, hasCopy, language, t } from "../i18n.js";

const SCOPES = ["broadcast", "series", "everything"];
const FORMATS = ["xlsx", "csv"];
const PURPOSES = ["contact", "hand_over", "settle"];
const POLL_MS = 1000;
const UNDER_WAY = ["waiting", "writing"];

function Choice({ legend, name, options, value, label, onChange }) {
  return html`<fieldset>
    <legend>${legend}</legend>
    ${options.map(
      (option) => html`<label class="check" key=${option}>
        <input type="radio" name=${name} value=${option} checked=${value === option} onChange=${() => onChange(option)} />
        <span>${label(option)}</span>
      </label>`,
    )}
  </fieldset>`;
}

/** The shows to choose from, where there are several; of one show nothing is asked. */
function Shows({ shows, value, onChange }) {
  if (shows.length === 1) return null;
  return html`<${Field} label=${t("exports.column.broadcast")} as="select" onChange=${(event) => onChange(event.target.value)}>
    ${shows.map((one) => html`<option value=${one.id} selected=${value === one.id}>${one.name}</option>`)}
  <//>`;
}

function Employers({ employers, value, onChange }) {
  return html`<${Field} label=${t("exports.employer")} as="select" value=${value} onChange=${(event) => onChange(event.target.value)}>
    <option value="">${t("exports.employer.all")}</option>
    ${employers.map((one) => html`<option value=${one.employer_id}>${one.name}</option>`)}
  <//>`;
}

function Form({ shows, series, employers, onAsked }) {
  const [wanted, setWanted] = useState({ scope: "broadcast", show: shows[0].id, employer: "", format: "xlsx", purpose: "" });
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const want = (name) => (value) => setWanted(Object.assign({}, wanted, { [name]: value }));
  const ask = (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setFailed("");
    const body = { scope: wanted.scope, format: wanted.format };
    if (wanted.employer) body.employer_id = wanted.employer;
    if (wanted.purpose) body.purpose = wanted.purpose;
    api("POST", "/api/v1/broadcasts/" + wanted.show + "/exports?lang=" + language(), body).then(
      (asked) => {
        setBusy(false);
        onAsked(asked);
      },
      (failure) => {
        setBusy(false);
        setFailed(errorText(failure));
      },
    );
  };
  const scopes = SCOPES.filter((one) => series || one !== "series");
  const purposes = PURPOSES.filter((one) => employers || one !== "hand_over");
  const shown = (purpose) =>
    purpose ? t("exports.shown.full", { purpose: t("exports.purpose." + purpose) }) : t("exports.shown.masked");
  return html`<form class="stack" onSubmit=${ask}>
    <div class="list-filters">
      <${Choice} legend=${t("exports.scope")} name="export-scope" options=${scopes} value=${wanted.scope}
        label=${(one) => t("exports.scope." + one)} onChange=${want("scope")} />
      <${Choice} legend=${t("exports.format")} name="export-format" options=${FORMATS} value=${wanted.format}
        label=${(one) => t("exports.format." + one)} onChange=${want("format")} />
      <${Choice} legend=${t("exports.shown")} name="export-shown" options=${[""].concat(purposes)} value=${wanted.purpose}
        label=${shown} onChange=${want("purpose")} />
    </div>
    ${wanted.scope === "broadcast" && html`<${Shows} shows=${shows} value=${wanted.show} onChange=${want("show")} />`}
    ${employers && html`<${Employers} employers=${employers} value=${wanted.employer} onChange=${want("employer")} />`}
    <p class="note">${t(employers ? "exports.note" : "exports.note.own")}</p>
    ${failed && html`<p class="field-error" role="alert">${failed}</p>`}
    <button type="submit" class="button button-primary button-main button-wide" disabled=${busy}>
      ${busy ? t("exports.starting") : t("exports.start")}
    </button>
  </form>`;
}

export function stateText(one) {
  if (one.state === "writing") {
    return t("exports.state.writing", { done: one.rows_done, total: one.rows_total === null ? "…" : one.rows_total });
  }
  if (one.state === "ready") {
    return t(one.what === "reports" ? "exports.state.ready_reports" : "exports.state.ready", { rows: one.rows_done, until: clock(one.expires_at, { time: "always" }) });
  }
  if (one.state === "failed") {
    const why = "exports.why." + one.failure;
    return t("exports.state.failed", { why: t(hasCopy(why) ? why : "exports.why.other") });
  }
  return t("exports.state." + one.state);
}

// A list too long for its format stays too long.
function mayTryAgain(one) {
  return one.state === "failed" && one.failure !== "export_too_long";
}

export function ExportLine({ one, onDestroy, onAgain }) {
  const isReports = one.what === "reports";
  const days = one.since && one.since + "–" + one.until;
  const what = [one.title || days || t("exports.everything"), one.employer, one.format.toUpperCase()].filter(Boolean);
  const shown = isReports ? t("exports.reports") : one.purpose ? t("exports.full", { purpose: t("exports.purpose." + one.purpose) }) : t("exports.masked");
  const name = clock(one.asked_at, { time: "always" });
  return html`<li class="hand-over-row">
    <div class="grow">
      <p class="type-value">${what.join(" · ")}</p>
      <p class="type-label">${name} · ${shown}</p>
      <p role="status" class=${one.state === "failed" ? "tone-error" : ""}>${stateText(one)}</p>
      ${one.state === "writing" &&
      html`<progress class="export-progress" max=${one.rows_total || 1} value=${one.rows_done}
        aria-label=${t("exports.progress", { done: one.rows_done, total: one.rows_total || 0 })}></progress>`}
    </div>
    ${one.state === "ready" &&
    html`<${Button} kind="primary" href=${"/api/v1/exports/" + one.id + "/file"} download=""
      aria-label=${t("exports.download") + " " + name}>${t("exports.download")}<//>`}
    ${mayTryAgain(one) &&
    html`<${Button} aria-label=${t("exports.again") + " " + name} onClick=${() => onAgain(one)}>${t("exports.again")}<//>`}
    ${["waiting", "writing", "ready"].includes(one.state) &&
    html`<${Button} kind="plain" aria-label=${t("exports.destroy") + " " + name} onClick=${() => onDestroy(one)}>
      ${t("exports.destroy")}
    <//>`}
  </li>`;
}

/** Reads the list anew as long as something is under way. */
export function useExports() {
  const [list, setList] = useState({ exports: null, failed: "" });
  const timer = useRef(0);
  const read = () => {
    clearTimeout(timer.current);
    return api("GET", "/api/v1/exports").then(
      (answer) => {
        setList({ exports: answer.exports, failed: "" });
        if (answer.exports.some((one) => UNDER_WAY.includes(one.state))) timer.current = setTimeout(read, POLL_MS);
      },
      (failure) => setList((before) => ({ exports: before.exports, failed: errorText(failure) })),
    );
  };
  useEffect(() => {
    read();
    return () => clearTimeout(timer.current);
  }, []);
  return [list, read];
}

/** shows: [{id, name}], the first one chosen; employers: null where one's own is the only one. */
export function ExportsSheet({ shows, series = false, employers = null, onClose }) {
  const [list, read] = useExports();
  const [failed, setFailed] = useState("");
  const act = (method, path) => {
    setFailed("");
    return api(method, "/api/v1/exports/" + path).then(read, (failure) => setFailed(errorText(failure)));
  };
  const some = list.exports || [];
  return html`<${Sheet} title=${t("exports.title")} wide onClose=${onClose}>
    <div class="stack">
      <${Form} shows=${shows} series=${series} employers=${employers} onAsked=${read} />
      <h3>${t("exports.history")}</h3>
      ${(failed || list.failed) && html`<p class="field-error" role="alert">${failed || list.failed}</p>`}
      ${list.exports && some.length === 0 && html`<p>${t("exports.none")}</p>`}
      <ul>
        ${some.map((one) => html`<${ExportLine} key=${one.id} one=${one}
          onDestroy=${() => act("DELETE", one.id)} onAgain=${() => act("POST", one.id + "/again")} />`)}
      </ul>
    </div>
  <//>`;
}
