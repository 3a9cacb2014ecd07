/** The way out, the same on every page of staff. */

import { html, render } from "../vendor/preact-htm.js";
import { api } from "./api.js";
import { Toast } from "./components.js";

const SECONDS_SAID = 5;

function say(words) {
  const place = document.body.appendChild(document.createElement("div"));
  const bar = html`<${Toast} text=${words} seconds=${SECONDS_SAID} onGone=${() => place.remove()} />`;
  render(html`<div class="bars" role="alert">${bar}</div>`, place);
}

/** To the page to sign in on, once nobody is signed in here; until then it stays and says failed. */
export async function signOut(failed) {
  try {
    await api("POST", "/api/v1/sign-out");
  } catch (failure) {
    if (failure.status !== 401) return say(failed);
  }
  location.assign("/login");
}
