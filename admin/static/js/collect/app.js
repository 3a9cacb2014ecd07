/** First the code, then the list; nothing about anybody before it. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Announcer } from "../components.js";
import { CodeForm } from "./code.js";
import { CollectedList } from "./list.js";

export function CollectPage({ token }) {
  const [entered, setEntered] = useState(null);
  const path = "/api/v1/collections/" + encodeURIComponent(token);
  return html`<${Announcer} />
    ${entered
      ? html`<${CollectedList} path=${path} entered=${entered} />`
      : html`<${CodeForm} path=${path} onEntered=${setEntered} />`}`;
}
