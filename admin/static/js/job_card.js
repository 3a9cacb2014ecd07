/** A job or policy card: number, pay, pay basis, title, employer, six facts, actions, always in this order. */

import { html } from "../vendor/preact-htm.js";
import { Button } from "./components.js";
import { clock, hour, t } from "./i18n.js";
import { payBasis, showPay } from "./pay.js";

export { payBasis, showPay };

/** The eight things viewers ask, in the order of the chips. */
export const QUESTIONS = ["couple_room", "pay_day", "travel", "shift", "rest", "meals", "dorm", "age"];

const FACTS = ["shift", "rest", "meals", "dorm", "workplace", "age"];

/** 3号 or 政1, in the reader's language. */
export function cardLabel(card) {
  return t("common.card.label_" + card.kind, { number: String(card.number) });
}

export function cardTitle(card) {
  return card.kind === "policy" ? card.policy.title : card.job.title;
}

/** 招40人, 招40–60人, 招若干人. */
export function headcount(job) {
  const { headcount_min: low, headcount_max: high } = job;
  if (high === null || high === undefined) return t("common.job.headcount_some");
  if (low === null || low === undefined || low === high) return t("common.job.headcount", { n: high });
  return t("common.job.headcount_range", { low, high });
}

/** What a screen reader hears when the card arrives: 3号岗位，24元每小时，注塑操作工. */
export function spokenCard(card) {
  const label = cardLabel(card);
  if (card.kind === "policy") {
    return t("common.card.spoken_policy", { label, title: card.policy.title, how_much: card.policy.how_much });
  }
  return t("common.card.spoken_job", { label, pay: showPay(card.job.pay).spoken, title: card.job.title });
}

/** phase: "live" (on stage now), "shown", "upcoming" or nothing; a card that takes no applications says that first. */
export function CardState({ card, phase }) {
  if (phase === "live") {
    return html`<span class="job-card-state tone-live"><span aria-hidden="true">● </span>${t("common.card.live")}</span>`;
  }
  const word = card.state && card.state !== "open" ? card.state : phase;
  if (!word) return null;
  const tone = word === "shown" || word === "upcoming" ? "tone-muted" : "tone-warn";
  return html`<span class=${"job-card-state " + tone}>${t("common.card." + word)}</span>`;
}

/** The pay line; live, spoken and printed alike. */
export function Pay({ pay }) {
  const { amount, unit } = showPay(pay);
  return html`<p class="type-pay"><span class="amount">${amount}</span>${unit && html`<span class="unit"> ${unit}</span>`}</p>`;
}

/** The text of a fact, or null when nobody wrote it down. */
export function factText(job, fact) {
  if (fact !== "age") return job[fact] || null;
  return [job.age, job.education].filter(Boolean).join(" · ") || null;
}

function Missing({ fact, asked, onAsk }) {
  if (!onAsk || QUESTIONS.indexOf(fact) < 0) return html`<span class="tone-warn">${t("common.job.missing")}</span>`;
  if (asked.indexOf(fact) >= 0) return html`<span class="tone-ok">✓ ${t("common.question.passed_on")}</span>`;
  return html`<button type="button" class="ask-button" onClick=${() => onAsk(fact)}>${t("common.job.missing_ask")}</button>`;
}

/** The six facts, always these, always in this place. facts may name others, such as the console's 发薪. */
export function Facts({ job, asked = [], onAsk, facts = FACTS }) {
  return html`<dl class="job-card-facts">
    ${facts.map((fact) => {
      const text = factText(job, fact);
      return html`<div key=${fact}>
        <dt class="type-label">${t("common.fact." + fact)}</dt>
        <dd class=${text ? "type-value" : "type-value missing"} title=${text || undefined}
          >${text || html`<${Missing} fact=${fact} asked=${asked} onAsk=${onAsk} />`}</dd>
      </div>`;
    })}
  </dl>`;
}

