/** How a number is counted, on hover, tap and focus: said in one line under the block it stands in. */

import { html, useRef, useState } from "../../vendor/preact-htm.js";
import { t } from "../i18n.js";
import { percent } from "./numbers.js";
import { definitionOf, nameOf, termsOf } from "./metrics.js";

/** [the sentence asked for, a function that asks]; a tap keeps it, hovering shows it for as long as it lasts. */
export function useExplained() {
  const [said, setSaid] = useState("");
  const kept = useRef("");
  const explain = (text, keep) => {
    if (keep) kept.current = text;
    setSaid(text || kept.current);
  };
  return [said, explain];
}

/** A number that is a button: what it counts is its title, and said below when it is pointed at or pressed. */
function Asked({ text, explain, label, class: extra, children }) {
  return html`<button
    type="button"
    class=${"asked " + (extra || "")}
    title=${text}
    aria-label=${label}
    onPointerEnter=${(event) => event.pointerType === "mouse" && explain(text, false)}
    onPointerLeave=${(event) => event.pointerType === "mouse" && explain("", false)}
    onFocus=${() => explain(text, true)}
    onClick=${() => explain(text, true)}
  >
    ${children}
  </button>`;
}

/** A rate; pointing at it names both its terms. */
export function Rate({ metric, ratio, explain }) {
  if (!ratio || !ratio.denominator) return html`<span class="tone-muted">–</span>`;
  const text = termsOf(metric, ratio);
  return html`<${Asked} class="rate" text=${text} label=${nameOf(metric) + " " + percent(ratio)} explain=${explain}
    >${percent(ratio)}<//
  >`;
}

/** ⓘ behind the name of a count. */
export function Meaning({ metric, explain }) {
  const text = nameOf(metric) + ": " + definitionOf(metric);
  return html`<${Asked} class="meaning no-print" text=${text} label=${t("common.how_counted", { what: nameOf(metric) })}
    explain=${explain}>ⓘ<//>`;
}

/** Where it is said; its place is kept, so that nothing moves. */
export function Explanation({ text, hint }) {
  return html`<p class="explanation no-print" role="status">
    ${text || html`<span class="tone-muted">${hint || t("organiser.report.explain")}</span>`}
  </p>`;
}
