/** Typing a number and proving it; then everything that is kept of its owner is shown. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button, Field, Sheet } from "../components.js";
import { t } from "../i18n.js";
import { person as typedHere } from "../viewer/draft.js";
import { groupedPhone, isPhone, phoneFault, plainPhone, regroup } from "../viewer/phone.js";
import { VerifyPhone } from "../viewer/verify.js";

/** A number as it is being typed. */
export function PhoneField({ label, hint, value, error, onType }) {
  return html`<${Field}
    label=${label}
    hint=${hint}
    error=${error}
    type="tel"
    inputmode="tel"
    enterkeyhint="done"
    autocomplete="tel"
    placeholder="138 0000 0000"
    data-autofocus
    value=${value}
    onInput=${(event) => onType(event.isComposing ? event.target.value : regroup(event.target))}
  />`;
}

/** In full and grouped where it is proven, else masked as it came. */
export function shownPhone(person) {
  return person.verified ? groupedPhone(person.phone) : person.phone;
}

/** The number this phone's owner typed before, when it may be the one that is shown masked. */
function guess(person) {
  const known = plainPhone(typedHere().phone);
  const fits = !person || (known && person.phone.slice(-4) === known.slice(-4) && person.phone.slice(0, 3) === known.slice(0, 3));
  return fits ? groupedPhone(known) : "";
}

export function ProveSheet({ visit, person, onClose, onProven }) {
  const [typed, setTyped] = useState(guess(person));
  const [chosen, setChosen] = useState(null);
  const [fault, setFault] = useState(null);
  const choose = (event) => {
    event.preventDefault();
    if (isPhone(typed)) setChosen(plainPhone(typed));
    else setFault(t(phoneFault(typed)));
  };
  return html`<${Sheet} title=${t("common.verify.title")} note=${person ? person.phone : undefined} onClose=${onClose}>
    ${chosen
      ? html`<div class="stack">
          <${VerifyPhone} call=${visit.call} phone=${chosen} atOnce onVerified=${onProven} />
          <${Button} kind="plain" onClick=${() => setChosen(null)}>${t("common.verify.change")}<//>
        </div>`
      : html`<form class="stack" noValidate onSubmit=${choose}>
          <${PhoneField}
            label=${t("viewer.apply.phone")}
            value=${typed}
            error=${fault}
            onType=${(text) => {
              setTyped(text);
              setFault(null);
            }}
          />
          <${Button} kind="primary" size="main" class="button-wide" type="submit">${t("common.verify.send")}<//>
        </form>`}
  <//>`;
}
