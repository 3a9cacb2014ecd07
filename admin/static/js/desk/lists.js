/** Lists out of the desk and back into it: an export, and what became of people, as the employer noted it elsewhere. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button, Field, Sheet } from "../components.js";
import { t } from "../i18n.js";
import { ExportsSheet } from "../report/exports.js";
import { Lists } from "../report/lists.js";

/** A list comes back for one show: numbers are counted by show. */
function OutcomesSheet({ shows, onClose }) {
  const [show, setShow] = useState(shows[0].id);
  const [busy, setBusy] = useState(false);
  return html`<${Sheet} title=${t("desk.bring_back")} wide onClose=${onClose}>
    <div class="stack">
      ${shows.length > 1 &&
      !busy &&
      html`<${Field} label=${t("desk.filter.broadcast")} as="select" onChange=${(event) => setShow(event.target.value)}>
        ${shows.map((one) => html`<option value=${one.id} selected=${show === one.id}>${one.name}</option>`)}
      <//>`}
      <${Lists} key=${show} path=${"/api/v1/broadcasts/" + show} kind="outcomes" onBusy=${setBusy} />
    </div>
  <//>`;
}

/** wanted: the id of the show that is looked at, chosen first. */
export function ListButtons({ shows, wanted, onChanged }) {
  const [open, setOpen] = useState("");
  const close = () => setOpen("");
  const inOrder = shows.filter((one) => one.id === wanted).concat(shows.filter((one) => one.id !== wanted));
  if (shows.length === 0) return null;
  return html`<div class="line-up desk-lists">
      <${Button} onClick=${() => setOpen("out")}>${t("exports.open")}<//>
      <${Button} onClick=${() => setOpen("back")}>${t("desk.bring_back")}<//>
    </div>
    ${open === "out" && html`<${ExportsSheet} shows=${inOrder} onClose=${close} />`}
    ${open === "back" &&
    html`<${OutcomesSheet} shows=${inOrder} onClose=${() => {
      close();
      onChanged();
    }} />`}`;
}
