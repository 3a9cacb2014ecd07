/** The right end of every menu of staff: theme, language, who is signed in, and the way out. */

import { html } from "../vendor/preact-htm.js";
import { setTheme, theme, THEMES } from "./appearance.js";
import { Button } from "./components.js";
import { language, switchLanguage, t } from "./i18n.js";
import { signOut } from "./sign_out.js";

export function MenuSide({ account }) {
  const other = language() === "en" ? "zh-CN" : "en";
  return html`<div class="menu-side">
    <label class="menu-theme">
      <span class="visually-hidden">${t("common.theme.label")}</span>
      <select class="input input-small" onChange=${(event) => setTheme(event.target.value)}>
        ${THEMES.map(
          (name) => html`<option value=${name} selected=${name === theme()}>${t("common.theme." + name)}</option>`,
        )}
      </select>
    </label>
    <${Button} kind="plain" lang=${other} onClick=${() => switchLanguage(other)}>${t("common.lang.switch")}<//>
    <span class="type-label menu-who">${account.name}</span>
    <${Button} kind="plain" onClick=${() => signOut(t("common.sign_out_failed"))}>${t("common.sign_out")}<//>
  </div>`;
}
