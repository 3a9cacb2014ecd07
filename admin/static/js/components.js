/** The parts every page is built of; looks live in controls.css and surfaces.css, words in the common catalogue. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { t } from "./i18n.js";

const FOCUSABLE =
  'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), [tabindex="0"]';

let lastId = 0;

/** An id that stays the same for the life of one component. */
export function useStableId(prefix) {
  const ref = useRef(null);
  if (ref.current === null) {
    lastId += 1;
    ref.current = prefix + "-" + lastId;
  }
  return ref.current;
}

function classes(...names) {
  return names.filter(Boolean).join(" ");
}

/** kind: primary, secondary, danger, call, plain; size: main (56 high), next (88), wide. Other props go to the button. */
export function Button({ kind = "secondary", size, class: extra, href, children, ...rest }) {
  const name = classes("button", "button-" + kind, size && "button-" + size, extra);
  return href
    ? html`<a class=${name} href=${href} ...${rest}>${children}</a>`
    : html`<button type="button" class=${name} ...${rest}>${children}</button>`;
}

const SHAPES = { live: "●", ok: "✓", warn: "!" };

/** tone: live, ok, warn, next or none; the shape beside the word keeps colour from speaking alone. */
export function Badge({ tone, shape = true, children }) {
  const mark = shape && SHAPES[tone];
  return html`<span class=${classes("badge", tone && "badge-" + tone)}
    >${mark && html`<span aria-hidden="true">${mark} </span>`}${children}</span
  >`;
}

/* Sheets: the newest takes keys and focus; the page behind does not scroll. */

const openSheets = [];
let scrolledTo = 0;

function lockScroll() {
  scrolledTo = window.pageYOffset;
  document.body.classList.add("scroll-locked");
  document.body.style.top = -scrolledTo + "px";
}

function unlockScroll() {
  document.body.classList.remove("scroll-locked");
  document.body.style.top = "";
  window.scrollTo(0, scrolledTo);
}

function keepFocusInside(event, box) {
  const places = Array.from(box.querySelectorAll(FOCUSABLE)).filter((place) => place.offsetParent !== null);
  const first = places[0] || box;
  const last = places[places.length - 1] || box;
  const outside = !box.contains(document.activeElement) || document.activeElement === box;
  if (event.shiftKey ? outside || document.activeElement === first : document.activeElement === last) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}

function useSheetManners(box, close) {
  const onClose = useRef(close);
  onClose.current = close;
  useLayoutEffect(() => {
    const before = document.activeElement;
    const me = {};
    const onKey = (event) => {
      if (openSheets[openSheets.length - 1] !== me) return;
      if (event.key === "Tab") keepFocusInside(event, box.current);
      if (event.key === "Escape" && !event.isComposing) {
        event.stopPropagation();
        onClose.current();
      }
    };
    if (openSheets.push(me) === 1) lockScroll();
    document.addEventListener("keydown", onKey);
    (box.current.querySelector("[data-autofocus]") || box.current).focus({ preventScroll: true });
    return () => {
      document.removeEventListener("keydown", onKey);
      openSheets.splice(openSheets.indexOf(me), 1);
      if (openSheets.length === 0) unlockScroll();
      if (before && before.focus && document.contains(before)) before.focus({ preventScroll: true });
    };
  }, []);
}

/** Keyboards of newer phones lie over the page: the sheet keeps to what they leave. Zooming in is no keyboard. */
function useVisibleArea(veil) {
  useLayoutEffect(() => {
    const area = window.visualViewport;
    if (!area) return undefined;
    const fit = () => {
      const covered = area.scale < 1.01 && window.innerHeight - area.height > 1;
      veil.current.style.top = covered ? area.offsetTop + "px" : "";
      veil.current.style.height = covered ? area.height + "px" : "";
    };
    fit();
    area.addEventListener("resize", fit);
    area.addEventListener("scroll", fit);
    return () => {
      area.removeEventListener("resize", fit);
      area.removeEventListener("scroll", fit);
    };
  }, []);
}

/** Whether any sheet is open now; a new card waits while one is. */
export function isSheetOpen() {
  return openSheets.length > 0;
}

/**
 * A sheet from below on a phone, a 480-px dialog on wider screens. Focus goes to [data-autofocus] inside, else to the
 * sheet; Esc, ✕ and the veil call onClose; focus returns where it was.
 */
