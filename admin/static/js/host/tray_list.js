/** The tray: find by number or name, every card with its state, what can be done with it, and the order. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Button, Empty } from "../components.js";
import { cardLabel, cardTitle, headcount } from "../job_card.js";
import { t } from "../i18n.js";
import { findByNumber, matches, numberTyped, phaseOf, reordered } from "./tray.js";
import { sayAllBlocked, sayNumber, sayWayOut, shortPay, wayOut } from "./words.js";

const STATES = ["full", "paused"];

function isCommitKey(event) {
  // While an input method is composing, Enter chooses a word; it is not meant for us.
  return event.key === "Enter" && !event.isComposing && event.keyCode !== 229;
}

/** 推送 4号？ while a number is being typed, or what keeps it from being pushed. */
function Asked({ typed, tray }) {
  const wanted = numberTyped(typed);
  if (!wanted) return html`<p class="tray-asked" role="status"></p>`;
  const entry = findByNumber(tray, wanted);
  const label = sayNumber(wanted);
  const text = !entry
    ? t("host.console.no_such_number", { label })
    : entry.blocked.length
      ? sayAllBlocked(entry.blocked)
      : t("host.console.push_asked", { label });
  return html`<p class="tray-asked" role="status">
    <span class=${entry && !entry.blocked.length ? "tray-asked-text" : "tray-asked-text tone-warn"}>${text}</span>
    ${entry && !entry.blocked.length && html`<span class="type-label">
      ${cardTitle(entry.card)} · ${t("host.console.enter_or_escape")}</span>`}
  </p>`;
}

/** typed is what stands in the box or was typed outside of it; Enter pushes a number, any other words filter. */
function Find({ typed, onType, onEnter, boxRef }) {
  return html`<input
    ref=${boxRef}
    class="input input-small tray-find"
    type="search"
    autocomplete="off"
    aria-label=${t("host.console.find_label")}
    placeholder=${t("host.console.find")}
    value=${typed}
    onInput=${(event) => onType(event.target.value)}
    onKeyDown=${(event) => {
      if (event.key === "Escape") {
        onType("");
        event.target.blur();
      }
      if (!isCommitKey(event)) return;
      event.preventDefault();
      onEnter();
    }}
  />`;
}

function stateWords({ card, figures, phase }) {
  const word = phase && t("host.console.row." + phase);
  const applied = figures && figures.applications > 0 && t("host.console.row.applied", { n: figures.applications });
  const closed = card.state !== "open" && t("common.card." + card.state);
  return [closed, word, applied].filter(Boolean).join(" · ");
}

function about(card) {
  if (card.kind === "policy") return t("host.console.row.policy");
  const most = card.job.headcount_max;
  return shortPay(card.job) + " · " + (most ? t("host.console.row.headcount", { n: most }) : headcount(card.job));
}

function numberOf(card) {
  return card.kind === "policy" ? cardLabel(card) : String(card.number);
}

