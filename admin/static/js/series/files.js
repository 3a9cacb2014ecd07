/** What the page shows, to take along: all of it as a workbook, one table as a CSV, or on paper. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { errorText } from "../errors.js";
import { language, t } from "../i18n.js";
import { query } from "../organiser/words.js";
import { saveFile } from "../save_file.js";

/** [busy, failed, save]: a file of a great season is made for seconds. */
function useSaving(path, name) {
  const [state, setState] = useState({ busy: false, failed: "" });
  const save = () => {
    setState({ busy: true, failed: "" });
    saveFile(path, name).then(
      () => setState({ busy: false, failed: "" }),
      (failure) => setState({ busy: false, failed: errorText(failure) }),
    );
  };
  return [state.busy, state.failed, save];
}

function FileButton({ path, name, label, reason, kind = "secondary" }) {
  const [busy, failed, save] = useSaving(path, name);
  return html`<div class="series-file">
    <${Button} kind=${kind} disabled=${busy || Boolean(reason)} aria-describedby=${reason ? "why-" + name : undefined} onClick=${save}>${busy ? t("series.file.making") : label}<//>
    ${busy && html`<progress aria-label=${t("series.file.making")}></progress>`}
    ${reason && html`<span class="type-label" id=${"why-" + name}>${reason}</span>`} ${failed && html`<span class="tone-error" role="alert">${failed}</span>`}
  </div>`;
}

/** of: {address, days} of the shows. */
function pathOf(of, ending, more) {
  return of.address + "/report." + ending + query(Object.assign({ lang: language() }, of.days, more));
}

/** One table of the page. */
export function TableFile({ of, part, none = false }) {
  const label = t("series.file.csv", { table: t("series.part." + part) });
  const reason = none ? t("series.file.nothing") : "";
  return html`<${FileButton} path=${pathOf(of, "csv", { part })} name=${part + ".csv"} label=${label} reason=${reason} kind="plain" />`;
}

/** Everything the page shows; empty: there is no show yet. */
export function WholeFiles({ of, empty }) {
  const reason = empty ? t("series.file.no_shows") : "";
  return html`<div class="line-up wrap no-print series-files" role="group" aria-label=${t("series.file.title")}>
    <${FileButton} path=${pathOf(of, "xlsx", {})} name="report.xlsx" label=${t("organiser.report.export_book")} reason=${reason} />
    <${Button} disabled=${empty} onClick=${() => window.print()}>${t("programme.poster.print")}<//>
  </div>`;
}

/** A table's heading, and its file. */
export function TableHead({ title, children }) {
  return html`<div class="series-head">
    <h2>${title}</h2>
    <div class="line-up wrap no-print">${children}</div>
  </div>`;
}
