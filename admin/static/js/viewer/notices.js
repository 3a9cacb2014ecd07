/** What people may read before they trust the page: the consent's whole notice, data protection, reporting a job. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Sheet } from "../components.js";
import { clock, t } from "../i18n.js";
import { cardLabel } from "../job_card.js";

function Lines({ lines }) {
  return html`<dl class="detail-list">
    ${lines.map(([name, text]) => html`<div key=${name}>
      <dt class="type-label">${t("viewer.notice." + name)}</dt>
      <dd>${text}</dd>
    </div>`)}
  </dl>`;
}

/** 详细说明: everything that is recorded with the consent, and the very text agreed to. */
export function NoticeSheet({ card, consent, onClose }) {
  const { employer } = card.job;
  const contact = [employer.contact_name, employer.contact_phone].filter(Boolean).join(" ");
  const lines = [
    ["receiver", consent.employer + (contact ? " · " + contact : "")],
    ["fields", consent.fields.map((field) => t("viewer.notice.field_" + field)).join(t("viewer.notice.and"))],
    ["purpose", t("viewer.notice.purpose_text")],
    ["keeper", consent.keeper],
    ["until", clock(consent.until, { time: "never" })],
    ["rights", t("viewer.notice.rights_text")],
  ];
  return html`<${Sheet} title=${t("viewer.apply.consent_details")} note=${card.job.title} onClose=${onClose}>
    <div class="stack">
      <${Lines} lines=${lines} />
      <div>
        <p class="type-label">${t("viewer.notice.agreed")}</p>
        <p class="note" lang="zh-CN">${consent.text}</p>
      </div>
    </div>
  <//>`;
}

const PRIVACY = ["watching", "applying", "consent", "withdrawing", "phone"];

/** {keeper_contact, notice} of whoever organises the show, null while that is not known, or {failed}. */
function useOwnNotice(broadcast) {
  const [own, setOwn] = useState(null);
  useEffect(() => {
    api("GET", "/api/v1/broadcasts/" + broadcast.id + "/notice").then(setOwn, () => setOwn({ failed: true }));
  }, []);
  return own;
}

/** Who keeps the data, and what the organiser says in its own words, each line for itself. */
function OwnNotice({ name, own, serviceLine }) {
  if (own.failed) return html`<p class="note note-warn" role="alert">${t("viewer.privacy.own_failed", { name })}</p>`;
  const contact = own.keeper_contact || serviceLine;
  const lines = (own.notice || "").split("\n").filter((line) => line.trim());
  return html`${contact && html`<p>${t("viewer.privacy.keeper", { name, contact })}</p>`}
    ${lines.length > 0 &&
    html`<section class="stack">
      <h3>${t("viewer.privacy.own", { name })}</h3>
      ${lines.map((line, nth) => html`<p key=${nth}>${line}</p>`)}
    </section>`}`;
}

/** 信息保护说明: what holds for every show, who keeps the data, and what that organiser adds. */
export function PrivacySheet({ broadcast, serviceLine, onClose }) {
  const own = useOwnNotice(broadcast);
  return html`<${Sheet} title=${t("viewer.privacy.title")} onClose=${onClose}>
    <div class="stack">
      <ul class="stack">
        ${PRIVACY.map((part) => html`<li key=${part}>${t("viewer.privacy." + part)}</li>`)}
      </ul>
      <p>
        ${serviceLine
          ? t("viewer.privacy.ask", { name: broadcast.organiser, phone: serviceLine })
          : t("viewer.privacy.ask_no_phone", { name: broadcast.organiser })}
      </p>
      ${own && html`<${OwnNotice} name=${broadcast.organiser} own=${own} serviceLine=${serviceLine} />`}
    </div>
  <//>`;
}

/** 举报这个岗位: the service line takes reports. */
export function ReportSheet({ card, broadcast, serviceLine, onClose }) {
  const params = { label: cardLabel(card), title: card.job.title, phone: serviceLine, name: broadcast.organiser };
  return html`<${Sheet} title=${t("viewer.report.title")} onClose=${onClose}>
    <div class="stack">
      <p>${t(serviceLine ? "viewer.report.by_phone" : "viewer.report.to_organiser", params)}</p>
      ${serviceLine &&
      html`<${Button} kind="call" size="main" class="button-wide" href=${"tel:" + serviceLine}
        >${t("common.job.call") + " " + serviceLine}<//
      >`}
    </div>
  <//>`;
}
