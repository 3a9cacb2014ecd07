/** The end of the page: who answers for it, how it looks, in which language. */

import { html, useState } from "../../vendor/preact-htm.js";
import { THEMES, setTheme, theme } from "../appearance.js";
import { language, switchLanguage, t } from "../i18n.js";

function Themes() {
  const [chosen, setChosen] = useState(theme());
  const choose = (name) => {
    setTheme(name);
    setChosen(name);
  };
  return html`<div class="viewer-themes" role="group" aria-label=${t("common.theme.label")}>
    ${THEMES.map(
      (name) =>
        html`<button type="button" key=${name} class="chip" aria-pressed=${name === chosen ? "true" : "false"} onClick=${() => choose(name)}
          >${t("common.theme." + name)}</button
        >`,
    )}
    <button type="button" class="chip" lang=${language() === "en" ? "zh-CN" : "en"} onClick=${() => switchLanguage(language() === "en" ? "zh-CN" : "en")}
      >${t("common.lang.switch")}</button
    >
  </div>`;
}

export function Foot({ broadcast, serviceLine, onCall, onPrivacy }) {
  return html`<footer class="viewer-foot type-label">
    <ul>
      <li>${t("common.footer.organiser", { name: broadcast.organiser })}</li>
      ${serviceLine &&
      html`<li><a class="viewer-foot-link" href=${"tel:" + serviceLine} onClick=${onCall}>${t("common.footer.service_phone")} ${serviceLine}</a></li>`}
      <li><button type="button" class="link-button" onClick=${onPrivacy}>${t("common.footer.privacy")}</button></li>
      <li>${t("common.footer.kind")}</li>
    </ul>
    <${Themes} />
  </footer>`;
}
