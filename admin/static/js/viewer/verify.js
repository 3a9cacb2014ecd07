/** Proving a phone number in place: a code goes out, six digits come back. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Button, Field } from "../components.js";
import { errorText } from "../errors.js";
import { t } from "../i18n.js";
import { groupedPhone } from "./phone.js";

const DIGITS = 6;

/** Seconds left until that moment, counted down; 0 when it is over or there is none. */
function useSecondsUntil(moment) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!moment) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [moment]);
  return moment ? Math.max(0, Math.ceil((moment - now) / 1000)) : 0;
}

function digitsOf(typed) {
  return typed.normalize("NFKC").replace(/\D/g, "").slice(0, DIGITS);
}

/**
 * phone: digits as they are sent. call(method, data) asks the server (ask_code, confirm_code). atOnce: a code goes out
 * without a tap. onVerified() comes when the number is proven.
 */
export function VerifyPhone({ call, phone, atOnce = false, onVerified }) {
  const [sent, setSent] = useState(null);
  const [again, setAgain] = useState(0);
  const [code, setCode] = useState("");
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(false);
  const field = useRef(null);
  const left = useSecondsUntil(again);

  const attempt = async (work) => {
    setBusy(true);
    setFailure(null);
    try {
      await work();
    } catch (refused) {
      setFailure(refused);
    }
    setBusy(false);
  };
  const ask = () =>
    attempt(async () => {
      try {
        const told = await call("ask_code", { phone });
        setSent(told);
        setAgain(Date.now() + told.resend_seconds * 1000);
      } catch (refused) {
        // A code that was sent a moment ago is still good: its field stands open.
        if (refused.code === "too_many") setSent({ valid_seconds: 300 });
        setAgain(Date.now() + (refused.retryAfterSeconds || refused.retry_after_seconds || 0) * 1000);
        throw refused;
      }
    });
  const confirm = (event) => {
    event.preventDefault();
    if (busy || code.length < DIGITS) return field.current.focus();
    return attempt(async () => {
      await call("confirm_code", { phone, code });
      onVerified();
    });
  };
  useEffect(() => {
    if (atOnce) ask();
  }, []);
  useEffect(() => {
    if (sent && field.current) field.current.focus();
  }, [sent]);

  const wrong = failure && failure.code === "code_wrong";
  return html`<form class="stack" noValidate onSubmit=${confirm}>
    <div role="status">
      ${sent && !failure && html`<p>${t("common.verify.sent", { phone: groupedPhone(phone), minutes: String(sent.valid_seconds / 60) })}</p>`}
    </div>
    ${failure && !wrong && html`<p class="note note-error" role="alert">${errorText(failure)}</p>`}
    ${sent &&
    html`<${Field}
      label=${t("common.verify.code")}
      hint=${t("common.verify.code_hint")}
      error=${wrong ? errorText(failure) : null}
      inputRef=${field}
      inputmode="numeric"
      autocomplete="one-time-code"
      enterkeyhint="done"
      value=${code}
      onInput=${(event) => {
        const digits = digitsOf(event.target.value);
        event.target.value = digits;
        setCode(digits);
      }}
    />`}
    ${sent && html`<${Button} kind="primary" size="main" class="button-wide" type="submit" disabled=${busy}>${t("common.verify.confirm")}<//>`}
    <${Button} kind=${sent ? "secondary" : "primary"} size=${sent ? undefined : "main"} class="button-wide" disabled=${busy || left > 0} onClick=${ask}>
      ${left > 0 ? t("common.verify.resend_in", { n: left }) : t(sent ? "common.verify.resend" : "common.verify.send")}
    <//>
  </form>`;
}
