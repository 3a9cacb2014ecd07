/**
 * The overlay: a transparent page for a streaming program; the card on stage, and nothing else.
 * ?top=280&side=40 place the panel in pixels of the picture, ?bottom= hangs it from the lower edge instead,
 * ?width= limits it, ?account= or ?line= adds a line below ({number} becomes the card's number).
 */

import { html, render } from "../../vendor/preact-htm.js";
import { cardLabel, cardTitle, headcount } from "../job_card.js";
import { loadCatalogues, t } from "../i18n.js";
import { showPay } from "../pay.js";
import { Show, useFollowed } from "../host/show.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
const PLACES = ["top", "bottom", "side", "width"];
const MOST_PIXELS = 3840;

function placed(query) {
  const style = {};
  for (const name of PLACES) {
    const pixels = Number(query.get(name));
    if (query.has(name) && pixels >= 0 && pixels <= MOST_PIXELS) style[name] = pixels + "px";
  }
  const side = style.side;
  delete style.side;
  if (side) Object.assign(style, { left: side, right: side });
  if (style.bottom) style.top = "auto";
  if (style.width) style.right = "auto";
  return style;
}

function addedLine(query, card) {
  const number = card.kind === "policy" ? cardLabel(card) : String(card.number);
  if (query.get("account")) return t("host.overlay.hint", { account: query.get("account"), number });
  return (query.get("line") || "").replace("{number}", number);
}

function JobLines({ job }) {
  const facts = [job.workplace, job.rest, job.meals, job.dorm].filter(Boolean).join(" · ");
  const { amount, unit } = showPay(job.pay);
  return html`<p class="overlay-pay">${amount}${unit && html`<span class="unit">${unit}</span>`}</p>
    <p class="overlay-facts">${facts}</p>`;
}

function PolicyLines({ policy }) {
  return html`<p class="overlay-pay">${policy.how_much}</p><p class="overlay-facts">${policy.who}</p>`;
}

function Panel({ card, query }) {
  const line = addedLine(query, card);
  return html`<section class="overlay-panel" style=${placed(query)} data-card=${card.id}>
    <p class="overlay-head">
      <span class="overlay-number">${cardLabel(card)}</span>
      <span class="overlay-title">${cardTitle(card)}</span>
      ${card.job && html`<span class="overlay-headcount">${headcount(card.job)}</span>`}
    </p>
    ${card.job ? html`<${JobLines} job=${card.job} />` : html`<${PolicyLines} policy=${card.policy} />`}
    ${line && html`<p class="overlay-line">${line}</p>`}
  </section>`;
}

function Overlay({ show, query }) {
  useFollowed(show);
  const card = show.cardOnStage;
  return html`<h1 class="visually-hidden">${t("host.overlay.title")}</h1>
    ${card && html`<${Panel} key=${card.id} card=${card} query=${query} />`}`;
}

async function begin() {
  await loadCatalogues(["common", "host"]);
  const show = new Show({
    broadcastId: boot.broadcast_id,
    code: boot.code,
    snapshot: boot.snapshot,
    asViewer: true,
  });
  show.open();
  render(html`<${Overlay} show=${show}
    query=${new URLSearchParams(location.search)} />`, document.getElementById("app"));
}

begin();
