/** 提醒企业领名单: whom, since when; by message where there is a gateway, else the text to copy. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { clock, t } from "../i18n.js";

const POLL_MS = 2000;

function lastText(one) {
  if (!one.last) return t("exports.remind.never");
  if (one.last.sent_at) return t("exports.remind.sent", { when: clock(one.last.sent_at, { time: "always" }), who: one.last.by });
  if (one.last.failure) return t("exports.remind.failed", { why: t("common.error." + one.last.failure) });
  return t("exports.remind.sending");
}

function Line({ one, canSend, onRemind, onCopy }) {
  return html`<li class="hand-over-row">
    <div class="grow">
      <p class="type-value">${t("organiser.handover.employer", { employer: one.employer, n: one.people })}</p>
      <p class="type-label">${[one.contact, one.contact_phone].filter(Boolean).join(" ") || t("exports.remind.no_contact")}</p>
      ${canSend && html`<p role="status">${one.mobile || one.last ? lastText(one) : t("exports.remind.no_mobile")}</p>`}
      <p class="note">${one.text}</p>
    </div>
    ${canSend &&
    one.mobile &&
    html`<${Button} kind="primary" aria-label=${t("exports.remind.send") + " " + one.employer}
      onClick=${() => onRemind(one)}>${t("exports.remind.send")}<//>`}
    <${Button} aria-label=${t("exports.remind.copy") + " " + one.employer} onClick=${() => onCopy(one.text)}>
      ${t("exports.remind.copy")}
    <//>
  </li>`;
}

function isUnderWay(one) {
  return one.last && !one.last.sent_at && !one.last.failure;
}

export function RemindersSheet({ path, onCopy, onHandOver, onClose }) {
  const [found, setFound] = useState({ answer: null, failed: "" });
  const timer = useRef(0);
  const call = (method, body) => {
    clearTimeout(timer.current);
    return api(method, path + "/reminders", body).then(
      (answer) => {
        setFound({ answer, failed: "" });
        if (answer.employers.some(isUnderWay)) timer.current = setTimeout(() => call("GET"), POLL_MS);
      },
      (failure) => setFound((before) => ({ answer: before.answer, failed: errorText(failure) })),
    );
  };
  useEffect(() => {
    call("GET");
    return () => clearTimeout(timer.current);
  }, []);
  const answer = found.answer;
  return html`<${Sheet} title=${t("exports.remind.title")} wide onClose=${onClose}>
    <div class="stack">
      ${found.failed && html`<p class="field-error" role="alert">${found.failed}</p>`}
      ${answer && !answer.can_send && html`<p class="note note-warn">! ${t("exports.remind.no_gateway")}</p>`}
      ${answer && answer.employers.length === 0 && html`<p>${t("exports.remind.none")}</p>`}
      ${answer &&
      html`<ul>
        ${answer.employers.map(
          (one) => html`<${Line} key=${one.employer_id} one=${one} canSend=${answer.can_send} onCopy=${onCopy}
            onRemind=${(line) => call("POST", { employer_ids: [line.employer_id] })} />`,
        )}
      </ul>`}
      <${Button} class="button-wide" onClick=${onHandOver}>${t("organiser.handover.title")}<//>
    </div>
  <//>`;
}
