/** Collecting a list with a code, on whatever phone the link was opened. */

import { html, render } from "../../vendor/preact-htm.js";
import { CollectPage } from "../collect/app.js";
import { loadCatalogues } from "../i18n.js";

const boot = JSON.parse(document.getElementById("boot").textContent);

loadCatalogues(["common", "lists", "desk"]).then(() => {
  render(html`<${CollectPage} token=${boot.token} />`, document.getElementById("app"));
});
