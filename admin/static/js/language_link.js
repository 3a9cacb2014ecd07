/** Links to the same page in the other language, on pages drawn by the server: the choice is remembered. */

import { switchLanguage } from "./i18n.js";

export function followLanguageLinks() {
  document.querySelectorAll("[data-language]").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      switchLanguage(link.getAttribute("data-language"));
    });
  });
}
