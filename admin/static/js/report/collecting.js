/** Links by which employers collect their lists: a new one with its code, and how often each was opened. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Badge, Button, Confirm } from "../components.js";
import { errorText } from "../errors.js";
import { clock, t } from "../i18n.js";

const TONES = { open: "ok", closed: "warn" };

function at(when) {
  return clock(when, { time: "always" });
}

/** Shown once: the code is kept nowhere. */
export function MadeLink({ made, onCopy, onDone }) {
  const link = made.collection;
  const box = useRef(null);
  useEffect(() => {
    box.current.querySelector("button").focus();
  }, []);
  return html`<div class="stack" ref=${box}>
    <p class="type-value" role="status">✓ ${t("lists.link.made", { receiver: link.receiver })}</p>
    <p class="link-url"><span class="type-label">${t("lists.link.url")}</span> <span data-link>${made.url}</span></p>
    <${Button} kind="primary" class="button-wide" onClick=${() => onCopy(made.url)}>${t("lists.link.copy")}<//>
    <p class="type-title link-code">${t("organiser.handover.code", { code: made.code })}</p>
    <p class="note note-warn">${t("lists.link.once")}</p>
    <p class="type-label">${t("lists.link.limits", { until: at(link.expires_at), n: link.most_openings })}</p>
    <${Button} class="button-wide" onClick=${onDone}>${t("lists.link.done")}<//>
  </div>`;
}

function Link({ link, onRevoke }) {
  const name = t("lists.link.to", { employer: link.employer, receiver: link.receiver });
  const opened = [
    t("lists.link.opened", { n: link.openings, most: link.most_openings }),
    link.last_opened_at ? t("lists.link.last", { when: at(link.last_opened_at) }) : t("lists.link.never"),
    link.state === "open" && t("lists.link.until", { until: at(link.expires_at) }),
  ];
  return html`<li class="hand-over-row">
    <div class="grow">
      <p class="type-value">${name}</p>
      <p class="type-label">
        <${Badge} tone=${TONES[link.state]}>${t("lists.link.state." + link.state)}<//> ${opened.filter(Boolean).join(" · ")}
      </p>
    </div>
    ${["open", "used_up"].includes(link.state) &&
    html`<${Button} kind="plain" aria-label=${t("lists.link.revoke") + " " + name} onClick=${() => onRevoke(link)}>
      ${t("lists.link.revoke")}
    <//>`}
  </li>`;
}

export function CollectionLinks({ path }) {
  const [links, setLinks] = useState([]);
  const [asking, setAsking] = useState(null);
  const [failed, setFailed] = useState("");
  const tell = (failure) => setFailed(errorText(failure));
  const read = () => api("GET", path + "/collections").then((answer) => setLinks(answer.collections), tell);
  useEffect(() => {
    read();
  }, []);
  const revoke = () => {
    api("POST", path + "/collections/" + asking.id + "/revoke").then(read, tell);
    setAsking(null);
  };
  if (links.length === 0 && !failed) return null;
  return html`<h3>${t("lists.link.list")}</h3>
    ${failed && html`<p class="field-error" role="alert">${failed}</p>`}
    <ul>
      ${links.map((link) => html`<${Link} key=${link.id} link=${link} onRevoke=${setAsking} />`)}
    </ul>
    ${asking &&
    html`<${Confirm} text=${t("lists.link.revoke_ask")} yes=${t("lists.link.revoke")} no=${t("common.cancel")}
      onYes=${revoke} onNo=${() => setAsking(null)} />`}`;
}
