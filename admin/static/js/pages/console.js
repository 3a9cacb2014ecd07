/** The console: an operator runs the show by number, by mouse, by keyboard or with a presentation clicker. */

import { html, render, useEffect, useMemo, useRef, useState } from "../../vendor/preact-htm.js";
import { announce, Announcer, Bars, Confirm, Toast, UndoBar } from "../components.js";
import { errorText } from "../errors.js";
import { spokenCard } from "../job_card.js";
import { loadCatalogues, t } from "../i18n.js";
import { BanSheet, BansSheet } from "../host/bans.js";
import { FootBar, LineBar, NotDone, TopBar } from "../host/bars.js";
import { CheckPanel } from "../host/check_panel.js";
import { Commands } from "../host/commands.js";
import { CardSheet, copyText, endQuestion, KeysSheet, LinksSheet, RuleSheet } from "../host/dialogs.js";
import { useKeys } from "../host/keys.js";
import { LivePanel, whoApplied } from "../host/live_panel.js";
import { NoteSheet } from "../host/note_dialog.js";
import { Show, useFollowed } from "../host/show.js";
import { StaffSheet } from "../host/staff_dialog.js";
import { StagePanel } from "../host/stage_panel.js";
import { cardBefore, findByNumber, numberTyped, undoableSeq } from "../host/tray.js";
import { TrayList } from "../host/tray_list.js";
import { sayAction, sayAllBlocked, sayDone, sayNumber, sayOnStage } from "../host/words.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
const UNDONE_BY_HAND = ["push", "pin", "unpin", "withdraw", "end"];

let lastNotice = 0;

/** One bar at a time: the newest says what matters now. */
function useNotice() {
  const [notice, setNotice] = useState(null);
  const put = (content) => {
    lastNotice += 1;
    setNotice(Object.assign({ id: lastNotice }, content));
  };
  return [notice, put, () => setNotice(null)];
}

function useLinks(show) {
  const [links, setLinks] = useState(null);
  useEffect(() => {
    show.calls.get("/links").then(setLinks, () => setLinks(null));
  }, []);
  return links;
}

/** Says who acted when our command came too late, else what went wrong. */
async function refusalText(show, failure) {
  if (failure.code !== "stage_moved") return errorText(failure);
  const desk = await show.freshDesk();
  const action = desk && desk.last_action;
  if (!action) return errorText(failure);
  return t("host.console.moved", { who: action.by, what: sayAction(action) });
}

function useCommands(show, put, addDropped) {
  return useMemo(() => {
    const onDone = (command, event) => {
      if (command.kind === "undo") put({ text: t("host.console.done.undone") });
      else if (command.nothingNew) put({ text: sayOnStage(command) });
      else if (event && UNDONE_BY_HAND.indexOf(command.kind) >= 0) put({ text: sayDone(command), undoes: event.seq });
    };
    const onRefused = (command, failure) => refusalText(show, failure).then((text) => put({ text }));
    return new Commands(show, { onDone, onRefused, onDropped: addDropped });
  }, []);
}

/** Saves something beside the stage; true when it was saved, else the reason stands in a bar. */
function saver(put) {
  return (request) =>
    request.then(
      () => true,
      (failure) => {
        put({ text: errorText(failure) });
        return false;
      },
    );
}

/** What can be done to the stage, each naming the card it means. */
function stageActions(show, commands, put) {
  const push = (entry) => {
    if (!entry) return;
    if (entry.blocked.length) put({ text: sayAllBlocked(entry.blocked) });
    else commands.press("push", { card: entry.card });
  };
  const onCard = (kind) => () => show.cardOnStage && commands.press(kind, { card: show.cardOnStage });
  const isPinned = () => show.cardOnStage && show.stage.pinned === show.cardOnStage.id;
  return {
    push,
    next: () => push(show.next),
    previous: () => push(cardBefore(show.cards, show.stage)),
    pin: () => onCard(isPinned() ? "unpin" : "pin")(),
    withdraw: onCard("withdraw"),
    undo: () => {
      const seq = undoableSeq(show.stage, show.desk, show.now());
      if (seq === null) put({ text: t("common.error.nothing_to_undo") });
      else commands.press("undo", { seq });
    },
    end: () => commands.press("end"),
    start: () => commands.press("start"),
  };
}

