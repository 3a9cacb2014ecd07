/** The show as everyone sees it: a snapshot, the tray, and every stage event since, folded. No clock, no network. */

const NOBODY_ASKED = { watching: null, questions: {} };

function byId(cards, known = {}) {
  return cards.reduce((all, card) => Object.assign(all, { [card.id]: card }), Object.assign({}, known));
}

/** The show a page starts from. */
export function showFrom({ snapshot, tray }) {
  const empty = { broadcast: snapshot.broadcast, cards: {}, order: [], trayVersion: -1, counts: NOBODY_ASKED };
  return withSnapshot(withTray(empty, tray), snapshot);
}

/** The stage anew; cards that are known stay as the tray has them. */
export function withSnapshot(show, snapshot) {
  const { on_stage: onStage } = snapshot;
  const cards = onStage && !show.cards[onStage.card.id] ? byId([onStage.card], show.cards) : show.cards;
  return Object.assign({}, show, {
    cards,
    broadcast: snapshot.broadcast,
    stage: onStage ? { seq: onStage.seq, at: onStage.at, cardId: onStage.card.id } : null,
    pinned: snapshot.pinned || null,
    pushes: snapshot.pushes.map((push) => ({ seq: push.seq, at: push.at, cardId: push.card_id })),
    seq: snapshot.seq,
    wantedTray: snapshot.tray_version,
  });
}

/** All cards anew; one that was presented and has left the tray is still known. */
export function withTray(show, tray) {
  const order = tray.cards.map((card) => card.id);
  return Object.assign({}, show, { cards: byId(tray.cards, show.cards), order, trayVersion: tray.version });
}

export function withCounts(show, { watching, questions }) {
  return Object.assign({}, show, { counts: { watching, questions } });
}

/** Only what a later reading of the broadcast adds: its times and until when it takes applications. */
export function withBroadcast(show, broadcast) {
  return Object.assign({}, show, { broadcast: Object.assign({}, broadcast, { status: show.broadcast.status }) });
}

function inBroadcast(show, changes) {
  return { broadcast: Object.assign({}, show.broadcast, changes) };
}

function changedCard(show, event, change) {
  const card = show.cards[event.card_id];
  const cards = card ? byId([Object.assign({}, card, change(card))], show.cards) : show.cards;
  const whole = show.trayVersion + 1 === event.tray_version;
  const version = whole ? { trayVersion: event.tray_version } : {};
  return Object.assign({ cards, wantedTray: event.tray_version }, version);
}

function withAnswer(card, { kind, answer }) {
  const others = (card.answers || []).filter((said) => said.kind !== kind);
  return { answers: others.concat([{ kind, answer }]) };
}

const CHANGES = {
  broadcast_started: (show, event) => inBroadcast(show, { status: "live", started_at: event.at }),
  broadcast_ended: (show, event) =>
    Object.assign(inBroadcast(show, { status: "ended", ended_at: event.at }), { stage: null, pinned: null }),
  card_pushed: (show, event) => {
    const push = { seq: event.seq, at: event.at, cardId: event.card.id };
    const order = show.order.indexOf(event.card.id) < 0 ? show.order.concat([event.card.id]) : show.order;
    return { cards: byId([event.card], show.cards), order, stage: push, pushes: show.pushes.concat([push]) };
  },
  card_pinned: (show, event) => ({ pinned: event.card_id }),
  card_unpinned: () => ({ pinned: null }),
  card_withdrawn: (show, event) => ({ stage: null, pinned: show.pinned === event.card_id ? null : show.pinned }),
  undone: (show, event) => {
    const back = event.on_stage;
    return Object.assign(inBroadcast(show, { status: event.status, ended_at: event.ended_at }), {
      stage: back ? { seq: back.seq, at: back.at, cardId: back.card_id } : null,
      pinned: event.pinned || null,
    });
  },
  tray_changed: (show, event) => ({ wantedTray: event.tray_version }),
  card_state_changed: (show, event) => changedCard(show, event, () => ({ state: event.state })),
  question_answered: (show, event) => changedCard(show, event, (card) => withAnswer(card, event)),
};

/** The show after one stage event; what is not known changes nothing but the place in the log. */
export function withEvent(show, event) {
  const change = CHANGES[event.type];
  const seq = typeof event.seq === "number" ? { seq: event.seq } : {};
  return Object.assign({}, show, change ? change(show, event) : {}, seq);
}

export function needsTray(show) {
  return show.wantedTray !== show.trayVersion;
}

/** The card as of now: past its closing date it takes no more applications, whatever the tray says. */
export function cardNow(show, cardId, now) {
  const card = show.cards[cardId];
  if (!card) return null;
  const until = card.job && card.job.apply_until;
  const closed = until && new Date(until) <= now && card.state === "open";
  return closed ? Object.assign({}, card, { state: "closed" }) : card;
}

export function jobCards(show) {
  return show.order.map((id) => show.cards[id]).filter((card) => card.kind === "job");
}

export function cardOfJob(show, jobId) {
  const ids = Object.keys(show.cards);
  return show.cards[ids.find((id) => show.cards[id].job && show.cards[id].job.id === jobId)] || null;
}

/** live, shown or upcoming. */
export function phaseOf(show, cardId) {
  if (show.stage && show.stage.cardId === cardId) return "live";
  return show.pushes.some((push) => push.cardId === cardId) ? "shown" : "upcoming";
}

/** Cards pushed after that place in the log, newest first, each once. */
export function pushedSince(show, seq) {
  return cardsOf(show.pushes.filter((push) => push.seq > seq));
}

/** Of those, the ones that were missed: what was there when the line came back, and what a later page brings. */
export function missedSince(show, away) {
  const missed = (push) => push.seq <= away.seen || new Date(push.at) <= away.until;
  return cardsOf(show.pushes.filter((push) => push.seq > away.seq && missed(push)));
}

function cardsOf(pushes) {
  const ids = pushes.map((push) => push.cardId);
  return ids.reverse().filter((id, at, all) => all.indexOf(id) === at);
}

export function samePush(one, other) {
  return one === other || Boolean(one && other && one.seq === other.seq);
}
