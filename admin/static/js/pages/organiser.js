/** The organiser's pages: the address says which. */

import { html, render } from "../../vendor/preact-htm.js";
import { loadCatalogues, t } from "../i18n.js";
import { AccountsPage } from "../organiser/accounts.js";
import { AuditPage } from "../organiser/audit.js";
import { DefinitionsPage } from "../organiser/definitions.js";
import { EmployerPage, EmployersPage, NewEmployerPage } from "../organiser/employers.js";
import { FormPage } from "../organiser/form_page.js";
import { FormsPage } from "../organiser/forms.js";
import { Frame, mountMenu } from "../organiser/frame.js";
import { HomePage, ReportsPage, ShowsPage } from "../organiser/home.js";
import { ImportPage } from "../organiser/import_page.js";
import { ImportsPage } from "../organiser/imports.js";
import { JobPage, NewJobPage } from "../organiser/job_page.js";
import { JobsPage } from "../organiser/jobs.js";
import { OrganisationPage } from "../organiser/organisation.js";
import { PlatformImportPage, PlatformImportsPage } from "../organiser/platform_imports.js";
import { PoliciesPage } from "../organiser/policies.js";
import { PosterPage } from "../organiser/poster.js";
import { NewShowPage } from "../organiser/show_form.js";
import { ShowPage } from "../organiser/show_page.js";
import { UnitsPage } from "../organiser/units.js";

const boot = JSON.parse(document.getElementById("boot").textContent);

// [address, place in the menu, page]; the first that fits wins.
const PAGES = [
  [/^\/organiser$/, "home", () => html`<${HomePage} />`],
  [/^\/organiser\/shows$/, "shows", () => html`<${ShowsPage} />`],
  [/^\/organiser\/shows\/new$/, "shows", () => html`<${NewShowPage} />`],
  [/^\/organiser\/broadcasts\/([^/]+)$/, "shows", (id) => html`<${ShowPage} id=${id} />`],
  [/^\/organiser\/broadcasts\/([^/]+)\/poster$/, "shows", (id) => html`<${PosterPage} id=${id} />`],
  [/^\/organiser\/jobs$/, "jobs", () => html`<${JobsPage} />`],
  [/^\/organiser\/jobs\/new$/, "jobs", () => html`<${NewJobPage} />`],
  [/^\/organiser\/jobs\/([^/]+)$/, "jobs", (id) => html`<${JobPage} id=${id} />`],
  [/^\/organiser\/employers$/, "employers", () => html`<${EmployersPage} />`],
  [/^\/organiser\/employers\/new$/, "employers", () => html`<${NewEmployerPage} />`],
  [/^\/organiser\/employers\/([^/]+)$/, "employers", (id) => html`<${EmployerPage} id=${id} />`],
  [/^\/organiser\/imports$/, "imports", () => html`<${ImportsPage} />`],
  [/^\/organiser\/imports\/([^/]+)$/, "imports", (id) => html`<${ImportPage} id=${id} />`],
  [/^\/organiser\/policies$/, "policies", () => html`<${PoliciesPage} />`],
  [/^\/organiser\/forms$/, "reports", () => html`<${FormsPage} />`],
  [/^\/organiser\/forms\/([^/]+)$/, "reports", (id) => html`<${FormPage} id=${id} />`],
  [/^\/organiser\/platform$/, "reports", () => html`<${PlatformImportsPage} />`],
  [/^\/organiser\/platform\/([^/]+)$/, "reports", (id) => html`<${PlatformImportPage} id=${id} />`],
  [/^\/organiser\/reports$/, "reports", () => html`<${ReportsPage} />`],
  [/^\/organiser\/units$/, "reports", () => html`<${UnitsPage} />`],
  [/^\/organiser\/definitions$/, "reports", () => html`<${DefinitionsPage} />`],
  [/^\/organiser\/organisation$/, "organisation", () => html`<${OrganisationPage} />`],
  [/^\/organiser\/audit$/, "organisation", () => html`<${AuditPage} />`],
  [/^\/organiser\/accounts$/, "accounts", () => html`<${AccountsPage} me=${boot.account} />`],
];

function Lost() {
  return html`<${Frame} title=${t("programme.lost")} />`;
}

function found(path) {
  for (const [address, place, page] of PAGES) {
    const match = address.exec(path);
    if (match) return { place, page: page(match[1]) };
  }
  return { place: null, page: html`<${Lost} />` };
}

loadCatalogues(["common", "organiser", "programme", "series", "forms", "platform", "exports", "organisation"]).then(() => {
  const { place, page } = found(location.pathname.replace(/\/$/, ""));
  mountMenu(place, boot.account);
  render(page, document.getElementById("app"));
});