export function Sheet({ title, note, wide = false, onClose, children }) {
  const veil = useRef(null);
  const box = useRef(null);
  const titleId = useStableId("sheet-title");
  useVisibleArea(veil);
  useSheetManners(box, onClose);
  return html`<div ref=${veil} class="sheet-veil" onClick=${(event) => event.target === event.currentTarget && onClose()}>
    <section
      ref=${box}
      class=${classes("sheet", wide && "sheet-wide")}
      role="dialog"
      aria-modal="true"
      aria-labelledby=${titleId}
      tabindex="-1"
    >
      <div class="sheet-head">
        <div class="grow">
          <h2 id=${titleId} class="sheet-title">${title}</h2>
          ${note && html`<p class="type-label">${note}</p>`}
        </div>
        <button type="button" class="button button-icon" aria-label=${t("common.close")} onClick=${onClose}>✕</button>
      </div>
      <div class="sheet-body">${children}</div>
    </section>
  </div>`;
}

/** Asks before something that cannot be taken back; focus stands on the harmless button. note: what it is about. */
export function Confirm({ text, note, yes, no, danger = true, onYes, onNo }) {
  return html`<${Sheet} title=${text} note=${note} onClose=${onNo}>
    <div class="stack">
      <${Button} kind=${danger ? "danger" : "primary"} size="main" class="button-wide" onClick=${onYes}>${yes}<//>
      <${Button} size="main" class="button-wide" onClick=${onNo} data-autofocus>${no}<//>
    </div>
  <//>`;
}

/* Tabs */

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function tabAfter(tabs, selected, key) {
  if (key === "Home") return tabs[0].id;
  if (key === "End") return tabs[tabs.length - 1].id;
  if (!STEPS[key]) return null;
  const at = tabs.findIndex((tab) => tab.id === selected);
  return tabs[(at + STEPS[key] + tabs.length) % tabs.length].id;
}

/** tabs: [{id, label}]; name joins them to their TabPanels. bottom: the phone's bar at the foot of the page. */
export function Tabs({ name, label, tabs, selected, onSelect, bottom = false }) {
  const list = useRef(null);
  const onKeyDown = (event) => {
    const next = tabAfter(tabs, selected, event.key);
    if (next === null) return;
    event.preventDefault();
    onSelect(next);
    list.current.querySelector("#" + name + "-tab-" + next).focus();
  };
  return html`<div
    ref=${list}
    class=${classes("tabs", bottom && "tabs-bottom")}
    role="tablist"
    aria-label=${label}
    onKeyDown=${onKeyDown}
  >
    ${tabs.map(
      (tab) =>
        html`<button
          type="button"
          key=${tab.id}
          id=${name + "-tab-" + tab.id}
          class="tab"
          role="tab"
          aria-selected=${tab.id === selected ? "true" : "false"}
          aria-controls=${name + "-panel-" + tab.id}
          tabindex=${tab.id === selected ? "0" : "-1"}
          onClick=${() => onSelect(tab.id)}
        >
          ${tab.label}
        </button>`,
    )}
  </div>`;
}

/** Stays in the page when not selected, so that what was typed in it stays too. */
export function TabPanel({ name, id, selected, children }) {
  return html`<div
    id=${name + "-panel-" + id}
    role="tabpanel"
    aria-labelledby=${name + "-tab-" + id}
    hidden=${id !== selected}
    tabindex="-1"
  >
    ${children}
  </div>`;
}

/* Bars */

/** Where toasts and undo bars stand; put it on the page once, empty or not, so that screen readers hear what comes. */
export function Bars({ children }) {
  return html`<div class="bars" role="status">${children}</div>`;
}

function useGoneAfter(seconds, onGone) {
  const gone = useRef(onGone);
  gone.current = onGone;
  useEffect(() => {
    const timer = setTimeout(() => gone.current && gone.current(), seconds * 1000);
    return () => clearTimeout(timer);
  }, []);
}

/** Goes by itself; give a key that changes with the message. */
export function Toast({ text, seconds = 3, onGone }) {
  useGoneAfter(seconds, onGone);
  return html`<div class="toast">${text}</div>`;
}

/** 已推送 4号 · 撤销, for ten seconds; give a key that changes with the action. */
export function UndoBar({ text, seconds = 10, onUndo, onGone }) {
  useGoneAfter(seconds, onGone);
  return html`<div class="toast">
    <span>${text}</span>
    <${Button} kind="plain" onClick=${onUndo}>${t("common.undo")}<//>
  </div>`;
}

/** tone "warn" while the line is down, "ok" once it is back. */
export function QuietBar({ tone = "warn", children }) {
  return html`<div class=${classes("quiet-bar", tone === "ok" && "quiet-bar-ok")} role="status">${children}</div>`;
}

/* Fields */

