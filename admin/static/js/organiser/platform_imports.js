/** 平台数据: a platform's own export, from file to verdicts to figures beside ours. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Badge, Button, Confirm, Empty, Field, TabPanel, Tabs } from "../components.js";
import { formatNumber, t } from "../i18n.js";
import { uploadTo } from "../upload.js";
import { FileDrop, Sending } from "./file_drop.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { asked, query, say, when } from "./words.js";

const ALL = "/api/v1/platform-imports";
const VERDICTS = ["imports", "faulty", "duplicate", "skipped"];
const FIELDS = ["title", "started", "views", "viewers", "peak", "likes", "comments", "shares", "new_followers", "leads"];
const TONES = { previewed: "warn", confirmed: "ok", undone: null };

function metricName(metric) {
  return t("organiser.report.platform.metric." + metric);
}

function fieldName(field) {
  return field === "title" || field === "started" ? t("platform.field." + field) : metricName(field);
}

function Line({ one }) {
  return html`<li class="row">
    <div class="grow">
      <p><${Badge} tone=${TONES[one.state]}>${t("platform.state." + one.state)}<//>${" "}
        <a class="show-title" href=${"/organiser/platform/" + one.id}>${one.file_name}</a></p>
      <p class="type-label">${[one.platform, one.by, when(one.created_at), t("platform.imports", { n: one.totals.imports }), t("platform.faulty", { n: one.totals.faulty })].join(" · ")}</p>
    </div>
  </li>`;
}

export function PlatformImportsPage() {
  const load = useLoad(ALL);
  const [platform, setPlatform] = useState(asked("platform") || "");
  const [missing, setMissing] = useState(false);
  const [share, setShare] = useState(null);
  const [failure, setFailure] = useState(null);
  const [notice, put] = useNotice();
  const send = async (file) => {
    setFailure(null);
    setMissing(!platform.trim());
    if (!platform.trim()) return;
    setShare(0);
    try {
      const one = await uploadTo(ALL + query({ platform: platform.trim(), broadcast_id: asked("show") }), file, setShare);
      location.assign("/organiser/platform/" + one.id);
    } catch (refused) {
      setFailure(refused);
      setShare(null);
    }
  };
  const back = { href: "/organiser/reports", text: t("programme.nav.reports") };
  return html`<${Frame} title=${t("platform.title")} back=${back} notice=${notice} put=${put}>
    <section class="block stack">
      <p>${t("platform.intro")}</p>
      <${Field} label=${t("organiser.report.platform.name")} value=${platform} maxlength="40" hint=${t("platform.name_hint")}
        error=${missing ? t("organiser.report.platform.name_wrong") : null} onInput=${(event) => setPlatform(event.target.value)} />
      ${failure && html`<p class="note note-error" role="alert">${say(failure)}</p>`}
      ${share === null
        ? html`<${FileDrop} id="platform-file" types=".xlsx,.xls,.csv" label=${t("platform.choose")} hint=${t("platform.hint")} onFile=${send} />`
        : html`<${Sending} share=${share} label=${t("platform.title")} />`}
    </section>
    <section class="block">
      <h2 class="block-title">${t("platform.history")}</h2>
      <${Loaded} load=${load} say=${say}>
        ${({ imports }) =>
          imports.length === 0
            ? html`<${Empty} text=${t("platform.none")} />`
            : html`<ul>${imports.map((one) => html`<${Line} key=${one.id} one=${one} />`)}</ul>`}
      <//>
    </section>
  <//>`;
}

/* One file */

function Figures({ row }) {
  return html`<ul>
    ${row.figures.map(
      (one) => html`<li key=${one.metric}>${metricName(one.metric)} <strong>${formatNumber(one.value)}</strong>
        ${one.before !== null && one.before !== one.value && html` <span class="tone-warn">${t("platform.replaces", { n: one.before })}</span>`}</li>`,
    )}
  </ul>`;
}

function Faults({ row }) {
  return html`<ul class="tone-error">
    ${row.faults.map(
      (fault, nth) => html`<li key=${nth}>${[fault.cell, fieldName(fault.field)].filter(Boolean).join(" ")}：${t("platform.fault." + fault.code, { n: row.same_row || 0 })}</li>`,
    )}
  </ul>`;
}

function Row({ row }) {
  const typed = FIELDS.filter((name) => row.typed[name]).map((name) => fieldName(name) + " " + row.typed[name]);
  return html`<tr>
    <th scope="row">${t("organiser.import.row", { sheet: row.sheet, row: String(row.row) })}</th>
    <td>${row.show ? html`<a href=${"/organiser/broadcasts/" + row.broadcast_id + "/report"}>${row.show}</a> <span class="type-label">${when(row.started_at)}</span>` : "–"}</td>
    <td><${Figures} row=${row} /><${Faults} row=${row} />${row.skipped && t("platform.skip." + row.skipped)}</td>
    <td class="type-label">${typed.join(" · ")}</td>
  </tr>`;
}

