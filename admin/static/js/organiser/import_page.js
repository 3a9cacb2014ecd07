/** One import: every row with its verdict, as typed beside as understood; confirm, undo, the faulty rows to take home. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Confirm, Empty, TabPanel, Tabs } from "../components.js";
import { hasCopy, language, t } from "../i18n.js";
import { headcount } from "../job_card.js";
import { showPay } from "../pay.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { query, say, sayFinding, when } from "./words.js";

const PAGE = 50;
const VERDICTS = [
  ["imports", "importable", "imports"],
  ["faulty", "faulty", "faulty"],
  ["duplicate", "repeated", "duplicate"],
  ["skipped", "skipped", "skipped"],
];
const COLUMNS = ["employer", "title", "headcount", "pay", "workplace"];
const BACK = { href: "/organiser/imports", get text() { return t("organiser.import.title"); } };

/** What the system took a field for, as text; "" where it took nothing. */
export function understood(draft, field) {
  if (field === "employer" || field === "contact_name" || field === "contact_phone") return draft[field] || "";
  if (field === "pay") return showPay(draft.pay).whole;
  if (field === "headcount") return headcount(draft.facts);
  return draft.facts[field] || "";
}

function rowName(row) {
  return t("organiser.import.row", { sheet: row.sheet, row: String(row.row) });
}

/* Cells: as typed beside as understood */

function isSame(field, shown, typed) {
  // 5 and 招5人 are the same number of people.
  const left = field === "headcount" ? /[^\d–-]/g : /\s/g;
  return typed.replace(left, "") !== "" && shown.replace(left, "") === typed.replace(left, "");
}

function Cell({ row, field }) {
  const typed = row.typed[field] || "";
  if (!row.draft) return html`<td>${typed || "–"}</td>`;
  const shown = understood(row.draft, field);
  const same = isSame(field, shown, typed);
  return html`<td>
    <span>${shown || "–"}</span>
    ${!same && html`<span class="as-typed"><span class="visually-hidden">${t("organiser.import.as_typed")} </span>${typed || "–"}</span>`}
  </td>`;
}

function otherFields(row) {
  const facts = row.draft ? Object.keys(row.draft.facts) : [];
  const known = Object.keys(row.typed).concat(facts.filter((name) => hasCopy("programme.job." + name)));
  const shown = known.filter((name, nth) => known.indexOf(name) === nth && COLUMNS.indexOf(name) < 0 && name !== "pay_text");
  return shown.filter((name) => row.typed[name] || (row.draft && understood(row.draft, name)));
}