/** What is changed beside the stage. */
function deskActions(show, save, put) {
  const { calls } = show;
  return {
    points: (card, points) =>
      save(calls.put("/cards/" + card.id + "/points", { points })).then((saved) => {
        show.readTray();
        return saved;
      }),
    answer: (question, answer) =>
      save(calls.post("/questions/answer", { card_id: question.card_id, kind: question.kind, answer })),
    note: (note) =>
      save(calls.put("/note", { note })).then((saved) => {
        if (saved) put({ text: t("host.prompter.note_sent") });
        return saved;
      }),
    state: (card, state) => save(calls.put("/cards/" + card.id + "/state", { state })),
    order: (ids) => save(calls.put("/cards/order", { cards: ids })),
    banned: (ban) => {
      const lift = () => save(calls.remove("/bans/" + ban.id)).then((lifted) => lifted && put({ text: t("host.ban.undone") }));
      put({ text: t("host.ban.done"), undo: lift });
    },
    copy: (text) => copyText(text).then((done) => put({ text: t(done ? "common.copied" : "common.copy_by_hand") })),
  };
}

/** Digits typed anywhere, or in the box; Enter pushes the number they make. */
function useTyped(show, act, put) {
  const [typed, setTyped] = useState("");
  const now = useRef("");
  now.current = typed;
  const set = (text) => {
    now.current = text;
    setTyped(text);
  };
  const enter = () => {
    const wanted = numberTyped(now.current);
    if (!wanted) return false;
    const entry = findByNumber(show.cards, wanted);
    if (!entry) put({ text: t("host.console.no_such_number", { label: sayNumber(wanted) }) });
    else if (!show.isLive) put({ text: t("common.error.broadcast_not_live") });
    else act.push(entry);
    set("");
    return true;
  };
  const add = (character) => set(now.current + character);
  return { typed, set, enter, add, erase: () => set(now.current.slice(0, -1)) };
}

function useConsoleKeys({ show, act, typing, boxRef, open }) {
  const whileLive = (does) => () => {
    if (show.isLive) does();
  };
  useKeys({
    type: (character) => typing.add(character),
    enter: () => typing.enter(),
    erase: () => (typing.typed === "" ? false : typing.erase()),
    escape: () => (typing.typed === "" ? false : typing.set("")),
    next: whileLive(act.next),
    previous: whileLive(act.previous),
    pin: whileLive(act.pin),
    withdraw: whileLive(act.withdraw),
    undo: act.undo,
    search: () => boxRef.current.focus(),
    help: () => open("keys"),
  });
}

function Notice({ notice, onUndo, onGone }) {
  if (!notice) return null;
  if (notice.undoes === undefined && !notice.undo) return html`<${Toast} key=${notice.id} text=${notice.text} seconds=${6}
    onGone=${onGone} />`;
  return html`<${UndoBar} key=${notice.id} text=${notice.text} onUndo=${() => onUndo(notice)}
    onGone=${onGone} />`;
}

/** Says the card on stage to a screen reader when it changes. */
function useAnnouncedCard(show) {
  const card = show.cardOnStage;
  useEffect(() => {
    if (card) announce(spokenCard(card));
  }, [card && card.id]);
}

function Dialogs({ show, dialog, links, editable, act, desk, close }) {
  const name = dialog && dialog.name;
  if (name === "keys") return html`<${KeysSheet} onClose=${close} />`;
  if (name === "links") return html`<${LinksSheet} links=${links} onCopy=${desk.copy} onClose=${close} />`;
  if (name === "staff") return html`<${StaffSheet} show=${show} onClose=${close} />`;
  if (name === "note") return html`<${NoteSheet} show=${show} onNote=${desk.note} onClose=${close} />`;
  if (name === "rule") return html`<${RuleSheet} entry=${dialog.entry} editable=${editable} onClose=${close} />`;
  if (name === "bans") return html`<${BansSheet} show=${show} onClose=${close} />`;
  if (name === "ban") {
    const banned = (ban) => {
      close();
      desk.banned(ban);
    };
    return html`<${BanSheet} show=${show} application=${dialog.application} who=${whoApplied(dialog.application)} onBanned=${banned}
      onClose=${close} />`;
  }
  if (name === "card") return html`<${CardSheet} card=${dialog.card} onClose=${close} />`;
  if (name !== "end") return null;
  const end = () => {
    close();
    act.end();
  };
  return html`<${Confirm} text=${endQuestion(show.stage.broadcast, show.now())} yes=${t("host.console.end_yes")}
    no=${t("host.console.end_no")} onYes=${end} onNo=${close} />`;
}

