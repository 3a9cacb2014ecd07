/** 平台填报: what a platform's own page says, typed in by hand; in a dashed box, beside ours and never added to it. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Field } from "../components.js";
import { errorText } from "../errors.js";
import { clock, formatNumber, t } from "../i18n.js";
import { Defines } from "./explained.js";

const METRICS = ["views", "viewers", "peak", "likes", "comments", "shares", "new_followers", "leads"];

function metricName(metric) {
  return t("organiser.report.platform.metric." + metric);
}

function Typed({ figure, onRemove }) {
  const about = figure.platform + " " + metricName(figure.metric);
  return html`<div class="platform-box">
    <p class="type-label">
      ${about} · ${t("organiser.report.platform.stated")} <${Defines} metric=${"platform_" + figure.metric} />
    </p>
    <p class="type-figure">${formatNumber(figure.value)}</p>
    <p class="type-label">
      ${t("organiser.report.platform.who", { who: figure.by, when: clock(figure.at, { time: "always" }) })}
    </p>
    ${figure.from_file && html`<p class="type-label">${t("platform.from_file", { name: figure.from_file })}</p>`}
    <${Button} kind="plain" class="no-print" aria-label=${t("programme.remove") + " " + about} onClick=${onRemove}>
      ${t("programme.remove")}
    <//>
  </div>`;
}

/** Digits as people type them: 2.1万 is not one of them, 21,480 and full-width digits are. */
function wholeNumber(typed) {
  const plain = typed.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0)).replace(/[,，\s]/g, "");
  return /^\d{1,12}$/.test(plain) ? Number(plain) : null;
}

function Form({ known, onSave }) {
  const [platform, setPlatform] = useState(known || "");
  const [metric, setMetric] = useState("views");
  const [value, setValue] = useState("");
  const [errors, setErrors] = useState({});
  const save = (event) => {
    event.preventDefault();
    const number = wholeNumber(value);
    const found = {
      platform: platform.trim() ? null : t("organiser.report.platform.name_wrong"),
      value: number === null ? t("organiser.report.platform.value_wrong") : null,
    };
    setErrors(found);
    if (!found.platform && !found.value) onSave({ platform: platform.trim(), metric, value: number }).then(() => setValue(""));
  };
  return html`<form class="platform-form no-print" onSubmit=${save} novalidate>
    <${Field} label=${t("organiser.report.platform.name")} class="input-small" value=${platform} maxlength="40"
      error=${errors.platform} onInput=${(event) => setPlatform(event.target.value)} />
    <${Field} label=${t("organiser.report.platform.metric")} as="select" class="input-small" value=${metric}
      onChange=${(event) => setMetric(event.target.value)}>
      ${METRICS.map((name) => html`<option value=${name}>${metricName(name)}</option>`)}
    <//>
    <${Field} label=${t("organiser.report.platform.value")} class="input-small" inputmode="numeric" value=${value} maxlength="16"
      error=${errors.value} onInput=${(event) => setValue(event.target.value)} />
    <button type="submit" class="button button-primary">${t("organiser.report.platform.add")}</button>
  </form>`;
}

function uploadPage(show) {
  return "/organiser/platform?show=" + show.id + (show.platform ? "&platform=" + encodeURIComponent(show.platform) : "");
}

export function Platform({ path, report, onAnswer }) {
  const [failed, setFailed] = useState("");
  const put = (figure) =>
    api("PUT", path + "/platform-figures", { figures: [figure] }).then(
      (answer) => {
        setFailed("");
        onAnswer(answer);
      },
      (failure) => setFailed(errorText(failure)),
    );
  const remove = (figure) => put({ platform: figure.platform, metric: figure.metric, value: null });
  return html`<div class="stack">
    <p class="type-label">${t("organiser.report.platform.note")}</p>
    ${report.platform.length === 0 && html`<p class="tone-muted">${t("organiser.report.platform.empty")}</p>`}
    <div class="platform-boxes">
      ${report.platform.map(
        (figure) => html`<${Typed} key=${figure.platform + figure.metric} figure=${figure} onRemove=${() => remove(figure)} />`,
      )}
    </div>
    <${Form} known=${report.broadcast.platform} onSave=${put} />
    <p class="no-print"><a href=${uploadPage(report.broadcast)}>${t("platform.upload")}</a></p>
    ${failed && html`<p class="field-error" role="alert">${failed}</p>`}
  </div>`;
}
