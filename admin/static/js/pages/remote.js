/** The remote: a phone in the studio pushes with one tap; it opens by a code and never sees who applied. */

import { html, render, useEffect, useMemo, useRef, useState } from "../../vendor/preact-htm.js";
import { Announcer, Badge, Bars, Button, Toast, UndoBar } from "../components.js";
import { errorText } from "../errors.js";
import { cardLabel, cardTitle } from "../job_card.js";
import { formatNumber, loadCatalogues, stopwatch, t } from "../i18n.js";
import { showPay } from "../pay.js";
import { LineBar, NotDone } from "../host/bars.js";
import { Commands } from "../host/commands.js";
import { CardSheet } from "../host/dialogs.js";
import { Show, useFollowed } from "../host/show.js";
import { NextButton } from "../host/stage_panel.js";
import { phaseOf, undoableSeq } from "../host/tray.js";
import { endedWords, sayAction, sayAllBlocked, sayDone, sayOnStage } from "../host/words.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
const LONG_PRESS_MS = 500;
const TONES = { live: "live", scheduled: null, ended: null };

function Top({ show }) {
  const { broadcast } = show.stage;
  const figures = [
    [show.watching, "host.console.watching"],
    [show.desk ? show.desk.applications : null, "host.console.applied"],
  ];
  return html`<header class="remote-top">
    <${Badge} tone=${TONES[broadcast.status]} shape=${false}>${t("common." + broadcast.status)}<//>
    <h1 class="visually-hidden">${t("host.remote.title")} · ${broadcast.title}</h1>
    ${figures.map(
      ([value, word]) => html`<p key=${word}><strong>${value === null ? "–" : formatNumber(value)}</strong> <span
        class="type-label">${t(word)}</span></p>`,
    )}
  </header>`;
}

function StageBox({ show }) {
  const card = show.cardOnStage;
  if (!card) {
    const { broadcast } = show.stage;
    const words = broadcast.status === "ended" ? endedWords(broadcast) : t("host.console.nothing_on_stage");
    return html`<section class="remote-stage" aria-label=${t("host.console.stage")}><p class="empty">${words}</p></section>`;
  }
  const time = stopwatch(show.secondsSince(show.stage.onStage.at));
  return html`<section class="remote-stage" aria-label=${t("host.console.stage")}>
    <p class="remote-head"><span class="remote-number">${cardLabel(card)}</span><span class="tone-live"><span
      aria-hidden="true">● </span>${t("host.console.on_now", { time })}</span></p>
    <p class="type-title remote-title">${cardTitle(card)}</p>
    <p class=${card.job ? "type-pay" : "type-pay tone-primary"}>
      ${card.job ? showPay(card.job.pay).whole : card.policy.how_much}</p>
  </section>`;
}

function tileName(card, word) {
  const name = word ? t("host.remote.tile_" + word, { label: cardLabel(card) }) : cardLabel(card);
  return card.state === "open" ? name : t("host.remote.tile_not_open", { name, state: t("common.card." + card.state) });
}

/** In the tile's corner: that it takes no applications, else what has become of it in the show. */
function tileMark(card, word) {
  if (card.state !== "open") return t("host.remote.mark." + card.state);
  return { shown: "✓", live: "●" }[word];
}

/** A tap pushes; a long press, or the menu key, shows the card instead. */
function useTap(onTap, onHold) {
  const held = useRef(false);
  const timer = useRef(0);
  const hold = () => {
    held.current = true;
    onHold();
  };
  const release = () => clearTimeout(timer.current);
  return {
    onPointerDown: () => {
      held.current = false;
      timer.current = setTimeout(hold, LONG_PRESS_MS);
    },
    onPointerUp: release,
    onPointerLeave: release,
    onPointerCancel: release,
    onContextMenu: (event) => {
      event.preventDefault();
      release();
      if (!held.current) hold();
    },
    onClick: () => {
      release();
      if (!held.current) onTap();
      held.current = false;
    },
  };
}

function Tile({ entry, phase, disabled, onPush, onLook }) {
  const { card } = entry;
  const blocked = entry.blocked.length > 0;
  const word = blocked ? "blocked" : phase;
  const mark = tileMark(card, word);
  const look = "tile tile-of-" + card.kind + (word ? " tile-" + word : card.state === "open" ? "" : " tile-not-open");
  const tap = useTap(() => !disabled && onPush(entry), () => onLook(card));
  return html`<li>
    <button type="button" class=${look} data-card=${card.id} data-pushes
      aria-label=${tileName(card, word)}
      aria-disabled=${disabled ? "true" : undefined} aria-current=${phase === "live" ? "true" : undefined} ...${tap}>
      <span aria-hidden="true">${card.kind === "policy" ? cardLabel(card) : String(card.number)}</span>
      ${mark && html`<span class="tile-mark" aria-hidden="true" data-mark=${mark}></span>`}
    </button>
  </li>`;
}

// A tile that is cut looks like the last one.
const ENOUGH_OF_A_TILE = 62;

/** How many tiles of the box lie beyond the lower edge that it has when nothing needs to be said of them. */
function tilesBelow(box) {
  const edge = box.parentNode.getBoundingClientRect().bottom;
  const tiles = Array.from(box.querySelectorAll(".tile"));
  return tiles.filter((tile) => tile.getBoundingClientRect().top > edge - ENOUGH_OF_A_TILE).length;
}

