/** The applicant's own page. */

import { html, render } from "../../vendor/preact-htm.js";
import { loadCatalogues } from "../i18n.js";
import { App } from "../me/app.js";
import { setServerTime } from "../viewer/server_time.js";

async function start() {
  const boot = JSON.parse(document.getElementById("boot").textContent);
  setServerTime(boot.now);
  await loadCatalogues(["common", "viewer", "me"]);
  const app = document.getElementById("app");
  app.textContent = "";
  render(html`<${App} show=${boot.broadcast_id} />`, app);
}

start();
