/** From which day to which: kept in the address, so that a link shows the same. */

import { html } from "../../vendor/preact-htm.js";
import { Button, Field } from "../components.js";
import { t } from "../i18n.js";
import { ask, asked } from "../organiser/words.js";

export function daysAsked() {
  return { since: asked("since") || "", until: asked("until") || "" };
}

export function Days({ days, onDays }) {
  const set = (name) => (event) => {
    ask(name, event.target.value);
    onDays(daysAsked());
  };
  const clear = () => {
    ask("since", "");
    ask("until", "");
    onDays(daysAsked());
  };
  return html`<div class="line-up wrap no-print" role="group" aria-label=${t("series.days")}>
    <${Field} label=${t("series.days.since")} type="date" class="input-small" value=${days.since} max=${days.until} onChange=${set("since")} />
    <${Field} label=${t("series.days.until")} type="date" class="input-small" value=${days.until} min=${days.since} onChange=${set("until")} />
    ${(days.since || days.until) && html`<${Button} onClick=${clear}>${t("series.days.any")}<//>`}
  </div>`;
}
