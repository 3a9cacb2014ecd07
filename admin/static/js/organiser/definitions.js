/** What every figure counts: the whole registry, to be searched, each entry with an address of its own. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { t, language } from "../i18n.js";
import { Field } from "../components.js";
import { Frame, Loaded, useLoad } from "./frame.js";
import { ask, asked, say } from "./words.js";

const BACK = { href: "/organiser/reports", get text() { return t("programme.nav.reports"); } };

function said(metric) {
  return [metric.key, metric.name["zh-CN"], metric.name.en, metric.definition["zh-CN"], metric.definition.en].join(" ").toLowerCase();
}

function found(metrics, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return metrics.filter((metric) => wanted.every((word) => said(metric).indexOf(word) >= 0));
}

function Metric({ metric, names }) {
  const here = language();
  const other = here === "en" ? "zh-CN" : "en";
  const term = (key) => html`<a href=${"#" + key}>${names[key]}</a>`;
  return html`<article class="card definition" id=${metric.key} tabindex="-1">
    <h2>${metric.name[here]} <span class="type-label" lang=${other}>${metric.name[other]}</span></h2>
    <p>${metric.definition[here]}</p>
    ${metric.numerator && html`<p class="type-label">${term(metric.numerator)} ÷ ${term(metric.denominator)}</p>`}
    <p class="type-label"><code>${metric.key}</code>${metric.unit && " · " + metric.unit[here]}${" · "}${t("series.definitions.since", {
      version: metric.since,
    })}</p>
  </article>`;
}

/** An address with # was there before the entry: it is gone to once it is drawn. */
function useAnchor() {
  useEffect(() => {
    const go = () => {
      const place = document.getElementById(location.hash.slice(1));
      if (!place) return;
      place.scrollIntoView();
      place.focus({ preventScroll: true });
    };
    go();
    window.addEventListener("hashchange", go);
    return () => window.removeEventListener("hashchange", go);
  }, []);
}

function Cuts({ cuts }) {
  const here = language();
  return html`<section class="card stack-tight" id="cuts">
    <h2>${t("series.definitions.cuts")}</h2>
    <dl class="pairs">
      ${cuts.map((cut) => html`<div key=${cut.key}><dt>${cut.name[here]}</dt><dd>${cut.definition[here]}</dd></div>`)}
    </dl>
  </section>`;
}

function Definitions({ metrics, cuts }) {
  const [words, setWords] = useState(asked("q") || "");
  useAnchor();
  const shown = found(metrics, words);
  const names = {};
  metrics.forEach((metric) => {
    names[metric.key] = metric.name[language()];
  });
  const search = (event) => {
    setWords(event.target.value);
    ask("q", event.target.value.trim());
  };
  return html`<${Field} label=${t("series.definitions.search")} type="search" value=${words} onInput=${search} />
    <p class="type-label" role="status">${t("series.definitions.found", { n: shown.length })}</p>
    <div class="stack">${words.trim() === "" && html`<${Cuts} cuts=${cuts} />`}${shown.map((metric) => html`<${Metric} key=${metric.key} metric=${metric} names=${names} />`)}</div>`;
}

export function DefinitionsPage() {
  const load = useLoad("/api/v1/metrics");
  return html`<${Frame} title=${t("series.definitions.title")} back=${BACK}>
    <p>${t("series.definitions.note")}</p>
    <${Loaded} load=${load} say=${say}>${(data) => html`<${Definitions} metrics=${data.metrics} cuts=${data.cuts} />`}<//>
  <//>`;
}
