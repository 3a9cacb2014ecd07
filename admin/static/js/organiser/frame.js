/** What every organiser page stands in: the menu, one heading, and bars that say what was done. */

import { html, render, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Bars, Button, Toast, UndoBar } from "../components.js";
import { t } from "../i18n.js";
import { MenuSide } from "../menu_side.js";

const PLACES = ["home", "shows", "jobs", "employers", "imports", "policies", "reports", "accounts", "organisation"];

function addressOf(place) {
  return place === "home" ? "/organiser" : "/organiser/" + place;
}

function Menu({ here, account }) {
  return html`<nav class="menu" aria-label=${t("organiser.nav.label")}>
      <ul class="menu-places">
        ${PLACES.map(
          (place) => html`<li key=${place}>
            <a class="menu-place" href=${addressOf(place)} aria-current=${place === here ? "page" : undefined}
              >${t("programme.nav." + place)}</a
            >
          </li>`,
        )}
      </ul>
    </nav>
    <${MenuSide} account=${account} />`;
}

/** Draws the menu into the shell's header; here names the place that is open. */
export function mountMenu(here, account) {
  const header = document.querySelector("body > header");
  header.textContent = "";
  header.classList.add("menu-bar", "no-print");
  render(html`<${Menu} here=${here} account=${account} />`, header);
  // On a phone the menu is wider than the screen: what is open stands in sight.
  const open = header.querySelector("[aria-current]");
  if (open) open.scrollIntoView({ block: "nearest", inline: "center" });
}

let lastNotice = 0;

/** [notice, put]: put({text, onUndo}) shows one bar, the newest; with onUndo for ten seconds. */
export function useNotice() {
  const [notice, setNotice] = useState(null);
  const put = (content) => {
    lastNotice += 1;
    setNotice(content && Object.assign({ id: lastNotice }, content));
  };
  return [notice, put];
}

function NoticeBar({ notice, put }) {
  if (!notice) return html`<${Bars} />`;
  const gone = () => put(null);
  return html`<${Bars}>
    ${notice.onUndo
      ? html`<${UndoBar} key=${notice.id} text=${notice.text} onGone=${gone} onUndo=${() => {
          gone();
          notice.onUndo();
        }} />`
      : html`<${Toast} key=${notice.id} text=${notice.text} seconds=${5} onGone=${gone} />`}
  <//>`;
}

/** One heading, what leads back, the page's own buttons, the bars. */
export function Frame({ title, back, buttons, notice, put, children }) {
  useEffect(() => {
    document.title = title + " · " + t("common.product.name");
  }, [title]);
  return html`<div class="organiser">
    ${back && html`<p class="no-print"><a href=${back.href}>‹ ${back.text}</a></p>`}
    <header class="organiser-head">
      <h1 class="organiser-title">${title}</h1>
      ${buttons && html`<div class="organiser-buttons no-print">${buttons}</div>`}
    </header>
    ${children}
    <${NoticeBar} notice=${notice} put=${put} />
  </div>`;
}

/**
 * {data, failure, stale, loading, reload, refresh, put}: what an address answers; data is null until it has, and of the
 * address before while loading; put replaces it, unless another address has been asked for since. A refresh nobody asked
 * for leaves what is shown when it fails, and says that it is stale.
 */
export function useLoad(address) {
  const [state, setState] = useState({ address: null, data: null, failure: null, stale: false });
  const newest = useRef(0);
  // A timer may still hold what was made for an earlier address: it asks for the one that is shown now.
  const wanted = useRef(address);
  wanted.current = address;
  const read = (onFailure) => {
    newest.current += 1;
    const [mine, from] = [newest.current, wanted.current];
    const settle = (next) => mine === newest.current && from === wanted.current && setState(next);
    return api("GET", from).then(
      (data) => settle({ address: from, data, failure: null, stale: false }),
      (failure) => settle(onFailure(from, failure)),
    );
  };
  const load = () => read((from, failure) => ({ address: from, data: null, failure, stale: false }));
  const refresh = () => read(() => (old) => Object.assign({}, old, { stale: true }));
  useEffect(() => {
    load();
  }, [address]);
  const isFresh = state.address === address;
  return {
    data: state.data,
    failure: isFresh ? state.failure : null,
    stale: isFresh && state.stale,
    loading: !isFresh,
    reload: load,
    refresh,
    put: (data) => isFresh && address === wanted.current && setState({ address, data, failure: null, stale: false }),
  };
}

/** 正在读取…, or what went wrong with a way to try again; children(data) once there is something. */
export function Loaded({ load, say, children }) {
  if (load.failure) {
    return html`<div class="note note-error" role="alert">
      <p>${say(load.failure)}</p>
      <${Button} onClick=${load.reload}>${t("common.retry")}<//>
    </div>`;
  }
  if (load.data === null) return html`<p class="empty" role="status">${t("common.loading")}</p>`;
  return children(load.data);
}