function Everything({ row }) {
  const fields = otherFields(row);
  if (fields.length === 0) return null;
  return html`<details>
    <summary>${t("programme.import.all_fields", { n: fields.length })}</summary>
    <table class="table table-inner">
      <thead>
        <tr>
          <th scope="col">${t("programme.import.field")}</th>
          <th scope="col">${t("organiser.import.as_typed")}</th>
          <th scope="col">${t("organiser.import.as_understood")}</th>
        </tr>
      </thead>
      <tbody>
        ${fields.map(
          (name) => html`<tr key=${name}>
            <th scope="row">${t("programme.job." + name)}</th>
            <td class="lines">${row.typed[name] || "–"}</td>
            <td class="lines">${(row.draft && understood(row.draft, name)) || "–"}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </details>`;
}

function Findings({ row }) {
  const told = row.findings.filter((finding) => finding.severity !== "allow");
  if (told.length === 0) return null;
  const blocks = told.some((finding) => finding.severity === "block");
  return html`<div class="tone-warn">
    ${blocks && html`<p>! ${t("organiser.import.not_pushable")}</p>`}
    <ul>
      ${told.map((finding) => html`<li key=${finding.rule_id}>“${finding.matched}” ${sayFinding(finding)}</li>`)}
    </ul>
  </div>`;
}

function Repeats({ row }) {
  if (row.duplicate_job) {
    return html`<p>
      ${t("programme.import.same_as_job")} <a href=${"/organiser/jobs/" + row.duplicate_job}>${t("programme.import.see_job")}</a>
    </p>`;
  }
  if (!row.duplicate_sheet) return null;
  const what = t("organiser.import.row", { sheet: row.duplicate_sheet, row: String(row.duplicate_row) });
  return html`<p>${t("organiser.import.duplicate_of", { what })}</p>`;
}

function Row({ row }) {
  const note = html`<td class="wide-cell">
    ${row.reasons.length > 0 &&
    html`<ul class="tone-error">
      ${row.reasons.map((reason, nth) => html`<li key=${nth}>${reason}</li>`)}
    </ul>`}
    <${Repeats} row=${row} />
    <${Findings} row=${row} />
    <${Everything} row=${row} />
  </td>`;
  return html`<tr>
    <th scope="row" class="row-name">${rowName(row)}</th>
    ${note} ${COLUMNS.map((field) => html`<${Cell} key=${field} row=${row} field=${field} />`)}
  </tr>`;
}

function RowTable({ rows, caption }) {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${caption}>
    <table class="table import-table">
      <caption>
        ${t("programme.import.caption")}
      </caption>
      <thead>
        <tr>
          <th scope="col">${t("programme.import.where")}</th>
          <th scope="col">${t("programme.import.notes")}</th>
          ${COLUMNS.map((field) => html`<th scope="col" key=${field}>${t("programme.job." + field)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => html`<${Row} key=${row.nth} row=${row} />`)}
      </tbody>
    </table>
  </div>`;
}

function SkippedList({ rows, sheets }) {
  return html`<ul>
    ${sheets.map((one) => html`<li key=${"sheet" + one.sheet} class="skipped">
      <strong>${t("programme.import.sheet", { sheet: one.sheet })}</strong> ${t("programme.skip." + one.reason)}
    </li>`)}
    ${rows.map((row) => html`<li key=${row.nth} class="skipped"><strong>${rowName(row)}</strong> ${row.reasons[0]}</li>`)}
  </ul>`;
}

/** A tab's rows: the first page when it is opened, more on demand. */
function Rows({ one, verdict, count, open }) {
  const [rows, setRows] = useState(null);
  const [failure, setFailure] = useState(null);
  const more = async () => {
    setFailure(null);
    const shown = rows || [];
    const address = "/api/v1/imports/" + one.id + "/rows";
    try {
      const next = await api("GET", address + query({ verdict, offset: shown.length, limit: PAGE, lang: language() }));
      // Blank lines are listed only so far: an empty page is the end.
      setRows(shown.concat(next.rows));
      if (next.rows.length < PAGE) setDone(true);
    } catch (refused) {
      setFailure(refused);
    }
  };
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (open && rows === null) more();
  }, [open]);
  if (failure) {
    return html`<p class="note note-error" role="alert">${say(failure)} <${Button} kind="plain" onClick=${more}>${t("common.retry")}<//></p>`;
  }
  if (rows === null) return html`<p class="empty" role="status">${t("common.loading")}</p>`;
  const sheets = verdict === "skipped" ? one.sheets : [];
  if (rows.length === 0 && sheets.length === 0) return html`<${Empty} text=${t("programme.import.none_of_these")} />`;
  return html`${verdict === "skipped"
    ? html`<${SkippedList} rows=${rows} sheets=${sheets} />`
    : html`<${RowTable} rows=${rows} caption=${t("programme.import.rows_of." + verdict)} />`}
  ${!done && rows.length < count && html`<p class="more"><${Button} onClick=${more}>${t("programme.more")}<//></p>`}`;
}

/* What can be done */

function Told({ one }) {
  const totals = one.totals;
  return html`<div class="stack-tight">
    ${totals.new_employers.length > 0 &&
    html`<details class="note">
      <summary>${t("programme.import.new_employers", { n: totals.new_employers.length })}</summary>
      <p>${totals.new_employers.join(t("programme.list_comma"))}</p>
    </details>`}
    ${totals.blocked > 0 && html`<p class="note note-warn">! ${t("programme.import.blocked", { n: totals.blocked })}</p>`}
  </div>`;
}

function Nothing({ one }) {
  return html`<div class="note note-warn">
    <p>${t("organiser.import.nothing")}</p>
    <p>${t("programme.import.what_we_look_for")}</p>
    <p><a href="/organiser/imports">${t("programme.import.another")}</a></p>
  </div>`;
}

