/** A place to choose a file or drop one, and how far it has gone up. */

import { html, useState } from "../../vendor/preact-htm.js";
import { t } from "../i18n.js";

export function FileDrop({ id, types, label, hint, onFile }) {
  const [over, setOver] = useState(false);
  const take = (files) => files && files.length > 0 && onFile(files[0]);
  const hover = (event) => {
    event.preventDefault();
    setOver(true);
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  const choose = (event) => {
    take(event.target.files);
    event.target.value = "";
  };
  return html`<div class=${over ? "drop drop-over" : "drop"} onDragOver=${hover} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <input id=${id} type="file" class="visually-hidden" accept=${types} onChange=${choose} />
    <label for=${id} class="button button-primary button-main">${label}</label>
    <p class="type-label">${hint}</p>
  </div>`;
}

export function Sending({ share, label }) {
  const percent = Math.round(share * 100);
  return html`<div role="status" class="stack-tight">
    <p>${share < 1 ? t("programme.import.sending", { n: percent }) : t("organiser.import.reading")}</p>
    <progress class="progress" max="100" value=${share < 1 ? percent : undefined} aria-label=${label}></progress>
  </div>`;
}
