/** Chooses cards for a tray: jobs of the library, a whole import, policy notices. */

import { html, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { Button, Empty, Field, Sheet, TabPanel, Tabs } from "../components.js";
import { t } from "../i18n.js";
import { Loaded, useLoad } from "./frame.js";
import { BothPays, StateChips, useJobs, useSettled } from "./jobs.js";
import { say, sayAllBlocked, when } from "./words.js";

const KINDS = ["jobs", "imports", "policies"];

function toggled(list, id) {
  return list.indexOf(id) >= 0 ? list.filter((one) => one !== id) : list.concat(id);
}

function Pick({ id, picked, there, onPick, children, end }) {
  return html`<li class="row">
    <label class="check grow">
      <input type="checkbox" checked=${there || picked.indexOf(id) >= 0} disabled=${there} onChange=${() => onPick(id)} />
      <span>${children}${there && html`<span class="type-label"> ${t("programme.tray.in_it")}</span>`}</span>
    </label>
    ${end}
  </li>`;
}

function JobList({ there, picked, onPick }) {
  const [search, setSearch] = useState("");
  const [state, setState] = useState("all");
  const settled = useSettled(search);
  const { load, more, hasMore } = useJobs({ q: settled, state: state === "all" ? null : state });
  return html`<div class="filter-row">
      <${Field} class="input-small" type="search" label=${t("organiser.jobs.search")} value=${search} onInput=${(event) => setSearch(event.target.value)} data-autofocus />
      <${StateChips} state=${state} onChoose=${setState} />
    </div>
    <${Loaded} load=${load} say=${say}>
      ${({ jobs }) =>
        jobs.length === 0
          ? html`<${Empty} text=${t("programme.jobs.none_found")} />`
          : html`<ul>
                ${jobs.map(
                  (job) => html`<${Pick}
                    key=${job.id}
                    id=${job.id}
                    there=${there.indexOf(job.id) >= 0}
                    picked=${picked}
                    onPick=${onPick}
                    end=${html`<${BothPays} pay=${job.pay} />`}
                  >
                    ${job.facts.title}<br />
                    <span class="type-label">${job.employer} · ${job.facts.workplace}</span>
                    ${job.blocked.length > 0 && html`<br /><span class="tone-warn">${sayAllBlocked(job.blocked)}</span>`}
                  <//>`,
                )}
              </ul>
              ${hasMore && html`<p class="more"><${Button} onClick=${more}>${t("programme.more")}<//></p>`}`}
    <//>`;
}

function ImportList({ onWhole }) {
  const load = useLoad("/api/v1/imports");
  return html`<${Loaded} load=${load} say=${say}>
    ${({ imports }) => {
      const confirmed = imports.filter((one) => one.state === "confirmed" && one.imported > 0);
      if (confirmed.length === 0) return html`<${Empty} text=${t("programme.import.none")} />`;
      return html`<ul>
        ${confirmed.map(
          (one) => html`<li key=${one.id} class="row">
            <div class="grow">${one.file_name}<br /><span class="type-label">${when(one.confirmed_at)}</span></div>
            <${Button} onClick=${() => onWhole(one.id)}>${t("programme.tray.add_all", { n: one.imported })}<//>
          </li>`,
        )}
      </ul>`;
    }}
  <//>`;
}

function PolicyList({ there, picked, onPick }) {
  const load = useLoad("/api/v1/policies");
  return html`<${Loaded} load=${load} say=${say}>
    ${({ policies }) =>
      policies.length === 0
        ? html`<${Empty} text=${t("programme.policies.none")}><a href="/organiser/policies">${t("programme.policies.add")}</a><//>`
        : html`<ul>
            ${policies.map(
              (one) => html`<${Pick} key=${one.id} id=${one.id} there=${there.indexOf(one.title) >= 0} picked=${picked} onPick=${onPick}>
                ${one.title}<br /><span class="type-label">${one.how_much}</span>
              <//>`,
            )}
          </ul>`}
  <//>`;
}

/** jobsThere: ids in the tray; policiesThere: titles in it. onAdded after the cards are in. */
export function JobPicker({ broadcastId, jobsThere, policiesThere, onAdded, onClose }) {
  const [kind, setKind] = useState("jobs");
  const [jobs, setJobs] = useState([]);
  const [policies, setPolicies] = useState([]);
  const [failure, setFailure] = useState(null);
  const [sending, setSending] = useState(false);
  const add = async (picks) => {
    setSending(true);
    try {
      await api("POST", "/api/v1/broadcasts/" + broadcastId + "/cards", picks);
      onAdded();
    } catch (refused) {
      setFailure(refused);
      setSending(false);
    }
  };
  const count = jobs.length + policies.length;
  const tabs = KINDS.map((id) => ({ id, label: t("programme.tray.from." + id) }));
  return html`<${Sheet} wide title=${t("programme.tray.add")} onClose=${onClose}>
    <div class="stack picker">
      ${failure && html`<p class="note note-error" role="alert">${say(failure)}</p>`}
      <${Tabs} name="pick" label=${t("programme.tray.add")} tabs=${tabs} selected=${kind} onSelect=${setKind} />
      <${TabPanel} name="pick" id="jobs" selected=${kind}>
        <${JobList} there=${jobsThere} picked=${jobs} onPick=${(id) => setJobs(toggled(jobs, id))} />
      <//>
      <${TabPanel} name="pick" id="imports" selected=${kind}>
        ${kind === "imports" && html`<${ImportList} onWhole=${(id) => add({ import_id: id })} />`}
      <//>
      <${TabPanel} name="pick" id="policies" selected=${kind}>
        ${kind === "policies" &&
        html`<${PolicyList} there=${policiesThere} picked=${policies} onPick=${(id) => setPolicies(toggled(policies, id))} />`}
      <//>
      <div class="picker-end">
        <${Button} kind="primary" size="main" class="button-wide" disabled=${count === 0 || sending} onClick=${() => add({ jobs, policies })}
          >${t("programme.tray.add_picked", { n: count })}<//
        >
      </div>
    </div>
  <//>`;
}