function Rows({ one, verdict, open }) {
  const [page, setPage] = useState({ rows: null, next: 0 });
  const [failure, setFailure] = useState(null);
  const more = () =>
    api("GET", ALL + "/" + one.id + "/rows" + query({ verdict, cursor: page.next || 0 })).then(
      (answer) => setPage({ rows: (page.rows || []).concat(answer.rows), next: answer.next_cursor }),
      setFailure,
    );
  useEffect(() => {
    if (open && page.rows === null) more();
  }, [open]);
  if (failure) return html`<p class="note note-error" role="alert">${say(failure)}</p>`;
  if (page.rows === null) return html`<p class="empty" role="status">${t("common.loading")}</p>`;
  const sheets = verdict === "skipped" ? one.sheets : [];
  if (page.rows.length + sheets.length === 0) return html`<${Empty} text=${t("programme.import.none_of_these")} />`;
  const caption = t("platform.caption");
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${caption}>
      <table class="table">
        <caption>${caption}</caption>
        <thead><tr><th scope="col">${t("programme.import.where")}</th><th scope="col">${t("platform.column.show")}</th><th scope="col">${t("platform.column.becomes")}</th><th scope="col">${t("organiser.import.as_typed")}</th></tr></thead>
        <tbody>
          ${sheets.map((sheet) => html`<tr key=${"s" + sheet.sheet}><th scope="row">${sheet.sheet}</th><td>–</td><td>${t("platform.skip." + sheet.reason)}</td><td></td></tr>`)}
          ${page.rows.map((row) => html`<${Row} key=${row.nth} row=${row} />`)}
        </tbody>
      </table>
    </div>
    ${page.next && html`<p class="more"><${Button} onClick=${more}>${t("programme.more")}<//></p>`}`;
}

function State({ one, busy, onConfirm, onUndo }) {
  if (one.state === "undone") return html`<p class="note" role="status">${t("platform.undone")} ${when(one.undone_at)}</p>`;
  if (one.state === "confirmed") {
    return html`<div class="card stack" role="status">
      <p class="type-sentence tone-ok">✓ ${t("platform.done", { n: one.totals.imports, who: one.confirmed_by, when: when(one.confirmed_at) })}</p>
      <div><${Button} kind="danger" disabled=${busy} onClick=${onUndo}>${t("organiser.import.undo")}<//></div>
    </div>`;
  }
  if (one.totals.imports === 0) return html`<p class="note note-warn">${t("platform.nothing")}</p>`;
  return html`<div class="stack">
    ${one.totals.replaces > 0 && html`<p class="note note-warn">! ${t("platform.replacing", { n: one.totals.replaces })}</p>`}
    <${Button} kind="primary" size="main" disabled=${busy} onClick=${onConfirm}>${t("platform.confirm", { n: one.totals.imports })}<//>
  </div>`;
}

function Import({ loaded, put }) {
  const [one, setOne] = useState(loaded);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const first = VERDICTS.find((verdict) => loaded.totals[verdict] > 0) || "skipped";
  const [tab, setTab] = useState(first);
  const act = async (what) => {
    setBusy(true);
    try {
      setOne(await api("POST", ALL + "/" + one.id + "/" + what));
    } catch (failure) {
      put({ text: say(failure) });
    }
    setBusy(false);
    setAsking(false);
  };
  const tabs = VERDICTS.map((id) => ({ id, label: t("platform." + id, { n: one.totals[id] }) }));
  return html`<p class="type-label">${[one.platform, one.by, when(one.created_at)].join(" · ")}</p>
    <${State} one=${one} busy=${busy} onConfirm=${() => act("confirm")} onUndo=${() => setAsking(true)} />
    <div class="block">
      <${Tabs} name="platform" label=${t("organiser.import.tabs")} tabs=${tabs} selected=${tab} onSelect=${setTab} />
      ${VERDICTS.map(
        (verdict) => html`<${TabPanel} key=${verdict} name="platform" id=${verdict} selected=${tab}>
          <${Rows} one=${one} verdict=${verdict} open=${tab === verdict} />
        <//>`,
      )}
    </div>
    ${asking &&
    html`<${Confirm} text=${t("platform.undo_ask")} yes=${t("organiser.import.undo")} no=${t("common.cancel")}
      onYes=${() => act("undo")} onNo=${() => setAsking(false)} />`}`;
}

export function PlatformImportPage({ id }) {
  const load = useLoad(ALL + "/" + id);
  const [notice, put] = useNotice();
  const back = { href: "/organiser/platform", text: t("platform.title") };
  return html`<${Frame} title=${load.data ? load.data.file_name : t("platform.title")} back=${back} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>${(one) => html`<${Import} loaded=${one} put=${put} />`}<//>
  <//>`;
}
