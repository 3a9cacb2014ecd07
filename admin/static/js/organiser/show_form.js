/** A show's particulars, new or changed. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { chinaDay, chinaMinute, momentOf } from "../china.js";
import { Button, Check } from "../components.js";
import { t } from "../i18n.js";
import { Choice, filled, FormError, Line, useForm } from "./form.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { asked, query, say, when } from "./words.js";

const PLATFORMS = ["快手", "抖音", "视频号"];
const BLANK = {
  title: "",
  starts_at: "",
  series: "",
  unit: "",
  host: "",
  platform: "",
  platform_url: "",
  picture_url: "",
  service_phone: "",
  rehearsal: false,
  apply_days: 7,
  phone_check: "off",
};
const BACK = { href: "/organiser/shows", get text() { return t("programme.nav.shows"); } };

export function valuesOf(show) {
  const values = filled(Object.assign({}, BLANK));
  Object.keys(BLANK).forEach((name) => {
    values[name] = show[name] === null || show[name] === undefined ? "" : show[name];
  });
  values.starts_at = chinaMinute(show.starts_at);
  values.rehearsal = Boolean(show.rehearsal);
  return values;
}

/** The form's values as the API takes them. */
export function asRequest(values) {
  const out = filled(values);
  const starts = momentOf(values.starts_at);
  out.starts_at = starts && starts.toISOString();
  out.apply_days = Number(values.apply_days);
  return out;
}

function Known({ id, names }) {
  return html`<datalist id=${id}>${names.map((name) => html`<option key=${name} value=${name}></option>`)}</datalist>`;
}

function phoneChecks() {
  return ["off", "after", "before"].map((when) => [when, t("programme.show.phone_check_" + when)]);
}

/** frozen: after the start, when the time and the rehearsal mark stay as they are. */
export function ShowFields({ form, names, frozen, phoneHint }) {
  return html`<${FormError} form=${form} />
    <${Line} form=${form} name="title" required label=${t("organiser.show.title")} />
    <div class="two-columns">
      <${Line}
        form=${form}
        name="starts_at"
        required
        type="datetime-local"
        disabled=${frozen}
        label=${t("organiser.show.starts_at")}
        hint=${frozen ? t("programme.show.frozen") : undefined}
      />
      <${Line} form=${form} name="host" list="known-hosts" label=${t("organiser.show.host")} />
      <${Line} form=${form} name="series" list="known-series" label=${t("organiser.show.series")} />
      <${Line} form=${form} name="unit" list="known-units" label=${t("organiser.show.unit")} hint=${t("programme.show.unit_hint")} />
      <${Line} form=${form} name="platform" list="known-platforms" label=${t("organiser.report.platform.name")} hint=${t("programme.show.platform_hint")} />
      <${Line} form=${form} name="platform_url" type="url" maxlength="500" placeholder="https://" label=${t("organiser.show.platform_link")} />
      <${Line} form=${form} name="picture_url" type="url" maxlength="500" placeholder="https://…/live.m3u8" label=${t("programme.show.picture")} hint=${t("programme.show.picture_hint")} />
      <${Line} form=${form} name="service_phone" inputmode="tel" label=${t("common.footer.service_phone")} hint=${phoneHint} />
      <${Line} form=${form} name="apply_days" type="number" min="0" max="365" inputmode="numeric" label=${t("programme.show.apply_days")} />
    </div>
    <${Choice} form=${form} name="phone_check" label=${t("programme.show.phone_check")} hint=${t("programme.show.phone_check_hint")} options=${phoneChecks()} />
    <${Check}
      checked=${form.values.rehearsal}
      disabled=${frozen}
      onChange=${(event) => form.set("rehearsal", event.target.checked)}
      >${t("organiser.show.rehearsal")}<//
    >
    <${Known} id="known-hosts" names=${names.hosts} />
    <${Known} id="known-series" names=${names.series} />
    <${Known} id="known-units" names=${names.units} />
    <${Known} id="known-platforms" names=${PLATFORMS} />`;
}

function tomorrowAfternoon() {
  return chinaDay(new Date(), 1) + "T14:00";
}

/** Where the tray comes from: empty, an import, or an earlier show. */
function trayOptions(imports, shows) {
  const confirmed = imports.filter((one) => one.state === "confirmed" && one.imported > 0).slice(0, 10);
  return [["", t("programme.show.tray_empty")]]
    .concat(confirmed.map((one) => ["import:" + one.id, t("programme.show.tray_import", { name: one.file_name, n: one.imported })]))
    .concat(
      shows.slice(0, 20).map((row) => [
        "like:" + row.broadcast.id,
        t("programme.show.tray_like", { title: row.broadcast.title, when: when(row.broadcast.starts_at) }),
      ]),
    );
}

/** What an earlier show had, except its time. */
function takenOver(show) {
  const values = valuesOf(show);
  values.starts_at = tomorrowAfternoon();
  return values;
}

function Create({ names, imports, shows }) {
  const fromImport = asked("import");
  const fromShow = asked("like");
  const start = fromImport ? "import:" + fromImport : fromShow ? "like:" + fromShow : "";
  const form = useForm(Object.assign({}, BLANK, { starts_at: tomorrowAfternoon(), tray: start }), ["title", "starts_at"]);
  const [copied, setCopied] = useState(null);
  const like = form.values.tray.indexOf("like:") === 0 ? form.values.tray.slice(5) : null;
  useEffect(() => {
    if (!like || like === copied) return;
    api("GET", "/api/v1/broadcasts/" + like + "/show").then((show) => {
      setCopied(like);
      const kept = form.values.title.trim() === "" ? takenOver(show) : Object.assign(takenOver(show), { title: form.values.title });
      form.setValues(Object.assign({}, kept, { tray: "like:" + like, rehearsal: false }));
    }, () => setCopied(like));
  }, [like]);
  const submit = async (event) => {
    event.preventDefault();
    const { tray, ...values } = form.values;
    const body = asRequest(values);
    if (like) body.like = like;
    if (tray.indexOf("import:") === 0) body.tray = { import_id: tray.slice(7) };
    const show = await form.send("POST", "/api/v1/broadcasts", body);
    if (show) location.assign("/organiser/broadcasts/" + show.id);
  };
  return html`<form class="card stack" onSubmit=${submit} novalidate>
    <${Choice} form=${form} name="tray" label=${t("programme.show.tray_from")} options=${trayOptions(imports, shows)} />
    <${ShowFields} form=${form} names=${names} phoneHint=${t("programme.show.phone_hint")} />
    <div class="form-end">
      <${Button} type="submit" kind="primary" size="main" disabled=${form.sending}>${t("programme.show.create")}<//>
    </div>
  </form>`;
}

export function NewShowPage() {
  const names = useLoad("/api/v1/names");
  const imports = useLoad("/api/v1/imports");
  const home = useLoad("/api/v1/home" + query({}));
  const [notice, put] = useNotice();
  return html`<${Frame} title=${t("organiser.show.new")} back=${BACK} notice=${notice} put=${put}>
    <${Loaded} load=${names} say=${say}>
      ${(known) => html`<${Loaded} load=${imports} say=${say}>
        ${(history) => html`<${Loaded} load=${home} say=${say}>
          ${({ shows }) => html`<${Create} names=${known} imports=${history.imports} shows=${shows} />`}
        <//>`}
      <//>`}
    <//>
  <//>`;
}
