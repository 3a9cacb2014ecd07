/** Everything about one show before it starts: checks, tray, channels, particulars, links. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Announcer, Badge, Button, Confirm, TabPanel, Tabs } from "../components.js";
import { isUnverified, sayLabel } from "../host/words.js";
import { t } from "../i18n.js";
import { Channels, copyLink } from "./channels.js";
import { changes, useForm } from "./form.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { Segments } from "./segments.js";
import { Walls } from "./walls.js";
import { asRequest, ShowFields, valuesOf } from "./show_form.js";
import { TrayEditor } from "./tray_editor.js";
import { ask, asked, say, sayAllBlocked, when } from "./words.js";

const BLOCKED_SHOWN = 5;
const TABS = ["tray", "channels", "about", "links"];
const BACK = { href: "/organiser/shows", get text() { return t("programme.nav.shows"); } };

/* 开播前检查 */

function sayCheck(check) {
  const missing = check.missing.map((name) => t("programme.check.missing." + name)).join(t("programme.list_comma"));
  const key = "programme.check." + check.code + (check.ok ? "" : "_not");
  return t(key, { cards: check.cards, openings: check.openings, policies: check.policies, n: check.blocked.length, missing });
}

/** A few at once; a workbook of unverified employers blocks hundreds. */
function BlockedCards({ cards }) {
  const list = (some) => html`<ul class="type-label">
    ${some.map((one) => html`<li key=${one.card_id}>${sayLabel(one.label)} ${one.title} ${sayAllBlocked(one.blocked)}</li>`)}
  </ul>`;
  const rest = cards.slice(BLOCKED_SHOWN);
  return html`${cards.length > 0 && list(cards.slice(0, BLOCKED_SHOWN))}
  ${rest.length > 0 && html`<details><summary>${t("programme.check.more_blocked", { n: rest.length })}</summary>${list(rest)}</details>`}`;
}

function CheckLine({ check }) {
  return html`<li>
    <span class=${check.ok ? "tone-ok" : "tone-warn"} aria-hidden="true">${check.ok ? "✓" : "!"} </span>${sayCheck(check)}
    ${check.code === "notices" && !check.ok && html`${" "}<a href="/organiser/organisation">${t("organisation.fill_in")}</a>`}
    ${check.blocked.some(isUnverified) && html`${" "}<a href="/organiser/employers?state=unverified">${t("programme.job.to_employer")}</a>`}
    <${BlockedCards} cards=${check.blocked} />
  </li>`;
}

/** Opens the viewers' page as a phone would; a server that answers is not yet one that phones reach. */
function useOpens(broadcastId, checks) {
  const [opens, setOpens] = useState(true);
  useEffect(() => {
    fetch("/b/" + broadcastId, { credentials: "omit" }).then(
      (answer) => setOpens(answer.ok),
      () => setOpens(false),
    );
  }, [broadcastId]);
  return checks.map((check) => (check.code === "viewer_link" && !opens ? Object.assign({}, check, { ok: false }) : check));
}

function Checks({ broadcastId, checks }) {
  const seen = useOpens(broadcastId, checks);
  return html`<ul class="check-list">
    ${seen.map((check) => html`<${CheckLine} key=${check.code} check=${check} />`)}
  </ul>`;
}

/* Particulars */

function About({ show, names, put, onSaved }) {
  const form = useForm(valuesOf(show), ["title", "starts_at"]);
  const frozen = show.status !== "scheduled";
  const submit = async (event) => {
    event.preventDefault();
    const body = changes(asRequest(form.values), asRequest(valuesOf(show)));
    const after = await form.send("PATCH", "/api/v1/broadcasts/" + show.id + "/show", body);
    if (!after) return;
    form.setValues(valuesOf(after));
    put({ text: t("common.saved") });
    onSaved(after);
  };
  const hint = show.organiser_phone ? t("programme.show.phone_else", { phone: show.organiser_phone }) : undefined;
  return html`<form class="card stack" onSubmit=${submit} novalidate>
    <${ShowFields} form=${form} names=${names} frozen=${frozen} phoneHint=${hint} />
    <div class="form-end">
      <${Button} type="submit" kind="primary" size="main" disabled=${form.sending}>${t("common.save")}<//>
      <${Button} href=${"/organiser/shows/new?like=" + show.id}>${t("programme.show.as_template")}<//>
    </div>
  </form>`;
}

/* Links of the host's side */

function Links({ broadcastId, put }) {
  const load = useLoad("/api/v1/broadcasts/" + broadcastId + "/links");
  const [asking, setAsking] = useState(false);
  const renew = async () => {
    try {
      await api("POST", "/api/v1/broadcasts/" + broadcastId + "/links/renew");
      put({ text: t("programme.links.renewed") });
      load.reload();
    } catch (failure) {
      put({ text: say(failure) });
    }
    setAsking(false);
  };
  return html`<p class="type-label">${t("programme.links.note")}</p>
    <${Loaded} load=${load} say=${say}>
      ${(links) => html`<ul class="stack">
        ${Object.keys(links)
          .filter((name) => name.slice(-3) !== "_qr" && links[name])
          .map(
            (name) => html`<li key=${name} class="card channel">
              ${links[name + "_qr"] && html`<img class="channel-code" src=${links[name + "_qr"]} alt=${t("programme.links." + name)} width="112" height="112" />`}
              <div class="grow">
                <p><strong>${t("programme.links." + name)}</strong></p>
                <p class="channel-link">${links[name]}</p>
                <div class="line-up wrap">
                  <${Button} onClick=${() => copyLink(links[name], put)}
                    >${t("programme.channel.copy")}<span class="visually-hidden"> ${t("programme.links." + name)}</span><//
                  >
                  <a class="button button-plain" href=${links[name]} target="_blank" rel="noopener"
                    >${t("programme.links.open")}<span class="visually-hidden"> ${t("programme.links." + name)}</span></a
                  >
                </div>
              </div>
            </li>`,
          )}
      </ul>`}
    <//>
    <p class="more"><${Button} kind="danger" onClick=${() => setAsking(true)}>${t("programme.links.renew")}<//></p>
    ${asking &&
    html`<${Confirm}
      text=${t("programme.links.renew_ask")}
      yes=${t("programme.links.renew")}
      no=${t("common.cancel")}
      onYes=${renew}
      onNo=${() => setAsking(false)}
    />`}`;
}

