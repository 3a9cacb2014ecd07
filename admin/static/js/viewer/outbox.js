/**
 * Applications on their way: saved before they are sent, sent again with the same key until they are answered, then
 * forgotten. Any tab may send any of them; the key makes that harmless.
 */

import { forget, recall, remember } from "../store.js";

const WAIT_MS = [4000, 8000, 16000, 32000, 60000];
const TRY_AGAIN = ["offline", "unavailable", "storage_unavailable", "too_many"];

function waits(failure) {
  return TRY_AGAIN.indexOf(failure.code) >= 0 || failure.status >= 500;
}

function storedNames(prefix) {
  try {
    const full = "stream_jobs." + prefix;
    const names = Object.keys(localStorage).filter((name) => name.indexOf(full) === 0);
    return names.map((name) => name.slice("stream_jobs.".length));
  } catch {
    return [];
  }
}

/**
 * send(body) answers with a receipt or throws ApiError. onChange(): what waits has changed. onSettled(entry, outcome)
 * comes once for each entry this tab sent: {receipt, repeated} or {failure}; onElsewhere(key, code) for each that
 * another tab got answered, code being why it was refused, or null.
 * An entry is {key, body, at, sent, failed}; a refused one keeps its reason and loses its personal data.
 */
export function openOutbox({ broadcastId, send, onChange, onSettled, onElsewhere }) {
  const prefix = "outbox." + broadcastId + ".";
  const entries = new Map();
  const sending = new Map();
  let tries = 0;
  let timer = 0;

  function read() {
    const kept = storedNames(prefix).map((name) => recall(name)).filter(Boolean);
    kept.forEach((entry) => entries.set(entry.key, entry));
  }

  function keep(entry) {
    entries.set(entry.key, entry);
    remember(prefix + entry.key, entry);
    onChange();
  }

  function drop(key) {
    entries.delete(key);
    forget(prefix + key);
    onChange();
  }

  function settle(entry, outcome) {
    if (outcome.failure) keep({ key: entry.key, jobId: entry.jobId, at: entry.at, failed: outcome.failure.code });
    else drop(entry.key);
    onSettled(entry, outcome);
    return outcome;
  }

  async function attempt(entry) {
    // A key that was out before may be answered as a repetition of itself: that is no second application.
    const first = !entry.sent;
    keep(Object.assign({}, entry, { sent: true }));
    try {
      const receipt = await send(entry.body);
      tries = 0;
      return settle(entry, { receipt, repeated: first && receipt.repeated });
    } catch (failure) {
      if (!waits(failure)) return settle(entry, { failure });
      later(failure.retryAfterSeconds);
      return { waiting: failure };
    }
  }

  function post(entry) {
    if (!sending.has(entry.key)) {
      const done = () => sending.delete(entry.key);
      sending.set(entry.key, attempt(entry).finally(done));
    }
    return sending.get(entry.key);
  }

  function waiting() {
    return Array.from(entries.values()).filter((entry) => entry.body);
  }

  async function flush() {
    clearTimeout(timer);
    timer = 0;
    for (const entry of waiting()) if (entries.has(entry.key)) await post(entry);
  }

  function later(seconds) {
    if (timer) return;
    const pause = seconds ? seconds * 1000 : WAIT_MS[Math.min(tries, WAIT_MS.length - 1)];
    tries += 1;
    timer = setTimeout(flush, pause);
  }

  function heard(event) {
    if (!event.key || event.key.indexOf("stream_jobs." + prefix) !== 0) return;
    const key = event.key.slice(("stream_jobs." + prefix).length);
    const entry = event.newValue === null ? null : JSON.parse(event.newValue);
    if (entry) entries.set(key, entry);
    else entries.delete(key);
    onChange();
    if (!entry || entry.failed) onElsewhere(key, entry && entry.failed);
  }

  read();
  window.addEventListener("storage", heard);
  return {
    /** Saves the application, then sends it; resolves with the outcome, {waiting} when it will be sent later. */
    submit: (entry) => {
      keep(entry);
      return post(entry);
    },
    flush,
    drop,
    entries: () => Array.from(entries.values()).sort((one, other) => one.at - other.at),
  };
}
