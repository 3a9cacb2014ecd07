/** How a number is counted, on hover, tap and focus: said in one line under the block it stands in. */

import { html, useRef, useState } from "../../vendor/preact-htm.js";
import { Info } from "../components.js";
import { t } from "../i18n.js";
import { percent } from "./numbers.js";
import { definitionOf, nameOf, termsOf } from "./metrics.js";

/** [what was asked for, a function that asks]; a tap keeps it, hovering shows it for as long as it lasts. */
export function useExplained() {
  const [said, setSaid] = useState(null);
  const kept = useRef(null);
  const explain = (asked, keep) => {
    if (keep) kept.current = asked;
    setSaid(asked || kept.current);
  };
  return [said, explain];
}

/** A number that is a button: what it counts is its title, and said below when it is pointed at or pressed. */
function Asked({ text, metric, explain, label, class: extra, children }) {
  return html`<button
    type="button"
    class=${"asked " + (extra || "")}
    title=${text}
    aria-label=${label}
    onPointerEnter=${(event) => event.pointerType === "mouse" && explain({ text, metric }, false)}
    onPointerLeave=${(event) => event.pointerType === "mouse" && explain(null, false)}
    onFocus=${() => explain({ text, metric }, true)}
    onClick=${() => explain({ text, metric }, true)}
  >
    ${children}
  </button>`;
}

/** To the page that defines every metric, at this one. */
export function Defined({ metric }) {
  return html`<a class="defined no-print" href=${"/organiser/definitions#" + metric}>${t("series.definitions.link")}</a>`;
}

/** A rate; pointing at it names both its terms. */
export function Rate({ metric, ratio, explain }) {
  if (!ratio || !ratio.denominator) return html`<span class="tone-muted">–</span>`;
  const text = termsOf(metric, ratio);
  return html`<${Asked} class="rate" text=${text} metric=${metric} label=${nameOf(metric) + " " + percent(ratio)} explain=${explain}
    >${percent(ratio)}<//
  >`;
}

/** ⓘ behind the name of a count. */
export function Meaning({ metric, explain }) {
  const text = nameOf(metric) + ": " + definitionOf(metric);
  return html`<${Asked} class="meaning no-print" text=${text} metric=${metric} label=${t("common.how_counted", { what: nameOf(metric) })}
    explain=${explain}>ⓘ<//>`;
}

/** ⓘ where no line is kept for what it says: over the page, beside the figure. */
export function Defines({ metric }) {
  return html`<${Info} about=${nameOf(metric)}>${definitionOf(metric)} <${Defined} metric=${metric} /><//>`;
}

/** Where it is said, with the way to its full definition; its place is kept, so that nothing moves. */
export function Explanation({ said, hint }) {
  return html`<p class="explanation no-print" role="status">
    ${said ? html`${said.text} <${Defined} metric=${said.metric} />` : html`<span class="tone-muted">${hint || t("organiser.report.explain")}</span>`}
  </p>`;
}
