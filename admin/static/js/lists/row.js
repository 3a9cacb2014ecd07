/** One row of a list: as typed beside as understood, and what is wrong with it or became of it. */

import { html } from "../../vendor/preact-htm.js";
import { stateName } from "../desk/words.js";
import { clock, hasCopy, t } from "../i18n.js";
import { labelled } from "../label.js";

const WRITTEN = ["moved", "unchanged", "noted", "recorded"];

function who(row) {
  const typed = row.typed;
  return [row.number || typed.number, typed.name, typed.phone].filter(Boolean).join(" ");
}

/** What the system took it for. */
function understood(row, kind) {
  if (kind === "applicants") {
    const at = row.applied_at ? clock(row.applied_at, { time: "always" }) : "";
    return row.job ? [t("lists.row.applies", { job: labelled(row.job) }), at].filter(Boolean).join(" · ") : "";
  }
  const reason = row.reason ? " · " + t("desk.reason." + row.reason) : "";
  const to = row.state ? stateName(row.state) + reason : "";
  const move = to && row.stands ? t("lists.row.to", { from: stateName(row.stands), to }) : to;
  return [move, row.done && t("lists.row.done." + row.done), row.day].filter(Boolean).join(" · ");
}

function repeats(row) {
  return t("lists.repeats." + row.repeats, {
    row: String(row.same_row),
    state: row.stands ? stateName(row.stands) : "",
    number: row.number || "",
    job: labelled(row.job || ""),
  });
}

function wrong(fault) {
  return (fault.cell ? t("lists.fault.at", { cell: fault.cell }) : "") + refusal(fault.code);
}

function refusal(code) {
  return hasCopy("lists.fault." + code) ? t("lists.fault." + code) : t("common.error.unknown", { code });
}

export function Row({ row, kind }) {
  const typed = [row.typed.result, row.typed.reason, row.typed.job, row.typed.comment].filter(Boolean).join(" · ");
  const refused = row.result && !WRITTEN.includes(row.result);
  return html`<li class="list-row">
    <p class="type-label">${t("lists.import.row", { sheet: row.sheet, row: String(row.row) })}</p>
    <p class="type-value">${who(row)}</p>
    ${understood(row, kind) && html`<p>${understood(row, kind)}</p>`}
    ${typed && html`<p class="type-label">${t("lists.row.typed", { text: typed })}</p>`}
    ${row.repeats && html`<p>${repeats(row)}</p>`} ${row.skipped && html`<p>${t("lists.skip." + row.skipped)}</p>`}
    ${row.faults.length > 0 &&
    html`<ul class="tone-error">
      ${row.faults.map((fault, nth) => html`<li key=${nth}>${wrong(fault)}</li>`)}
    </ul>`}
    ${refused && html`<p class="tone-error">${refusal(row.result)}</p>`}
  </li>`;
}
