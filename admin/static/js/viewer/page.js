/** The page's state and everything that changes it: the room, the viewer's calls, the sheets. */

import { newKey } from "../api.js";
import { announce, isSheetOpen } from "../components.js";
import { errorText } from "../errors.js";
import { t } from "../i18n.js";
import { spokenCard } from "../job_card.js";
import { UnauthorizedError, openRoom } from "../socket.js";
import { recall, remember } from "../store.js";
import { openApplying } from "./applying.js";
import { firstInTab, keepForm, openForm } from "./draft.js";
import { placeOf } from "./place.js";
import { WIDE, mayReplaceCard } from "./manners.js";
import { serverNow } from "./server_time.js";
import { openSignals } from "./signals.js";
import * as stage from "./state.js";
import { openVisit } from "./visit.js";
import { watched } from "./watch.js";

const TRAY_SPREAD_MS = 1000;
const TRAY_AGAIN_MS = 10000;
const END_SPREAD_MS = 8000;
const BACK_MS = 3000;
const MINE_MS = 5000;
// Refused at the door, and seen out: the room is closed to this device until the host lets it back in.
const KEPT_OUT = [103, 4500];

/** What stands on the page before anything happened. */
function atFirst(boot) {
  const show = stage.showFrom(boot);
  return {
    show,
    shown: show.stage,
    now: serverNow(),
    tab: "live",
    line: null,
    away: null,
    sheet: null,
    over: null,
    toast: null,
    wrongLink: false,
    keptOut: Boolean(boot.kept_out),
    mine: [],
    similar: null,
    asked: recall("asked." + boot.broadcast_id, []),
    waiting: [],
  };
}

