/** 要办的事: whom nobody has called yet, and who has not been given their list. */

import { html } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { clock, t } from "../i18n.js";
import { Defines } from "./explained.js";

/** Employers who wait for a list: with applications, none handed over, and no account of their own to see them with. */
function waitingEmployers(report) {
  return report.employers.filter((one) => one.to_hand_over > 0 && !one.handed_over_at && !one.has_recruiter);
}

export function Todo({ report, onList, onHandOver, onRemind }) {
  const waiting = report.figures.waiting;
  const employers = waitingEmployers(report).length;
  return html`<section class=${waiting || employers ? "note note-warn report-todo" : "note report-todo"}
    aria-label=${t("organiser.report.todo.title")}>
    <strong>${(waiting || employers ? "! " : "✓ ") + t("organiser.report.todo.title")}</strong>
    ${waiting > 0 &&
    html`<span
        >${t("organiser.report.todo.not_contacted", {
          n: waiting,
          when: clock(report.figures.waiting_since, { time: "always" }),
        })} <${Defines} metric="waiting" /></span
      >
      <${Button} class="no-print" onClick=${() => onList({ waiting: true })}>${t("organiser.report.todo.see_list")}<//>
      <${Button} class="no-print" href="/desk">${t("organiser.report.todo.call")}<//>`}
    ${employers > 0 &&
    html`<span>${t("organiser.report.todo.not_collected", { n: employers })}</span>
      <${Button} class="no-print" onClick=${onRemind}>${t("organiser.report.todo.remind")}<//>`}
    ${!waiting && !employers && html`<span>${t("organiser.report.todo.nothing")}</span>`}
    <span class="grow"></span>
    <${Button} kind="plain" class="no-print" onClick=${() => onList({})}>${t("organiser.applications.title")}<//>
    <${Button} kind="plain" class="no-print" onClick=${onHandOver}>${t("organiser.handover.title")}<//>
  </section>`;
}

export function Apart({ apart }) {
  if (!apart.late && !apart.forged_links && !apart.fraud) return null;
  const reasons = Object.keys(apart.reasons).map((key) => t("organiser.report.fraud." + key, { n: apart.reasons[key] }));
  const said = {
    late: t("organiser.report.late", { n: apart.late }),
    forged_links: t("organiser.report.forged_links", { n: apart.forged_links }),
    fraud: t("organiser.report.fraud", { n: apart.fraud }) + " (" + reasons.join(" · ") + ")",
  };
  return html`<p class="type-label">
    ${Object.keys(said)
      .filter((key) => apart[key] > 0)
      .map((key, nth) => html`<span key=${key}>${nth > 0 && " · "}${said[key]} <${Defines} metric=${key} /></span>`)}
  </p>`;
}