function RowActions({ entry, isFirst, isLast, canPush, canOrder, on }) {
  const { card } = entry;
  const setState = (state) => () => on.state(card, state);
  return html`<div class="tray-actions">
    ${canPush && html`<${Button} kind="primary" data-pushes onClick=${() => on.push(entry)}>
      ${t("host.console.push")} ${cardLabel(card)}<//>`}
    ${canOrder && html`<${Button} disabled=${isFirst} onClick=${() => on.move(card, -1)}>${t("host.console.move_up")}
      <//>
      <${Button} disabled=${isLast} onClick=${() => on.move(card, 1)}>${t("host.console.move_down")}<//>`}
    ${card.kind === "job" &&
    (card.state === "open"
      ? STATES.map((state) => html`<${Button} key=${state} onClick=${setState(state)}>${t("common.card." + state)}<//>`)
      : html`<${Button} onClick=${setState("open")}>${t("host.console.reopen")}<//>`)}
    <${Button} onClick=${() => on.look(card)}>${t("host.console.look")}<//>
  </div>`;
}

function Blocked({ entry, editable, onRule }) {
  return html`<div class="tray-blocked">
    <p class="tone-warn">${sayAllBlocked(entry.blocked)}</p>
    <${Button} kind="plain" onClick=${() => onRule(entry)}>${t("host.console.see_rule")}<//>
    ${editable && html`<${Button} kind="plain" href=${wayOut(entry)}>${sayWayOut(entry)}<//>`}
  </div>`;
}

function useDragging(card, canOrder, onDrop) {
  const [over, setOver] = useState(false);
  if (!canOrder) return {};
  return {
    draggable: true,
    "data-over": over ? "" : undefined,
    onDragStart: (event) => {
      event.dataTransfer.setData("text/x-card", card.id);
      event.dataTransfer.effectAllowed = "move";
    },
    onDragOver: (event) => {
      if (event.dataTransfer.types.indexOf("text/x-card") < 0) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event) => {
      event.preventDefault();
      setOver(false);
      const moved = event.dataTransfer.getData("text/x-card");
      if (moved && moved !== card.id) onDrop(moved, card.id);
    },
  };
}

/** Scrolls the list alone: on a small window the page must stay where it is. */
function bringIntoView(row) {
  const list = row.parentNode.getBoundingClientRect();
  const own = row.getBoundingClientRect();
  if (own.top < list.top) row.parentNode.scrollTop -= list.top - own.top;
  else if (own.bottom > list.bottom) row.parentNode.scrollTop += own.bottom - list.bottom;
}

function Row({ entry, figures, phase, isOpen, isFound, editable, onOpen, onDrop, canOrder, ...more }) {
  const { card } = entry;
  const place = useRef(null);
  const dragging = useDragging(card, canOrder, onDrop);
  const isBlocked = entry.blocked.length > 0;
  const wanted = isFound || phase === "live" || isOpen;
  useEffect(() => {
    if (wanted) bringIntoView(place.current);
  }, [wanted]);
  const look = "tray-row" + (phase ? " tray-row-" + phase : "") + (isBlocked ? " tray-row-blocked" : "");
  return html`<li ref=${place} class=${look + (isFound ? " tray-row-found" : "")} data-card=${card.id} ...${dragging}>
    <button type="button" class="tray-row-button" aria-expanded=${isOpen ? "true" : "false"}
      onClick=${() => onOpen(card.id)}
      aria-current=${phase === "live" ? "true" : undefined}>
      <span class="tray-number">${numberOf(card)}</span>
      <span class="tray-words">
        <span class="tray-title">${cardTitle(card)}</span>
        <span class="tray-about">${about(card)}</span>
      </span>
      <span class=${phase === "live" ? "tray-state tone-live" : "tray-state"}>${stateWords({ card, figures, phase })}
        </span>
    </button>
    ${isBlocked && html`<${Blocked} entry=${entry} editable=${editable} onRule=${more.on.rule} />`}
    ${isOpen && html`<${RowActions} entry=${entry} canPush=${more.canPush && !isBlocked}
      canOrder=${canOrder} ...${more} />`}
  </li>`;
}

function Rows({ show, shown, found, next, editable, canOrder, on }) {
  const [open, setOpen] = useState(null);
  const ids = show.cards.map(({ card }) => card.id);
  const figures = show.desk ? show.desk.cards : [];
  const beside = (card, step) => {
    const other = show.cards[ids.indexOf(card.id) + step];
    return other && other.card.kind === card.kind ? other.card.id : null;
  };
  const order = (moved, target) => on.order(reordered(ids, moved, target));
  const isAlike = (one, other) => one && other && one.kind === other.kind;
  const drop = (moved, target) => isAlike(show.card(moved), show.card(target)) && order(moved, target);
  const handlers = Object.assign({}, on, { move: (card, step) => order(card.id, beside(card, step)) });
  return html`<ol class="tray-rows">
    ${shown.map(
      (entry) => html`<${Row}
        key=${entry.card.id}
        entry=${entry}
        figures=${figures.find((one) => one.card_id === entry.card.id)}
        phase=${phaseOf(entry.card, show.stage, next)}
        isOpen=${open === entry.card.id}
        isFound=${found !== null && found.card.id === entry.card.id}
        isFirst=${!beside(entry.card, -1)}
        isLast=${!beside(entry.card, 1)}
        editable=${editable}
        canPush=${show.isLive}
        canOrder=${canOrder && shown.length === ids.length}
        onOpen=${(id) => setOpen(open === id ? null : id)}
        onDrop=${drop}
        on=${handlers}
      />`,
    )}
  </ol>`;
}

/** on: {type, enter, push, state, order, look, rule}; editable: this account may correct a job. */
export function TrayList({ show, next, typed, boxRef, editable, on }) {
  const tray = show.cards;
  const wanted = numberTyped(typed);
  const found = wanted && findByNumber(tray, wanted);
  const shown = wanted ? tray : tray.filter((entry) => matches(entry, typed));
  const empty = show.tray && tray.length === 0;
  const isBefore = show.stage.broadcast.status === "scheduled";
  return html`<section class="console-box console-tray" aria-label=${t("host.console.tray")}>
    <${Asked} typed=${typed} tray=${tray} />
    <${Find} typed=${typed} boxRef=${boxRef} onType=${on.type} onEnter=${on.enter} />
    <p class="type-label tray-note">
      ${t(isBefore ? "host.console.order_note_before" : "host.console.order_note")}</p>
    ${empty && html`<${Empty} text=${t("host.console.empty_tray")} />`}
    ${!empty && shown.length === 0 && show.tray && html`<p class="empty">${t("host.console.none_found")}</p>`}
    <${Rows} show=${show} shown=${shown} found=${found} next=${next} editable=${editable}
      canOrder=${Boolean(on.order)} on=${on} />
  </section>`;
}