function Console({ show }) {
  useFollowed(show, { ticking: true });
  const [, redraw] = useState(0);
  const [dialog, setDialog] = useState(null);
  const [dropped, setDropped] = useState([]);
  const [notice, put, clear] = useNotice();
  const commands = useCommands(show, put, (more) => setDropped((before) => before.concat(more)));
  useFollowed(commands);
  const links = useLinks(show);
  const boxRef = useRef(null);
  const act = stageActions(show, commands, put);
  const desk = deskActions(show, saver(put), put);
  const typing = useTyped(show, act, put);
  const open = (name, more) => {
    clear();
    setDialog(Object.assign({ name }, more));
  };
  const editable = boot.account.role === "organiser";
  const { next } = show;
  useConsoleKeys({ show, act, typing, boxRef, open });
  useAnnouncedCard(show);

  const enterInBox = () => {
    // The clicker's keys are off in a text field: after a push the box lets go of them.
    if (typing.enter()) boxRef.current.blur();
  };
  const onTray = {
    type: typing.set,
    enter: enterInBox,
    push: act.push,
    state: desk.state,
    order: desk.order,
    look: (card) => open("card", { card }),
    rule: (entry) => open("rule", { entry }),
  };
  return html`<div class="console">
    <${TopBar} show=${show} report=${editable ? "/organiser/broadcasts/" + boot.broadcast_id + "/report" : null}
      on=${{ links: () => open("links"), end: () => open("end"), redraw: () => redraw((count) => count + 1) }} />
    <div class="console-lines">
      <${LineBar} show=${show} commands=${commands} />
      <${NotDone} dropped=${dropped} onClose=${() => setDropped([])} />
    </div>
    <div class="console-columns">
      <${TrayList} show=${show} next=${next} typed=${typing.typed} boxRef=${boxRef} editable=${editable} on=${onTray} />
      ${show.stage.broadcast.status === "scheduled"
        ? html`<${CheckPanel} show=${show} editable=${editable} onStart=${act.start}
          onTrouble=${(failure) => put({ text: errorText(failure) })} />`
        : html`<${StagePanel} show=${show} commands=${commands} next=${next}
            undoable=${undoableSeq(show.stage, show.desk, show.now()) !== null} on=${Object.assign({}, act, desk)} />`}
      <${LivePanel} show=${show} links=${links}
        on=${Object.assign({}, desk, {
          add: () => open("staff"),
          note: () => open("note"),
          ban: (application) => open("ban", { application }),
          bans: () => open("bans"),
        })} />
    </div>
    <${FootBar} show=${show} onKeys=${() => open("keys")} />
    <${Dialogs} show=${show} dialog=${dialog} links=${links} editable=${editable} act=${act} desk=${desk}
      close=${() => setDialog(null)} />
    <${Bars}><${Notice} notice=${notice} onUndo=${(done) => {
      clear();
      if (done.undo) done.undo();
      else commands.press("undo", { seq: done.undoes });
    }} onGone=${clear} /><//>
    <${Announcer} />
  </div>`;
}

async function begin() {
  await loadCatalogues(["common", "host"]);
  const header = document.querySelector("body > header");
  if (header) header.remove();
  const app = document.getElementById("app");
  app.className = "console-page";
  const show = new Show({ broadcastId: boot.broadcast_id, snapshot: boot.snapshot });
  show.open();
  render(html`<${Console} show=${show} />`, app);
}

begin();
