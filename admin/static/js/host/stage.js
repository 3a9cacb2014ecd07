/** The stage as the log tells it: a snapshot, brought forward event by event; frozen values, no I/O. */

const COMMANDS = [
  "broadcast_started",
  "broadcast_ended",
  "card_pushed",
  "card_withdrawn",
  "card_pinned",
  "card_unpinned",
  "undone",
];
const REMEMBERED = 50;

function changed(stage, more) {
  return Object.freeze(Object.assign({}, stage, more));
}

function withBroadcast(stage, more) {
  return changed(stage, { broadcast: Object.assign({}, stage.broadcast, more) });
}

/** {broadcast, seq, epoch, onStage: {seq, at, cardId}, pinned, pushes, trayVersion, commands, undone, cards} */
export function stageFrom(snapshot) {
  const now = snapshot.on_stage;
  return Object.freeze({
    broadcast: snapshot.broadcast,
    seq: snapshot.seq,
    epoch: snapshot.epoch,
    onStage: now ? { seq: now.seq, at: now.at, cardId: now.card.id } : null,
    pinned: snapshot.pinned,
    pushes: snapshot.pushes.map((push) => ({ seq: push.seq, cardId: push.card_id })),
    trayVersion: snapshot.tray_version,
    commands: [],
    undone: [],
    cards: now ? { [now.card.id]: now.card } : {},
  });
}

function undone(stage, event) {
  const back = event.on_stage;
  const before = withBroadcast(stage, { status: event.status, ended_at: event.ended_at });
  return changed(before, {
    onStage: back ? { seq: back.seq, at: back.at, cardId: back.card_id } : null,
    pinned: event.pinned,
    undone: stage.undone.concat([event.undoes]),
  });
}

function pushed(stage, event) {
  return changed(stage, {
    onStage: { seq: event.seq, at: event.at, cardId: event.card.id },
    pushes: stage.pushes.concat([{ seq: event.seq, cardId: event.card.id }]),
    cards: Object.assign({}, stage.cards, { [event.card.id]: event.card }),
  });
}

function withState(stage, event) {
  const card = stage.cards[event.card_id];
  const cards = card ? { [card.id]: Object.assign({}, card, { state: event.state }) } : {};
  return changed(stage, { trayVersion: event.tray_version, cards: Object.assign({}, stage.cards, cards) });
}

const AFTER = {
  broadcast_started: (stage, event) => withBroadcast(stage, { status: "live", started_at: event.at }),
  broadcast_ended: (stage, event) =>
    changed(withBroadcast(stage, { status: "ended", ended_at: event.at }), { onStage: null, pinned: null }),
  card_pushed: pushed,
  card_withdrawn: (stage, event) =>
    changed(stage, { onStage: null, pinned: stage.pinned === event.card_id ? null : stage.pinned }),
  card_pinned: (stage, event) => changed(stage, { pinned: event.card_id }),
  card_unpinned: (stage) => changed(stage, { pinned: null }),
  undone,
  tray_changed: (stage, event) => changed(stage, { trayVersion: event.tray_version }),
  card_state_changed: withState,
  question_answered: (stage, event) => changed(stage, { trayVersion: event.tray_version }),
};

/** The stage after the next event of the log; an event of a kind not known here only moves the place. */
export function stageAfter(stage, event) {
  const after = AFTER[event.type] ? AFTER[event.type](stage, event) : stage;
  const commands = COMMANDS.indexOf(event.type) < 0 ? stage.commands : withCommand(stage.commands, event);
  return changed(after, { seq: event.seq, commands });
}

function withCommand(commands, event) {
  const cardId = event.card ? event.card.id : event.card_id || null;
  return commands.concat([{ seq: event.seq, type: event.type, cardId, at: event.at }]).slice(-REMEMBERED);
}

/** The stage with pushes known to have been taken back before this page opened. */
export function withUndone(stage, seqs) {
  return changed(stage, { undone: stage.undone.concat(seqs) });
}

/** What a host or operator did last, as far as this page has seen; null when that was before it opened. */
export function lastCommand(stage) {
  return stage.commands.length ? stage.commands[stage.commands.length - 1] : null;
}

/** Ids of the cards that were on stage, without those whose push was taken back. */
export function shownIds(stage) {
  const kept = stage.pushes.filter((push) => stage.undone.indexOf(push.seq) < 0);
  return kept.map((push) => push.cardId);
}
