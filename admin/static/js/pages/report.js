/** The report of a show, for its organiser. */

import { html, render } from "../../vendor/preact-htm.js";
import { loadCatalogues } from "../i18n.js";
import { learnMetrics } from "../report/metrics.js";
import { ReportPage } from "../report/page.js";

const boot = JSON.parse(document.getElementById("boot").textContent);

async function start() {
  await loadCatalogues(["common", "organiser"]);
  learnMetrics(boot.metrics);
  render(html`<${ReportPage} boot=${boot} />`, document.getElementById("app"));
}

start();
