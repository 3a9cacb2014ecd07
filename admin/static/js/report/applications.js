/** 报名名单: masked; a number in full only with a purpose, which is recorded. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Field, Sheet } from "../components.js";
import { ALL_STATES, channelName, stateName, Verified } from "../desk/words.js";
import { errorText } from "../errors.js";
import { clock, t } from "../i18n.js";
import { labelled } from "../label.js";
import { ExportsSheet } from "./exports.js";
import { ListsSheet } from "./lists.js";

const PURPOSES = ["contact", "duplicate", "own_request"];
const PAGE = 50;

function query(wanted, offset) {
  const params = new URLSearchParams({ limit: String(PAGE), offset: String(offset) });
  if (wanted.employer) params.set("employer_id", wanted.employer);
  if (wanted.state) params.set("state", wanted.state);
  if (wanted.waiting) params.set("waiting", "true");
  return "?" + params.toString();
}

function useList(path, wanted) {
  const [list, setList] = useState({ total: null, applications: [], failed: "" });
  const asked = useRef(0);
  const read = (before) => {
    asked.current += 1;
    const own = asked.current;
    api("GET", path + "/applications" + query(wanted, before.length)).then(
      (answer) =>
        own === asked.current &&
        setList({ total: answer.total, applications: before.concat(answer.applications), failed: "" }),
      (failure) => own === asked.current && setList({ total: null, applications: before, failed: errorText(failure) }),
    );
  };
  useEffect(() => read([]), [wanted.employer, wanted.state, wanted.waiting]);
  return [list, () => read(list.applications)];
}

function Filters({ report, wanted, onWant }) {
  const change = (name) => (event) => onWant(Object.assign({}, wanted, { [name]: event.target.value }));
  return html`<div class="list-filters">
    <${Field} label=${t("common.detail.employer")} as="select" class="input-small" value=${wanted.employer}
      onChange=${change("employer")}>
      <option value="">${t("desk.filter.any")}</option>
      ${report.employers.map((one) => html`<option value=${one.employer_id}>${one.name}</option>`)}
    <//>
    <${Field} label=${t("exports.column.state")} as="select" class="input-small" value=${wanted.state}
      onChange=${change("state")}>
      <option value="">${t("desk.filter.any")}</option>
      ${ALL_STATES.map((state) => html`<option value=${state}>${stateName(state)}</option>`)}
    <//>
    <label class="check">
      <input type="checkbox" checked=${wanted.waiting}
        onChange=${(event) => onWant(Object.assign({}, wanted, { waiting: event.target.checked }))} />
      <span>${t("organiser.applications.filter.waiting")}</span>
    </label>
  </div>`;
}

function Line({ line, onReveal }) {
  const one = line.application;
  const notes = [
    one.recorded_by && t("desk.recorded_by", { who: one.recorded_by }),
    one.same_person > 1 && t("organiser.applications.same_person", { n: one.same_person }),
  ].filter(Boolean);
  return html`<tr>
    <th scope="row">${one.number}</th>
    <td>${one.name_masked || "–"}${notes.length > 0 && html`<span class="type-label block">${notes.join(" · ")}</span>`}</td>
    <td class="phone">
      ${one.phone_masked}
      <${Verified} application=${one} />
      ${line.may_reveal
        ? html`<${Button} kind="plain" aria-label=${t("organiser.applications.reveal") + " " + one.number} onClick=${() => onReveal(one)}>
            ${t("organiser.applications.reveal")}
          <//>`
        : html`<span class="type-label block">${t("organiser.applications.by_recruiter")}</span>`}
    </td>
    <td>${labelled(one.card_label)} ${one.job_title}<span class="type-label block">${one.employer}</span></td>
    <td>${channelName(one.channel)}</td>
    <td>${stateName(one.state)}</td>
    <td>${clock(one.at, { time: "always" })}</td>
  </tr>`;
}

const COLUMNS = ["number", "name", "phone", "job", "channel", "state", "at"];

function List({ list, onReveal }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${t("organiser.applications.title")}>
    <table class="table">
      <caption class="visually-hidden">${t("organiser.applications.title")}</caption>
      <thead>
        <tr>
          ${COLUMNS.map((name) => html`<th scope="col">${t("exports.column." + name)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${list.applications.map((line) => html`<${Line} key=${line.application.id} line=${line} onReveal=${onReveal} />`)}
      </tbody>
    </table>
  </div>`;
}

export function ApplicationsSheet({ path, report, waiting = false, onClose }) {
  const [wanted, setWanted] = useState({ employer: "", state: "", waiting });
  const [revealing, setRevealing] = useState(null);
  const [exporting, setExporting] = useState(false);
  const [importing, setImporting] = useState(false);
  const [list, more] = useList(path, wanted);
  const left = list.total === null ? 0 : list.total - list.applications.length;
  return html`<${Sheet} title=${t("organiser.applications.title")} wide onClose=${onClose}>
      <div class="stack sheet-list">
        <${Filters} report=${report} wanted=${wanted} onWant=${setWanted} />
        <div class="line-up"><${Button} onClick=${() => setExporting(true)}>${t("exports.open")}<//>
          <${Button} onClick=${() => setImporting(true)}>${t("lists.import.applicants")}<//>
        </div>
        ${list.failed && html`<p class="field-error" role="alert">${list.failed}</p>`}
        ${list.total !== null && html`<p class="type-label" role="status">${t("organiser.applications.total", { n: list.total })}</p>`}
        ${list.total === 0 &&
        html`<p>
          ${report.figures.applied.applications === 0 ? t("organiser.applications.empty") : t("organiser.applications.none_found")}
        </p>`}
        ${list.applications.length > 0 && html`<${List} list=${list} onReveal=${setRevealing} />`}
        ${left > 0 &&
        html`<${Button} class="button-wide" onClick=${more}>${t("organiser.applications.more", { n: Math.min(left, PAGE) })}<//>`}
      </div>
    <//>
    ${importing && html`<${ListsSheet} path=${path} kind="applicants" onClose=${() => setImporting(false)} />`}
    ${exporting && html`<${ExportsSheet} shows=${[{ id: report.broadcast.id, name: report.broadcast.title }]}
      series=${Boolean(report.broadcast.series)} employers=${report.employers} onClose=${() => setExporting(false)} />`}
    ${revealing && html`<${RevealSheet} application=${revealing} onClose=${() => setRevealing(null)} />`}`;
}

function RevealSheet({ application, onClose }) {
  const [purpose, setPurpose] = useState("");
  const [shown, setShown] = useState(null);
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const reveal = (event) => {
    event.preventDefault();
    if (!purpose) return setFailed(t("organiser.applications.purpose_missing"));
    setBusy(true);
    return api("POST", "/api/v1/applications/" + application.id + "/reveal", { purpose }).then(
      (answer) => {
        setFailed("");
        setShown(answer);
      },
      (failure) => {
        setBusy(false);
        setFailed(errorText(failure));
      },
    );
  };
  const title = application.number + " " + application.name_masked;
  return html`<${Sheet} title=${title} note=${labelled(application.card_label) + " " + application.job_title} onClose=${onClose}>
    ${shown
      ? html`<div class="stack" role="status">
          <p class="type-figure">${shown.phone}</p>
          <p>${shown.name || ""}</p>
          <${Button} class="button-wide" onClick=${onClose}>${t("common.close")}<//>
        </div>`
      : html`<form class="stack" onSubmit=${reveal} novalidate>
          <fieldset>
            <legend>${t("desk.reveal_note")}</legend>
            ${PURPOSES.map(
              (name) => html`<label class="check" key=${name}>
                <input type="radio" name="purpose" value=${name} checked=${purpose === name} onChange=${() => setPurpose(name)} />
                <span>${t("desk.purpose." + name)}</span>
              </label>`,
            )}
          </fieldset>
          ${failed && html`<p class="field-error" role="alert">${failed}</p>`}
          <button type="submit" class="button button-primary button-main button-wide" disabled=${busy}>
            ${t("organiser.applications.reveal_yes")}
          </button>
        </form>`}
  <//>`;
}
