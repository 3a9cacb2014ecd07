/** Policy notices: what a host may show between jobs. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Confirm, Empty, Sheet } from "../components.js";
import { t } from "../i18n.js";
import { filled, FormError, Line, Text, useForm } from "./form.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { say } from "./words.js";

const BLANK = { title: "", who: "", how_much: "", how_to_claim: "", phone: "" };
const REQUIRED = ["title", "who", "how_much", "how_to_claim"];

function valuesOf(policy) {
  const out = {};
  Object.keys(BLANK).forEach((name) => {
    out[name] = (policy && policy[name]) || "";
  });
  return out;
}

function PolicySheet({ policy, onSaved, onClose }) {
  const form = useForm(valuesOf(policy), REQUIRED);
  const submit = async (event) => {
    event.preventDefault();
    const [method, path] = policy ? ["PUT", "/api/v1/policies/" + policy.id] : ["POST", "/api/v1/policies"];
    if (await form.send(method, path, filled(form.values))) onSaved();
  };
  return html`<${Sheet} title=${t(policy ? "programme.policies.edit" : "programme.policies.add")} onClose=${onClose}>
    <form class="stack" onSubmit=${submit} novalidate>
      <${FormError} form=${form} />
      <${Line} form=${form} name="title" required label=${t("programme.policies.name")} data-autofocus />
      <${Text} form=${form} name="who" rows="2" maxlength="500" label=${t("common.policy.who") + " *"} />
      <${Text} form=${form} name="how_much" rows="2" maxlength="200" label=${t("common.policy.how_much") + " *"} />
      <${Text} form=${form} name="how_to_claim" rows="2" maxlength="500" label=${t("common.policy.how_to_claim") + " *"} />
      <${Line} form=${form} name="phone" inputmode="tel" label=${t("common.policy.phone")} />
      <${Button} type="submit" kind="primary" size="main" class="button-wide" disabled=${form.sending}>${t("common.save")}<//>
    </form>
  <//>`;
}

function PolicyLine({ policy, onEdit, onRemove }) {
  return html`<li class="card policy-line">
    <div class="grow">
      <h2 class="block-title">${policy.title}</h2>
      <dl class="pairs">
        ${["who", "how_much", "how_to_claim", "phone"].map(
          (part) =>
            policy[part] &&
            html`<div key=${part}>
              <dt class="type-label">${t("common.policy." + part)}</dt>
              <dd>${policy[part]}</dd>
            </div>`,
        )}
      </dl>
    </div>
    <div class="line-end">
      <${Button} onClick=${onEdit}>${t("programme.edit")}<span class="visually-hidden"> ${policy.title}</span><//>
      <${Button} kind="danger" onClick=${onRemove}>${t("programme.remove")}<span class="visually-hidden"> ${policy.title}</span><//>
    </div>
  </li>`;
}

export function PoliciesPage() {
  const load = useLoad("/api/v1/policies");
  const [open, setOpen] = useState(null);
  const [leaving, setLeaving] = useState(null);
  const [notice, put] = useNotice();
  const saved = () => {
    setOpen(null);
    put({ text: t("common.saved") });
    load.reload();
  };
  const remove = async () => {
    try {
      await api("DELETE", "/api/v1/policies/" + leaving.id);
      put({ text: t("programme.policies.removed", { title: leaving.title }) });
      load.reload();
    } catch (failure) {
      put({ text: say(failure) });
    }
    setLeaving(null);
  };
  const buttons = html`<${Button} kind="primary" onClick=${() => setOpen({})}>${t("programme.policies.add")}<//>`;
  return html`<${Frame} title=${t("programme.nav.policies")} buttons=${buttons} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>
      ${({ policies }) =>
        policies.length === 0
          ? html`<${Empty} text=${t("programme.policies.none")} />`
          : html`<ul class="stack">
              ${policies.map(
                (one) => html`<${PolicyLine}
                  key=${one.id}
                  policy=${one}
                  onEdit=${() => setOpen({ policy: one })}
                  onRemove=${() => setLeaving(one)}
                />`,
              )}
            </ul>`}
    <//>
    ${open && html`<${PolicySheet} policy=${open.policy} onSaved=${saved} onClose=${() => setOpen(null)} />`}
    ${leaving &&
    html`<${Confirm}
      text=${t("programme.policies.remove_ask", { title: leaving.title })}
      yes=${t("programme.remove")}
      no=${t("common.cancel")}
      onYes=${remove}
      onNo=${() => setLeaving(null)}
    />`}
  <//>`;
}
