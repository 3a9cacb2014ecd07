/** The recruiter's desk: applications on the left, one person on the right. */

import { html, render } from "../../vendor/preact-htm.js";
import { Desk } from "../desk/app.js";
import { EmployersPage } from "../desk/employers.js";
import { mountTop } from "../desk/top.js";
import { loadCatalogues } from "../i18n.js";

const boot = JSON.parse(document.getElementById("boot").textContent);
const employer = new URLSearchParams(location.search).get("employer_id");

loadCatalogues(["common", "desk", "exports", "lists"]).then(() => {
  const chooses = boot.account.role === "organiser";
  mountTop(boot.account);
  render(
    chooses && !employer ? html`<${EmployersPage} />` : html`<${Desk} employer=${chooses ? employer : null} />`,
    document.getElementById("app"),
  );
});
