/** For whom the host has removed from the show: that it was so, and what they can still do. */

import { html } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { t } from "../i18n.js";
import { TopBar } from "./top.js";

export function KeptOut({ page, state }) {
  const { broadcast } = state.show;
  const { serviceLine } = page;
  return html`<header><${TopBar} broadcast=${broadcast} /></header>
    <main id="content" class="viewer-main" tabindex="-1">
      <div class="card stack viewer-kept-out" role="alert">
        <h2 class="type-title">${t("viewer.kept_out.title")}</h2>
        <p>${t("viewer.kept_out.means")}</p>
        ${state.waiting.length > 0 && html`<p class="tone-warn">! ${t("viewer.kept_out.not_sent")}</p>`}
        <p>${t("viewer.kept_out.applications")}</p>
        <p>
          ${serviceLine
            ? t("viewer.kept_out.ask", { name: broadcast.organiser, phone: serviceLine })
            : t("viewer.kept_out.ask_no_phone", { name: broadcast.organiser })}
        </p>
        ${serviceLine &&
        html`<${Button} kind="call" size="main" class="button-wide" href=${"tel:" + serviceLine}>${t("common.job.call")}<//>`}
        <${Button} size="main" class="button-wide" href=${"/me?show=" + broadcast.id}>${t("viewer.kept_out.mine")}<//>
      </div>
    </main>`;
}
