/** The library of jobs: search, filter, and what keeps which job from being pushed. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Empty, Field } from "../components.js";
import { t } from "../i18n.js";
import { headcount } from "../job_card.js";
import { showPay } from "../pay.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { ask, asked, query, say, sayAllBlocked } from "./words.js";

const PAGE = 50;
const STATES = ["all", "pushable", "blocked"];
const TYPING_MS = 300;

/** The value, once nobody has typed for a moment. */
export function useSettled(value) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** {load, more, hasMore}: the first page by address, further pages added below. */
export function useJobs(filter) {
  const load = useLoad("/api/v1/jobs" + query(Object.assign({ limit: PAGE }, filter)));
  const more = async () => {
    const shown = load.data.jobs.length;
    const next = await api("GET", "/api/v1/jobs" + query(Object.assign({ limit: PAGE, offset: shown }, filter)));
    load.put({ total: next.total, jobs: load.data.jobs.concat(next.jobs) });
  };
  return { load, more, hasMore: load.data !== null && load.data.jobs.length < load.data.total };
}

/** All, pushable, blocked, or other states in words of their own; one is chosen. */
export function StateChips({ state, onChoose, states = STATES, words = "programme.jobs." }) {
  return html`<div class="chips" role="group" aria-label=${t(words + "filter")}>
    ${states.map(
      (one) => html`<button
        type="button"
        key=${one}
        class="chip"
        aria-pressed=${one === state ? "true" : "false"}
        onClick=${() => onChoose(one)}
      >
        ${t(words + "state." + one)}
      </button>`,
    )}
  </div>`;
}

/** Pay as understood; as written below, where that says it otherwise. */
export function BothPays({ pay }) {
  const shown = showPay(pay).whole;
  return html`<span class="both">
    <span class="pay-small">${shown}</span>
    ${pay.text !== shown && html`<span class="type-label">${t("programme.jobs.written", { text: pay.text })}</span>`}
  </span>`;
}

function JobLine({ job }) {
  return html`<li class="row job-line">
    <div class="grow">
      <p><a class="show-title" href=${"/organiser/jobs/" + job.id}>${job.facts.title}</a></p>
      <p class="type-label">
        ${[job.employer, job.facts.workplace, headcount(job.facts)].join(" · ")}
        ${job.shows > 0 && " · " + t("programme.jobs.in_shows", { n: job.shows })}
      </p>
      ${job.blocked.length > 0 && html`<p class="tone-warn">${sayAllBlocked(job.blocked)}</p>`}
      ${job.override && html`<p class="type-label">${t("programme.job.let", { who: job.override.by })}</p>`}
    </div>
    <${BothPays} pay=${job.pay} />
  </li>`;
}

function Origin({ importId, employerId }) {
  const place = importId ? "/api/v1/imports/" + importId : "/api/v1/employers/" + employerId;
  const origin = useLoad(place);
  if (!origin.data) return null;
  const name = importId ? origin.data.file_name : origin.data.name;
  return html`<p class="note">
    ${t(importId ? "programme.jobs.of_import" : "programme.jobs.of_employer", { name })}${" "}
    <a href="/organiser/jobs">${t("programme.jobs.see_all")}</a>
  </p>`;
}

export function JobsPage() {
  const importId = asked("import");
  const employerId = asked("employer");
  const [search, setSearch] = useState(asked("q") || "");
  const [state, setState] = useState(STATES.indexOf(asked("state")) > 0 ? asked("state") : "all");
  const settled = useSettled(search);
  const [notice, put] = useNotice();
  const filter = { q: settled, state: state === "all" ? null : state, import_id: importId, employer_id: employerId };
  const { load, more, hasMore } = useJobs(filter);
  useEffect(() => ask("q", settled), [settled]);
  const choose = (one) => {
    setState(one);
    ask("state", one === "all" ? null : one);
  };
  const buttons = html`<${Button} href="/organiser/imports">${t("programme.nav.imports")}<//>
    <${Button} kind="primary" href="/organiser/jobs/new">${t("programme.jobs.add")}<//>`;
  return html`<${Frame} title=${t("organiser.jobs.title")} buttons=${buttons} notice=${notice} put=${put}>
    ${(importId || employerId) && html`<${Origin} importId=${importId} employerId=${employerId} />`}
    <div class="filter-row">
      <${Field}
        class="input-small"
        type="search"
        label=${t("organiser.jobs.search")}
        value=${search}
        maxlength="100"
        onInput=${(event) => setSearch(event.target.value)}
      />
      <${StateChips} state=${state} onChoose=${choose} />
    </div>
    <${Loaded} load=${load} say=${say}>
      ${(page) => html`
        <p class="type-label" role="status">${t("programme.jobs.found", { n: page.total })}</p>
        ${page.total === 0 &&
        (settled || state !== "all"
          ? html`<${Empty} text=${t("programme.jobs.none_found")} />`
          : html`<${Empty} text=${t("organiser.jobs.empty")}
              ><${Button} kind="primary" href="/organiser/imports">${t("programme.nav.imports")}<//
            ><//>`)}
        <ul>
          ${page.jobs.map((job) => html`<${JobLine} key=${job.id} job=${job} />`)}
        </ul>
        ${hasMore &&
        html`<p class="more">
          <${Button} onClick=${() => more().catch((failure) => put({ text: say(failure) }))}>${t("programme.more")}<//>
        </p>`}
      `}
    <//>
  <//>`;
}
