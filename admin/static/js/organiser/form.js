/** Forms that keep what was typed, mark the field the server objects to, and send once. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Field } from "../components.js";
import { t } from "../i18n.js";
import { say } from "./words.js";

// What the server calls a field where the form calls it otherwise.
const SAME = { pay: "pay_text" };

/**
 * values and set(name, value); place(name) are the props of a field; send(method, path, body) answers the result or null
 * when it was refused, and then the field, or the form, says why. required: names that may not be blank.
 */
export function useForm(initial, required = []) {
  const [values, setValues] = useState(initial);
  const [failure, setFailure] = useState(null);
  const [sending, setSending] = useState(false);

  const set = (name, value) => setValues((old) => Object.assign({}, old, { [name]: value }));
  const blamed = failure && (SAME[failure.field] || failure.field);

  function errorOf(name) {
    if (!failure || blamed !== name) return null;
    return failure.code === "blank" ? t("programme.form.blank") : say(failure);
  }

  async function send(method, path, body) {
    const blank = required.find((name) => String(values[name] || "").trim() === "");
    if (blank) {
      setFailure({ code: "blank", field: blank });
      focusOn(blank);
      return null;
    }
    setSending(true);
    setFailure(null);
    try {
      return (await api(method, path, body)) || {};
    } catch (refused) {
      setFailure(refused);
      focusOn(SAME[refused.field] || refused.field);
      return null;
    } finally {
      setSending(false);
    }
  }

  const place = (name) => ({
    id: "field-" + name,
    value: values[name] === null || values[name] === undefined ? "" : values[name],
    error: errorOf(name),
    onInput: (event) => set(name, event.target.value),
  });
  const unplaced = failure && !(blamed in values) ? say(failure) : null;
  return { values, set, setValues, place, send, sending, errorOf, unplaced, clear: () => setFailure(null) };
}

function focusOn(name) {
  const field = name && document.getElementById("field-" + name);
  if (field) field.focus();
}

/** What is wrong with the form as a whole. */
export function FormError({ form }) {
  return form.unplaced && html`<p class="note note-error" role="alert">${form.unplaced}</p>`;
}

/** A one-line field of a form. */
export function Line({ form, name, label, required, ...rest }) {
  return html`<${Field}
    class="input-small"
    label=${required ? label + " *" : label}
    aria-required=${required ? "true" : undefined}
    autocomplete="off"
    maxlength="100"
    ...${rest}
    ...${form.place(name)}
  />`;
}

/** A field for several lines. */
export function Text({ form, name, label, rows = 3, ...rest }) {
  return html`<${Field} as="textarea" rows=${rows} maxlength="4000" label=${label} ...${rest} ...${form.place(name)} />`;
}

/** options: [[value, text]]. */
export function Choice({ form, name, label, options, ...rest }) {
  const { value, ...others } = form.place(name);
  return html`<${Field} as="select" class="input-small" label=${label} ...${rest} ...${others}>
    ${options.map(([key, text]) => html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`)}
  <//>`;
}

/** What was changed on this page: the rest may have been changed by somebody else meanwhile. */
export function changes(now, before) {
  const out = {};
  Object.keys(now).forEach((name) => {
    if (now[name] !== before[name]) out[name] = now[name];
  });
  return out;
}

/** Blank text as null, as the server wants it. */
export function filled(values) {
  const out = {};
  Object.keys(values).forEach((name) => {
    const value = values[name];
    out[name] = typeof value === "string" && value.trim() === "" ? null : value;
  });
  return out;
}
