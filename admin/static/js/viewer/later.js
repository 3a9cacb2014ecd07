/** Parts the first card can do without: fetched when they are asked for, or when the page has had time to settle. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { t } from "../i18n.js";

const PARTS = {
  list: () => import("./list.js"),
  mine: () => import("./mine.js"),
  notices: () => import("./notices.js"),
  reminder: () => import("./reminder.js"),
  resume: () => import("./resume.js"),
};

const asked = {};
const here = {};

/** The module, fetched once; a failed fetch is tried again when it is asked for again. */
export function later(name) {
  if (!asked[name]) {
    asked[name] = PARTS[name]().then((part) => {
      here[name] = part;
      return part;
    });
    asked[name].catch(() => delete asked[name]);
  }
  return asked[name];
}

/** So that everything is there without a line too. */
export function fetchTheRest() {
  Object.keys(PARTS).forEach((name) => later(name).catch(() => null));
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
  return html`<p class="note note-warn">${t("common.error.offline")}</p>
    <${Button} onClick=${fetchIt}>${t("common.retry")}<//>`;
}
