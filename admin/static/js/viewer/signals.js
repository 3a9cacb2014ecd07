/** What this viewer saw and did, reported in batches and kept until the server says it is counted. */

import { newKey } from "../api.js";
import { isSheetOpen } from "../components.js";
import { recall, remember } from "../store.js";
import { useEffect } from "../../vendor/preact-htm.js";
import { serverNow } from "./server_time.js";

const BATCH = 50;
const KEPT = 500;
const SPREAD_MS = 3000;
const SEEN_MS = 1000;
const REST_MS = 10000;

/** They go out over the visit, and only while it is live: those of earlier page loads of this device too. */
export function openSignals({ broadcastId, visit }) {
  const name = "signals." + broadcastId;
  const seen = new Set();
  let timer = 0;
  let busy = false;

  const kept = () => recall(name, []);

  function counted(ids) {
    remember(name, kept().filter((signal) => ids.indexOf(signal.event_id) < 0));
  }

  /** What was seen before any line stood is told by the page that has one, as of then: no other is known of. */
  function told(signal) {
    if (signal.visit_id && signal.visit_id !== visit.id) return signal;
    const at = signal.at > visit.since() ? signal.at : visit.since();
    return Object.assign({}, signal, { visit_id: undefined, at });
  }

  async function send() {
    timer = 0;
    const batch = kept().slice(0, BATCH).map(told);
    if (busy || !visit.isLive() || batch.length === 0) return;
    busy = true;
    let rest = 0;
    try {
      counted((await visit.call("report", { signals: batch })).event_ids);
    } catch (failure) {
      rest = REST_MS;
      // What the server will never take would keep the rest waiting for ever.
      if (failure.code === "bad_input") counted(batch.map((signal) => signal.event_id));
    }
    busy = false;
    if (kept().length > 0 && visit.isLive()) soon(rest);
  }

  function soon(rest = 0) {
    if (!timer) timer = setTimeout(send, rest + Math.random() * SPREAD_MS);
  }

  function note(step, cardId, pushSeq) {
    const at = serverNow().toISOString();
    const visitId = visit.since() ? visit.id : null;
    const signal = { event_id: newKey(), step, card_id: cardId, push_seq: pushSeq || null, visit_id: visitId, at };
    remember(name, kept().concat([signal]).slice(-KEPT));
    soon();
  }

  function impression(cardId, pushSeq) {
    const once = cardId + " " + (pushSeq || "");
    if (seen.has(once)) return;
    seen.add(once);
    note("impression", cardId, pushSeq);
  }

  return { note, impression, resume: () => soon() };
}

function isLookedAt() {
  return document.visibilityState !== "hidden" && !isSheetOpen();
}

/** Calls onSeen once half of the element has been on screen for a second. */
export function useSeen(ref, onSeen, inputs) {
  useEffect(() => {
    if (!ref.current || typeof IntersectionObserver !== "function") return undefined;
    let timer = 0;
    const wait = () => {
      timer = setTimeout(() => (isLookedAt() ? onSeen() : wait()), SEEN_MS);
    };
    const observer = new IntersectionObserver(
      (changes) => {
        clearTimeout(timer);
        if (changes[changes.length - 1].intersectionRatio >= 0.5) wait();
      },
      { threshold: [0, 0.5] },
    );
    observer.observe(ref.current);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, inputs);
}
