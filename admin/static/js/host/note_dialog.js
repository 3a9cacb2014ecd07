/** What the operator wants the host to read on the prompter; an empty note takes it away. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button, Field, Sheet } from "../components.js";
import { t } from "../i18n.js";

/** onNote gives a promise of whether it was saved. */
export function NoteSheet({ show, onNote, onClose }) {
  const [text, setText] = useState((show.desk && show.desk.note) || "");
  const send = (event) => {
    event.preventDefault();
    onNote(text.trim()).then((saved) => saved && onClose());
  };
  return html`<${Sheet} title=${t("host.prompter.note_write")} onClose=${onClose}>
    <form class="stack" onSubmit=${send}>
      <${Field} as="textarea" rows="3" maxlength="500" label=${t("host.prompter.note")}
        hint=${t("host.prompter.note_empty")}
        value=${text} data-autofocus onInput=${(event) => setText(event.target.value)} />
      <${Button} type="submit" kind="primary" size="main" class="button-wide">${t("host.prompter.note_send")}<//>
    </form>
  <//>`;
}
