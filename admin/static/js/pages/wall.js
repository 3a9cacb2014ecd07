/** The wall screen behind a public link; ?theme=light for a bright room. */

import { html, render } from "../../vendor/preact-htm.js";
import { loadCatalogues } from "../i18n.js";
import { WallPage } from "../wall/page.js";

const boot = JSON.parse(document.getElementById("boot").textContent);

async function begin() {
  await loadCatalogues(["common", "wall"]);
  document.body.classList.add("wall");
  if (new URLSearchParams(location.search).get("theme") === "light") {
    document.documentElement.setAttribute("data-theme", "light");
    document.body.classList.add("wall-light");
  }
  const place = document.getElementById("app");
  place.textContent = "";
  render(html`<${WallPage} code=${boot.code} />`, place);
}

begin();
