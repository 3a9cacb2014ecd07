/** A poster to print on A4: what, when, a large code to scan, whom to call. */

import { html } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { t } from "../i18n.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { asked, query, say, when } from "./words.js";

function Sheet({ show, snapshot, tray, channel }) {
  const jobs = tray.cards.filter((card) => card.job);
  const openings = jobs.reduce((sum, card) => sum + (card.job.headcount_max || card.job.headcount_min || 0), 0);
  const only = channel && channel.card_id && tray.cards.find((card) => card.id === channel.card_id);
  const base = "/api/v1/broadcasts/" + show.id;
  const code = channel ? base + "/channels/" + channel.id + "/code" : base + "/code";
  const phone = show.service_phone || show.organiser_phone;
  return html`<article class="poster" aria-label=${t("programme.poster.title")}>
    ${show.series && html`<p class="poster-series">${show.series}</p>`}
    <p class="poster-title">${show.title}</p>
    <p class="poster-when">${when(show.starts_at)}</p>
    ${only && only.job && html`<p class="poster-job">${only.job.title} · ${only.job.employer.name}</p>`}
    ${jobs.length > 0 && !only && html`<p class="poster-jobs">${t("programme.poster.jobs", { cards: jobs.length, openings })}</p>`}
    <img class="poster-code" src=${code} alt=${t("programme.channel.code_of", { name: channel ? channel.name : show.title })} />
    <p class="poster-scan">${t("programme.poster.scan")}</p>
    <p class="poster-free">${t("programme.poster.free")}</p>
    ${show.platform && html`<p class="poster-small">${t("programme.poster.platform", { platform: show.platform })}</p>`}
    <p class="poster-small">
      ${t("common.footer.organiser", { name: snapshot.broadcast.organiser })}${phone && " · " + t("common.footer.service_phone") + " " + phone}
    </p>
  </article>`;
}

function Choose({ channels, chosen, broadcastId }) {
  const open = channels.filter((one) => !one.revoked_at);
  const go = (event) => location.assign("/organiser/broadcasts/" + broadcastId + "/poster" + query({ channel: event.target.value }));
  return html`<label class="field no-print poster-choose">
    <span class="label">${t("programme.poster.channel")}</span>
    <select class="input input-small" onChange=${go}>
      <option value="" selected=${!chosen}>${t("programme.poster.no_channel")}</option>
      ${open.map((one) => html`<option key=${one.id} value=${one.id} selected=${one.id === chosen}>${one.name}</option>`)}
    </select>
  </label>`;
}

export function PosterPage({ id }) {
  const base = "/api/v1/broadcasts/" + id;
  const show = useLoad(base + "/show");
  const snapshot = useLoad(base);
  const tray = useLoad(base + "/tray");
  const channels = useLoad(base + "/channels");
  const [notice, put] = useNotice();
  const chosen = asked("channel");
  const back = { href: "/organiser/broadcasts/" + id + "?tab=channels", text: t("organiser.show.channels") };
  const buttons = html`<${Button} kind="primary" onClick=${() => window.print()}>${t("programme.poster.print")}<//>`;
  const all = [show, snapshot, tray, channels];
  const behind = all.find((load) => load.data === null) || show;
  return html`<${Frame} title=${t("programme.poster.title")} back=${back} buttons=${buttons} notice=${notice} put=${put}>
    <${Loaded} load=${behind} say=${say}>
      ${() => html`<${Choose} channels=${channels.data.channels} chosen=${chosen} broadcastId=${id} />
        <${Sheet}
          show=${show.data}
          snapshot=${snapshot.data}
          tray=${tray.data}
          channel=${channels.data.channels.find((one) => one.id === chosen && !one.revoked_at)}
        />`}
    <//>
  <//>`;
}
