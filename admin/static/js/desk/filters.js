/** Which applications are wanted: four views, a search, and filters that open on demand. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Button, Field, isSheetOpen } from "../components.js";
import { t } from "../i18n.js";
import { ALL_STATES, channelName, stateName } from "./words.js";

const TYPED_MS = 300;
const FILTERS = ["state", "job_id", "broadcast_id", "channel", "since", "until"];

export const NOTHING_WANTED = { view: "all", q: "", state: "", job_id: "", broadcast_id: "", channel: null, since: "", until: "" };

/** As the server is asked. */
export function filterOf(wanted) {
  return {
    q: wanted.q || null,
    state: wanted.state || null,
    job_id: wanted.job_id || null,
    broadcast_id: wanted.broadcast_id || null,
    channel: wanted.channel,
    since: wanted.since || null,
    until: wanted.until || null,
    waiting: wanted.view === "waiting",
    due: wanted.view === "today" || wanted.view === "overdue" ? wanted.view : null,
  };
}

function used(wanted) {
  return FILTERS.filter((name) => wanted[name] !== NOTHING_WANTED[name]).length;
}

export function isNarrowed(wanted) {
  return wanted.q !== "" || used(wanted) > 0;
}

function Views({ work, wanted, onWant }) {
  const total = Object.keys(work.states).reduce((sum, state) => sum + work.states[state], 0);
  const counts = { all: total, waiting: work.waiting, today: work.due_today, overdue: work.overdue };
  return html`<div class="chips" role="group" aria-label=${t("desk.views")}>
    ${Object.keys(counts).map(
      (view) => html`<button type="button" key=${view} class="chip" aria-pressed=${wanted.view === view ? "true" : "false"}
        onClick=${() => onWant({ view })}>${t("desk.view." + view, { n: counts[view] })}</button>`,
    )}
  </div>`;
}

function useSlashKey(input) {
  useEffect(() => {
    const onKey = (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
      if (event.key !== "/" || typing || isSheetOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function Search({ wanted, onWant }) {
  const input = useRef(null);
  const timer = useRef(0);
  useSlashKey(input);
  const look = () => {
    clearTimeout(timer.current);
    onWant({ q: input.current.value.trim() });
  };
  // A Chinese input method types letters first: they are not what is looked for.
  const typed = (event) => {
    clearTimeout(timer.current);
    if (!event.isComposing) timer.current = setTimeout(look, TYPED_MS);
  };
  useEffect(() => {
    if (input.current.value.trim() !== wanted.q) input.current.value = wanted.q;
  }, [wanted.q]);
  return html`<form role="search" onSubmit=${(event) => {
    event.preventDefault();
    look();
  }}>
    <${Field} label=${t("desk.search")} hint=${t("desk.search_hint")} type="search" autocomplete="off" maxlength="100" enterkeyhint="search"
      class="input-small" inputRef=${input} onInput=${typed} onCompositionEnd=${look} />
  </form>`;
}

function Choice({ name, choices, nameOf, wanted, onWant }) {
  return html`<${Field} label=${t("desk.filter." + name)} as="select" class="input-small"
    onChange=${(event) => onWant({ [keyOf(name)]: event.target.value || NOTHING_WANTED[keyOf(name)] })}>
    <option value="" selected=${wanted[keyOf(name)] === NOTHING_WANTED[keyOf(name)]}>${t("desk.filter.any")}</option>
    ${choices.map((one) => html`<option value=${one.id} selected=${wanted[keyOf(name)] === one.id}>${nameOf(one)}</option>`)}
  <//>`;
}

const keyOf = (name) => (name === "job" || name === "broadcast" ? name + "_id" : name);
const counted = (one) => one.name + " (" + one.applications + ")";

// A select cannot tell “none” from “all” by an empty value.
const NO_CHANNEL = "-";

function Filters({ work, wanted, onWant }) {
  const channels = work.channels.map((one) => Object.assign({}, one, { id: one.id || NO_CHANNEL, name: channelName(one.name) }));
  const shown = Object.assign({}, wanted, { channel: wanted.channel === "" ? NO_CHANNEL : wanted.channel });
  const wantChannel = ({ channel }) => onWant({ channel: channel === NO_CHANNEL ? "" : channel });
  const day = (name) => html`<${Field} label=${t("desk.filter." + name)} type="date" class="input-small" value=${wanted[name]}
    onChange=${(event) => onWant({ [name]: event.target.value })} />`;
  const states = ALL_STATES.filter((state) => work.states[state]).map((state) => ({ id: state, name: stateName(state), applications: work.states[state] }));
  return html`<div class="desk-filters">
    <${Choice} name="state" choices=${states} nameOf=${counted} wanted=${wanted} onWant=${onWant} />
    <${Choice} name="job" choices=${work.jobs} nameOf=${counted} wanted=${wanted} onWant=${onWant} />
    <${Choice} name="broadcast" choices=${work.broadcasts} nameOf=${counted} wanted=${wanted} onWant=${onWant} />
    <${Choice} name="channel" choices=${channels} nameOf=${counted} wanted=${shown} onWant=${wantChannel} />
    ${day("since")} ${day("until")}
  </div>`;
}

export function Wanted({ work, wanted, onWant, onAll }) {
  const [open, setOpen] = useState(false);
  const count = used(wanted);
  const clear = () => onWant(Object.assign({}, NOTHING_WANTED, { view: wanted.view }));
  return html`<div class="stack-tight">
    <${Views} work=${work} wanted=${wanted} onWant=${onWant} />
    <${Search} wanted=${wanted} onWant=${onWant} />
    <div class="line-up">
      <${Button} kind="plain" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>
        ${count ? t("desk.filters_on", { n: count }) : t("desk.filters")} ${open ? "▴" : "▾"}
      <//>
      ${isNarrowed(wanted) && html`<${Button} kind="plain" onClick=${clear}>${t("desk.filter.clear")}<//>`}
      <span class="push"></span>
      <${Button} kind="plain" onClick=${onAll}>${t("desk.select_all")}<//>
    </div>
    ${open && html`<${Filters} work=${work} wanted=${wanted} onWant=${onWant} />`}
  </div>`;
}
