/** Applying: the consent, the form, what is sent and kept in the outbox, and what became of it. */

import { newKey } from "../api.js";
import { errorText } from "../errors.js";
import { t } from "../i18n.js";
import { remember } from "../store.js";
import { forgetPerson, keepForm } from "./draft.js";
import { openOutbox } from "./outbox.js";
import { serverNow } from "./server_time.js";
import { cardNow } from "./state.js";

// A line that is dead and does not say so: the application is saved, so the viewer need not wait for it.
const PATIENCE_MS = 5000;
// What a reload opens again as a form.
const FORMS = ["form", "verify"];

/** Changes the sheet and what waits in the page's state; say puts up a line, readMine reads what was applied for. */
export function openApplying({ broadcastId, state, visit, signals, say, readMine }) {
  const get = state.get;
  const consents = new Map();
  const outbox = openOutbox({
    broadcastId,
    send: (body) => visit.call("apply", body),
    onChange: () => state.set({ waiting: outbox.entries() }),
    onSettled: settled,
    onElsewhere: settledElsewhere,
  });

  function consentOf(jobId) {
    if (!consents.has(jobId)) {
      const asked = visit.read("/consent?job_id=" + jobId);
      consents.set(jobId, asked);
      asked.catch(() => consents.delete(jobId));
    }
    return consents.get(jobId);
  }

  // ── the form ───────────────────────────────────────────────────────────────────────────────────────────────

  function keepSheet(sheet) {
    const { card, key, pushSeq, agreed } = sheet;
    keepForm(broadcastId, FORMS.indexOf(sheet.phase) >= 0 ? { cardId: card.id, key, pushSeq, agreed } : null);
    state.set({ sheet });
  }

  function changeSheet(changes) {
    keepSheet(Object.assign({}, get().sheet, changes));
  }

  function showForm(cardId, form) {
    const card = cardNow(get().show, cardId, serverNow());
    if (!card || !card.job) return;
    consentOf(card.job.id).catch(() => null);
    keepSheet(Object.assign({ kind: "apply", card, phase: "form", agreed: false, failure: null, receipt: null }, form));
  }

  function apply(cardId, pushSeq) {
    const waits = get().waiting.find((entry) => entry.body && entry.cardId === cardId);
    showForm(cardId, { key: waits ? waits.key : newKey(), pushSeq: pushSeq || null });
    if (waits) changeSheet({ phase: "saved" });
    else signals.note("apply_start", cardId, pushSeq);
  }

  /** An empty form for another person on this phone. */
  function applyForSomeoneElse(cardId, pushSeq) {
    forgetPerson();
    showForm(cardId, { key: newKey(), pushSeq: pushSeq || null });
    signals.note("apply_start", cardId, pushSeq);
  }

  /** Once more what was refused, in a form of its own. */
  function applyAgain(entry, card) {
    outbox.drop(entry.key);
    apply(card.id, null);
  }

  // ── sending ────────────────────────────────────────────────────────────────────────────────────────────────

  async function submit(contact, consent) {
    const { card, key, pushSeq } = get().sheet;
    const body = { key, job_id: card.job.id, push_seq: pushSeq, contact, consent: { text_sha256: consent.text_sha256 } };
    remember("applied." + broadcastId, true);
    changeSheet({ phase: "sending", failure: null, contact, consent });
    const patience = setTimeout(() => isSending(key) && changeSheet({ phase: "saved" }), PATIENCE_MS);
    const outcome = await outbox.submit({ key, cardId: card.id, jobId: card.job.id, at: Date.now(), body });
    clearTimeout(patience);
    if (outcome.waiting) notSent(key, outcome.waiting);
  }

  function isMySheet(key) {
    const { sheet } = get();
    return Boolean(sheet && sheet.kind === "apply" && sheet.key === key);
  }

  function isSending(key) {
    return isMySheet(key) && get().sheet.phase === "sending";
  }

  function notSent(key, failure) {
    if (!isMySheet(key)) return;
    if (failure.code === "too_many") {
      outbox.drop(key);
      changeSheet({ phase: "form", failure });
    } else changeSheet({ phase: failure.code === "offline" ? "saved" : "trouble" });
  }

  // ── what became of it ──────────────────────────────────────────────────────────────────────────────────────

  function settled(entry, outcome) {
    readMine();
    if (isMySheet(entry.key)) settleSheet(entry, outcome);
    else if (outcome.receipt) say(t("viewer.apply.done"));
    else say(errorText(outcome.failure));
  }

  function settleSheet(entry, { receipt, repeated, failure }) {
    if (receipt) return changeSheet({ phase: repeated ? "again" : "done", receipt });
    outbox.drop(entry.key);
    if (failure.code === "phone_unverified") return changeSheet({ phase: "verify" });
    if (failure.code === "consent_missing") consents.delete(entry.jobId);
    // The server holds something else under this key: what is in the form now needs one of its own.
    const key = failure.code === "key_reused" ? newKey() : entry.key;
    return changeSheet({ phase: "form", failure, key, agreed: failure.code !== "consent_missing" });
  }

  /** Another tab sent what this one waits for. */
  async function settledElsewhere(key, code) {
    remember("applied." + broadcastId, true);
    await readMine();
    const { sheet, mine } = get();
    if (!isMySheet(key) || sheet.phase === "form") return;
    if (code) changeSheet({ phase: "form", failure: { code } });
    const receipt = mine.find((application) => application.job_id === sheet.card.job.id);
    if (!code && receipt) changeSheet({ phase: "done", receipt });
  }

  return {
    outbox,
    consentOf,
    showForm,
    // What a viewer can do about it.
    deeds: {
      apply,
      applyAgain,
      applyForSomeoneElse,
      consentOf,
      dropWaiting: outbox.drop,
      editForm: () => changeSheet({ phase: "form" }),
      keepAgreed: (agreed) => get().sheet.agreed !== agreed && changeSheet({ agreed }),
      submit,
      submitAgain: () => submit(get().sheet.contact, get().sheet.consent),
    },
  };
}
