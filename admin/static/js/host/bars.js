/** The console's top and foot: how the show stands, how the line stands, who did what last. */

import { html } from "../../vendor/preact-htm.js";
import { Badge, Button } from "../components.js";
import { formatNumber, language, stopwatch, switchLanguage, t } from "../i18n.js";
import { setTheme, theme, THEMES } from "../appearance.js";
import { sayAction, sayCommand, secondsAgo } from "./words.js";

const TONES = { live: "live", scheduled: null, ended: null };

function StatusBadge({ show }) {
  const { status, started_at: startedAt } = show.stage.broadcast;
  const running = status === "live" && startedAt ? " " + stopwatch(show.secondsSince(startedAt), { hours: true }) : "";
  return html`<${Badge} tone=${TONES[status]} shape=${false}>${t("common." + status)}${running}<//>`;
}

function Figure({ name, value, word }) {
  return html`<p class="top-figure"><span class="type-figure" data-figure=${name}>${value}</span>${" "}<span
    class="type-label">${word}</span></p>`;
}

/** 在看, 报名, 已讲; dashes until the desk has told. */
export function Figures({ show }) {
  const { desk, watching } = show;
  return html`
    <${Figure} name="watching" value=${watching === null ? "–" : formatNumber(watching)}
      word=${t("host.console.watching")} />
    <${Figure} name="applications" value=${desk ? formatNumber(desk.applications) : "–"}
      word=${t("host.console.applied")} />
    <${Figure} name="presented" value=${desk ? desk.cards_spoken + "/" + desk.cards_total : "–"}
      word=${t("host.console.presented")} />
  `;
}

function nextTheme() {
  const names = THEMES;
  return names[(names.indexOf(theme()) + 1) % names.length];
}

function Looks({ onChange }) {
  const other = language() === "en" ? "zh-CN" : "en";
  return html`
    <${Button} kind="plain" onClick=${() => {
      setTheme(nextTheme());
      onChange();
    }}>${t("common.theme.label")} ${t("common.theme." + theme())}<//>
    <${Button} kind="plain" lang=${other} onClick=${() => switchLanguage(other)}>${t("common.lang.switch")}<//>
  `;
}

/** on: {links, end, redraw}; report: the address of the report, for those who may read it. */
export function TopBar({ show, report, on }) {
  const { broadcast } = show.stage;
  return html`<header class="console-top">
    <${StatusBadge} show=${show} />
    ${broadcast.rehearsal && html`<${Badge} tone="warn" shape=${false}>${t("common.rehearsal")}<//>`}
    <h1 class="top-title">${broadcast.title}</h1>
    <${Figures} show=${show} />
    <div class="top-end">
      <${Looks} onChange=${on.redraw} />
      <${Button} onClick=${on.links}>${t("host.links.open")}<//>
      ${report && broadcast.status === "ended" && html`<${Button} href=${report}>${t("host.console.see_report")}<//>`}
      ${broadcast.status === "live" && html`<${Button} kind="danger" onClick=${on.end}>${t("host.console.end")}<//>`}
    </div>
  </header>`;
}

function Line({ show }) {
  if (show.isConnected) return html`<span><span class="tone-ok" aria-hidden="true">● </span>
    ${t("host.console.line_ok")}</span>`;
  if (show.line.state === "closed") return html`<span class="tone-warn">! ${t("host.console.line_closed")}</span>`;
  return html`<span class="tone-warn">! ${t("host.console.line_down")}</span>`;
}

function LastAction({ show }) {
  const action = show.desk && show.desk.last_action;
  if (!action) return null;
  const said = t("host.console.last_action", {
    who: action.by,
    what: sayAction(action),
    ago: secondsAgo(show.secondsSince(action.at)),
  });
  return html`<span class="foot-action" data-seq=${String(action.seq)}>${" · "}${said}</span>`;
}

/** The line, the last action and by whom, the clicker and the keys. */
export function FootBar({ show, onKeys }) {
  return html`<footer class="console-foot">
    <p class="foot-line"><${Line} show=${show} /><${LastAction} show=${show} /></p>
    <p class="foot-hints"><span class="foot-clicker">${t("host.console.clicker")}</span>
      <${Button} kind="plain" aria-keyshortcuts="Shift+?" onClick=${onKeys}>${t("host.console.keys")}<//></p>
  </footer>`;
}

const DOWN = ["reconnecting", "lost", "closed"];

/** While the line is down: what happens to what is pressed, and what waits already. */
export function LineBar({ show, commands }) {
  const waiting = (commands.current ? [commands.current] : []).concat(commands.waiting);
  if (DOWN.indexOf(show.line.state) < 0) return null;
  // A short break is not worth a word, unless something was pressed in it.
  if (show.line.state === "reconnecting" && waiting.length === 0) return null;
  if (show.line.state === "closed") {
    return html`<p class="quiet-bar" role="status">${t("host.console.line_closed_long")}
      <${Button} kind="plain" onClick=${() => location.reload()}>${t("common.retry")}<//></p>`;
  }
  return html`<p class="quiet-bar" role="status">${t("host.console.line_lost")}
    ${waiting.length > 0 && html` <strong data-waiting>
      ${t("host.console.waiting", { what: waiting.map(sayCommand).join(t("host.console.and")) })}</strong>`}</p>`;
}

/** What was pressed while the line was down and not performed; stays until it is read. */
export function NotDone({ dropped, onClose }) {
  if (dropped.length === 0) return null;
  return html`<div class="quiet-bar not-done" role="status">
    <span>${t("host.console.not_done_list", { labels: dropped.map(sayCommand).join(t("host.console.and")) })}</span>
    <${Button} kind="plain" onClick=${onClose}>${t("common.close")}<//>
  </div>`;
}
