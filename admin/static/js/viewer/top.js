/** The bar at the top, the line of the platform with 大字, and what comes and goes under the bar. */

import { html, useState } from "../../vendor/preact-htm.js";
import { isLargePrint, setLargePrint } from "../appearance.js";
import { Badge, Button, QuietBar } from "../components.js";
import { clock, t } from "../i18n.js";
import { cardLabel, cardTitle } from "../job_card.js";

function Status({ broadcast }) {
  if (broadcast.status === "live") return html`<${Badge} tone="live">${t("viewer.top.live")}<//>`;
  if (broadcast.status === "ended") return html`<${Badge}>${t("viewer.top.ended")}<//>`;
  return html`<${Badge}>${t("viewer.top.starts", { when: clock(broadcast.starts_at, { time: "always" }) })}<//>`;
}

export function TopBar({ broadcast, watching }) {
  const known = broadcast.status === "live" && typeof watching === "number";
  return html`<div class="viewer-top">
    <${Status} broadcast=${broadcast} />
    <h1 class="viewer-title" title=${broadcast.title}>${broadcast.title}</h1>
    ${known && html`<span key=${watching} class="type-label viewer-watching enter-fade">${t("viewer.top.watching", { n: watching })}</span>`}
  </div>`;
}

function safeUrl(url) {
  return url && /^https?:\/\//.test(url) ? url : null;
}

function Platform({ broadcast }) {
  const { platform, status } = broadcast;
  if (!platform || status === "ended") return html`<span class="grow"></span>`;
  const line = t(status === "live" ? "viewer.platform.line" : "viewer.platform.line_before", { platform });
  const url = safeUrl(broadcast.platform_url);
  return url
    ? html`<a class="viewer-platform grow" href=${url} rel="noopener" title=${t("viewer.platform.open", { platform })}>${line}</a>`
    : html`<span class="type-label grow">${line}</span>`;
}

export function PlatformLine({ broadcast }) {
  const [large, setLarge] = useState(isLargePrint());
  const toggle = () => {
    setLargePrint(!large);
    setLarge(!large);
  };
  return html`<div class="viewer-line">
    <${Platform} broadcast=${broadcast} />
    <${Button} kind="plain" class="viewer-print" aria-pressed=${large ? "true" : "false"} onClick=${toggle}
      >${t("common.print.large")}<//
    >
  </div>`;
}

function LineBar({ line, missed }) {
  if (line === "lost") return html`<${QuietBar}>${t("viewer.line.lost")}<//>`;
  if (line === "closed") {
    return html`<${QuietBar}>
      ${t("viewer.line.closed")} <${Button} kind="plain" onClick=${() => location.reload()}>${t("viewer.line.reload")}<//>
    <//>`;
  }
  if (line !== "back") return null;
  return html`<${QuietBar} tone="ok">${missed ? t("viewer.line.back", { n: missed }) : t("viewer.line.back_nothing_missed")}<//>`;
}

/** What lies over the page under the top bar and moves nothing: the state of the line, and the card that waits. */
export function UnderBar({ line, missed, next, onLook }) {
  return html`<div class="viewer-under">
    <${LineBar} line=${line} missed=${missed} />
    ${next &&
    html`<button type="button" class="viewer-pill enter-fade" onClick=${onLook}>
      <span>${t("viewer.stage.new_card", { label: cardLabel(next), title: cardTitle(next) })}</span>
      <span class="viewer-look"> · ${t("viewer.stage.look")}</span>
    </button>`}
  </div>`;
}
