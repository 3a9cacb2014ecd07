/** A list of people from file to done: upload, verdicts row by row, confirm, undo. For staff and for employers alike. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Confirm, Field, TabPanel, Tabs } from "../components.js";
import { errorText } from "../errors.js";
import { language, t } from "../i18n.js";
import { labelled } from "../label.js";
import { uploadTo } from "../upload.js";
import { saveFile } from "../save_file.js";
import { Row } from "./row.js";

const PAGE = 50;
const POLL_MS = 1000;
const VERDICTS = ["imports", "faulty", "duplicate", "skipped"];

function Choose({ share, onFile }) {
  const percent = Math.round((share || 0) * 100);
  if (share !== null) {
    return html`<div role="status" class="stack-tight">
      <p>${share < 1 ? t("lists.import.sending", { n: percent }) : t("lists.import.reading")}</p>
      <progress max="100" value=${share < 1 ? percent : undefined} aria-label=${t("lists.import.reading")}></progress>
    </div>`;
  }
  return html`<div class="list-choose">
    <input id="people-list" type="file" class="visually-hidden" accept=".xlsx,.xls,.csv"
      onChange=${(event) => event.target.files.length > 0 && onFile(event.target.files[0], event.target)} />
    <label for="people-list" class="button button-primary button-main button-wide">${t("lists.import.choose")}</label>
  </div>`;
}

function Rows({ base, one, verdict, open, headers }) {
  const [rows, setRows] = useState(null);
  const [failed, setFailed] = useState("");
  const more = () => {
    const shown = rows || [];
    const address = base + "/" + one.id + "/rows?verdict=" + verdict + "&offset=" + shown.length + "&limit=" + PAGE;
    api("GET", address, null, { headers }).then(
      (answer) => setRows(shown.concat(answer.rows)),
      (failure) => setFailed(errorText(failure)),
    );
  };
  useEffect(() => {
    if (open && rows === null) more();
  }, [open]);
  if (failed) return html`<p class="field-error" role="alert">${failed}</p>`;
  if (rows === null) return html`<p role="status">${t("common.loading")}</p>`;
  const sheets = verdict === "skipped" ? one.sheets : [];
  if (rows.length + sheets.length === 0) return html`<p>${t("lists.import.none")}</p>`;
  const left = one.totals[verdict] - rows.length;
  return html`<ul>
      ${sheets.map((sheet) => html`<li key=${sheet.sheet} class="list-row">${sheet.sheet} · ${t("lists.skip." + sheet.reason)}</li>`)}
      ${rows.map((row) => html`<${Row} key=${row.nth} row=${row} kind=${one.kind} />`)}
    </ul>
    ${left > 0 &&
    html`<${Button} class="button-wide" onClick=${more}>${t("lists.import.more", { n: Math.min(left, PAGE) })}<//>`}`;
}

/** What was not taken, to correct in the same workbook and bring again. */
function Faulty({ base, one, headers }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const take = () => {
    setBusy(true);
    setFailed("");
    saveFile(base + "/" + one.id + "/faulty?lang=" + language(), "list.xlsx", headers).then(
      () => setBusy(false),
      (failure) => {
        setBusy(false);
        setFailed(errorText(failure));
      },
    );
  };
  return html`<div class="stack-tight">
    <${Button} class="button-wide" disabled=${busy} onClick=${take}>${t("lists.import.faulty_take")}<//>
    <p class="type-label">${t("lists.import.faulty_hint")}</p>
    ${failed && html`<p class="field-error" role="alert">${failed}</p>`}
  </div>`;
}

/** For everybody of a list of applicants whose row names no job; the list is read once more with it. */
function JobOfAll({ tray, missing, job, busy, onJob }) {
  const [cards, setCards] = useState([]);
  const box = useRef(null);
  const chosen = useRef(false);
  useEffect(() => {
    api("GET", tray).then((answer) => setCards(answer.cards.filter((card) => card.kind === "job")), () => setCards([]));
  }, []);
  // Disabled it has lost the focus of who works by keyboard.
  useEffect(() => {
    if (busy || !chosen.current) return;
    chosen.current = false;
    box.current.focus();
  }, [busy]);
  const choose = (event) => {
    chosen.current = true;
    onJob(event.target.value);
  };
  return html`<${Field} label=${t("lists.import.job")} hint=${missing > 0 ? t("lists.import.without_job", { n: missing }) : ""} as="select"
    inputRef=${box} disabled=${busy} onChange=${choose}>
    <option value="" selected=${job === ""}>${t("lists.import.job.none")}</option>
    ${cards.map((card) => html`<option value=${card.job.id} selected=${job === card.job.id}>${labelled(card.label)} ${card.job.title}</option>`)}
  <//>`;
}

