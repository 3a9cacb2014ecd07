/** 本单位: what the organisation says of itself on every show. */

import { html } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { t } from "../i18n.js";
import { changes, Choice, filled, FormError, Line, Text, useForm } from "./form.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { say } from "./words.js";

const KINDS = ["province", "city", "county", "town", "base", "station", "company"];
const FIELDS = ["name", "kind", "service_phone", "keeper_contact", "privacy_notice"];

function valuesOf(organisation) {
  const out = {};
  FIELDS.forEach((name) => {
    out[name] = organisation[name] || "";
  });
  return out;
}

function OrganisationForm({ organisation, onSaved }) {
  const form = useForm(valuesOf(organisation), ["name"]);
  const label = (name) => ({ form, name, label: t("organisation." + name), hint: t("organisation." + name + "_hint") });
  const submit = async (event) => {
    event.preventDefault();
    const after = await form.send("PATCH", "/api/v1/organisation", filled(changes(form.values, valuesOf(organisation))));
    if (!after) return;
    form.setValues(valuesOf(after));
    onSaved(after);
  };
  return html`<form class="card stack" onSubmit=${submit} novalidate>
    <${FormError} form=${form} />
    <p class="type-label">${t("organisation.note")}</p>
    <div class="two-columns">
      <${Line} ...${label("name")} required />
      <${Choice} form=${form} name="kind" label=${t("organisation.kind")} options=${KINDS.map((kind) => [kind, t("series.units.kind." + kind)])} />
      <${Line} ...${label("service_phone")} inputmode="tel" />
      <${Line} ...${label("keeper_contact")} />
    </div>
    <${Text} ...${label("privacy_notice")} rows="8" />
    <div class="form-end">
      <${Button} type="submit" kind="primary" size="main" disabled=${form.sending}>${t("common.save")}<//>
    </div>
  </form>`;
}

export function OrganisationPage() {
  const load = useLoad("/api/v1/organisation");
  const [notice, put] = useNotice();
  const saved = (after) => {
    load.put(after);
    put({ text: t("common.saved") });
  };
  const buttons = html`<${Button} href="/organiser/units">${t("series.units.title")}<//><${Button} href="/organiser/audit">${t("organisation.audit.title")}<//>`;
  return html`<${Frame} title=${t("organisation.title")} buttons=${buttons} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>
      ${(organisation) => html`<${OrganisationForm} organisation=${organisation} onSaved=${saved} />`}
    <//>
  <//>`;
}
