/** The viewer's page takes over from what the server drew. */

import { html, render } from "../../vendor/preact-htm.js";
import { loadCatalogues } from "../i18n.js";
import { App } from "../viewer/app.js";
import { fetchTheRest, later } from "../viewer/later.js";
import { followTouches } from "../viewer/manners.js";
import { openPage } from "../viewer/page.js";
import { setServerTime } from "../viewer/server_time.js";

const REST_MS = 3000;

async function start() {
  const boot = JSON.parse(document.getElementById("boot").textContent);
  setServerTime(boot.now);
  await loadCatalogues(["common", "viewer"]);
  followTouches();
  const page = openPage(boot);
  const app = document.getElementById("app");
  app.textContent = "";
  render(html`<${App} page=${page} />`, app);
  page.begin();
  setTimeout(() => {
    fetchTheRest();
    later("files").then((files) => files.takeUpAgain(page), () => null);
  }, REST_MS);
}

start();
