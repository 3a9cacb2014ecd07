/** The code, and what it is entered for: to open the list, or only to bring a filled-in one back. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Field } from "../components.js";
import { errorText } from "../errors.js";
import { t } from "../i18n.js";

export function CodeForm({ path, onEntered }) {
  const [code, setCode] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const enter = (to) => (event) => {
    event.preventDefault();
    if (busy) return;
    if (!code.trim()) {
      setError(t("lists.collect.code_missing"));
      return;
    }
    setBusy(true);
    setError("");
    api("POST", path + "/enter", { code: code.trim(), to }).then(onEntered, (failure) => {
      setBusy(false);
      setError(errorText(failure));
    });
  };
  return html`<form class="card stack" onSubmit=${enter("open")} novalidate>
    <p>${t("lists.collect.intro")}</p>
    <${Field} label=${t("lists.collect.code")} hint=${t("lists.collect.code_hint")} value=${code} error=${error}
      inputmode="numeric" autocomplete="one-time-code" maxlength="20" onInput=${(event) => setCode(event.target.value)} />
    <button type="submit" class="button button-primary button-main button-wide" disabled=${busy}>
      ${busy ? t("lists.collect.opening") : t("lists.collect.open")}
    </button>
    <p class="type-label">${t("lists.collect.counts")}</p>
    <${Button} class="button-wide" disabled=${busy} onClick=${enter("bring_back")}>${t("lists.collect.bring_back")}<//>
  </form>`;
}
