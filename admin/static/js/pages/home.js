/** The list of shows as the server drew it: its language switch, and signing out where someone is signed in. */

import { api } from "../api.js";
import { followLanguageLinks } from "../language_link.js";

followLanguageLinks();

document.querySelectorAll("[data-sign-out]").forEach((button) => {
  button.addEventListener("click", async () => {
    await api("POST", "/api/v1/sign-out");
    location.assign("/login");
  });
});
