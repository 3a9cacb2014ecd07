/** The list: a row an application, masked; arrows go from one to the next, space selects for a bulk move. */

import { html } from "../../vendor/preact-htm.js";
import { Button, Empty } from "../components.js";
import { clock, t } from "../i18n.js";
import { labelled } from "../label.js";
import { isNarrowed } from "./filters.js";
import { channelName, isErased, Next, State, Verified } from "./words.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

function goToNeighbour(event) {
  const step = STEPS[event.key];
  if (!step || !event.target.classList.contains("desk-row-open")) return;
  const rows = Array.from(event.currentTarget.querySelectorAll(".desk-row-open"));
  const next = rows[rows.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function Marks({ one }) {
  const marks = [
    one.last_kind && t("desk.last." + one.last_kind) + " " + clock(one.last_at),
    one.same_person > 1 && t("desk.same_person", { n: one.same_person }),
    one.has_resume && t("desk.has_resume"),
    one.recorded_by && t("desk.recorded_by", { who: one.recorded_by }),
  ].filter(Boolean);
  return html`<span class="desk-row-marks type-label">
    <${Verified} application=${one} />
    ${marks.map((mark) => html`<span key=${mark}>${mark}</span>`)} <${Next} application=${one} />
  </span>`;
}

function Row({ one, isOpen, isSelected, onOpen, onSelect }) {
  const who = isErased(one) ? t("desk.erased") : one.name_masked + " " + one.phone_masked;
  return html`<li class=${"desk-row" + (isOpen ? " desk-row-current" : "")}>
    <label class="desk-row-select">
      <input type="checkbox" checked=${isSelected} onChange=${() => onSelect(one)}
        aria-label=${t("desk.select", { number: one.number, name: one.name_masked })} />
    </label>
    <button type="button" class="desk-row-open" aria-current=${isOpen ? "true" : undefined} data-application=${one.id}
      onClick=${() => onOpen(one)}>
      <span class="line-up"><span class="type-value">${who}</span><span class="push"></span><${State} state=${one.state} /></span>
      <span class="desk-row-job">${labelled(one.card_label)} ${one.job_title}</span>
      <span class="desk-row-marks type-label">
        <span>${clock(one.at, { time: "always" })}</span><span>${channelName(one.channel)}</span>
      </span>
      <${Marks} one=${one} />
    </button>
  </li>`;
}

function emptyText(wanted) {
  if (isNarrowed(wanted)) return t("desk.empty.found");
  if (wanted.view === "waiting") return t("desk.empty.waiting");
  return t(wanted.view === "all" ? "desk.empty.none" : "desk.empty.due");
}

export function List({ list, wanted, opened, selected, onOpen, onSelect, onMore }) {
  if (list.applications === null) return html`<p class="empty" role="status">${t("common.loading")}</p>`;
  if (list.applications.length === 0 && list.next)
    return html`<${Empty} text=${t("desk.empty.so_far")}><${Button} onClick=${onMore}>${t("desk.go_on")}<//><//>`;
  if (list.applications.length === 0) return html`<${Empty} text=${emptyText(wanted)} />`;
  return html`<ul class="desk-list" aria-label=${t("desk.list")} onKeyDown=${goToNeighbour}>
      ${list.applications.map(
        (one) => html`<${Row} key=${one.id} one=${one} isOpen=${opened === one.id} isSelected=${selected.has(one.id)}
          onOpen=${onOpen} onSelect=${onSelect} />`,
      )}
    </ul>
    ${list.next && html`<${Button} class="button-wide" onClick=${onMore}>${t("desk.more")}<//>`}`;
}
