/** The report of a series, of a unit, or of all shows, for its organiser. */

import { html, render } from "../../vendor/preact-htm.js";
import { loadCatalogues } from "../i18n.js";
import { mountMenu } from "../organiser/frame.js";
import { learnMetrics } from "../report/metrics.js";
import { SeriesPage } from "../series/page.js";

const boot = JSON.parse(document.getElementById("boot").textContent);

async function start() {
  await loadCatalogues(["common", "organiser", "programme", "series"]);
  learnMetrics(boot.metrics);
  mountMenu("reports", boot.account);
  render(html`<${SeriesPage} id=${boot.series_id} unit=${boot.unit_id} />`, document.getElementById("app"));
}

start();
