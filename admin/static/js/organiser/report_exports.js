/** 导出多场报告: written in the background, with how far it is; gone after a day. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button } from "../components.js";
import { language, t } from "../i18n.js";
import { ExportLine, useExports } from "../report/exports.js";
import { say } from "./words.js";

const FORMATS = ["xlsx", "csv"];

function asked(wanted) {
  if (wanted.series) return { series: wanted.series };
  const days = {};
  if (wanted.since) days.since = wanted.since;
  if (wanted.until) days.until = wanted.until;
  return days;
}

/** Of a series or of days; of one show the report itself has it at once. */
export function ReportExports({ wanted }) {
  const [list, read] = useExports();
  const [failure, setFailure] = useState(null);
  const done = () => {
    setFailure(null);
    return read();
  };
  const start = (format) =>
    api("POST", "/api/v1/report-exports?lang=" + language(), Object.assign({ format }, asked(wanted))).then(done, setFailure);
  const act = (method, path) => api(method, "/api/v1/exports/" + path).then(done, setFailure);
  const reports = (list.exports || []).filter((one) => one.what === "reports");
  return html`<section class="block stack">
    <h2 class="block-title">${t("forms.exports.title")}</h2>
    <p class="type-label">${t("forms.exports.note")}</p>
    ${wanted.show
      ? html`<p><a href=${"/organiser/broadcasts/" + wanted.show + "/report"}>${t("forms.exports.one")}</a></p>`
      : html`<div class="line-up wrap">
          ${FORMATS.map((format) => html`<${Button} key=${format} onClick=${() => start(format)}>${t("forms.exports." + format)}<//>`)}
        </div>`}
    ${failure && html`<p class="note note-error" role="alert">${say(failure)}</p>`}
    ${list.failed && html`<p class="note note-error" role="alert">${list.failed}</p>`}
    ${reports.length > 0 && html`<ul>${reports.map((one) => html`<${ExportLine} key=${one.id} one=${one}
      onDestroy=${() => act("DELETE", one.id)} onAgain=${() => act("POST", one.id + "/again")} />`)}</ul>`}
  </section>`;
}