function State({ one, busy, needsJob, onConfirm, onUndo }) {
  const totals = one.totals;
  if (one.state === "expired") return html`<p class="note note-warn">${t("lists.import.expired")}</p>`;
  if (one.state === "undone") {
    return html`<p class="note" role="status">
      ${t("lists.import.undone")} ${totals.kept > 0 ? t("lists.import.kept", { n: totals.kept }) : ""}
    </p>`;
  }
  if (one.state === "confirmed") {
    return html`<div class="stack-tight" role="status">
      <p class="type-value tone-ok">✓ ${t("lists.import.done", { n: one.done })}</p>
      ${totals.refused > 0 && html`<p class="note note-warn">${t("lists.import.refused", { n: totals.refused })}</p>`}
      ${one.can_undo && html`<${Button} kind="danger" disabled=${busy} onClick=${onUndo}>${t("lists.import.undo")}<//>`}
    </div>`;
  }
  if (totals.imports === 0 && needsJob) return html`<p class="note">${t("lists.import.job.first")}</p>`;
  if (totals.imports === 0) {
    const lost = one.sheets.some((sheet) => sheet.reason === "no_header");
    const header = one.kind === "applicants" ? "lists.import.no_header_applicants" : "lists.import.no_header";
    return html`<p class="note note-warn">${t(lost ? header : "lists.import.nothing")}</p>`;
  }
  return html`${busy &&
    html`<div role="status" class="stack-tight">
      <p>${t("lists.import.writing", { done: one.done, n: totals.imports })}</p>
      <progress max=${totals.imports} value=${one.done} aria-label=${t("lists.import.reading")}></progress>
    </div>`}
    ${one.can_confirm &&
    html`<${Button} kind="primary" size="main" class="button-wide" disabled=${busy} onClick=${onConfirm}>
      ${t("lists.import.confirm", { n: totals.imports })}
    <//>`}`;
}

function Verdicts({ base, one, headers }) {
  const first = VERDICTS.find((verdict) => one.totals[verdict] > 0) || "skipped";
  const [tab, setTab] = useState(first);
  const tabs = VERDICTS.map((id) => ({ id, label: t("lists.import." + id, { n: one.totals[id] }) }));
  return html`<${Tabs} name="list" label=${t("lists.import.tabs")} tabs=${tabs} selected=${tab} onSelect=${setTab} />
    ${VERDICTS.map(
      (verdict) => html`<${TabPanel} key=${verdict + one.state} name="list" id=${verdict} selected=${tab}>
        <${Rows} base=${base} one=${one} verdict=${verdict} open=${tab === verdict} headers=${headers} />
      <//>`,
    )}`;
}

/** given: null where none is asked for; "" where it is still to be chosen. first: a list from before. tray: of the show. */
export function ListPanel({ base, headers = {}, kind, first = null, given = null, channel = "", tray = null, onBusy, onAgain }) {
  const [one, setOne] = useState(first);
  // What the verdicts are of; job: what is being asked for, until it is answered.
  const [sent, setSent] = useState({ file: null, job: "" });
  const [job, setJob] = useState("");
  const [share, setShare] = useState(null);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const [failed, setFailed] = useState("");
  // How they agreed is said as soon as a file is chosen without it, and no longer than it is missing.
  const [tooSoon, setTooSoon] = useState(false);
  const missing = tooSoon && given === "" ? t("lists.import.given_missing") : "";
  const timer = useRef(0);
  const turn = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const fail = (failure) => {
    setShare(null);
    setBusy(false);
    clearTimeout(timer.current);
    setFailed(errorText(failure));
  };
  const send = (file, input) => {
    setFailed("");
    if (given === "") {
      input.value = "";
      setTooSoon(true);
      return;
    }
    upload(file, "");
  };
  const upload = (file, wanted) => {
    turn.current += 1;
    const mine = turn.current;
    const current = (then) => (answer) => mine === turn.current && then(answer);
    setFailed("");
    setShare(0);
    setJob(wanted);
    const query = "?kind=" + kind + (given ? "&given=" + given : "") + (channel ? "&channel_id=" + channel : "") + (wanted ? "&job_id=" + wanted : "");
    uploadTo(base + query, file, current(setShare), headers).then(
      current((made) => {
        setShare(null);
        setSent({ file, job: wanted });
        setOne(made);
        if (onBusy) onBusy(true);
      }),
      current((failure) => {
        setJob(sent.job);
        fail(failure);
      }),
    );
  };
  const look = () => {
    timer.current = setTimeout(() => {
      api("GET", base + "/" + one.id, null, { headers }).then((now) => {
        if (now.state === "writing") {
          setOne(now);
          look();
        }
      }, look);
    }, POLL_MS);
  };
  const act = (what) => {
    setBusy(true);
    setAsking(false);
    setFailed("");
    if (what === "confirm") look();
    api("POST", base + "/" + one.id + "/" + what, {}, { headers }).then((after) => {
      clearTimeout(timer.current);
      setBusy(false);
      setOne(after);
    }, fail);
  };
  const again = () => {
    turn.current += 1;
    setOne(null);
    setSent({ file: null, job: "" });
    if (onBusy) onBusy(false);
    if (onAgain) onAgain();
  };
  const waiting = busy || share !== null;
  const choosing = tray && sent.file && one && one.can_confirm && (sent.job !== "" || one.totals.without_job > 0);
  return html`<div class="stack list-panel">
    ${(failed || missing) && html`<p class="field-error" role="alert">${failed || missing}</p>`}
    ${!one
      ? html`<${Choose} share=${share} onFile=${send} />`
      : html`<p class="type-value">${one.file_name}</p>
          ${choosing &&
          html`<${JobOfAll} tray=${tray} missing=${one.totals.without_job} job=${job} busy=${waiting}
            onJob=${(wanted) => upload(sent.file, wanted)} />`}
          ${share !== null && html`<p role="status">${t("lists.import.reading")}</p>`}
          <${State} one=${one} busy=${waiting} needsJob=${choosing && sent.job === ""} onConfirm=${() => act("confirm")} onUndo=${() => setAsking(true)} />
          ${one.can_take_faulty &&
          one.totals.faulty + one.totals.refused > 0 &&
          html`<${Faulty} base=${base} one=${one} headers=${headers} />`}
          <${Verdicts} key=${one.id} base=${base} one=${one} headers=${headers} />
          <${Button} class="button-wide" disabled=${waiting} onClick=${again}>${t("lists.import.another")}<//>`}
    ${asking &&
    html`<${Confirm} text=${t("lists.import.undo_ask")} yes=${t("lists.import.undo")} no=${t("common.cancel")}
      onYes=${() => act("undo")} onNo=${() => setAsking(false)} />`}
  </div>`;
}
