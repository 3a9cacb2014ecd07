/** The list of shows as the server drew it: its language switch, and signing out where someone is signed in. */

import { followLanguageLinks } from "../language_link.js";
import { signOut } from "../sign_out.js";

followLanguageLinks();

document.querySelectorAll("[data-sign-out]").forEach((button) => {
  button.addEventListener("click", () => signOut(button.getAttribute("data-sign-out")));
});
