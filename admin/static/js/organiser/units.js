/** The organisation and its units as a tree: add, rename, move, close. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Badge, Button, Confirm, Sheet } from "../components.js";
import { t } from "../i18n.js";
import { Choice, FormError, Line, useForm } from "./form.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { say } from "./words.js";

const KINDS = ["province", "city", "county", "town", "base", "station", "company"];
const BACK = { href: "/organiser/reports", get text() { return t("programme.nav.reports"); } };
const STEP = 16;

function beneath(units, unit) {
  const found = [unit.id];
  units.forEach((one) => found.includes(one.parent_id) && found.push(one.id));
  return found;
}

/** Where a unit may stand: every open one that is not beneath itself. */
function places(units, unit) {
  const own = unit ? beneath(units, unit) : [];
  return units
    .filter((one) => !own.includes(one.id) && (!one.closed_at || (unit && one.id === unit.parent_id)))
    .map((one) => [one.id, "　".repeat(one.depth) + one.name]);
}

function UnitSheet({ units, unit, parent, onSaved, onClose }) {
  const form = useForm(
    { name: unit ? unit.name : "", kind: unit ? unit.kind : "station", parent_id: unit ? unit.parent_id : parent.id },
    ["name"],
  );
  const submit = async (event) => {
    event.preventDefault();
    const [method, path] = unit ? ["PUT", "/api/v1/units/" + unit.id] : ["POST", "/api/v1/units"];
    const tree = await form.send(method, path, form.values);
    if (tree) onSaved(tree);
  };
  return html`<${Sheet} title=${t(unit ? "series.units.edit" : "series.units.add")} onClose=${onClose}>
    <form class="stack" onSubmit=${submit} novalidate>
      <${FormError} form=${form} />
      <${Line} form=${form} name="name" required label=${t("series.units.name")} data-autofocus />
      <${Choice} form=${form} name="kind" label=${t("series.units.kind")} options=${KINDS.map((kind) => [kind, t("series.units.kind." + kind)])} />
      <${Choice} form=${form} name="parent_id" label=${t("series.units.parent")} hint=${unit ? t("series.units.move_hint") : undefined} options=${places(units, unit)} />
      <${Button} type="submit" kind="primary" size="main" class="button-wide" disabled=${form.sending}>${t("common.save")}<//>
    </form>
  <//>`;
}

function UnitLine({ unit, onAdd, onEdit, onClose, onReopen, onDelete }) {
  const name = html`<span class="visually-hidden"> ${unit.name}</span>`;
  const closed = Boolean(unit.closed_at);
  return html`<li class="row show-row" style=${{ marginLeft: unit.depth * STEP + "px" }} data-unit=${unit.id}>
    <div class="grow">
      <p>
        <a class="show-title" href=${"/organiser/units/" + unit.id}>${unit.name}</a> <${Badge}>${t("series.units.kind." + unit.kind)}<//>${" "}
        ${closed && html`<${Badge} tone="warn">${t("series.units.closed")}<//>`}
      </p>
      <p class="type-label">${t("series.shows_held", { n: unit.shows })}</p>
    </div>
    ${!closed && html`<${Button} onClick=${onAdd}>${t("series.units.add_beneath")}${name}<//>`}
    ${!unit.parent_id && html`<${Button} href="/organiser/organisation">${t("programme.edit")}${name}<//>`}
    ${unit.parent_id && html`<${Button} onClick=${onEdit}>${t("programme.edit")}${name}<//>`}
    ${unit.parent_id && !closed && html`<${Button} kind="danger" onClick=${onClose}>${t("series.units.close")}${name}<//>`}
    ${unit.empty && html`<${Button} kind="danger" onClick=${onDelete}>${t("series.units.delete")}${name}<//>`}
    ${closed && html`<${Button} onClick=${onReopen}>${t("series.units.reopen")}${name}<//>`}
  </li>`;
}

export function UnitsPage() {
  const load = useLoad("/api/v1/units");
  const [open, setOpen] = useState(null);
  const [leaving, setLeaving] = useState(null);
  const [notice, put] = useNotice();
  const saved = (tree) => {
    setOpen(null);
    setLeaving(null);
    put({ text: t("common.saved") });
    load.put(tree);
  };
  const send = (method, path) =>
    api(method, "/api/v1/units/" + path).then(saved, (failure) => {
      setLeaving(null);
      put({ text: say(failure) });
    });
  return html`<${Frame} title=${t("series.units.title")} back=${BACK} notice=${notice} put=${put}>
    <p>${t("series.units.note")}</p>
    <${Loaded} load=${load} say=${say}>
      ${({ units }) => html`<ul class="unit-tree">
          ${units.map(
            (unit) => html`<${UnitLine}
              key=${unit.id}
              unit=${unit}
              onAdd=${() => setOpen({ parent: unit })}
              onEdit=${() => setOpen({ unit })}
              onClose=${() => setLeaving({ unit, ask: "close", send: ["POST", unit.id + "/close"] })}
              onReopen=${() => send("POST", unit.id + "/reopen")}
              onDelete=${() => setLeaving({ unit, ask: "delete", send: ["DELETE", unit.id] })}
            />`,
          )}
        </ul>
        ${open && html`<${UnitSheet} units=${units} unit=${open.unit} parent=${open.parent} onSaved=${saved} onClose=${() => setOpen(null)} />`}`}
    <//>
    ${leaving &&
    html`<${Confirm}
      text=${t("series.units." + leaving.ask + "_ask", { name: leaving.unit.name })}
      yes=${t("series.units." + leaving.ask)}
      no=${t("common.cancel")}
      onYes=${() => send(...leaving.send)}
      onNo=${() => setLeaving(null)}
    />`}
  <//>`;
}
