/** Before the show: what to do until it is on air. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button } from "../components.js";
import { t } from "../i18n.js";

export function Before({ path, show, onCopy }) {
  const [links, setLinks] = useState(null);
  useEffect(() => {
    api("GET", path + "/links").then(setLinks, () => setLinks(null));
  }, []);
  return html`<section class="card stack before-show">
    <p>${t("organiser.report.before")}</p>
    ${links &&
    html`<div class="no-print"><div class="line-up wrap">
        <${Button} kind="primary" onClick=${() => onCopy(links.viewer)}>${t("organiser.report.copy_viewer_link")}<//>
        <${Button} href=${links.viewer_qr} download=${show.title + ".svg"}>${t("organiser.report.download_qr")}<//>
        <${Button} onClick=${() => window.print()}>${t("organiser.report.print_poster")}<//>
      </div></div>
      <div class="poster">
        <p class="poster-title">${show.title}</p>
        <img src=${links.viewer_qr} alt=${links.viewer} />
        <p class="poster-line">${t("organiser.report.poster_line")}</p>
      </div>`}
  </section>`;
}
