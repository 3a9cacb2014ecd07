/** Which show this is, the sentence to copy, and the five figures. */

import { html } from "../../vendor/preact-htm.js";
import { Badge, Button, Info } from "../components.js";
import { clock, formatNumber, hour, language, t } from "../i18n.js";
import { Earlier } from "./comparison.js";
import { oneDecimal, ratio } from "./numbers.js";
import { Defined, Defines } from "./explained.js";
import { definitionOf, termsOf } from "./metrics.js";

function when(show) {
  const from = show.started_at || show.starts_at;
  const until = show.ended_at ? "–" + hour(show.ended_at) : "";
  return clock(from, { time: "always" }) + until;
}

const STATES = {
  live: () => html`<${Badge} tone="live">${t("common.live")}<//>`,
  ended: () => html`<${Badge}>${t("common.ended")}<//>`,
  scheduled: () => html`<${Badge}>${t("common.scheduled")}<//>`,
};

export function Head({ show, watching }) {
  const parts = [when(show), show.unit, show.host && t("organiser.report.host", { name: show.host }), show.series];
  return html`<header class="report-head">
    <p class="no-print"><a href="/organiser/shows">‹ ${t("programme.nav.shows")}</a></p>
    <div class="report-title">
      <h1 class="type-title">${show.title}</h1>
      <p class="tone-muted grow">${parts.filter(Boolean).join(" · ")}</p>
      ${show.status === "live" && html`<p>${t("organiser.report.watching_now", { n: watching })} <${Defines} metric="watching" /></p>`}
      ${STATES[show.status]()}
    </div>
    ${show.rehearsal && html`<p class="note note-warn">! ${t("organiser.report.rehearsal")}</p>`}
  </header>`;
}

export function Sentence({ sentence, formLink, formsPage, onCopy }) {
  return html`<section class="card report-sentence" aria-label=${t("organiser.report.sentence_title")}>
    <p class="type-sentence">${sentence[language()]}</p>
    <div class="report-sentence-actions no-print">
      <${Button} onClick=${onCopy}>${t("organiser.report.copy_sentence")}<//>
      ${formLink && html`<${Button} kind="primary" href=${formLink} download="">${t("organiser.report.download_form")}<//>
        <${Button} kind="plain" href=${formsPage}>${t("organiser.report.own_forms")}<//>`}
    </div>
  </section>`;
}

function Figure({ label, metric, value, terms, comparison }) {
  return html`<div class="card figure-box">
    <p class="type-label">
      ${label} <${Info} about=${label}>${terms && html`<span class="info-terms">${terms}</span>`}${definitionOf(metric)} <${Defined} metric=${metric} /><//>
    </p>
    <p class="type-figure">${value}</p>
    <${Earlier} comparison=${comparison} metric=${metric} />
  </div>`;
}

export function KeyFigures({ figures, comparison }) {
  const applied = figures.applied;
  const perThousand = ratio(applied.applications, figures.visits, 1000);
  const contacted = ratio(applied.contacted, applied.applicants);
  return html`<section class="figure-row" aria-label=${t("organiser.report.figures_title")}>
    <${Figure} comparison=${comparison} label=${t("organiser.report.figure.visitors")} metric="visitors" value=${formatNumber(figures.visitors)} />
    <${Figure} comparison=${comparison} label=${t("organiser.report.figure.applications")} metric="applications"
      value=${formatNumber(applied.applications)} />
    <${Figure} comparison=${comparison} label=${t("organiser.report.figure.per_thousand")} metric="applications_per_thousand"
      terms=${termsOf("applications_per_thousand", perThousand)} value=${oneDecimal(perThousand) || "–"} />
    <${Figure} comparison=${comparison} label=${t("organiser.report.figure.peak")} metric="peak" value=${formatNumber(figures.peak)}
      terms=${figures.peak_at && t("organiser.report.peak_at", { n: figures.peak, time: hour(figures.peak_at) })} />
    <${Figure} comparison=${comparison} label=${t("organiser.report.step.contacted")} metric="contacted_rate"
      terms=${termsOf("contacted_rate", contacted)}
      value=${formatNumber(applied.contacted) + "/" + formatNumber(applied.applicants)} />
  </section>`;
}
