/** The console's keys, read by physical code: they work whatever input method is on. */

import { useEffect, useRef } from "../../vendor/preact-htm.js";
import { isSheetOpen } from "../components.js";

const TEXT_FIELDS = 'textarea, select, [contenteditable="true"], input:not([type="checkbox"]):not([type="radio"])';
const DIGIT = /^(?:Digit|Numpad)(\d)$/;
// Presentation clickers: what turns a page must work behind an open sheet too.
const CLICKER = { PageDown: "next", PageUp: "previous" };
const PLAIN = { F2: "pin", F8: "withdraw", Slash: "search", Escape: "escape", Backspace: "erase" };
const ENTER = ["Enter", "NumpadEnter"];
const TOGGLES = { KeyZ: "undo", KeyK: "search" };

function plainly(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey;
}

function withControl(event) {
  return (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
}

function typed(event) {
  const digit = DIGIT.exec(event.code);
  // The character where the keyboard tells it; an input method leaves only the place of the key.
  if (event.key === "*" || event.code === "NumpadMultiply" || (event.shiftKey && event.code === "Digit8")) return "*";
  return digit && !event.shiftKey ? digit[1] : null;
}

/** What a key press asks for: {does, character} or null. */
function meaningOf(event) {
  if (withControl(event)) return TOGGLES[event.code] ? { does: TOGGLES[event.code] } : null;
  if (!plainly(event)) return null;
  const character = typed(event);
  if (character !== null) return { does: "type", character };
  if (event.key === "?" || (event.shiftKey && event.code === "Slash")) return { does: "help" };
  if (event.shiftKey) return null;
  if (CLICKER[event.code]) return { does: CLICKER[event.code] };
  if (ENTER.indexOf(event.code) >= 0) return { does: "enter" };
  return PLAIN[event.code] ? { does: PLAIN[event.code] } : null;
}

function isClicker(meaning) {
  return meaning.does === "next" || meaning.does === "previous";
}

/** A button that pushes is never set off by the space bar, nor again and again by a key held down. */
function guardButtons(event) {
  const pushes = event.target.closest && event.target.closest("[data-pushes]");
  if (pushes && (event.code === "Space" || (event.repeat && ENTER.indexOf(event.code) >= 0))) event.preventDefault();
}

function listener(does) {
  return (event) => {
    guardButtons(event);
    const meaning = meaningOf(event);
    if (!meaning || (event.target.closest && event.target.closest(TEXT_FIELDS))) return;
    if (isSheetOpen() && !isClicker(meaning)) return;
    const handler = does.current[meaning.does];
    if (!handler) return;
    if (event.repeat) {
      if (meaning.does !== "enter") event.preventDefault();
      return;
    }
    if (handler(meaning.character) !== false) event.preventDefault();
  };
}

/**
 * does: {next, previous, pin, withdraw, undo, search, help, escape, erase, enter, type(character)}; a handler that
 * answers false leaves the key to the browser.
 */
export function useKeys(does) {
  const newest = useRef(does);
  newest.current = does;
  useEffect(() => {
    const onKeyDown = listener(newest);
    document.addEventListener("keydown", onKeyDown);
    document.addEventListener("keyup", guardButtons);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("keyup", guardButtons);
    };
  }, []);
}
