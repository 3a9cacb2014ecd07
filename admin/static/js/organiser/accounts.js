/** Who signs in: organisers, hosts, operators, and recruiters of one employer. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Badge, Button, Confirm, Sheet } from "../components.js";
import { t } from "../i18n.js";
import { Choice, FormError, Line, useForm } from "./form.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { say } from "./words.js";

const ROLES = ["organiser", "host", "operator", "recruiter"];

function roleName(role) {
  return t("organiser.accounts.role." + role);
}

function NewAccount({ employers, onSaved, onClose }) {
  const form = useForm({ role: "operator", login: "", name: "", password: "", employer_id: "" }, ["login", "name", "password"]);
  const submit = async (event) => {
    event.preventDefault();
    const body = Object.assign({}, form.values);
    body.employer_id = body.role === "recruiter" ? body.employer_id || null : null;
    if (await form.send("POST", "/api/v1/accounts", body)) onSaved();
  };
  const firms = [["", t("programme.job.choose_employer")]].concat(employers.map((one) => [one.id, one.name]));
  return html`<${Sheet} title=${t("organiser.accounts.add")} onClose=${onClose}>
    <form class="stack" onSubmit=${submit} novalidate>
      <${FormError} form=${form} />
      <${Choice} form=${form} name="role" label=${t("programme.accounts.role")} options=${ROLES.map((role) => [role, roleName(role)])} />
      ${form.values.role === "recruiter" && html`<${Choice} form=${form} name="employer_id" label=${t("common.detail.employer")} options=${firms} />`}
      <${Line} form=${form} name="name" required maxlength="40" label=${t("programme.accounts.name")} />
      <${Line} form=${form} name="login" required maxlength="64" autocapitalize="none" label=${t("organiser.sign_in.login")} />
      <${Line} form=${form} name="password" required type="password" maxlength="200" autocomplete="new-password" label=${t("organiser.sign_in.password")} hint=${t("programme.accounts.password_hint")} />
      <${Button} type="submit" kind="primary" size="main" class="button-wide" disabled=${form.sending}>${t("organiser.accounts.add")}<//>
    </form>
  <//>`;
}

function NewPassword({ account, onSaved, onClose }) {
  const form = useForm({ password: "" }, ["password"]);
  const submit = async (event) => {
    event.preventDefault();
    if (await form.send("PUT", "/api/v1/accounts/" + account.id + "/password", form.values)) onSaved();
  };
  return html`<${Sheet} title=${t("programme.accounts.new_password")} note=${account.name} onClose=${onClose}>
    <form class="stack" onSubmit=${submit} novalidate>
      <${FormError} form=${form} />
      <${Line} form=${form} name="password" required type="password" maxlength="200" autocomplete="new-password" label=${t("organiser.sign_in.password")} hint=${t("programme.accounts.password_hint")} data-autofocus />
      <${Button} type="submit" kind="primary" size="main" class="button-wide" disabled=${form.sending}>${t("common.save")}<//>
    </form>
  <//>`;
}

function AccountLine({ account, own, onPassword, onDisable }) {
  const name = html`<span class="visually-hidden"> ${account.name}</span>`;
  return html`<li class="row">
    <div class="grow">
      <p>
        <strong>${account.name}</strong> <${Badge}>${roleName(account.role)}<//>${" "}
        ${account.disabled && html`<${Badge} tone="warn">${t("programme.accounts.disabled")}<//>`}
      </p>
      <p class="type-label">${account.login}</p>
    </div>
    ${!account.disabled && html`<${Button} onClick=${onPassword}>${t("programme.accounts.new_password")}${name}<//>`}
    ${!account.disabled && !own && html`<${Button} kind="danger" onClick=${onDisable}>${t("programme.accounts.disable")}${name}<//>`}
  </li>`;
}

export function AccountsPage({ me }) {
  const load = useLoad("/api/v1/accounts");
  const employers = useLoad("/api/v1/employers");
  const [open, setOpen] = useState(null);
  const [notice, put] = useNotice();
  const saved = () => {
    setOpen(null);
    put({ text: t("common.saved") });
    load.reload();
  };
  const disable = async () => {
    try {
      await api("POST", "/api/v1/accounts/" + open.account.id + "/disable");
      saved();
    } catch (failure) {
      setOpen(null);
      put({ text: say(failure) });
    }
  };
  const close = () => setOpen(null);
  const firms = employers.data ? employers.data.employers : [];
  const buttons = html`<${Button} href="/organiser/audit">${t("organisation.audit.title")}<//>
    <${Button} kind="primary" onClick=${() => setOpen({ add: true })}>${t("organiser.accounts.add")}<//>`;
  return html`<${Frame} title=${t("programme.nav.accounts")} buttons=${buttons} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>
      ${({ accounts }) => html`<ul>
        ${accounts.map(
          (one) => html`<${AccountLine}
            key=${one.id}
            account=${one}
            own=${one.id === me.id}
            onPassword=${() => setOpen({ password: true, account: one })}
            onDisable=${() => setOpen({ disable: true, account: one })}
          />`,
        )}
      </ul>`}
    <//>
    ${open && open.add && html`<${NewAccount} employers=${firms} onSaved=${saved} onClose=${close} />`}
    ${open && open.password && html`<${NewPassword} account=${open.account} onSaved=${saved} onClose=${close} />`}
    ${open &&
    open.disable &&
    html`<${Confirm}
      text=${t("programme.accounts.disable_ask", { name: open.account.name })}
      yes=${t("programme.accounts.disable")}
      no=${t("common.cancel")}
      onYes=${disable}
      onNo=${close}
    />`}
  <//>`;
}
