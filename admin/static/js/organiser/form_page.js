/** One form: what each of its marks becomes, those nobody knows first; the file filled in, another one in its place. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Badge, Button, Confirm, Empty, Field, Info } from "../components.js";
import { language, t } from "../i18n.js";
import { uploadTo } from "../upload.js";
import { FileDrop, Sending } from "./file_drop.js";
import { ForWhat, useWanted, wantedQuery } from "./forms.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { say } from "./words.js";

function place(mark) {
  return mark.sheet + " · " + (mark.cell || t("forms.page_head"));
}

function Becomes({ mark }) {
  if (mark.problem === "in_formula") return html`<span class="tone-warn">! ${t("forms.in_formula")}</span>`;
  if (mark.problem) {
    return html`<span class="tone-warn">! ${t("forms.not_known")}</span>
      ${mark.nearest.length > 0 &&
      html` <span>${t("forms.nearest")} ${mark.nearest.map((name, nth) => html`<code key=${nth}>${"{{" + name + "}}"}</code> `)}</span>`}`;
  }
  return html`<strong>${mark.shown}</strong> ${mark.definition && html`<${Info} about=${mark.name}>${mark.definition}<//>`}`;
}

function Marks({ marks }) {
  const troubled = marks.filter((mark) => mark.problem);
  const good = marks.filter((mark) => !mark.problem);
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${t("forms.caption")}>
    <table class="table">
      <caption>${t("forms.caption")}</caption>
      <thead><tr><th scope="col">${t("forms.column.cell")}</th><th scope="col">${t("forms.column.mark")}</th><th scope="col">${t("forms.column.becomes")}</th></tr></thead>
      <tbody>
        ${troubled.concat(good).map(
          (mark, nth) => html`<tr key=${nth}>
            <th scope="row">${place(mark)}</th>
            <td><code>${mark.mark}</code> ${mark.each && html`<${Badge}>${t("forms.each")}<//>`}</td>
            <td><${Becomes} mark=${mark} /></td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function Rename({ form, onRenamed, put }) {
  const [name, setName] = useState(form.name);
  const save = (event) => {
    event.preventDefault();
    api("PATCH", "/api/v1/forms/" + form.id, { name: name.trim() }).then(onRenamed, (failure) => put({ text: say(failure) }));
  };
  return html`<form class="form-for" onSubmit=${save}>
    <${Field} label=${t("forms.name")} value=${name} maxlength="60" required onInput=${(event) => setName(event.target.value)} />
    <button type="submit" class="button button-secondary" disabled=${!name.trim() || name.trim() === form.name}>${t("forms.rename")}</button>
  </form>`;
}

function Replace({ form, onReplaced, put }) {
  const [share, setShare] = useState(null);
  const send = async (file) => {
    setShare(0);
    try {
      const request = await uploadTo("/api/v1/forms/" + form.id + "/file", file, setShare, {}, "PUT");
      onReplaced(request);
    } catch (refused) {
      put({ text: say(refused) });
    }
    setShare(null);
  };
  return share === null
    ? html`<${FileDrop} id="form-again" types=".xlsx" label=${t("forms.replace")} hint=${t("forms.own.hint")} onFile=${send} />`
    : html`<${Sending} share=${share} label=${t("forms.replace")} />`;
}

function Keeping({ form, load, put }) {
  const [asking, setAsking] = useState(false);
  const remove = () =>
    api("DELETE", "/api/v1/forms/" + form.id).then(
      () => location.assign("/organiser/forms"),
      (failure) => put({ text: say(failure) }),
    );
  return html`<section class="block stack">
    <h2 class="block-title">${t("forms.keeping")}</h2>
    <${Rename} key=${form.name} form=${form} put=${put} onRenamed=${load.reload} />
    <${Replace} form=${form} put=${put} onReplaced=${load.reload} />
    <div class="line-up wrap">
      <${Button} href=${"/api/v1/forms/" + form.id + "/file"} download="">${t("forms.original")}<//>
      <${Button} kind="danger" onClick=${() => setAsking(true)}>${t("forms.remove")}<//>
    </div>
    ${asking &&
    html`<${Confirm} text=${t("forms.remove_ask", { name: form.name })} yes=${t("forms.remove")} no=${t("common.cancel")}
      onYes=${remove} onNo=${() => setAsking(false)} />`}
  </section>`;
}

export function FormPage({ id }) {
  const [wanted, want] = useWanted();
  const load = useLoad("/api/v1/forms/" + id + "/preview" + wantedQuery(wanted, { lang: language() }));
  const [notice, put] = useNotice();
  const back = { href: "/organiser/forms", text: t("forms.title") };
  const title = load.data ? load.data.form.name : t("forms.title");
  return html`<${Frame} title=${title} back=${back} notice=${notice} put=${put}>
    <${ForWhat} wanted=${wanted} want=${want} />
    <${Loaded} load=${load} say=${say}>
      ${({ form, shows, marks }) => html`<section class="block stack">
          ${form.unknown > 0 && html`<p class="note note-warn" role="status">! ${t("forms.unknown_note", { n: form.unknown })}</p>`}
          ${shows.length === 0 && html`<${Empty} text=${t("forms.no_shows")} />`}
          <div class="line-up wrap">
            <${Button} kind="primary" size="main" href=${"/api/v1/forms/" + id + "/filled.xlsx" + wantedQuery(wanted)} download="">${t("forms.download")}<//>
            ${!load.loading && html`<span class="type-label">${t("forms.of_shows", { n: shows.length })}</span>`}
          </div>
          ${load.loading ? html`<p class="empty" role="status">${t("common.loading")}</p>` : html`<${Marks} marks=${marks} />`}
        </section>
        <${Keeping} form=${form} load=${load} put=${put} />`}
    <//>
  <//>`;
}