/**
 * A labelled input whose hint and error are read with it. Other props go to the input; as="textarea" or as="select"
 * (options as children) change what it is.
 */
export function Field({ label, hint, error, as = "input", inputRef, children, class: extra, ...rest }) {
  const own = useStableId("field");
  const id = rest.id || own;
  const described = classes(hint && id + "-hint", error && id + "-error");
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <${as}
      ...${rest}
      id=${id}
      ref=${inputRef}
      class=${classes("input", extra)}
      aria-invalid=${error ? "true" : undefined}
      aria-describedby=${described || undefined}
      >${children}<//
    >
    ${hint && html`<p id=${id + "-hint"} class="field-hint">${hint}</p>`}
    ${error && html`<p id=${id + "-error"} class="field-error" role="alert">${error}</p>`}
  </div>`;
}

/** One box to tick, never ticked beforehand. */
export function Check({ error, children, ...rest }) {
  const own = useStableId("check");
  const id = rest.id || own;
  return html`<div>
    <label class="check" for=${id}>
      <input
        type="checkbox"
        ...${rest}
        id=${id}
        aria-invalid=${error ? "true" : undefined}
        aria-describedby=${error ? id + "-error" : undefined}
      />
      <span>${children}</span>
    </label>
    ${error && html`<p id=${id + "-error"} class="field-error" role="alert">${error}</p>`}
  </div>`;
}

/* Announcements */

const QUIET_MS = 5000;
let say = null;
let lastSaid = 0;
let waiting = null;
let waitingTimer = 0;

function sayWaiting() {
  waitingTimer = 0;
  lastSaid = Date.now();
  say(waiting);
  waiting = null;
}

function sayWhenQuiet() {
  if (say === null || waiting === null || waitingTimer) return;
  waitingTimer = setTimeout(sayWaiting, Math.max(0, lastSaid + QUIET_MS - Date.now()));
}

/** Reads the text to a screen reader; at most one in five seconds, and of those that wait only the newest. */
export function announce(text) {
  waiting = text;
  sayWhenQuiet();
}

/** Put it on the page once. */
export function Announcer() {
  const [text, setText] = useState("");
  useEffect(() => {
    say = setText;
    sayWhenQuiet();
    return () => {
      say = null;
      clearTimeout(waitingTimer);
      waitingTimer = 0;
    };
  }, []);
  return html`<div class="visually-hidden" aria-live="polite">${text}</div>`;
}

/* ⓘ */

// As wide as .info-text, of which this much is kept free at the page's edge.
const INFO_WIDTH = 280;
const INFO_SHARE = 0.72;
const EDGE = 16;

/** How far to the left a text opens that would end beyond the page. */
function shiftOf(place) {
  const page = document.documentElement.clientWidth;
  const width = Math.min(INFO_WIDTH, page * INFO_SHARE);
  return Math.min(0, page - EDGE - width - place.getBoundingClientRect().left);
}

/** What a number counts, on hover, tap and focus; Esc closes. It stands within the page wherever its ⓘ does. */
export function Info({ about, children }) {
  const [hovered, setHovered] = useState(false);
  const [pinned, setPinned] = useState(false);
  const [shift, setShift] = useState(0);
  const place = useRef(null);
  const id = useStableId("info");
  const close = () => {
    setPinned(false);
    setHovered(false);
  };
  const open = hovered || pinned;
  useLayoutEffect(() => {
    if (open) setShift(shiftOf(place.current));
  }, [open]);
  return html`<span
    ref=${place}
    class="info"
    onPointerEnter=${(event) => event.pointerType === "mouse" && setHovered(true)}
    onPointerLeave=${() => setHovered(false)}
    onKeyDown=${(event) => {
      if (open && event.key === "Escape") {
        event.stopPropagation();
        close();
      }
    }}
    onFocusOut=${(event) => !event.currentTarget.contains(event.relatedTarget) && close()}
  >
    <button
      type="button"
      class="info-button"
      aria-label=${t("common.how_counted", { what: about })}
      aria-expanded=${open ? "true" : "false"}
      aria-controls=${id}
      onClick=${() => setPinned(!pinned)}
    >
      ⓘ
    </button>
    <span
      id=${id}
      class="info-text"
      style=${{ left: shift + "px" }}
      role="note"
      hidden=${!open}
      onMouseDown=${(event) => event.preventDefault()}
      >${children}</span
    >
  </span>`;
}

/** Nothing here yet: one sentence and, as children, what to do about it. */
export function Empty({ text, children }) {
  return html`<div class="empty"><p>${text}</p>${children && html`<div>${children}</div>`}</div>`;
}
