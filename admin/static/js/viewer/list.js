/** 全部岗位: search by number or word, filters, sort, and a row for each card. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button, Empty, useStableId } from "../components.js";
import { formatNumber, t } from "../i18n.js";
import { JobRow } from "../job_card.js";
import { EVERYTHING, PAY_STEPS, askedNumber, filtered, isNarrowed, placesOf } from "./filter.js";
import { cardNow, phaseOf } from "./state.js";

const CHIPS = [
  ["board", "viewer.jobs.room_and_board"],
  ["day", "viewer.jobs.day_shift"],
  ["couple", "viewer.jobs.couple_room"],
];

function Choice({ label, value, onInput, children }) {
  return html`<select
    class="input input-small viewer-choice"
    aria-label=${label}
    value=${value}
    onInput=${(event) => onInput(event.target.value)}
    >${children}</select
  >`;
}

function Search({ wanted, change, onEnter }) {
  const id = useStableId("search");
  const submit = (event) => {
    event.preventDefault();
    onEnter();
  };
  return html`<form role="search" onSubmit=${submit}>
    <label class="visually-hidden" for=${id}>${t("viewer.jobs.search_label")}</label>
    <input
      id=${id}
      class="input input-small"
      type="search"
      enterkeyhint="search"
      autocomplete="off"
      placeholder=${t("viewer.jobs.search")}
      value=${wanted.text}
      onInput=${(event) => change({ text: event.target.value })}
    />
  </form>`;
}

function Filters({ cards, wanted, change }) {
  return html`<div role="group" aria-label=${t("viewer.jobs.filters")}><div class="viewer-filters">
    <${Choice} label=${t("viewer.jobs.place")} value=${wanted.place} onInput=${(place) => change({ place })}>
      <option value="">${t("viewer.jobs.place_any")}</option>
      ${placesOf(cards).map((place) => html`<option key=${place} value=${place}>${place}</option>`)}
    <//>
    <${Choice} label=${t("viewer.jobs.pay")} value=${String(wanted.pay)} onInput=${(pay) => change({ pay: Number(pay) })}>
      <option value="0">${t("viewer.jobs.pay_any")}</option>
      ${PAY_STEPS.map(
        (step) =>
          html`<option key=${step} value=${String(step)}>${t("viewer.jobs.pay_from", { amount: formatNumber(step) })}</option>`,
      )}
    <//>
    <${Choice} label=${t("viewer.jobs.sort")} value=${wanted.sort} onInput=${(sort) => change({ sort })}>
      <option value="number">${t("viewer.jobs.sort") + " · " + t("viewer.jobs.sort_number")}</option>
      <option value="pay">${t("viewer.jobs.sort") + " · " + t("viewer.jobs.sort_pay")}</option>
    <//>
    </div>
    <div class="viewer-filters">
    ${CHIPS.map(
      ([name, copy]) => html`<button
        type="button"
        key=${name}
        class="chip"
        aria-pressed=${wanted[name] ? "true" : "false"}
        onClick=${() => change({ [name]: !wanted[name] })}
      >
        ${t(copy)}
      </button>`,
    )}
  </div></div>`;
}

/** initial: filters to begin with, as 看看相近岗位 sets them; a new key takes them over. */
export function JobList({ show, now, applied, initial, onOpen }) {
  const [wanted, setWanted] = useState(() => Object.assign({}, EVERYTHING, initial));
  const change = (changes) => setWanted((before) => Object.assign({}, before, changes));
  const cards = show.order.map((id) => cardNow(show, id, now));
  if (cards.length === 0) return html`<${Empty} text=${t("viewer.jobs.empty")} />`;
  const found = filtered(cards, wanted);
  const narrowed = isNarrowed(wanted);
  const openFirst = () => askedNumber(wanted.text) && found.length === 1 && onOpen(found[0].id);
  return html`<div class="stack">
    <${Search} wanted=${wanted} change=${change} onEnter=${openFirst} />
    <${Filters} cards=${cards} wanted=${wanted} change=${change} />
    <div class=${narrowed ? "line-up" : "visually-hidden"}>
      <p class="type-label" role="status">${narrowed && t("viewer.jobs.found", { n: found.filter((card) => card.job).length })}</p>
      ${narrowed && html`<${Button} kind="plain" class="push" onClick=${() => setWanted(EVERYTHING)}>${t("viewer.jobs.clear")}<//>`}
    </div>
    ${found.length === 0 && html`<${Empty} text=${t("viewer.jobs.none")} />`}
    <ol class="viewer-rows">
      ${found.map(
        (card) => html`<li key=${card.id}>
          <${JobRow}
            card=${card}
            phase=${phaseOf(show, card.id)}
            applied=${card.job && applied[card.job.id]}
            onOpen=${() => onOpen(card.id)}
          />
        </li>`,
      )}
    </ol>
  </div>`;
}
