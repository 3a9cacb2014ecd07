/** Imports: choose a workbook, watch it go up and be read, and what was imported before. */

import { html, useRef, useState } from "../../vendor/preact-htm.js";
import { Badge, Empty } from "../components.js";
import { language, t } from "../i18n.js";
import { uploadTo } from "../upload.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { say, when } from "./words.js";

const TYPES = ".xlsx,.xls,.csv";

/** Sends the file; told(0…1) while it goes, then the preview. Throws ApiError. */
export function upload(file, told) {
  return uploadTo("/api/v1/imports?lang=" + language(), file, told);
}

function Progress({ share }) {
  const percent = Math.round(share * 100);
  return html`<div role="status" class="stack-tight">
    <p>${share < 1 ? t("programme.import.sending", { n: percent }) : t("organiser.import.reading")}</p>
    <progress class="progress" max="100" value=${share < 1 ? percent : undefined} aria-label=${t("organiser.import.title")}></progress>
  </div>`;
}

function Drop({ onFile, busy }) {
  const input = useRef(null);
  const [over, setOver] = useState(false);
  const take = (files) => files && files.length > 0 && !busy && onFile(files[0]);
  return html`<div
    class=${over ? "drop drop-over" : "drop"}
    onDragOver=${(event) => {
      event.preventDefault();
      setOver(true);
    }}
    onDragLeave=${() => setOver(false)}
    onDrop=${(event) => {
      event.preventDefault();
      setOver(false);
      take(event.dataTransfer.files);
    }}
  >
    <input
      ref=${input}
      id="workbook"
      type="file"
      class="visually-hidden"
      accept=${TYPES}
      disabled=${busy}
      onChange=${(event) => {
        take(event.target.files);
        event.target.value = "";
      }}
    />
    <label for="workbook" class="button button-primary button-main">${t("organiser.import.choose")}</label>
    <p class="type-label">${t("programme.import.hint")}</p>
  </div>`;
}

const TONES = { previewed: "warn", confirmed: "ok", undone: null };

function ImportLine({ one }) {
  const totals = one.totals;
  return html`<li class="row">
    <div class="grow">
      <p>
        <${Badge} tone=${TONES[one.state]}>${t("programme.import.state." + one.state)}<//>${" "}
        <a class="show-title" href=${"/organiser/imports/" + one.id}>${one.file_name}</a>
      </p>
      <p class="type-label">${[one.by, when(one.created_at)].join(" · ")}</p>
      <p class="type-label">
        ${one.state === "confirmed"
          ? t("organiser.import.done", { n: one.imported })
          : [
              t("organiser.import.importable", { n: totals.imports }),
              t("organiser.import.faulty", { n: totals.faulty }),
              t("organiser.import.repeated", { n: totals.duplicate }),
            ].join(" · ")}
      </p>
    </div>
  </li>`;
}

export function ImportsPage() {
  const load = useLoad("/api/v1/imports");
  const [share, setShare] = useState(null);
  const [failure, setFailure] = useState(null);
  const [notice, put] = useNotice();
  const send = async (file) => {
    setFailure(null);
    setShare(0);
    try {
      location.assign("/organiser/imports/" + (await upload(file, setShare)).id);
    } catch (refused) {
      setFailure(refused);
      setShare(null);
    }
  };
  return html`<${Frame} title=${t("organiser.import.title")} notice=${notice} put=${put}>
    ${failure && html`<p class="note note-error" role="alert">${say(failure)}</p>`}
    ${share === null ? html`<${Drop} onFile=${send} />` : html`<${Progress} share=${share} />`}
    <section class="block">
      <h2 class="block-title">${t("programme.import.history")}</h2>
      <${Loaded} load=${load} say=${say}>
        ${({ imports }) =>
          imports.length === 0
            ? html`<${Empty} text=${t("programme.import.none")} />`
            : html`<ul>
                ${imports.map((one) => html`<${ImportLine} key=${one.id} one=${one} />`)}
              </ul>`}
      <//>
    </section>
  <//>`;
}
