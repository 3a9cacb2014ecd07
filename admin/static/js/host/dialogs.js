/** The console's dialogs: keys, links and codes, the rule a card breaks, a card as viewers see it. */

import { html } from "../../vendor/preact-htm.js";
import { Button, Sheet } from "../components.js";
import { cardLabel, JobCard } from "../job_card.js";
import { clock, language, t } from "../i18n.js";
import { named, sayBlocked, sayWayOut, wayOut } from "./words.js";

const KEYS = ["digits", "page_down", "page_up", "f2", "f8", "undo", "search", "help", "escape"];

export function KeysSheet({ onClose }) {
  return html`<${Sheet} title=${t("host.keys.title")} onClose=${onClose}>
    <table class="table">
      <caption class="visually-hidden">${t("host.keys.title")}</caption>
      <tbody>
        ${KEYS.map(
          (key) => html`<tr key=${key}><th scope="row">${t("host.keys." + key)}</th><td>
            ${t("host.keys." + key + "_does")}</td></tr>`,
        )}
      </tbody>
    </table>
    <p class="field-hint">${t("host.keys.note")}</p>
  <//>`;
}

/** Puts the text on the clipboard; false where the browser does not let us. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function Link({ name, address, onCopy }) {
  return html`<div class="link-row">
    <label class="type-label" for=${"link-" + name}>${t("host.links." + name)}</label>
    <div class="line-up">
      <input id=${"link-" + name} class="input input-small" type="text" readonly value=${address}
        onFocus=${(event) => event.target.select()} />
      <${Button} aria-label=${t("common.copy") + " " + t("host.links." + name)} onClick=${() => onCopy(address)}>
        ${t("common.copy")}<//>
      <${Button} href=${address} target="_blank" rel="noopener"
        aria-label=${t("host.links.show") + " " + t("host.links." + name)}>${t("host.links.show")}<//>
    </div>
  </div>`;
}

function Code({ image, text, file }) {
  return html`<figure class="link-code">
    <img src=${image} alt=${text} width="180" height="180" />
    <figcaption class="type-label">${text}</figcaption>
    <a href=${image} download=${file}>${t("host.console.download_qr")}</a>
  </figure>`;
}

/** links as the server gives them, or null until they are here. */
export function LinksSheet({ links, onCopy, onClose }) {
  return html`<${Sheet} wide title=${t("host.links.title")} note=${t("host.links.note")} onClose=${onClose}>
    ${links
      ? html`<div class="stack">
          <div class="link-codes">
            <${Code} image=${links.remote_qr} text=${t("host.remote.pair")} file="remote.svg" />
            <${Code} image=${links.viewer_qr} text=${t("host.links.viewer_scan")} file="viewer-link.svg" />
          </div>
          ${["viewer", "remote", "prompter", "overlay"].map(
            (name) => html`<${Link} key=${name} name=${name} address=${links[name]} onCopy=${onCopy} />`,
          )}
        </div>`
      : html`<p>${t("common.loading")}</p>`}
  <//>`;
}

function Finding({ finding }) {
  return html`<p>${language() === "en" ? finding.reason_en : finding.reason}</p>
    <p class="field-hint">${t("host.rule.basis", { basis: finding.legal_basis })}</p>`;
}

function Reason({ reason }) {
  return html`<li>
    <p><strong>! ${sayBlocked(reason)}</strong></p>
    ${reason.reason ? html`<${Finding} finding=${reason} />` : html`<p>${t("host.rule." + reason.code)}</p>`}
  </li>`;
}

export function RuleSheet({ entry, editable, onClose }) {
  return html`<${Sheet} title=${named(entry.card)} onClose=${onClose}>
    <div class="stack">
      <ul class="stack">
        ${entry.blocked.map((reason) => html`<${Reason} key=${reason.code + reason.rule_id} reason=${reason} />`)}
      </ul>
      <p class="field-hint">${t("host.rule.then")}</p>
      ${editable && html`<${Button} kind="primary" size="main" class="button-wide"
        href=${wayOut(entry)}>${sayWayOut(entry)}<//>`}
    </div>
  <//>`;
}

/** The card as it looks on a viewer's phone. */
export function CardSheet({ card, note, onClose }) {
  return html`<${Sheet} title=${cardLabel(card)} note=${note} onClose=${onClose}>
    <${JobCard} card=${card} />
  <//>`;
}

/** Asks before the show ends, and says until when viewers can still apply. */
export function endQuestion(broadcast, now) {
  const grace = new Date(broadcast.apply_until) - new Date(broadcast.started_at || broadcast.starts_at);
  return t("host.console.end_ask", { date: clock(now + grace, { time: "never" }) });
}