/* The page */

function State({ show }) {
  const rehearsal = show.rehearsal && html` <${Badge} tone="warn">${t("common.rehearsal")}<//>`;
  const about = [when(show.starts_at), show.unit, show.host && t("organiser.report.host", { name: show.host }), show.platform];
  const word = show.status === "live" ? "common.live" : show.status === "ended" ? "common.ended" : "common.scheduled";
  return html`<p>
    <${Badge} tone=${show.status === "live" ? "live" : show.status === "ended" ? null : "next"} shape=${show.status === "live"}>${t(word)}<//>${rehearsal}
    <span class="type-label"> ${about.filter(Boolean).join(" · ")}</span>
  </p>`;
}

function Buttons({ show, put }) {
  const viewer = location.origin + "/b/" + show.id;
  return html`${show.status === "ended"
      ? html`<${Button} kind="primary" href=${"/organiser/broadcasts/" + show.id + "/report"}>${t("organiser.home.see_report")}<//>`
      : html`<${Button} kind="primary" href=${"/host/" + show.id}
            >${t(show.status === "live" ? "organiser.show.open_console" : "organiser.home.go_live")}<//
          >
          ${show.status === "live" &&
          html`<${Button} href=${"/organiser/broadcasts/" + show.id + "/report"}>${t("organiser.home.see_report")}<//>`}`}
    <${Button} onClick=${() => copyLink(viewer, put)}>${t("organiser.report.copy_viewer_link")}<//>
    <${Button} href=${"/organiser/broadcasts/" + show.id + "/poster"}>${t("organiser.report.print_poster")}<//>`;
}

function Everything({ show, names, put, onSaved }) {
  const base = "/api/v1/broadcasts/" + show.id;
  const tray = useLoad(base + "/tray-cards");
  const checks = useLoad(base + "/checks");
  const [tab, setTab] = useState(TABS.indexOf(asked("tab")) >= 0 ? asked("tab") : "tray");
  const choose = (one) => {
    setTab(one);
    ask("tab", one === "tray" ? null : one);
  };
  const changed = () => {
    tray.reload();
    checks.reload();
  };
  const tabs = TABS.map((id) => ({ id, label: t("programme.show.tab." + id) }));
  return html`<${State} show=${show} />
    ${show.status !== "ended" &&
    html`<section class="card block">
      <h2 class="block-title">${t("programme.check.title")}</h2>
      <${Loaded} load=${checks} say=${say}>${(data) => html`<${Checks} broadcastId=${show.id} checks=${data.checks} />`}<//>
    </section>`}
    ${show.status === "live" && html`<${Segments} broadcastId=${show.id} put=${put} />`}
    <div class="block">
      <${Tabs} name="show" label=${t("programme.show.parts")} tabs=${tabs} selected=${tab} onSelect=${choose} />
      <${TabPanel} name="show" id="tray" selected=${tab}>
        <${Loaded} load=${tray} say=${say}>
          ${({ cards }) => html`<${TrayEditor}
            broadcastId=${show.id}
            rows=${cards}
            status=${show.status}
            put=${put}
            onRows=${(rows) => tray.put({ cards: rows })}
            onChanged=${changed}
          />`}
        <//>
      <//>
      <${TabPanel} name="show" id="channels" selected=${tab}>
        <${Loaded} load=${tray} say=${say}>
          ${({ cards }) => html`<${Channels} broadcastId=${show.id} rows=${cards} put=${put} />`}
        <//>
      <//>
      <${TabPanel} name="show" id="about" selected=${tab}>
        <${About}
          show=${show}
          names=${names}
          put=${put}
          onSaved=${(after) => {
            onSaved(after);
            checks.reload();
          }}
        />
      <//>
      <${TabPanel} name="show" id="links" selected=${tab}>
        ${tab === "links" && html`<${Walls} of=${{ broadcast_id: show.id }} put=${put} /><${Links} broadcastId=${show.id} put=${put} />`}
      <//>
    </div>
    <${Announcer} />`;
}

export function ShowPage({ id }) {
  const load = useLoad("/api/v1/broadcasts/" + id + "/show");
  const names = useLoad("/api/v1/names");
  const [notice, put] = useNotice();
  const show = load.data;
  const buttons = show && html`<${Buttons} show=${show} put=${put} />`;
  return html`<${Frame} title=${show ? show.title : t("programme.nav.shows")} back=${BACK} buttons=${buttons} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>
      ${(loaded) => html`<${Loaded} load=${names} say=${say}>
        ${(known) => html`<${Everything} show=${loaded} names=${known} put=${put} onSaved=${load.put} />`}
      <//>`}
    <//>
  <//>`;
}
