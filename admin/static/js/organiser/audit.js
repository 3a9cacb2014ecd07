/** 操作记录: who did what with the organisation's data, the newest first; of applicants nothing but a number. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Empty, Field } from "../components.js";
import { hasCopy, language, t } from "../i18n.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { ask, asked, day, query, say, when } from "./words.js";

const FILTERS = ["action", "account_id", "since", "until", "subject"];
const PLACES = { employer: "/organiser/employers/", job: "/organiser/jobs/" };
const BACK = { href: "/organiser/organisation", get text() { return t("organisation.title"); } };
const SHORT = 8;

/** {load, more}: the first page of what fits the filter, further pages added below. */
function useEntries(filter) {
  const load = useLoad("/api/v1/audit" + query(filter));
  const more = async () => {
    const { entries, next_cursor: cursor } = load.data;
    const next = await api("GET", "/api/v1/audit" + query(Object.assign({ cursor }, filter)));
    load.put(Object.assign(next, { entries: entries.concat(next.entries) }));
  };
  return { load, more };
}

function nameOf(act) {
  return language() === "en" ? act.name_en : act.name;
}

function copyOf(beginning, code) {
  return hasCopy(beginning + code) ? t(beginning + code) : code;
}

function listed(codes, beginning) {
  return codes.map((code) => copyOf(beginning, code)).join(t("programme.list_comma"));
}

const DETAILS = {
  count: (n) => t("common.count.applications", { n }),
  rows: (n) => t("organisation.audit.rows", { n }),
  role: (role) => t("organiser.accounts.role." + role),
  name: (name) => name,
  until: (date) => t("programme.employers.until", { date: day(date) }),
  seen: (papers) => listed(papers, "programme.paper."),
  changed: (names) => listed(names, "organisation."),
};

function about(entry) {
  const known = Object.keys(DETAILS).filter((key) => key in entry.detail);
  const purpose = entry.purpose && copyOf("organisation.audit.purpose.", entry.purpose);
  return [purpose].concat(known.map((key) => DETAILS[key](entry.detail[key]))).filter(Boolean);
}

function Subject({ entry }) {
  const place = PLACES[entry.subject_kind];
  const kind = entry.subject_kind ? t("organisation.audit.subject." + entry.subject_kind) : "";
  const what = kind + " " + (entry.subject_name || entry.subject.slice(-SHORT));
  return html`<a href=${"/organiser/audit" + query({ subject: entry.subject })}
      aria-label=${t("organisation.audit.only", { what })}
      >${what}</a>
    ${place && html`${" · "}<a href=${place + entry.subject}>${t("organisation.audit.open")}<span class="visually-hidden"> ${what}</span></a>`}`;
}

function Entry({ entry }) {
  return html`<li class="row">
    <div class="grow">
      <p><strong>${nameOf(entry)}</strong> · ${entry.actor ? copyOf("organisation.audit.actor.", entry.actor) : t("organisation.audit.by_link")}</p>
      <p class="type-label">${[when(entry.at)].concat(about(entry)).join(" · ")}</p>
      <p class="type-label"><${Subject} entry=${entry} /></p>
    </div>
  </li>`;
}

function Pick({ label, value, all, options, onPick }) {
  return html`<${Field} as="select" class="input-small" label=${label} value=${value} onChange=${(event) => onPick(event.target.value)}>
    <option value="">${all}</option>
    ${options.map(([id, text]) => html`<option key=${id} value=${id} selected=${id === value}>${text}</option>`)}
  <//>`;
}

function Day({ name, filter, onPick }) {
  return html`<${Field} type="date" class="input-small" label=${t("organisation.audit." + name)} value=${filter[name]}
    min="2020-01-01" max="2100-01-01" onChange=${(event) => onPick(name)(event.target.value)} />`;
}

function Filters({ filter, actions, onPick }) {
  const accounts = useLoad("/api/v1/accounts");
  const people = accounts.data ? accounts.data.accounts.map((one) => [one.id, one.name + " (" + one.login + ")"]) : [];
  const acts = actions.map((one) => [one.action, nameOf(one)]);
  return html`<div class="filter-row">
      <${Pick} label=${t("organisation.audit.action")} value=${filter.action} all=${t("organisation.audit.every_action")} options=${acts} onPick=${onPick("action")} />
      <${Pick} label=${t("organisation.audit.account")} value=${filter.account_id} all=${t("organisation.audit.everybody")} options=${people} onPick=${onPick("account_id")} />
      <${Day} name="since" filter=${filter} onPick=${onPick} />
      <${Day} name="until" filter=${filter} onPick=${onPick} />
    </div>
    ${filter.subject &&
    html`<p class="note">${t("organisation.audit.of_one", { id: filter.subject })}${" "}
      <a href="/organiser/audit">${t("organisation.audit.of_all")}</a></p>`}`;
}

function Entries({ page, onMore }) {
  if (page.entries.length === 0) return html`<${Empty} text=${t("organisation.audit.none")} />`;
  return html`<ul>${page.entries.map((one) => html`<${Entry} key=${one.number} entry=${one} />`)}</ul>
    ${page.next_cursor && html`<p class="more"><${Button} onClick=${onMore}>${t("programme.more")}<//></p>`}`;
}

export function AuditPage() {
  const [filter, setFilter] = useState(() => Object.assign({}, ...FILTERS.map((name) => ({ [name]: asked(name) || "" }))));
  const { load, more } = useEntries(filter);
  const [actions, setActions] = useState([]);
  const [notice, put] = useNotice();
  useEffect(() => {
    if (load.data) setActions(load.data.actions);
  }, [load.data]);
  const pick = (name) => (value) => {
    setFilter((old) => Object.assign({}, old, { [name]: value }));
    ask(name, value);
  };
  return html`<${Frame} title=${t("organisation.audit.title")} back=${BACK} notice=${notice} put=${put}>
    <p class="type-label">${t("organisation.audit.note")}</p>
    <${Filters} filter=${filter} actions=${actions} onPick=${pick} />
    <${Loaded} load=${load} say=${say}>
      ${(page) => html`<${Entries} page=${page} onMore=${() => more().catch((failure) => put({ text: say(failure) }))} />`}
    <//>
  <//>`;
}
