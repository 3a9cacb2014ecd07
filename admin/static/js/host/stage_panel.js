/** What is on stage, how far it has come, and the buttons that change it. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Info } from "../components.js";
import { cardLabel, cardTitle, factText, headcount, payBasis } from "../job_card.js";
import { formatNumber, stopwatch, t } from "../i18n.js";
import { showPay } from "../pay.js";
import { definitionOf, learnMetrics, nameOf } from "../report/metrics.js";
import { endedWords, named } from "./words.js";
import { takeFocus } from "./focus.js";

const FACTS = ["shift", "rest", "meals", "dorm", "age", "pay_day"];
const GRACE_SECONDS = 5;
const LEAST_DELIVERED = 0.95;

function deliveredTone({ delivered, connected }, seconds) {
  if (connected === 0) return "tone-muted";
  if (delivered >= connected) return "tone-ok";
  return seconds > GRACE_SECONDS && delivered < LEAST_DELIVERED * connected ? "tone-warn" : "tone-muted";
}

function Delivered({ figures, seconds }) {
  if (!figures) return html`<span class="tone-muted">${t("host.console.delivering")}</span>`;
  const tone = deliveredTone(figures, seconds);
  const mark = { "tone-ok": "✓ ", "tone-warn": "! " }[tone] || "";
  return html`<span class=${"stage-delivered " + tone} data-tone=${tone}>
    <span aria-hidden="true">${mark}</span>
      ${t("host.console.delivered", { n: figures.delivered, m: figures.connected })}
  </span>`;
}

function Clock({ show }) {
  const onStage = show.stage.onStage;
  if (!onStage) return html`<span class="tone-muted">${t("host.console.nothing_on_stage")}</span>`;
  const seconds = show.secondsSince(onStage.at);
  return html`<span class="tone-live stage-now"><span aria-hidden="true">● </span>
    ${t("host.console.on_now", { time: stopwatch(seconds) })}</span>
    ${show.stage.pinned === onStage.cardId && html`<span class="badge badge-next">${t("host.console.pinned")}</span>`}
    <span class="push"><${Delivered} figures=${show.figures} seconds=${seconds} /></span>`;
}

function factOf(job, fact) {
  return fact === "pay_day" ? job.pay.pay_day : factText(job, fact);
}

function JobFacts({ job }) {
  return html`<dl class="stage-facts">
    ${FACTS.map(
      (fact) => html`<div key=${fact}>
        <dt class="type-label">${t("common.fact." + fact)}</dt>
        <dd title=${factOf(job, fact) || undefined}>
          ${factOf(job, fact) || html`<span class="tone-warn">${t("common.job.missing")}</span>`}
        </dd>
      </div>`,
    )}
  </dl>`;
}

function PolicyFacts({ policy }) {
  return html`<dl class="stage-facts stage-facts-policy">
    ${["who", "how_much", "how_to_claim"].map(
      (part) => html`<div key=${part}>
        <dt class="type-label">${t("common.policy." + part)}</dt>
        <dd>${policy[part]}</dd>
      </div>`,
    )}
  </dl>`;
}

function JobHead({ card }) {
  const job = card.job;
  const pay = showPay(job.pay);
  return html`
    <p class="stage-pay"><span>${pay.amount}${pay.unit && html` <span class="unit">${pay.unit}</span>`}</span>
      <span class="stage-basis">${payBasis(job.pay)}</span></p>
    <p class="stage-employer">${[job.employer.name, job.workplace, headcount(job)].join(" · ")}</p>
  `;
}

function Card({ card }) {
  return html`<div class="stage-card" data-card=${card.id}>
    <p class="stage-title"><span class="stage-number">${cardLabel(card)}</span>
      <span class="stage-name" title=${cardTitle(card)}>${cardTitle(card)}</span></p>
    ${card.job ? html`<${JobHead} card=${card} />` : html`<p class="stage-pay stage-pay-policy">
      ${card.policy.how_much}</p>`}
    ${card.job ? html`<${JobFacts} job=${card.job} />` : html`<${PolicyFacts} policy=${card.policy} />`}
  </div>`;
}

/** Stays with its card while others change the stage: what is half written is not lost. */
function PointsEditor({ card, points, onSave, onClose }) {
  const [text, setText] = useState(points || "");
  return html`<form
    class="stage-points-form"
    onSubmit=${(event) => {
      event.preventDefault();
      onSave(card, text.trim()).then((saved) => saved && onClose());
    }}
  >
    <label class="type-label" for="points">${t("host.console.points")} ${cardLabel(card)}</label>
    <textarea id="points" class="input" rows="3" maxlength="2000" value=${text}
      ref=${takeFocus}
      onInput=${(event) => setText(event.target.value)}></textarea>
    <div class="line-up">
      <${Button} type="submit" kind="primary">${t("common.save")}<//>
      <${Button} onClick=${onClose}>${t("common.cancel")}<//>
    </div>
  </form>`;
}

