/** What is going on in a live show: jobs, policy, questions. The report is cut by it. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { hour, t } from "../i18n.js";
import { Loaded, useLoad } from "./frame.js";
import { say } from "./words.js";

const KINDS = ["job", "policy", "qa"];

function word(kind) {
  return t("organiser.report.time." + kind);
}

function goingOn(segments) {
  const last = segments[segments.length - 1];
  return last && last.ended_at === null ? last : null;
}

function Choices({ now, busy, onChoose }) {
  return html`<div class="line-up wrap" role="group" aria-label=${t("programme.segment.title")}>
    ${KINDS.map(
      (kind) => html`<button
        key=${kind}
        type="button"
        class="chip"
        disabled=${busy}
        aria-pressed=${now && now.kind === kind ? "true" : "false"}
        onClick=${() => onChoose(now && now.kind === kind ? null : kind)}
      >
        ${word(kind)}
      </button>`,
    )}
  </div>`;
}

function SoFar({ segments }) {
  if (segments.length === 0) return null;
  const until = (one) => (one.ended_at ? hour(one.ended_at) : t("organiser.report.time.now"));
  return html`<p class="type-label">
    ${segments.map((one) => word(one.kind) + " " + hour(one.started_at) + "–" + until(one)).join(" · ")}
  </p>`;
}

/** put shows a bar; what was begun by mistake can be undone from it. */
export function Segments({ broadcastId, put }) {
  const base = "/api/v1/broadcasts/" + broadcastId + "/segments";
  const load = useLoad(base);
  const [busy, setBusy] = useState(false);
  const send = async (method, path, body) => {
    setBusy(true);
    try {
      const after = await api(method, path, body);
      load.put(after);
      return after;
    } catch (failure) {
      put({ text: say(failure) });
      return null;
    } finally {
      setBusy(false);
    }
  };
  const choose = async (kind) => {
    const after = await send("PUT", base + "/current", { kind });
    if (!after) return;
    const now = goingOn(after.segments);
    if (!now) return put({ text: t("programme.segment.ended") });
    const undo = () => send("DELETE", base + "/" + now.id);
    put({ text: t("programme.segment.began", { what: word(now.kind), time: hour(now.started_at) }), onUndo: undo });
  };
  return html`<section class="card block">
    <h2 class="block-title">${t("programme.segment.title")}</h2>
    <${Loaded} load=${load} say=${say}>
      ${({ segments }) => html`<div class="stack-tight">
        <${Choices} now=${goingOn(segments)} busy=${busy} onChoose=${choose} />
        <${SoFar} segments=${segments} />
        <p class="type-label">${t("programme.segment.note")}</p>
      </div>`}
    <//>
  </section>`;
}
