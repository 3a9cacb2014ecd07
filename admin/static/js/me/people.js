/** Whom this device applied for: correct, take a copy, have everything deleted. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button, Confirm, Field, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { language, t } from "../i18n.js";
import { saveFile } from "../save_file.js";
import { forgetPerson } from "../viewer/draft.js";
import { isPhone, phoneFault, plainPhone } from "../viewer/phone.js";
import { VerifyPhone } from "../viewer/verify.js";
import { PhoneField, shownPhone } from "./prove.js";

function pathOf(person, what) {
  return "/me/people/" + person.ref + "/" + what;
}

/** All that is kept of this person, and their files, as one archive. */
export async function saveData(visit, person) {
  const path = visit.base + pathOf(person, "data") + "?lang=" + language();
  await saveFile(path, t("me.data.file") + ".zip", { Authorization: await visit.bearer() });
}

function Person({ person, asks, open, save }) {
  const name = person.name || t("me.no_name");
  return html`<li class="card stack-tight">
    <div class="line-up">
      <h3 class="type-value">${name}</h3>
      <span class="push"></span>
      ${person.verified && html`<span class="badge badge-ok"><span aria-hidden="true">✓ </span>${t("me.verified")}</span>`}
    </div>
    <p>${shownPhone(person)}</p>
    <div><div class="line-up wrap">
      ${person.verified
        ? html`<${Button} onClick=${() => open({ kind: "correct", person })}>${t("me.correct.open")}<//>
            ${asks && html`<${Button} onClick=${() => open({ kind: "groups", person })}>${t("me.groups.open")}<//>`}
            <${Button} onClick=${() => save(person)}>${t("me.data.save")}<//>`
        : html`<${Button} onClick=${() => open({ kind: "prove", person })}>${t("common.verify.title")}<//>`}
      <${Button} kind="danger" onClick=${() => open({ kind: "erase", person })}>${t("me.erase.open")}<//>
    </div></div>
  </li>`;
}

export function People({ people, asks, open, save }) {
  return html`<section class="stack" aria-labelledby="me-people">
    <h2 id="me-people" class="type-title">${t("me.people")}</h2>
    <ul class="stack">
      ${people.map((person) => html`<${Person} key=${person.ref} person=${person} asks=${asks} open=${open} save=${save} />`)}
    </ul>
  </section>`;
}

/** Name and phone; another phone is proven before anything changes. */
export function CorrectSheet({ visit, person, onClose, onDone }) {
  const before = { name: person.name || "", phone: shownPhone(person) };
  const [typed, setTyped] = useState(before);
  const [failure, setFailure] = useState(null);
  const [fault, setFault] = useState(null);
  const [proving, setProving] = useState(false);
  const newPhone = plainPhone(typed.phone) !== plainPhone(before.phone);
  const save = async () => {
    const name = typed.name.trim();
    const body = Object.assign({}, name && name !== before.name ? { name } : {}, newPhone ? { phone: plainPhone(typed.phone) } : {});
    if (Object.keys(body).length === 0) return onClose();
    try {
      await visit.http("POST", pathOf(person, "correct"), body);
      return onDone();
    } catch (refused) {
      if (refused.code === "phone_unverified" && refused.field === "phone" && newPhone) return setProving(true);
      setProving(false);
      return setFailure(refused);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    setFailure(null);
    if (!isPhone(typed.phone)) return setFault(t(phoneFault(typed.phone)));
    return save();
  };
  const type = (changes) => {
    setTyped(Object.assign({}, typed, changes));
    setFault(null);
  };
  return html`<${Sheet} title=${t("me.correct.open")} onClose=${onClose}>
    ${proving
      ? html`<div class="stack">
          <p>${t("me.correct.prove_new")}</p>
          <${VerifyPhone} call=${visit.call} phone=${plainPhone(typed.phone)} atOnce onVerified=${save} />
        </div>`
      : html`<form class="stack" noValidate onSubmit=${submit}>
          <${Field} label=${t("viewer.apply.name")} autocomplete="name" maxlength="40" data-autofocus value=${typed.name} onInput=${(event) => type({ name: event.target.value })} />
          <${PhoneField} label=${t("viewer.apply.phone")} hint=${t("me.correct.phone_hint")} value=${typed.phone} error=${fault} onType=${(phone) => type({ phone })} />
          ${failure && html`<p class="note note-error" role="alert">${errorText(failure)}</p>`}
          <${Button} kind="primary" size="main" class="button-wide" type="submit">${t("common.save")}<//>
        </form>`}
  <//>`;
}

const WHAT_HAPPENS = {
  proven: ["me.erase.all", "me.erase.employers", "me.erase.numbers", "me.erase.again"],
  here: ["me.erase.here", "me.erase.employers", "me.erase.elsewhere"],
};

/** Says what happens, then asks once more. */
export function EraseSheet({ visit, person, onClose, onDone }) {
  const [sure, setSure] = useState(false);
  const [failure, setFailure] = useState(null);
  const erase = async () => {
    try {
      await visit.http("POST", pathOf(person, "erase"));
      forgetPerson();
      onDone();
    } catch (refused) {
      setSure(false);
      setFailure(refused);
    }
  };
  if (sure) return html`<${Confirm} text=${t("me.erase.sure")} yes=${t("me.erase.yes")} no=${t("viewer.mine.withdraw_no")} onYes=${erase} onNo=${onClose} />`;
  return html`<${Sheet} title=${t("me.erase.open")} note=${[person.name, shownPhone(person)].filter(Boolean).join(" · ")} onClose=${onClose}>
    <div class="stack">
      <ul class="stack-tight me-list">${WHAT_HAPPENS[person.verified ? "proven" : "here"].map((key) => html`<li key=${key}>${t(key)}</li>`)}</ul>
      ${failure && html`<p class="note note-error" role="alert">${errorText(failure)}</p>`}
      <${Button} kind="danger" size="main" class="button-wide" onClick=${() => setSure(true)}>${t("me.erase.go_on")}<//>
      <${Button} size="main" class="button-wide" onClick=${onClose} data-autofocus>${t("viewer.mine.withdraw_no")}<//>
    </div>
  <//>`;
}
