/** Channels of a show: a signed link and a code to scan for each place viewers come from. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Badge, Button, Confirm, Empty } from "../components.js";
import { t } from "../i18n.js";
import { labelled } from "../label.js";
import { cardLabel, cardTitle } from "../job_card.js";
import { copied } from "./copy.js";
import { Choice, FormError, Line, useForm } from "./form.js";
import { Loaded, useLoad } from "./frame.js";
import { say } from "./words.js";

const KINDS = ["platform", "account", "poster", "station", "stall", "group", "other"];

/** Copies a link and says so, or how to do it by hand. */
export async function copyLink(link, put) {
  put({ text: t((await copied(link)) ? "common.copied" : "common.copy_by_hand") });
}

function Add({ base, rows, onAdded }) {
  const form = useForm({ kind: "platform", name: "", card_id: "" }, ["name"]);
  const cards = [["", t("programme.channel.whole_show")]].concat(
    rows.map((row) => [row.card.id, cardLabel(row.card) + " " + cardTitle(row.card)]),
  );
  const submit = async (event) => {
    event.preventDefault();
    const { kind, name, card_id: card } = form.values;
    const made = await form.send("POST", base + "/channels", { kind, name, card_id: card || null });
    if (!made) return;
    form.setValues({ kind, name: "", card_id: "" });
    onAdded(made);
  };
  return html`<form class="card stack-tight" onSubmit=${submit} novalidate>
    <h3 class="block-title">${t("organiser.show.channel_add")}</h3>
    <${FormError} form=${form} />
    <div class="two-columns">
      <${Choice} form=${form} name="kind" label=${t("organiser.show.channel_kind")} options=${KINDS.map((kind) => [kind, t("programme.channel.kind." + kind)])} />
      <${Line} form=${form} name="name" required label=${t("organiser.show.channel_name")} placeholder=${t("programme.channel.example." + form.values.kind)} />
      <${Choice} form=${form} name="card_id" label=${t("organiser.show.channel_job")} options=${cards} />
    </div>
    <${Button} type="submit" kind="primary" disabled=${form.sending}>${t("organiser.show.channel_add")}<//>
  </form>`;
}

function ChannelCard({ base, broadcastId, channel, put, onRevoke }) {
  const code = base + "/channels/" + channel.id + "/code";
  const name = html`<span class="visually-hidden"> ${channel.name}</span>`;
  if (channel.revoked_at) {
    return html`<li class="card channel channel-gone">
      <div class="grow">
        <p><strong>${channel.name}</strong> <${Badge}>${t("programme.channel.revoked")}<//></p>
        <p class="type-label">${t("programme.channel.brought", { n: channel.visits })}</p>
      </div>
    </li>`;
  }
  return html`<li class="card channel">
    <img class="channel-code" src=${code} alt=${t("programme.channel.code_of", { name: channel.name })} loading="lazy" width="112" height="125" />
    <div class="grow">
      <p>
        <strong>${channel.name}</strong> <${Badge} tone="next" shape=${false}>${t("programme.channel.kind." + channel.kind)}<//>
      </p>
      <p class="type-label">
        ${channel.card_label ? t("programme.channel.opens", { label: labelled(channel.card_label) }) : t("programme.channel.whole_show")} ·${" "}
        ${t("programme.channel.brought", { n: channel.visits })}
      </p>
      <p class="channel-link">${channel.link}</p>
      <div class="line-up wrap">
        <${Button} onClick=${() => copyLink(channel.link, put)}>${t("programme.channel.copy")}${name}<//>
        <a class="button button-secondary" href=${code + "?form=png&download=1"} download>${t("organiser.report.download_qr")}${name}</a>
        <a class="button button-plain" href=${code + "?form=svg&download=1"} download>${t("programme.channel.svg")}${name}</a>
        <a class="button button-plain" href=${"/organiser/broadcasts/" + broadcastId + "/poster?channel=" + channel.id}
          >${t("organiser.report.print_poster")}${name}</a
        >
        <${Button} kind="plain" class="tone-live" onClick=${onRevoke}>${t("organiser.show.channel_revoke")}${name}<//>
      </div>
    </div>
  </li>`;
}

export function Channels({ broadcastId, rows, put }) {
  const base = "/api/v1/broadcasts/" + broadcastId;
  const load = useLoad(base + "/channels");
  const [leaving, setLeaving] = useState(null);
  const revoke = async () => {
    try {
      await api("POST", base + "/channels/" + leaving.id + "/revoke");
      put({ text: t("programme.channel.revoked_now", { name: leaving.name }) });
      load.reload();
    } catch (failure) {
      put({ text: say(failure) });
    }
    setLeaving(null);
  };
  const added = (channel) => {
    put({ text: t("programme.channel.added", { name: channel.name }) });
    load.reload();
  };
  return html`<p class="type-label">${t("programme.channel.what_for")}</p>
    <${Add} base=${base} rows=${rows} onAdded=${added} />
    <${Loaded} load=${load} say=${say}>
      ${({ channels }) =>
        channels.length === 0
          ? html`<${Empty} text=${t("programme.channel.none")} />`
          : html`<ul class="stack block">
              ${channels.map(
                (one) => html`<${ChannelCard}
                  key=${one.id}
                  base=${base}
                  broadcastId=${broadcastId}
                  channel=${one}
                  put=${put}
                  onRevoke=${() => setLeaving(one)}
                />`,
              )}
            </ul>`}
    <//>
    ${leaving &&
    html`<${Confirm}
      text=${t("programme.channel.revoke_ask", { name: leaving.name })}
      yes=${t("organiser.show.channel_revoke")}
      no=${t("common.cancel")}
      onYes=${revoke}
      onNo=${() => setLeaving(null)}
    />`}`;
}
