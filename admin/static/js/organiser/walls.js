/** Public links to a wall screen: made, copied, scanned, opened, closed. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Confirm } from "../components.js";
import { t } from "../i18n.js";
import { copyLink } from "./channels.js";
import { Loaded, useLoad } from "./frame.js";
import { query, say, when } from "./words.js";

function Wall({ wall, put, onClose }) {
  return html`<li class="card channel" data-wall=${wall.link.id}>
    <img class="channel-code" src=${wall.qr} alt=${t("series.wall.qr")} width="112" height="112" />
    <div class="grow">
      <p class="type-label">${t("series.wall.made", { who: wall.link.by, when: when(wall.link.at) })}</p>
      <p class="channel-link">${wall.url}</p>
      <div class="line-up wrap">
        <${Button} onClick=${() => copyLink(wall.url, put)}>${t("series.wall.copy")}<//>
        <a class="button button-plain" href=${wall.url} target="_blank" rel="noopener">${t("series.wall.open")}</a>
        <a class="button button-plain" href=${wall.url + "?theme=light"} target="_blank" rel="noopener">${t("series.wall.open_light")}</a>
        <${Button} kind="danger" onClick=${onClose}>${t("series.wall.close")}<//>
      </div>
    </div>
  </li>`;
}

/** of: {broadcast_id} or {series_id}. */
export function Walls({ of, put }) {
  const load = useLoad("/api/v1/walls" + query(of));
  const [closing, setClosing] = useState(null);
  const act = (path, body, done) =>
    api("POST", path, body).then(
      () => {
        put({ text: t(done) });
        load.refresh();
      },
      (failure) => put({ text: say(failure) }),
    );
  const close = () => {
    act("/api/v1/walls/" + closing + "/close", {}, "series.wall.closed");
    setClosing(null);
  };
  return html`<section class="block">
    <h2 class="block-title">${t("series.wall.title")}</h2>
    <p class="type-label">${t("series.wall.note")}</p>
    <${Loaded} load=${load} say=${say}>
      ${({ walls }) => html`<ul class="stack">
        ${walls
          .filter((wall) => wall.link.revoked_at === null)
          .map((wall) => html`<${Wall} key=${wall.link.id} wall=${wall} put=${put} onClose=${() => setClosing(wall.link.id)} />`)}
      </ul>`}
    <//>
    <p class="more"><${Button} onClick=${() => act("/api/v1/walls", of, "series.wall.opened")}>${t("series.wall.make")}<//></p>
    ${closing &&
    html`<${Confirm} text=${t("series.wall.close_ask")} yes=${t("series.wall.close")} no=${t("common.cancel")} onYes=${close} onNo=${() => setClosing(null)} />`}
  </section>`;
}
