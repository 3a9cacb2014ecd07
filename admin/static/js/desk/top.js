/** The bar above the desk: where one is, an organiser's way back, and the menu's right end. */

import { html, render } from "../../vendor/preact-htm.js";
import { t } from "../i18n.js";
import { MenuSide } from "../menu_side.js";

function Top({ account }) {
  return html`<nav class="menu" aria-label=${t("desk.title")}>
      <ul class="menu-places">
        ${account.role === "organiser" && html`<li><a class="menu-place" href="/organiser">‹ ${t("desk.home")}</a></li>`}
        <li><a class="menu-place" href="/desk" aria-current="page">${t("desk.title")}</a></li>
      </ul>
    </nav>
    <${MenuSide} account=${account} />`;
}

export function mountTop(account) {
  const header = document.querySelector("body > header");
  header.textContent = "";
  header.classList.add("menu-bar");
  render(html`<${Top} account=${account} />`, header);
}
