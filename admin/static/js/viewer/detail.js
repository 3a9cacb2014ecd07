/** The sheets of one card: all about a job, or how to claim a benefit. They stay as they were opened. */

import { html } from "../../vendor/preact-htm.js";
import { Button, Sheet } from "../components.js";
import { t } from "../i18n.js";
import { Answers, CardState, JobActions, JobDetail, Pay, cardLabel, cardTitle, headcount, payBasis } from "../job_card.js";
import { Questions } from "./questions.js";

function JobSheet({ page, sheet, applied, asked }) {
  const { card, pushSeq, phase, counts } = sheet;
  const { job } = card;
  const note = html`${job.employer.name} ${job.employer.verified && html`<span class="tone-ok">✓ ${t("common.job.verified")}</span>`}
  ${" · "}${headcount(job)}`;
  return html`<${Sheet} title=${cardLabel(card) + " " + job.title} note=${note} onClose=${page.close}>
    <div class="stack">
      <div>
        <${Pay} pay=${job.pay} />
        <p class="job-card-basis">${payBasis(job.pay)}</p>
        <${CardState} card=${card} phase=${phase} />
      </div>
      <${Answers} card=${card} />
      <${Questions} card=${card} counts=${counts} asked=${asked} onAsk=${(kind) => page.ask(card.id, kind)} />
      <${JobDetail} card=${card} onReport=${() => page.openOver({ kind: "report", card })} />
      <div class="viewer-sheet-foot">
        <${JobActions}
          card=${card}
          applied=${applied}
          callNumber=${page.serviceLine}
          onApply=${() => page.apply(card.id, pushSeq)}
          onCall=${() => page.call(card.id, pushSeq)}
          onSimilar=${() => page.similar(card)}
        />
      </div>
    </div>
  <//>`;
}

const PARTS = ["who", "how_much", "how_to_claim"];

function PolicySheet({ page, sheet }) {
  const { card, pushSeq } = sheet;
  const { policy } = card;
  const phone = policy.phone || page.serviceLine;
  return html`<${Sheet} title=${t("viewer.policy.title")} note=${cardLabel(card) + " " + cardTitle(card)} onClose=${page.close}>
    <div class="stack">
      <dl class="detail-list">
        ${PARTS.map((part) => html`<div key=${part}>
          <dt class="type-label">${t("common.policy." + part)}</dt>
          <dd class="type-value">${policy[part]}</dd>
        </div>`)}
      </dl>
      ${phone &&
      html`<${Button}
        kind="call"
        size="main"
        class="button-wide"
        href=${"tel:" + phone}
        onClick=${() => page.call(card.id, pushSeq)}
        >${t("common.job.call") + " " + phone}<//
      >`}
    </div>
  <//>`;
}

export function DetailSheet(props) {
  return props.sheet.card.job ? html`<${JobSheet} ...${props} />` : html`<${PolicySheet} ...${props} />`;
}
