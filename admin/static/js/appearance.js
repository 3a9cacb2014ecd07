/** Theme (自动, 浅色, 深色) and print size (大字), remembered; theme.js applies them before the first paint. */

import { remember } from "./store.js";

export const THEMES = ["auto", "light", "dark"];

const root = document.documentElement;

export function theme() {
  return root.getAttribute("data-theme") || "auto";
}

export function setTheme(name) {
  root.setAttribute("data-theme", name);
  remember("theme", name);
}

export function isLargePrint() {
  return root.getAttribute("data-print") === "large";
}

export function setLargePrint(large) {
  const print = large ? "large" : "normal";
  root.setAttribute("data-print", print);
  remember("print", print);
}
