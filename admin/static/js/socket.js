/** One room over the Centrifugo client protocol: snapshot, every stage event once and in order, counts, rpc. */

import { Centrifuge, UnauthorizedError } from "../vendor/centrifuge.js";

/** Throw it from getToken when this page may not come back; the socket then stays closed. */
export { UnauthorizedError };

const LOST_AFTER_MS = 3000;
const LOST_AFTER_SHUTDOWN_MS = 10000;
const RPC_TIMEOUT_MS = 8000;
const BY_OURSELVES = 0;
const CODES = { 103: "not_allowed", 109: "token_expired", 111: "too_many" };

function socketUrl() {
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  return scheme + location.host + "/connection/websocket";
}

function nothing() {}

/** The stage of one broadcast as told by publications; keeps the place in the log and closes gaps. */
class Stage {
  constructor(client, channel, told) {
    this.client = client;
    this.channel = channel;
    this.told = told;
    this.seq = 0;
    this.epoch = "";
    this.resumedAt = -1;
    this.caughtUp = 0;
    this.catchingUp = false;
  }

  subscribe(since) {
    const options = { recoverable: true };
    if (since) options.since = since;
    this.subscription = this.client.newSubscription(this.channel, options);
    this.subscription.on("subscribed", (reply) => this.joined(reply));
    this.subscription.on("publication", (publication) => this.heard(publication.data));
    this.subscription.on("unsubscribed", (reply) => this.told.onGone(reply));
    this.subscription.subscribe();
  }

  joined(reply) {
    this.epoch = (reply.streamPosition && reply.streamPosition.epoch) || "";
    this.caughtUp = 0;
    this.catchingUp = true;
    if (!reply.recovered) this.begin(reply);
    // The SDK hands over recovered publications in the same turn, after this handler.
    Promise.resolve().then(() => {
      this.catchingUp = false;
      this.told.onJoined({ recovered: reply.recovered, caughtUp: this.caughtUp });
    });
  }

  begin(reply) {
    const data = reply.data || {};
    const position = reply.streamPosition;
    this.seq = typeof data.seq === "number" ? data.seq : (position && position.offset) || 0;
    this.told.onSnapshot(data);
  }

  heard(body) {
    if (body.type === "counts") return this.told.onCounts(body);
    if (body.type === "shutdown") return this.told.onShutdown();
    if (typeof body.seq !== "number") return this.told.onEvent(body, { recovered: false });
    if (body.seq <= this.seq) return undefined;
    if (body.seq > this.seq + 1) return this.resume();
    this.seq = body.seq;
    if (this.catchingUp) this.caughtUp += 1;
    return this.told.onEvent(body, { recovered: this.catchingUp });
  }

  /** Subscribes anew from the last event that was really seen; a gap that is still there then costs a snapshot. */
  resume() {
    const again = this.resumedAt === this.seq;
    this.resumedAt = this.seq;
    for (const name of ["subscribed", "publication", "unsubscribed"]) this.subscription.removeAllListeners(name);
    this.client.removeSubscription(this.subscription);
    this.subscribe(again ? null : { offset: this.seq, epoch: this.epoch });
  }
}

/**
 * Tells "connecting", "live", "reconnecting", after three seconds "lost", and "closed" when it will not come back.
 * A server that stops says so: another one is there in a moment, or it again, and "lost" is told after ten seconds.
 */
class Line {
  constructor(onState) {
    this.onState = onState;
    this.timer = 0;
    this.wasLive = false;
    this.lostAfter = LOST_AFTER_MS;
  }

  shutdown() {
    this.lostAfter = LOST_AFTER_SHUTDOWN_MS;
  }

  down(code) {
    if (this.timer) return;
    this.onState({ state: this.wasLive ? "reconnecting" : "connecting", code });
    this.timer = setTimeout(() => this.onState({ state: "lost", code }), this.lostAfter);
  }

  up(details) {
    this.settle();
    const back = this.wasLive;
    this.wasLive = true;
    this.lostAfter = LOST_AFTER_MS;
    this.onState(Object.assign({ state: "live", back }, details));
  }

  closed(code, reason) {
    this.settle();
    this.onState({ state: "closed", code, reason });
  }

  settle() {
    clearTimeout(this.timer);
    this.timer = 0;
  }
}

function withTimeout(promise, milliseconds) {
  let timer = 0;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject({ code: "offline", message: "no answer in time" }), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * Connects and follows broadcast:<id>.
 * onSnapshot(data): the room anew, at first and whenever the log could not be continued.
 * onEvent(body, {recovered}): each stage event once, in order of seq. onCounts(body): absolute numbers.
 * onState({state, code, back, recovered, caughtUp}): see Line; caughtUp is how many missed events came with it.
 * Gives {rpc, reconnect, close}; rpc answers whose type is "refused" are answers, a dead line throws code "offline".
 */
export function openRoom({
  broadcastId,
  getToken,
  onSnapshot = nothing,
  onEvent = nothing,
  onCounts = nothing,
  onState = nothing,
  joinMore = nothing,
}) {
  const client = new Centrifuge(socketUrl(), { getToken: () => getToken(), name: "stream_jobs" });
  const line = new Line(onState);
  const stage = new Stage(client, "broadcast:" + broadcastId, {
    onSnapshot,
    onEvent,
    onCounts,
    onShutdown: () => line.shutdown(),
    onJoined: (details) => line.up(details),
    onGone: (reply) => line.closed(reply.code, reply.reason),
  });
  client.on("connecting", (reply) => line.down(reply.code));
  client.on("disconnected", (reply) => reply.code !== BY_OURSELVES && line.closed(reply.code, reply.reason));
  stage.subscribe();
  joinMore(client);
  client.connect();
  return {
    rpc: (method, data = {}, timeout = RPC_TIMEOUT_MS) =>
      withTimeout(client.rpc(method, data), timeout).then(
        (reply) => reply.data,
        (failure) => Promise.reject(asProblem(failure)),
      ),
    /** Tries at once instead of waiting out the SDK's back-off; for a button or the page coming back to front. */
    reconnect: () => {
      if (client.state !== "connected") {
        client.disconnect();
        client.connect();
      }
    },
    close: () => {
      line.settle();
      client.disconnect();
    },
  };
}

// Codes below 100 are the SDK's own: timeout, closed transport, disconnected client.
function asProblem(failure) {
  const answered = typeof failure.code === "number" && failure.code >= 100;
  const code = answered ? CODES[failure.code] || "unavailable" : "offline";
  return Object.assign(new Error(failure.message || code), { code });
}
