/** The eight one-tap questions under the card on stage: how many asked, passed on, answered in place. */

import { html } from "../../vendor/preact-htm.js";
import { t } from "../i18n.js";
import { QUESTIONS } from "../job_card.js";

/** Kinds this device has asked about that card; asked holds "card kind". */
export function askedOf(asked, cardId) {
  return QUESTIONS.filter((kind) => asked.indexOf(cardId + " " + kind) >= 0);
}

function Question({ kind, count, answer, isAsked, onAsk }) {
  const words = t("common.question." + kind);
  if (answer) {
    return html`<li class="chip viewer-answer"><span class="type-label">${words}</span> <span>${answer}</span></li>`;
  }
  if (isAsked) return html`<li class="chip viewer-asked"><span>${t("viewer.stage.asked")}</span></li>`;
  return html`<li>
    <button type="button" class="chip" onClick=${() => onAsk(kind)}>
      <span>${words}</span>${count ? html`<span class="type-label">${count}</span>` : null}
    </button>
  </li>`;
}

export function Questions({ card, counts, asked, onAsk }) {
  const mine = askedOf(asked, card.id);
  const counted = (kind) => (counts[card.id] || []).find((question) => question.kind === kind);
  const answered = (kind) => (card.answers || []).find((question) => question.kind === kind);
  return html`<ul class="chips viewer-questions" aria-label=${t("viewer.stage.questions")}>
    ${QUESTIONS.map((kind) => {
      const { count } = counted(kind) || { count: 0 };
      const { answer } = answered(kind) || { answer: null };
      const isAsked = mine.indexOf(kind) >= 0;
      return html`<${Question} key=${kind} kind=${kind} count=${count} answer=${answer} isAsked=${isAsked} onAsk=${onAsk} />`;
    })}
  </ul>`;
}
