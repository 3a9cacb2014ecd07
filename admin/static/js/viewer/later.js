/** Parts the first card can do without: fetched when they are asked for, or when the page has had time to settle. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { t } from "../i18n.js";

const PARTS = {
  list: (again) => import("./list.js" + again),
  mine: (again) => import("./mine.js" + again),
  picture: (again) => import("./picture.js" + again),
  notices: (again) => import("./notices.js" + again),
  reminder: (again) => import("./reminder.js" + again),
  resume: (again) => import("./resume.js" + again),
  verify: (again) => import("./verify.js" + again),
  files: (again) => import("./files.js" + again),
};

const asked = {};
const here = {};
const failed = {};

// Older browsers keep a failed import as failed for good: another address is another import.
function fetched(name) {
  const again = failed[name] ? "?again=" + failed[name] : "";
  return PARTS[name](again).then(
    (part) => {
      here[name] = part;
      return part;
    },
    (failure) => {
      failed[name] = (failed[name] || 0) + 1;
      delete asked[name];
      throw failure;
    },
  );
}

/** The module, fetched once; a failed fetch is tried again when it is asked for again. */
export function later(name) {
  if (!asked[name]) asked[name] = fetched(name);
  return asked[name];
}

/** So that everything is there without a line too; a picture needs the line. */
export function fetchTheRest() {
  Object.keys(PARTS).filter((name) => name !== "picture").forEach((name) => later(name).catch(() => null));
}

/** The component of that name once its part is here; it is fetched as soon as it is wanted. */
export function Later({ part, name, wanted = true, props }) {
  const [failed, setFailed] = useState(false);
  const [, drawAgain] = useState(0);
  const fetchIt = () => {
    setFailed(false);
    later(part).then(
      () => drawAgain((times) => times + 1),
      () => setFailed(true),
    );
  };
  useEffect(() => {
    if (wanted && !here[part]) fetchIt();
  }, [part, wanted]);
  if (here[part]) return html`<${here[part][name]} ...${props} />`;
  if (!failed) return html`<p class="type-label">${t("common.loading")}</p>`;
  return html`<p class="note note-warn">${t("viewer.line.not_fetched")}</p>
    <${Button} onClick=${fetchIt}>${t("common.retry")}<//>`;
}