function Done({ one, onUndo }) {
  return html`<div class="card stack" role="status">
    <p class="type-sentence tone-ok">✓ ${t("organiser.import.done", { n: one.imported })}</p>
    ${one.imported < one.totals.imports &&
    html`<p>${t("programme.import.came_meanwhile", { n: one.totals.imports - one.imported })}</p>`}
    <div class="line-up wrap">
      <${Button} kind="primary" href=${"/organiser/shows/new?import=" + one.id}>${t("programme.import.to_show")}<//>
      <${Button} href=${"/organiser/jobs?import=" + one.id}>${t("programme.import.see_jobs")}<//>
      ${one.totals.new_employers.length > 0 &&
      html`<${Button} href="/organiser/employers?state=unverified">${t("programme.job.to_employer")}<//>`}
      ${!one.used && html`<${Button} kind="danger" onClick=${onUndo}>${t("organiser.import.undo")}<//>`}
    </div>
    ${one.used && html`<p class="type-label">${t("programme.import.used." + one.used)}</p>`}
  </div>`;
}

function Head({ one, busy, onConfirm, onUndo }) {
  if (one.state === "undone") return html`<p class="note">${t("organiser.import.undone")} ${when(one.undone_at)}</p>`;
  if (one.state === "confirmed") return html`<${Done} one=${one} onUndo=${onUndo} />`;
  if (one.totals.imports + one.totals.faulty + one.totals.duplicate === 0) return html`<${Nothing} one=${one} />`;
  return html`<div class="stack">
    <${Told} one=${one} />
    ${one.totals.imports > 0 &&
    html`<${Button} kind="primary" size="main" disabled=${busy} onClick=${onConfirm}
      >${t("organiser.import.confirm", { n: one.totals.imports })}<//
    >`}
  </div>`;
}

function Faulty({ one }) {
  return html`<p class="line-up wrap">
    <a class="button button-secondary" href=${"/api/v1/imports/" + one.id + "/faulty?lang=" + language()} download
      >${t("organiser.import.download_faulty")}</a
    >
    <span class="type-label">${t("programme.import.faulty_hint")}</span>
  </p>`;
}

function Preview({ loaded, put }) {
  const [one, setOne] = useState(loaded);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const first = VERDICTS.find(([verdict]) => loaded.totals[verdict] > 0);
  const [tab, setTab] = useState(first ? first[0] : "skipped");
  const act = async (what, text) => {
    setBusy(true);
    try {
      const after = await api("POST", "/api/v1/imports/" + one.id + "/" + what);
      setOne(after);
      put(text(after));
    } catch (failure) {
      put({ text: say(failure) });
    }
    setBusy(false);
    setAsking(false);
  };
  const undo = () => act("undo", () => ({ text: t("organiser.import.undone") }));
  const confirm = () =>
    act("confirm", (after) => ({ text: t("organiser.import.done", { n: after.imported }), onUndo: undo }));
  const tabs = VERDICTS.map(([id, word, total]) => ({ id, label: t("organiser.import." + word, { n: one.totals[total] }) }));
  return html`<p class="type-label">${[one.by, when(one.created_at)].join(" · ")}</p>
    <${Head} one=${one} busy=${busy} onConfirm=${confirm} onUndo=${() => setAsking(true)} />
    <div class="block">
      <${Tabs} name="verdict" label=${t("organiser.import.tabs")} tabs=${tabs} selected=${tab} onSelect=${setTab} />
      ${VERDICTS.map(
        ([verdict]) => html`<${TabPanel} key=${verdict} name="verdict" id=${verdict} selected=${tab}>
          ${verdict === "faulty" && one.totals.faulty > 0 && html`<${Faulty} one=${one} />`}
          <${Rows} one=${one} verdict=${verdict} count=${one.totals[verdict]} open=${tab === verdict} />
        <//>`,
      )}
    </div>
    ${asking &&
    html`<${Confirm}
      text=${t("programme.import.undo_ask", { n: one.imported })}
      yes=${t("organiser.import.undo")}
      no=${t("common.cancel")}
      onYes=${undo}
      onNo=${() => setAsking(false)}
    />`}`;
}

export function ImportPage({ id }) {
  const load = useLoad("/api/v1/imports/" + id);
  const [notice, put] = useNotice();
  const title = load.data ? load.data.file_name : t("organiser.import.title");
  return html`<${Frame} title=${title} back=${BACK} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>${(one) => html`<${Preview} loaded=${one} put=${put} />`}<//>
  <//>`;
}
