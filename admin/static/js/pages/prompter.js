/** The prompter: one screen the host reads from two metres away; nothing to press, nobody named. */

import { html, render } from "../../vendor/preact-htm.js";
import { cardLabel, cardTitle, factText } from "../job_card.js";
import { formatNumber, loadCatalogues, stopwatch, t } from "../i18n.js";
import { showPay } from "../pay.js";
import { Show, useFollowed } from "../host/show.js";
import { endedWords, sayLabel } from "../host/words.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
const FACTS = ["shift", "rest", "meals", "dorm", "workplace", "age"];
const QUESTIONS_SHOWN = 3;

function Facts({ job }) {
  return html`<dl class="prompter-facts">
    ${FACTS.map(
      (fact) => html`<div key=${fact}>
        <dt>${t("common.fact." + fact)}</dt>
        <dd>${factText(job, fact) || html`<span class="tone-warn">${t("common.job.missing")}</span>`}</dd>
      </div>`,
    )}
  </dl>`;
}

function PolicyFacts({ policy }) {
  return html`<dl class="prompter-facts prompter-facts-policy">
    ${["who", "how_to_claim"].map((part) => html`<div key=${part}><dt>${t("common.policy." + part)}</dt><dd>
      ${policy[part]}</dd></div>`)}
  </dl>`;
}

function Card({ card, points }) {
  return html`<article class="prompter-card" data-card=${card.id}>
    <div class="prompter-head"><p class="prompter-number">${cardLabel(card)}</p><p class="prompter-title">
      ${cardTitle(card)}</p></div>
    <p class=${card.job ? "prompter-pay" : "prompter-pay prompter-pay-policy"}>${card.job ? showPay(card.job.pay).whole : card.policy.how_much}</p>
    ${card.job ? html`<${Facts} job=${card.job} />` : html`<${PolicyFacts} policy=${card.policy} />`}
    ${points && html`<p class="prompter-points">${points}</p>`}
  </article>`;
}

function Next({ next }) {
  if (!next) return null;
  return html`<section><p class="prompter-next">
    ${t("host.prompter.next", { label: cardLabel(next.card), title: cardTitle(next.card) })}</p></section>`;
}

function topQuestions(show) {
  const open = show.desk ? show.desk.questions.filter((one) => !one.answer) : [];
  return open.slice().sort((one, other) => other.count - one.count).slice(0, QUESTIONS_SHOWN);
}

function Questions({ show }) {
  const shown = topQuestions(show);
  if (shown.length === 0) return null;
  const here = show.stage.onStage && show.stage.onStage.cardId;
  return html`<section>
    <h2>${t("host.prompter.questions")}</h2>
    <ul>
      ${shown.map(
        (one) => html`<li key=${one.card_id + one.kind}>
          <span>
            ${one.card_id === here ? "" : sayLabel(one.label) + " "}
            ${t("common.question." + one.kind)}</span>
          <strong>${formatNumber(one.count)}</strong>
        </li>`,
      )}
    </ul>
  </section>`;
}

function Note({ show }) {
  const note = show.desk && show.desk.note;
  if (!note) return null;
  return html`<section class="prompter-note"><h2>${t("host.prompter.note")}</h2><p>${note}</p></section>`;
}

function Clock({ show }) {
  const { broadcast, onStage } = show.stage;
  const time = onStage ? stopwatch(show.secondsSince(onStage.at)) : "";
  return html`<section class="prompter-clock">
    ${onStage ? html`<p class="prompter-time">${time}</p>` : html`<p>${t("common." + broadcast.status)}</p>`}
    ${!show.isConnected && show.line.state !== "connecting" && html`<p
      class="tone-warn">! ${t("host.console.line_down")}</p>`}
  </section>`;
}

function nothingWords({ broadcast, pushes }) {
  if (broadcast.status === "ended") return endedWords(broadcast);
  return t(pushes.length ? "host.console.nothing_on_stage" : "host.prompter.waiting");
}

function Prompter({ show }) {
  useFollowed(show, { ticking: true });
  const card = show.cardOnStage;
  return html`<div class="prompter">
    <h1 class="visually-hidden">${t("host.prompter.title")}</h1>
    <div class="prompter-main" aria-live="polite">
      ${card ? html`<${Card} card=${card} points=${show.points} />` : html`<p class="prompter-waiting">
        ${nothingWords(show.stage)}</p>`}
    </div>
    <aside class="prompter-side" aria-label=${t("host.console.live_column")}>
      <${Clock} show=${show} />
      <${Note} show=${show} />
      <${Next} next=${show.next} />
      <${Questions} show=${show} />
    </aside>
  </div>`;
}

async function begin() {
  await loadCatalogues(["common", "host"]);
  document.body.classList.add("wall");
  const show = new Show({ broadcastId: boot.broadcast_id, code: boot.code, snapshot: boot.snapshot });
  show.open();
  render(html`<${Prompter} show=${show} />`, document.getElementById("app"));
}

begin();
