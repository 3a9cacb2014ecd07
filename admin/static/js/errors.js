/** Says a failure in the reader's words: what happened, what was kept, what to do. */

import { hasCopy, t } from "./i18n.js";

function waiting(seconds) {
  return seconds >= 60
    ? t("common.wait.minutes", { n: Math.ceil(seconds / 60) })
    : t("common.wait.seconds", { n: Math.ceil(seconds) });
}

/** Takes an ApiError or a refused answer of the socket; an unknown code is said with its number for the service line. */
export function errorText(failure) {
  const key = "common.error." + failure.code;
  const seconds = failure.retryAfterSeconds || failure.retry_after_seconds || 60;
  if (hasCopy(key)) return t(key, { wait: waiting(seconds), expected: failure.expected || "" });
  return t("common.error.unknown", { code: String(failure.code) });
}
