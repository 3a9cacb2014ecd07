/** Signing in: the form the server drew, sent as JSON; then on to where one was going. */

import { api } from "../api.js";
import { errorText } from "../errors.js";
import { loadCatalogues } from "../i18n.js";
import { followLanguageLinks } from "../language_link.js";

const HOME = { organiser: "/organiser", host: "/host", operator: "/host", recruiter: "/desk" };

/** Where the address says to go on to, when that is a page of ours. */
function wanted() {
  const next = new URLSearchParams(location.search).get("next") || "";
  return /^\/(?![/\\])[!-~]*$/.test(next) ? next : null;
}

function say(form, words) {
  let note = form.querySelector("[role=alert]");
  if (!note) {
    note = document.createElement("p");
    note.className = "note note-warn";
    note.setAttribute("role", "alert");
    form.insertBefore(note, form.querySelector("button"));
  }
  note.textContent = words;
}

async function signIn(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const body = { login: form.elements.login.value, password: form.elements.password.value };
    const account = await api("POST", "/api/v1/sign-in", body);
    location.assign(wanted() || HOME[account.role] || "/");
  } catch (failure) {
    say(form, errorText(failure));
    form.elements.password.focus();
    button.disabled = false;
  }
}

followLanguageLinks();

const form = document.getElementById("sign-in");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(form);
});
loadCatalogues(["common", "organiser"]).then(
  () => {
    form.querySelector("button").disabled = false;
  },
  () => say(form, form.dataset.unfinished),
);
