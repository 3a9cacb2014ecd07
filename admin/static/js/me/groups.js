/** Which priority groups somebody belongs to: their own choice, with a consent of its own, taken back with one tap. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Button, Check, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { language, t } from "../i18n.js";
import { shownPhone } from "./prove.js";

function Choose({ known, save, takeBack }) {
  const [said, setSaid] = useState(known.said);
  const [agreed, setAgreed] = useState(false);
  const [fault, setFault] = useState(null);
  const tick = (group) => (event) => {
    setFault(null);
    setSaid(event.target.checked ? said.concat(group) : said.filter((one) => one !== group));
  };
  const submit = (event) => {
    event.preventDefault();
    if (said.length === 0) return setFault({ said: t("me.groups.tick_one") });
    if (!agreed) return setFault({ agreed: t("me.groups.tick_consent") });
    return save(said);
  };
  return html`<form class="stack" noValidate onSubmit=${submit}>
    <fieldset class="stack-tight">
      <legend>${t("me.groups.why")}</legend>
      ${known.asked.map(
        (one) => html`<${Check} key=${one.group} checked=${said.includes(one.group)} onChange=${tick(one.group)}>${language() === "en" ? one.en : one.zh}<//>`,
      )}
    </fieldset>
    ${fault && fault.said && html`<p class="note note-error" role="alert">${fault.said}</p>`}
    <${Check} checked=${agreed} error=${fault && fault.agreed} onChange=${(event) => {
      setFault(null);
      setAgreed(event.target.checked);
    }}>${language() === "en" ? known.consent.english : known.consent.text}<//>
    <${Button} kind="primary" size="main" class="button-wide" type="submit">${t("common.save")}<//>
    ${known.said.length > 0 && html`<${Button} size="main" class="button-wide" onClick=${takeBack}>${t("me.groups.take_back")}<//>`}
  </form>`;
}

export function GroupsSheet({ visit, person, onClose, onDone }) {
  const path = "/me/people/" + person.ref + "/groups";
  const [known, setKnown] = useState(null);
  const [failure, setFailure] = useState(null);
  const attempt = (work, then) => work.then(then, setFailure);
  useEffect(() => {
    attempt(visit.http("GET", path), setKnown);
  }, []);
  const save = (groups) =>
    attempt(visit.http("PUT", path, { groups, consent_sha256: known.consent.sha256 }), () => onDone(t("me.groups.done")));
  const takeBack = () => attempt(visit.http("DELETE", path), () => onDone(t("me.groups.taken_back")));
  return html`<${Sheet} title=${t("me.groups.open")} note=${[person.name, shownPhone(person)].filter(Boolean).join(" · ")} onClose=${onClose}>
    ${failure && html`<p class="note note-error" role="alert">${errorText(failure)}</p>`}
    ${!known && !failure && html`<p class="type-label" role="status">${t("common.loading")}</p>`}
    ${known && html`<${Choose} known=${known} save=${save} takeBack=${takeBack} />`}
  <//>`;
}