/** state: watched (see atFirst); the rest are the things a viewer can do. */
export function openPage(boot) {
  const id = boot.broadcast_id;
  const state = watched(atFirst(boot));
  const get = state.get;
  const visit = openVisit({ broadcastId: id, channel: boot.channel });
  const signals = openSignals({ broadcastId: id, visit });
  const applying = openApplying({ broadcastId: id, state, visit, signals, say, readMine });
  const { outbox, consentOf } = applying;
  let lostAt = get().show.seq;
  let trayTimer = 0;

  // ── the stage ──────────────────────────────────────────────────────────────────────────────────────────────

  function become(show) {
    const arrived = show.stage && !stage.samePush(show.stage, get().show.stage);
    state.set({ show, now: serverNow() });
    if (arrived && !isSheetOpen()) announce(spokenCard(show.cards[show.stage.cardId]));
    if (stage.needsTray(show)) readTraySoon();
    offerStage();
  }

  function offerStage() {
    const { show, shown, tab } = get();
    if (stage.samePush(show.stage, shown)) return;
    const sameCard = show.stage && shown && show.stage.cardId === shown.cardId;
    if (sameCard || mayReplaceCard(tab === "live" || window.matchMedia(WIDE).matches)) state.set({ shown: show.stage });
  }

  function heard(event) {
    const before = get().show.broadcast.status;
    become(stage.withEvent(get().show, event));
    if (before !== get().show.broadcast.status) setTimeout(readAnew, Math.random() * END_SPREAD_MS);
  }

  function readTraySoon() {
    if (!trayTimer) trayTimer = setTimeout(readTray, Math.random() * TRAY_SPREAD_MS);
  }

  async function readTray() {
    const wanted = get().show.wantedTray;
    try {
      const tray = await visit.read("/tray?version=" + wanted);
      const show = stage.withTray(get().show, tray);
      const same = show.wantedTray === wanted ? { wantedTray: tray.version } : {};
      trayTimer = 0;
      become(Object.assign({}, show, same));
    } catch {
      // Cards that are known stay until it is there.
      trayTimer = setTimeout(readTray, TRAY_AGAIN_MS * (1 + Math.random()));
    }
  }

  /** Closing dates hang on when the show starts and ends: then they are read again. */
  async function readAnew() {
    try {
      const [snapshot, tray] = await Promise.all([visit.read(""), visit.read("/tray")]);
      const show = stage.withBroadcast(stage.withTray(get().show, tray), snapshot.broadcast);
      state.set({ show, now: serverNow() });
    } catch {
      // The old dates stay on the page; the server decides in any case.
    }
  }

  // ── the line ───────────────────────────────────────────────────────────────────────────────────────────────

  function onLine({ state: name, code }) {
    visit.setLive(name === "live");
    if (name === "closed" && KEPT_OUT.indexOf(code) >= 0) state.set({ keptOut: true });
    if (name === "connecting" || name === "reconnecting") lostAt = get().show.seq;
    if (name === "lost" || name === "closed") state.set({ line: name });
    if (name === "live") backOnLine();
  }

  function backOnLine() {
    const { line, show } = get();
    if (line === "lost") {
      state.set({ line: "back", away: { seq: lostAt, seen: show.seq, until: serverNow() } });
      setTimeout(() => get().line === "back" && state.set({ line: null }), BACK_MS);
    }
    clearTimeout(trayTimer);
    trayTimer = 0;
    if (stage.needsTray(show)) readTraySoon();
    outbox.flush();
    signals.resume();
    readMine();
  }

  async function getToken() {
    try {
      const token = await visit.newToken();
      if (!visit.isKeptOut()) return token;
      state.set({ keptOut: true });
    } catch (failure) {
      if (failure.status !== 404) throw failure;
      state.set({ wrongLink: true });
    }
    throw new UnauthorizedError();
  }

  function connect() {
    const room = openRoom({
      broadcastId: id,
      getToken,
      onSnapshot: (data) => data.broadcast && become(stage.withSnapshot(get().show, data)),
      onEvent: heard,
      onCounts: (counts) => state.set({ show: stage.withCounts(get().show, counts) }),
      onState: onLine,
    });
    visit.useRoom(room);
    const again = () => {
      if (get().line !== "closed" && document.visibilityState !== "hidden") room.reconnect();
      outbox.flush();
    };
    window.addEventListener("online", again);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
  }

  // ── my applications ────────────────────────────────────────────────────────────────────────────────────────

  const hasApplied = () => recall("applied." + id, false);

  async function readMine() {
    if (!hasApplied()) return;
    try {
      state.set({ mine: (await visit.call("mine")).applications });
    } catch {
      // The list stays as it was read last.
    }
  }

  function keepMineFresh() {
    const seldom = 12;
    let turn = 0;
    setInterval(() => {
      turn += 1;
      const looking = get().tab === "mine" || turn % seldom === 0;
      if (looking && !get().keptOut && document.visibilityState !== "hidden") readMine();
      if (turn % 4 === 0) state.set({ now: serverNow() });
    }, MINE_MS);
  }

  async function withdraw(application) {
    try {
      await visit.call("withdraw", { application_id: application.application_id });
      say(t("viewer.mine.withdrawn"));
    } catch (failure) {
      say(errorText(failure));
    }
    state.set({ over: null });
    return readMine();
  }

  // ── questions, calls, sheets ───────────────────────────────────────────────────────────────────────────────

  async function ask(cardId, kind) {
    const question = cardId + " " + kind;
    if (get().asked.indexOf(question) >= 0) return;
    try {
      await visit.call("ask", { card_id: cardId, kind });
      state.set({ asked: get().asked.concat([question]) });
      remember("asked." + id, get().asked);
    } catch (failure) {
      say(errorText(failure));
    }
  }

  function open(cardId, pushSeq) {
    const card = stage.cardNow(get().show, cardId, serverNow());
    if (!card) return;
    signals.note("click", cardId, pushSeq);
    if (card.job) consentOf(card.job.id).catch(() => null);
    const { questions } = get().show.counts;
    state.set({ sheet: { kind: "detail", card, pushSeq, phase: stage.phaseOf(get().show, cardId), counts: questions } });
  }

  function close() {
    if (get().over) return state.set({ over: null });
    keepForm(id, null);
    return state.set({ sheet: null });
  }

  function say(text) {
    state.set({ toast: { text, key: newKey() } });
  }

  function select(tab) {
    state.set({ tab });
    window.scrollTo(0, 0);
    if (tab === "mine") readMine();
  }

  /** The list narrowed to jobs in the same place. */
  function similar(card) {
    state.set({ sheet: null, similar: { place: placeOf(card.job.workplace), key: newKey() } });
    select("jobs");
  }

  function look() {
    state.set({ shown: get().show.stage });
    select("live");
  }

  function begin() {
    const form = openForm(id);
    if (form) applying.showForm(form.cardId, form);
    else if (boot.card_id && firstInTab(boot.card_id)) open(boot.card_id, null);
    state.set({ waiting: outbox.entries() });
    if (!get().keptOut) connect();
    outbox.flush();
    readMine();
    keepMineFresh();
  }

  return Object.assign({}, applying.deeds, {
    state,
    visit,
    broadcastId: id,
    serviceLine: boot.service_phone || get().show.broadcast.service_phone || null,
    begin,
    ask,
    call: (cardId, pushSeq) => cardId && signals.note("call", cardId, pushSeq),
    close,
    look,
    open,
    openOver: (over) => state.set({ over }),
    say,
    seen: signals.impression,
    select,
    similar,
    toastGone: () => state.set({ toast: null }),
    withdraw,
  });
}
