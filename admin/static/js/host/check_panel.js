/** 开播前检查: what must be right before the show starts, a try of the line, and the start itself. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { clock, t } from "../i18n.js";
import { CardSheet } from "./dialogs.js";

async function opens(address) {
  try {
    return (await fetch(address, { credentials: "same-origin" })).ok;
  } catch {
    return false;
  }
}

/** {tray, blocked, viewer_link, notices} as the server sees them, and whether the viewers' page opens; or null. */
function useChecks(show) {
  const [checks, setChecks] = useState(null);
  useEffect(() => {
    Promise.all([show.calls.get("/checks"), opens("/b/" + show.broadcastId)]).then(
      ([told, pageOpens]) => {
        const byCode = told.checks.map((one) => ({ [one.code]: one }));
        setChecks(Object.assign({ pageOpens }, ...byCode));
      },
      () => setChecks(null),
    );
  }, [show.tray, show.isConnected]);
  return checks;
}

function linkWords(checks) {
  if (!checks.pageOpens) return "host.check.link_failed";
  return checks.viewer_link.ok ? "host.check.link" : "host.check.link_local";
}

function Line({ fine, text, children }) {
  return html`<li class=${fine ? "check-fine" : "tone-warn"}>
    <span aria-hidden="true" class=${fine ? "tone-ok" : ""}>${fine ? "✓ " : "! "}</span>${text}${children}
  </li>`;
}

function Lines({ checks, editable }) {
  if (!checks) return html`<p class="check-lines tone-muted" role="status">${t("common.loading")}</p>`;
  const { tray, blocked, notices } = checks;
  const jobs = t("host.check.jobs", { cards: tray.cards, openings: tray.openings });
  return html`<ul class="check-lines">
    <${Line} fine=${tray.ok} text=${jobs} />
    ${!blocked.ok && html`<${Line} fine=${false} text=${t("host.check.blocked", { n: blocked.blocked.length })} />`}
    <${Line} fine=${checks.pageOpens && checks.viewer_link.ok} text=${t(linkWords(checks))} />
    <${Line} fine=${notices.ok} text=${t(notices.ok ? "host.check.contacts" : "host.check.contacts_missing")}>
      ${editable && !notices.ok && html`${" "}<a href="/organiser/organisation">${t("host.check.fill_in")}</a>`}
    <//>
  </ul>`;
}

/** Over the same connection and room that a push takes, and back; seen by this page alone. */
async function tryLine(show) {
  const before = performance.now();
  await show.client.history("broadcast:" + show.broadcastId, { limit: 0 });
  return Math.max(1, Math.round(performance.now() - before));
}

/** onStart: pressed 开始直播; editable: this account may fill in what is missing. */
export function CheckPanel({ show, editable, onStart, onTrouble }) {
  const [tried, setTried] = useState(null);
  const checks = useChecks(show);
  const first = show.cards.find((entry) => entry.blocked.length === 0);
  const tryIt = () =>
    tryLine(show).then(
      (milliseconds) => setTried({ card: first.card, milliseconds }),
      () => onTrouble({ code: "offline" }),
    );
  return html`<section class="console-box console-stage check-panel" aria-labelledby="check-title">
    <h2 id="check-title" class="type-title">${t("host.check.title")}</h2>
    <p class="type-label">
      ${t("host.check.starts", { when: clock(show.stage.broadcast.starts_at, { time: "always" }) })}</p>
    <${Lines} checks=${checks} editable=${editable} />
    <div class="stage-buttons">
      <${Button} size="main" class="button-wide" disabled=${!first || !show.isConnected} onClick=${tryIt}>
        ${t("host.check.try")}<//>
      <${Button} kind="primary" size="next" disabled=${show.cards.length === 0 || !show.isConnected}
        onClick=${onStart}>${t("host.console.start")}<//>
    </div>
    ${tried &&
    html`<${CardSheet} card=${tried.card} note=${t("host.check.tried", { milliseconds: tried.milliseconds })}
      onClose=${() => setTried(null)} />`}
  </section>`;
}
