/** A running show as the host's side follows it: stage, tray, desk and the state of the line. */

import { useEffect, useState } from "../../vendor/preact-htm.js";
import { openRoom } from "../socket.js";
import { callsOf, clockAhead } from "./calls.js";
import { stageAfter, stageFrom, withUndone } from "./stage.js";
import { nextCard } from "./tray.js";

const TRAY_KINDS = ["tray_changed", "card_state_changed", "question_answered"];
const TRAY_RETRY_MS = 2000;
const PAGE_OF_HISTORY = 300;

/** What one page knows; every change tells the listeners. Nothing is shown that the server has not said. */
export class Show {
  /** asViewer: neither desk nor what only the host's side knows of a card. */
  constructor({ broadcastId, code = null, snapshot, asViewer = false }) {
    this.calls = callsOf({ broadcastId, code });
    this.broadcastId = broadcastId;
    this.asViewer = asViewer;
    this.stage = stageFrom(snapshot);
    this.tray = null;
    this.desk = null;
    this.watching = null;
    this.line = { state: "connecting" };
    this.ahead = 0;
    this.listeners = [];
    this.client = null;
    this.readingTray = false;
  }

  /** Calls listener after each change, until what it returns is called. */
  listen(listener) {
    this.listeners.push(listener);
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  tell(what = {}) {
    for (const listener of this.listeners.slice()) listener(what);
  }

  open() {
    this.room = openRoom({
      broadcastId: this.broadcastId,
      getToken: () => this.token(),
      onSnapshot: (snapshot) => this.begin(snapshot),
      onEvent: (event) => this.hear(event),
      onCounts: (counts) => this.count(counts),
      onState: (line) => this.setLine(line),
      joinMore: (client) => this.joinMore(client),
    });
  }

  async token() {
    const token = await this.calls.token();
    this.ahead = clockAhead(token);
    return token;
  }

  joinMore(client) {
    this.client = client;
    if (this.asViewer) return;
    const desk = client.newSubscription("desk:" + this.broadcastId);
    desk.on("subscribed", (reply) => reply.data && this.setDesk(reply.data));
    desk.on("publication", (publication) => this.setDesk(publication.data));
    desk.subscribe();
  }

  begin(snapshot) {
    this.stage = stageFrom(snapshot);
    this.readTray();
    this.tell({ begun: true });
  }

  hear(event) {
    if (typeof event.seq !== "number") return;
    this.stage = stageAfter(this.stage, event);
    if (TRAY_KINDS.indexOf(event.type) >= 0) this.readTray();
    this.tell({ event });
  }

  count(counts) {
    if (this.watching === counts.watching) return;
    this.watching = counts.watching;
    this.tell();
  }

  setDesk(desk) {
    this.desk = desk;
    this.watching = desk.watching;
    this.tell();
  }

  setLine(line) {
    this.line = line;
    if (line.state === "live" && !line.recovered && !this.asViewer) this.readUndone(this.stage);
    this.tell({ line });
  }

  /** A snapshot names every push, also those taken back: which ones, only the log tells. */
  async readUndone(begun) {
    const undone = [];
    try {
      for (let offset = 0, more = true; more; ) {
        const since = { offset, epoch: begun.epoch };
        const page = await this.client.history("broadcast:" + this.broadcastId, { limit: PAGE_OF_HISTORY, since });
        for (const { data } of page.publications) if (data.type === "undone") undone.push(data.undoes);
        offset += page.publications.length;
        // A page may end early, where it would be too long for a slow line.
        more = page.publications.length > 0 && offset < page.offset;
      }
    } catch {
      return;
    }
    this.stage = withUndone(this.stage, undone);
    this.tell();
  }

  /** Reads the tray anew; asked again while reading, it reads once more. */
  async readTray() {
    if (this.readingTray) {
      this.trayStale = true;
      return;
    }
    this.readingTray = true;
    this.trayStale = false;
    try {
      this.tray = await this.readCards();
      this.tell();
    } catch {
      setTimeout(() => this.readTray(), TRAY_RETRY_MS);
    } finally {
      this.readingTray = false;
      if (this.trayStale) this.readTray();
    }
  }

  async readCards() {
    if (!this.asViewer) return (await this.calls.get("/tray-cards")).cards;
    const tray = await this.calls.get("/tray?version=" + this.stage.trayVersion);
    return tray.cards.map((card) => ({ card, blocked: [], points: null }));
  }

  /** The desk as the database has it now, for telling who acted; null when it cannot be had. */
  async freshDesk() {
    try {
      return await this.calls.get("/desk");
    } catch {
      return null;
    }
  }

  /** Milliseconds by the server's clock. */
  now() {
    return Date.now() + this.ahead;
  }

  secondsSince(at) {
    return (this.now() - new Date(at).getTime()) / 1000;
  }

  get cards() {
    return this.tray || [];
  }

  entry(cardId) {
    return this.cards.find(({ card }) => card.id === cardId) || null;
  }

  card(cardId) {
    const entry = this.entry(cardId);
    return entry ? entry.card : this.stage.cards[cardId] || null;
  }

  get cardOnStage() {
    return this.stage.onStage ? this.card(this.stage.onStage.cardId) : null;
  }

  /** The entry that 推送下一个 names; null when all were shown, and after the end. */
  get next() {
    return this.stage.broadcast.status === "ended" ? null : nextCard(this.cards, this.stage);
  }

  /** What the desk tells of the push on stage; null until it has. */
  get figures() {
    const told = this.desk && this.desk.on_stage;
    return told && this.stage.onStage && told.seq === this.stage.onStage.seq ? told : null;
  }

  /** What the host may say about the card on stage: as the desk has it, and until it came as the tray had it. */
  get points() {
    const entry = this.stage.onStage && this.entry(this.stage.onStage.cardId);
    return this.figures ? this.figures.points : entry && entry.points;
  }

  get isLive() {
    return this.stage.broadcast.status === "live";
  }

  get isConnected() {
    return this.line.state === "live";
  }
}

/** Draws the component again after each change of what it follows, a Show or Commands; ticking: also each second. */
export function useFollowed(followed, { ticking = false } = {}) {
  const [, setCount] = useState(0);
  useEffect(() => {
    const again = () => setCount((count) => count + 1);
    const stop = followed.listen(again);
    const timer = ticking ? setInterval(again, 1000) : 0;
    again();
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [followed]);
  return followed;
}