/** Looked at after each drawing, and while the tray is scrolled or the phone is turned. */
function useTilesBelow(box) {
  const [below, setBelow] = useState(0);
  const look = () => setBelow(tilesBelow(box.current));
  useEffect(look);
  useEffect(() => {
    window.addEventListener("resize", look);
    return () => window.removeEventListener("resize", look);
  }, []);
  return [below, look];
}

function Tiles({ show, next, onPush, onLook }) {
  const box = useRef(null);
  const [below, look] = useTilesBelow(box);
  const wanted = next && next.card.id;
  useEffect(() => {
    const tile = wanted && box.current.querySelector(`[data-card="${wanted}"]`);
    if (tile) tile.scrollIntoView({ block: "nearest" });
  }, [wanted, show.cards.length]);
  return html`<div class="remote-tray">
    <div ref=${box} class="remote-scroll" onScroll=${look}>
      <ol class="tiles" aria-label=${t("host.console.tray")}>
        ${show.cards.map(
          (entry) => html`<${Tile} key=${entry.card.id} entry=${entry} phase=${phaseOf(entry.card, show.stage, next)}
            disabled=${!show.isLive} onPush=${onPush} onLook=${onLook} />`,
        )}
      </ol>
    </div>
    ${below > 0 && html`<p class="remote-more"><span aria-hidden="true">↓ </span>
      ${t("host.remote.more_below", { n: below })}</p>`}
  </div>`;
}

/** Keeps the screen awake where the phone lets us; asked again each time the page comes back to front. */
function useWakefulScreen() {
  useEffect(() => {
    const ask = () => {
      if (document.visibilityState !== "visible" || !navigator.wakeLock) return;
      navigator.wakeLock.request("screen").catch(() => {});
    };
    ask();
    document.addEventListener("visibilitychange", ask);
    return () => document.removeEventListener("visibilitychange", ask);
  }, []);
}

/** The one bar at the foot: what was done, with 撤销, or why not. */
function useRemoteCommands(show, addDropped) {
  const [said, setSaid] = useState(null);
  const say = (text, undoes) => setSaid({ text, undoes, id: Date.now() });
  const commands = useMemo(() => {
    const onDone = (command, event) => {
      if (command.kind === "undo") say(t("host.console.done.undone"));
      else if (command.nothingNew) say(sayOnStage(command));
      else if (event) say(sayDone(command), event.seq);
    };
    const onRefused = async (command, failure) => {
      const desk = failure.code === "stage_moved" ? await show.freshDesk() : null;
      const action = desk && desk.last_action;
      const who = action && { who: action.by, what: sayAction(action) };
      say(who ? t("host.console.moved", who) : errorText(failure));
    };
    return new Commands(show, { onDone, onRefused, onDropped: addDropped });
  }, []);
  return { commands, said, say, forget: () => setSaid(null) };
}

function Said({ said, onUndo, onGone }) {
  if (!said) return null;
  if (said.undoes === undefined) return html`<${Toast} key=${said.id} text=${said.text} seconds=${5}
    onGone=${onGone} />`;
  return html`<${UndoBar} key=${said.id} text=${said.text} onUndo=${() => onUndo(said.undoes)} onGone=${onGone} />`;
}

function Remote({ show }) {
  useFollowed(show, { ticking: true });
  const [looked, setLooked] = useState(null);
  const [dropped, setDropped] = useState([]);
  const addDropped = (more) => setDropped((before) => before.concat(more));
  const { commands, said, say, forget } = useRemoteCommands(show, addDropped);
  useFollowed(commands);
  useWakefulScreen();
  const { next } = show;
  const undoable = undoableSeq(show.stage, show.desk, show.now());
  const push = (entry) => {
    if (entry.blocked.length) say(sayAllBlocked(entry.blocked));
    else commands.press("push", { card: entry.card });
  };
  const undo = (seq) => {
    forget();
    commands.press("undo", { seq });
  };
  return html`<div class="remote">
    <${Top} show=${show} />
    <${LineBar} show=${show} commands=${commands} />
    <${NotDone} dropped=${dropped} onClose=${() => setDropped([])} />
    <${StageBox} show=${show} />
    <${Tiles} show=${show} next=${next} onPush=${push} onLook=${setLooked} />
    <footer class="remote-buttons">
      <${NextButton} show=${show} next=${next} commands=${commands} onNext=${() => push(next)} />
      <div class="button-pair">
        <${Button} class="grow" disabled=${!show.cardOnStage}
          onClick=${() => commands.press("withdraw", { card: show.cardOnStage })}>${t("host.remote.withdraw")}<//>
        <${Button} class="grow" disabled=${undoable === null} onClick=${() => undo(undoable)}>
          ${t("host.remote.undo")}<//>
      </div>
    </footer>
    ${looked && html`<${CardSheet} card=${looked} onClose=${() => setLooked(null)} />`}
    <${Bars}><${Said} said=${said} onUndo=${undo} onGone=${forget} /><//>
    <${Announcer} />
  </div>`;
}

async function begin() {
  await loadCatalogues(["common", "host"]);
  const show = new Show({ broadcastId: boot.broadcast_id, code: boot.code, snapshot: boot.snapshot });
  show.open();
  render(html`<${Remote} show=${show} />`, document.getElementById("app"));
}

begin();
