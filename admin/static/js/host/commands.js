/** What the host's side asks of the stage: one at a time, each once, kept while the line is down. */

import { newKey } from "../api.js";

const MS_BETWEEN_PUSHES = 800;
const RETRY_MS = 1000;
const MS_FOR_THE_EVENT = 3000;
const EVENTS = {
  start: "broadcast_started",
  push: "card_pushed",
  withdraw: "card_withdrawn",
  pin: "card_pinned",
  unpin: "card_unpinned",
  undo: "undone",
  end: "broadcast_ended",
};
// What the next push names has just changed under whoever is about to press.
const RESTS_AFTER = ["card_pushed", "undone"];
const ALWAYS_DONE = ["withdraw", "end", "start"];

/**
 * Commands wait in the order they were pressed. While the line is down they stay; once it is back and the stage is
 * caught up, only the newest push and every withdraw and end are performed, the rest is told as dropped. A command
 * whose answer was lost is repeated under its own Idempotency-Key.
 */
export class Commands {
  /**
   * on: {onDone(command, event), onRefused(command, failure), onDropped(commands)}; event may be null. A push that found
   * its card on stage already is done with nothingNew.
   */
  constructor(show, on) {
    this.show = show;
    this.on = on;
    this.waiting = [];
    this.current = null;
    this.pushedAt = 0;
    this.interrupted = false;
    this.ownSeq = 0;
    this.listeners = [];
    show.listen(({ line, event }) => {
      if (line) this.lineChanged(line);
      if (event && RESTS_AFTER.indexOf(event.type) >= 0) this.rest();
    });
  }

  listen(listener) {
    this.listeners.push(listener);
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  tell() {
    for (const listener of this.listeners.slice()) listener();
  }

  /** True for 800 ms after a push, ours or anyone's: a bouncing button, or two people at once, push once. */
  get isResting() {
    return Date.now() - this.pushedAt < MS_BETWEEN_PUSHES;
  }

  /** card is the card meant, where there is one; seq the command an undo is about. False when it is ignored. */
  press(kind, { card = null, seq = null } = {}) {
    if (kind === "push" && !this.mayPush()) return false;
    const newest = this.waiting[this.waiting.length - 1] || this.current;
    const cardId = card ? card.id : null;
    if (newest && newest.kind === kind && newest.cardId === cardId && newest.undoes === seq) return false;
    const since = this.show.stage.seq;
    this.waiting.push({ kind, card, cardId, undoes: seq, key: newKey(), since, follows: since });
    this.tell();
    this.work();
    return true;
  }

  mayPush() {
    if (this.isResting) return false;
    this.rest();
    return true;
  }

  rest() {
    this.pushedAt = Date.now();
    setTimeout(() => this.tell(), MS_BETWEEN_PUSHES + 10);
    this.tell();
  }

  lineChanged(line) {
    if (line.state !== "live") {
      this.interrupted = true;
      return;
    }
    if (this.interrupted && !this.current) this.sortOut();
    this.work();
  }

  /** After an interruption: keeps the newest push and what is always done, tells the rest as dropped. */
  sortOut() {
    this.interrupted = false;
    const pushes = this.waiting.filter((command) => command.kind === "push");
    const newest = pushes[pushes.length - 1];
    const kept = (command) => command === newest || ALWAYS_DONE.indexOf(command.kind) >= 0;
    const dropped = this.waiting.filter((command) => !kept(command) && !this.eventOf(command));
    this.waiting = this.waiting.filter(kept);
    // The stage has been caught up: what it shows now is what the newest push was decided to follow.
    for (const command of this.waiting) command.follows = this.show.stage.seq;
    if (dropped.length) this.on.onDropped(dropped);
    this.tell();
  }

  async work() {
    while (!this.current && this.waiting.length && this.show.isConnected) {
      this.current = this.waiting.shift();
      const settled = await this.perform(this.current);
      if (!settled) this.waiting.unshift(this.current);
      this.current = null;
      if (this.interrupted && this.show.isConnected) this.sortOut();
      this.tell();
      if (!settled) {
        setTimeout(() => this.work(), RETRY_MS);
        return;
      }
    }
  }

  /** False when it is not known whether it was done. */
  async perform(command) {
    // Others who acted meanwhile are to be noticed, our own command just before is not.
    const expected = Math.max(command.follows, this.ownSeq);
    try {
      const done = await this.show.calls.post("/" + command.kind, bodyOf(command, expected), command.key);
      command.nothingNew = command.kind === "push" && (!done || done.seq === null);
      const event = command.nothingNew ? null : await this.told(command);
      if (event) this.ownSeq = event.seq;
      this.on.onDone(command, event);
    } catch (failure) {
      if (failure.code === "offline" || isToTryAgain(command, failure)) return false;
      if (!this.isMeantAnyway(command, failure)) this.on.onRefused(command, failure);
    }
    return true;
  }

  // A queued withdraw finds its card gone, an end its show ended: that is what was asked for.
  isMeantAnyway(command, failure) {
    if (command.kind === "withdraw") return failure.code === "card_not_on_stage";
    return command.kind === "end" && this.show.stage.broadcast.status === "ended";
  }

  /** What the log tells of the command; a snapshot in between leaves of it only the pushes. */
  eventOf(command) {
    const { commands, pushes } = this.show.stage;
    const same = (event) => event.seq > command.since && (!command.cardId || event.cardId === command.cardId);
    const told = commands.find((event) => event.type === EVENTS[command.kind] && same(event));
    return told || (command.kind === "push" && pushes.find(same)) || null;
  }

  /** Waits until the stage log tells of the command, so that the next one knows the stage it acts on. */
  told(command) {
    return new Promise((resolve) => {
      const found = this.eventOf(command);
      if (found) return resolve(found);
      const finish = (event) => {
        clearTimeout(timer);
        stop();
        resolve(event);
      };
      const timer = setTimeout(() => finish(null), MS_FOR_THE_EVENT);
      const stop = this.show.listen(() => this.eventOf(command) && finish(this.eventOf(command)));
      return undefined;
    });
  }
}

/** The server is there, its database is not yet: what is always done waits for it. */
function isToTryAgain(command, failure) {
  return failure.status === 503 && ALWAYS_DONE.indexOf(command.kind) >= 0;
}

function bodyOf(command, expected) {
  const body = { expected_seq: expected };
  if (command.kind === "undo") body.seq = command.undoes;
  if (command.cardId && command.kind !== "unpin") body.card_id = command.cardId;
  return body;
}