function EmployerLine({ job }) {
  return html`<p class="job-card-employer">
    ${job.employer.name}${" "}
    ${job.employer.verified && html`<span class="verified">✓ ${t("common.job.verified")}</span>`}
    ${" · "}<span class="job-card-headcount">${headcount(job)}</span>
  </p>`;
}

/** Questions that were answered, kept on the card. */
export function Answers({ card }) {
  const answers = card.answers || [];
  if (answers.length === 0) return null;
  return html`<dl class="job-card-answers stack-tight">
    ${answers.map(
      ({ kind, answer }) => html`<div key=${kind}>
        <dt>${t("common.question." + kind)}</dt>
        <dd>${answer}</dd>
      </div>`,
    )}
  </dl>`;
}

/** Why no application is taken, as a sentence, or null when it is. */
export function refusal(card) {
  const until = card.job && card.job.apply_until;
  if (card.state === "closed" && until) return t("common.job.closed_on", { date: clock(until, { time: "never" }) });
  if (card.state && card.state !== "open") return t("common.job." + card.state);
  return null;
}

/** 打电话 and 我要报名; named: with the number, for the bar that sticks above the tabs. */
export function JobActions({ card, applied, callNumber, named = false, onApply, onCall, onSimilar }) {
  const no = refusal(card);
  const apply = named ? t("common.job.apply_named", { label: cardLabel(card) }) : t("common.job.apply");
  return html`<div class="job-card-actions">
    ${no &&
    !applied &&
    html`<p class="tone-warn">
      ${no}${" "}
      ${card.state === "full" &&
      onSimilar &&
      html`<${Button} kind="plain" onClick=${onSimilar}>${t("common.job.see_similar")}<//>`}
    </p>`}
    <div class="button-pair">
      ${callNumber &&
      html`<${Button} kind="call" size="main" href=${"tel:" + callNumber} onClick=${onCall}>${t("common.job.call")}<//>`}
      ${onApply &&
      (applied || !no) &&
      html`<${Button} kind="primary" size="main" class="grow" disabled=${Boolean(applied)} onClick=${onApply}>
        ${applied ? t("common.job.applied", { time: hour(applied.at) }) : apply}
      <//>`}
    </div>
  </div>`;
}

function JobCardBody({ card, phase, asked, onAsk, onOpen }) {
  const job = card.job;
  const label = t("common.card.job_heading", { label: cardLabel(card) });
  return html`
    <header class="job-card-head">
      <h2 class="type-number">${label}</h2>
      <${CardState} card=${card} phase=${phase} />
    </header>
    <${Pay} pay=${job.pay} />
    <p class="job-card-basis">${payBasis(job.pay)}</p>
    <h3 class="type-title job-card-title">${job.title}</h3>
    <${EmployerLine} job=${job} />
    <${Facts} job=${job} asked=${asked} onAsk=${onAsk} />
    <${Answers} card=${card} />
    ${onOpen && html`<${Button} kind="plain" onClick=${onOpen}>${t("common.job.details")}<//>`}
  `;
}

function PolicyCardBody({ card, phase, onOpen }) {
  const policy = card.policy;
  return html`
    <header class="job-card-head">
      <h2 class="type-number">${cardLabel(card)}</h2>
      <${CardState} card=${card} phase=${phase} />
    </header>
    <h3 class="type-title">${policy.title}</h3>
    <dl class="job-card-facts">
      ${["who", "how_much", "how_to_claim"].map(
        (part) => html`<div key=${part}>
          <dt class="type-label">${t("common.policy." + part)}</dt>
          <dd class="type-value">${policy[part]}</dd>
        </div>`,
      )}
      ${policy.phone &&
      html`<div>
        <dt class="type-label">${t("common.policy.phone")}</dt>
        <dd class="type-value"><a href=${"tel:" + policy.phone}>${policy.phone}</a></dd>
      </div>`}
    </dl>
    ${onOpen &&
    html`<div class="job-card-actions">
      <${Button} kind="primary" size="main" class="button-wide" onClick=${onOpen}>${t("common.policy.how_to")}<//>
    </div>`}
  `;
}

/**
 * The whole card. phase as in CardState; applied: {at} of this viewer's application; asked: question kinds already
 * passed on; handlers that are missing leave their control out. children stand after the actions.
 */
export function JobCard({ card, phase, applied, asked = [], callNumber, children, cardRef, ...on }) {
  const policy = card.kind === "policy";
  const look = (policy ? " job-card-policy" : "") + (phase === "live" ? " job-card-live" : "");
  return html`<article ref=${cardRef} class=${"card job-card" + look} data-card=${card.id}>
    ${policy
      ? html`<${PolicyCardBody} card=${card} phase=${phase} onOpen=${on.onOpen} />`
      : html`<${JobCardBody} card=${card} phase=${phase} asked=${asked} onAsk=${on.onAsk} onOpen=${on.onOpen} />`}
    ${!policy && (on.onApply || callNumber)
      ? html`<${JobActions} card=${card} applied=${applied} callNumber=${callNumber} ...${on} />`
      : null}
    ${children}
  </article>`;
}

/** Wraps before the unit, never inside it. */
function RowPay({ pay }) {
  const { amount, unit } = showPay(pay);
  return html`<span class="job-row-pay">${amount}${unit && html` <span class="job-row-unit">${unit}</span>`}</span>`;
}

/** One line of a list: number and title, place and state, pay. */
export function JobRow({ card, phase, applied, onOpen }) {
  const job = card.job;
  const about = job
    ? [job.workplace, job.meals, job.dorm].filter(Boolean).slice(0, 2).join(" · ")
    : card.policy.who;
  return html`<button type="button" class=${phase === "live" ? "row row-live" : "row"} onClick=${onOpen}>
    <span class="grow">
      <span>${cardLabel(card)} ${cardTitle(card)}</span><br />
      <span class="type-label">${about}</span>
      ${applied && html`<span class="type-label tone-ok"> ✓ ${t("common.job.applied_short")}</span>`}
      ${!applied && html`<${CardState} card=${card} phase=${phase} />`}
    </span>
    ${job ? html`<${RowPay} pay=${job.pay} />` : html`<span class="job-row-pay job-row-policy">${card.policy.how_much}</span>`}
  </button>`;
}

const DETAILS = ["requirements", "duties", "arrival", "insurance"];

function Detail({ name, children }) {
  return html`<div>
    <dt class="type-label">${t("common.detail." + name)}</dt>
    <dd>${children || html`<span class="tone-warn">${t("common.job.missing")}</span>`}</dd>
  </div>`;
}

function employerDetail(employer) {
  if (!employer.verified) return employer.full_name;
  const when = employer.verified_at && clock(employer.verified_at, { time: "never" });
  return employer.full_name + (when ? " · " + t("common.job.verified_on", { date: when }) : "");
}

/** Everything else about a job, for a sheet: full texts, then the warning about fees and the way to report the job. */
export function JobDetail({ card, onReport }) {
  const job = card.job;
  return html`<div class="stack">
    <dl class="detail-list">
      ${FACTS.map((fact) => html`<div key=${fact}>
        <dt class="type-label">${t("common.fact." + fact)}</dt>
        <dd>${factText(job, fact) || html`<span class="tone-warn">${t("common.job.missing")}</span>`}</dd>
      </div>`)}
      ${DETAILS.map((name) => html`<${Detail} key=${name} name=${name}>${job[name]}<//>`)}
      <${Detail} name="valid_until">${job.valid_until && clock(job.valid_until, { time: "never" })}<//>
      <${Detail} name="source">${job.source}<//>
      <${Detail} name="employer">${employerDetail(job.employer)}<//>
    </dl>
    <p class="note note-warn">! ${t("common.job.no_fees")}</p>
    ${onReport && html`<${Button} kind="plain" onClick=${onReport}>${t("common.job.report")}<//>`}
  </div>`;
}
