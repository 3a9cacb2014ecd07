/** The report of a show, for its organiser. */

import { html, render } from "../../vendor/preact-htm.js";
import { loadCatalogues } from "../i18n.js";
import { mountMenu } from "../organiser/frame.js";
import { learnMetrics } from "../report/metrics.js";
import { ReportPage } from "../report/page.js";

const boot = JSON.parse(document.getElementById("boot").textContent);

async function start() {
  await loadCatalogues(["common", "organiser", "programme", "exports", "lists", "desk", "platform", "series"]);
  learnMetrics(boot.metrics);
  mountMenu("reports", boot.account);
  render(html`<${ReportPage} boot=${boot} />`, document.getElementById("app"));
}

start();
