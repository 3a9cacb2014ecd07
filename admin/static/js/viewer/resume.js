/** The short résumé, all of it optional: added after applying, kept by the server for the next application. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Button, Field, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { t } from "../i18n.js";
import { keepResumeDraft, resumeDraft } from "./draft.js";

const PARTS = [
  ["education", 200],
  ["experience", 2000],
  ["skills", 500],
  ["wanted_job", 100],
  ["wanted_place", 200],
  ["wanted_pay", 100],
];
const LONG = ["experience", "skills"];

function pathOf(applicationId) {
  return "/applications/" + applicationId + "/resume";
}

/** What this person wrote before, unless something newer was typed and not sent. */
function useResume(page, applicationId) {
  const [typed, setTyped] = useState(resumeDraft(applicationId) || {});
  useEffect(() => {
    if (resumeDraft(applicationId)) return;
    page.visit.http("GET", pathOf(applicationId)).then(
      (known) => setTyped((mine) => Object.assign({}, known, mine)),
      () => null,
    );
  }, [applicationId]);
  const type = (name, text) => {
    const now = Object.assign({}, typed, { [name]: text });
    setTyped(now);
    keepResumeDraft(applicationId, now);
  };
  return [typed, type];
}

export function ResumeSheet({ page, applicationId, onClose }) {
  const [typed, type] = useResume(page, applicationId);
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(false);
  const save = async (event) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    const body = PARTS.reduce((all, [name]) => Object.assign(all, { [name]: (typed[name] || "").trim() || null }), {});
    try {
      await page.visit.http("PUT", pathOf(applicationId), body);
      keepResumeDraft(applicationId, null);
      page.say(t("viewer.resume.saved"));
      onClose();
    } catch (refused) {
      setFailure(refused);
      setBusy(false);
    }
  };
  return html`<${Sheet} title=${t("viewer.resume.title")} note=${t("viewer.resume.keep_note")} onClose=${onClose}>
    <form class="stack" onSubmit=${save}>
      ${PARTS.map(
        ([name, longest], at) => html`<${Field}
          key=${name}
          as=${LONG.indexOf(name) >= 0 ? "textarea" : "input"}
          rows="2"
          class="input-small"
          label=${t("viewer.resume." + name)}
          maxlength=${String(longest)}
          data-autofocus=${at === 0 ? true : undefined}
          value=${typed[name] || ""}
          onInput=${(event) => type(name, event.target.value)}
        />`,
      )}
      ${failure && html`<p class="note note-error" role="alert">${errorText(failure)}</p>`}
      <${Button} kind="primary" size="main" class="button-wide" type="submit" disabled=${busy}>${t("viewer.resume.save")}<//>
    </form>
  <//>`;
}
