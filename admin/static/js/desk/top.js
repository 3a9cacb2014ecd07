/** The bar above the desk: where one is, theme, language, who is signed in, and the way out. */

import { html, render } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { setTheme, theme, THEMES } from "../appearance.js";
import { Button } from "../components.js";
import { language, switchLanguage, t } from "../i18n.js";

async function signOut() {
  await api("POST", "/api/v1/sign-out");
  location.assign("/login");
}

function Top({ account }) {
  const other = language() === "en" ? "zh-CN" : "en";
  return html`<a class="menu-place" href="/desk">${t("desk.title")}</a>
    ${account.role === "organiser" && html`<a class="menu-place" href="/organiser">${t("common.product.name")}</a>`}
    <div class="menu-side">
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
      <${Button} kind="plain" onClick=${signOut}>${t("desk.sign_out")}<//>
    </div>`;
}

export function mountTop(account) {
  const header = document.querySelector("body > header");
  header.textContent = "";
  header.classList.add("menu-bar");
  render(html`<${Top} account=${account} />`, header);
}