function Points({ points, onEdit }) {
  return html`<div class="stage-points">
    <p><span class="type-label">${t("host.console.points")}</span> ${points || html`<span class="tone-muted">
      ${t("host.console.no_points")}</span>`}</p>
    <${Button} kind="plain" aria-label=${t("host.console.edit_points")} onClick=${onEdit}>
      ${t("host.console.edit")}<//>
  </div>`;
}

// [its word here, the figure, its metric].
const STEPS = [
  ["delivered", "delivered", "delivered"],
  ["seen", "impressions", "push_impressions"],
  ["opened", "clicks", "push_clicks"],
  ["applied", "applications", "push_applications"],
];

/** Whether the registry of metrics is here; the show goes on without. */
function useMetrics() {
  const [known, setKnown] = useState(false);
  useEffect(() => {
    api("GET", "/api/v1/metrics").then(
      (registry) => {
        learnMetrics(registry);
        setKnown(true);
      },
      () => null,
    );
  }, []);
  return known;
}

function Figures({ figures, defined }) {
  return html`<dl class="stage-figures">
    ${STEPS.map(
      ([name, field, metric]) => html`<div key=${name}>
        <dd class="type-figure" data-figure=${name}>${figures ? formatNumber(figures[field]) : "–"}</dd>
        <dt class="type-label">
          ${t("host.console.figure." + name)}${" "}
          ${defined && html`<${Info} about=${nameOf(metric)}>${definitionOf(metric)}<//>`}
        </dt>
      </div>`,
    )}
  </dl>`;
}

function nextWords(show, next) {
  if (show.stage.broadcast.status === "ended") return t("common.ended");
  if (next) return t("host.console.push_next", { label: cardLabel(next.card), title: cardTitle(next.card) });
  return t(show.tray ? "host.console.no_next" : "common.loading");
}

/** 推送下一个, always naming its target; while it rests after a push it takes no second press. */
export function NextButton({ show, next, commands, hint, onNext }) {
  const words = nextWords(show, next);
  return html`<${Button} kind="primary" size="next" data-pushes disabled=${!show.isLive || !next} onClick=${onNext}
    aria-busy=${commands.isResting ? "true" : undefined} title=${next ? named(next.card) : undefined}>
    <span>${words}</span>${hint && next && html`<span class="next-key" aria-hidden="true">${hint}</span>`}
  <//>`;
}

function nothingWords(broadcast) {
  if (broadcast.status !== "ended") return t("host.console.nothing_on_stage_hint");
  return endedWords(broadcast);
}

/** on: {next, pin, withdraw, undo, points}; undoable: whether there is something to take back now. */
export function StagePanel({ show, commands, next, undoable, on }) {
  const [edited, setEdited] = useState(null);
  const defined = useMetrics();
  const card = show.cardOnStage;
  const pinned = card && show.stage.pinned === card.id;
  return html`<section class="console-box console-stage" aria-label=${t("host.console.stage")}>
    <header class="line-up stage-head"><${Clock} show=${show} /></header>
    <div class="stage-body" tabindex="0" role="group" aria-label=${card ? named(card) : t("host.console.stage")}>
      ${card ? html`<${Card} card=${card} />` : html`<p class="empty">${nothingWords(show.stage.broadcast)}</p>`}
      ${card && !edited && html`<${Points} points=${show.points} onEdit=${() => setEdited(card)} />`}
      ${edited && html`<${PointsEditor} card=${edited} points=${show.points} onSave=${on.points}
        onClose=${() => setEdited(null)} />`}
    </div>
    ${card && html`<${Figures} figures=${show.figures} defined=${defined} />`}
    <footer class="stage-buttons">
      <${NextButton} show=${show} next=${next} commands=${commands} hint="PgDn" onNext=${on.next} />
      <div class="button-pair">
        <${Button} size="main" class="grow" disabled=${!card} aria-keyshortcuts="F2" onClick=${on.pin}>
          ${t(pinned ? "host.console.unpin" : "host.console.pin")}<//>
        <${Button} size="main" class="grow" disabled=${!card} aria-keyshortcuts="F8" onClick=${on.withdraw}>
          ${t("host.console.withdraw")}<//>
        <${Button} size="main" class="grow" disabled=${!undoable} aria-keyshortcuts="Control+Z" onClick=${on.undo}>
          ${t("host.console.undo_last")}<//>
      </div>
    </footer>
  </section>`;
}
