/** The organiser's home: what waits, then today's shows, those to come and the last ones. */

import { html, useEffect } from "../../vendor/preact-htm.js";
import { chinaDay } from "../china.js";
import { Badge, Button, Empty } from "../components.js";
import { t } from "../i18n.js";
import { Frame, Loaded, useLoad, useNotice } from "./frame.js";
import { SeriesRows } from "./series_rows.js";
import { say, when } from "./words.js";

const RECENT = 10;
const LIVE_MS = 10000;

function isToday(time) {
  return chinaDay(time) === chinaDay(new Date());
}

/** Shows by where they stand; one that should have started and has not is still today's business. */
export function sorted(shows) {
  const begins = (row) => Date.parse(row.broadcast.starts_at);
  const open = shows.filter((row) => row.broadcast.status !== "ended").sort((a, b) => begins(a) - begins(b));
  const isNow = (row) => row.broadcast.status === "live" || isToday(row.broadcast.starts_at) || begins(row) < Date.now();
  return {
    today: open.filter(isNow),
    upcoming: open.filter((row) => !isNow(row)),
    recent: shows.filter((row) => row.broadcast.status === "ended"),
  };
}

function State({ broadcast }) {
  if (broadcast.status === "live") return html`<${Badge} tone="live">${t("common.live")}<//>`;
  if (broadcast.status === "ended") return html`<${Badge}>${t("common.ended")}<//>`;
  return html`<${Badge} tone="next">${t("common.scheduled")}<//>`;
}

function figure(row) {
  if (row.broadcast.status === "live") return t("organiser.home.watching", { n: row.watching });
  return t("organiser.home.applied", { n: row.applications });
}

function MainAction({ broadcast }) {
  const report = broadcast.status === "ended";
  const href = report ? "/organiser/broadcasts/" + broadcast.id + "/report" : "/host/" + broadcast.id;
  const word = report ? "organiser.home.see_report" : broadcast.status === "live" ? "organiser.show.open_console" : "organiser.home.go_live";
  return html`<${Button} kind=${report ? "secondary" : "primary"} href=${href}
    >${t(word)}<span class="visually-hidden"> ${broadcast.title}</span><//
  >`;
}

/** One show: its state, its one figure, its one main action; its title leads to everything about it. */
function ShowRow({ row }) {
  const broadcast = row.broadcast;
  const about = [when(broadcast.starts_at), broadcast.unit, broadcast.host, broadcast.platform];
  return html`<li class="row show-row">
    <div class="grow">
      <p><${State} broadcast=${broadcast} />${" "}
        ${broadcast.rehearsal && html`<${Badge} tone="warn">${t("common.rehearsal")}<//>`}${" "}
        <a class="show-title" href=${"/organiser/broadcasts/" + broadcast.id}>${broadcast.title}</a></p>
      <p class="type-label">${about.filter(Boolean).join(" · ")}</p>
      <p class="type-label">
        ${t("organiser.show.cards_and_openings", { cards: row.cards, openings: row.openings })} · ${figure(row)}
      </p>
    </div>
    <${MainAction} broadcast=${broadcast} />
  </li>`;
}

function ShowGroup({ title, rows }) {
  if (rows.length === 0) return null;
  return html`<section class="block">
    <h2 class="block-title">${title}</h2>
    <ul>
      ${rows.map((row) => html`<${ShowRow} key=${row.broadcast.id} row=${row} />`)}
    </ul>
  </section>`;
}

const EMPLOYERS = { employers_unverified: "?state=unverified", verification_ends: "?state=ending" };

const REPORTS = { people_uncontacted: "/report?open=waiting", lists_uncollected: "/report?open=lists" };

function addressOf(todo) {
  if (todo.import_id) return "/organiser/imports/" + todo.import_id;
  if (todo.broadcast_id) return "/organiser/broadcasts/" + todo.broadcast_id + (REPORTS[todo.code] || "");
  return "/organiser/employers" + (EMPLOYERS[todo.code] || "");
}

function Todo({ todo }) {
  return html`<section class="block">
    <h2 class="block-title">${t("organiser.home.todo")}</h2>
    ${todo.length === 0
      ? html`<p class="tone-muted">${t("organiser.home.todo_none")}</p>`
      : html`<ul class="todo-list todo-marked">
          ${todo.map(
            (one, nth) => html`<li key=${nth}>
              <span aria-hidden="true" class="tone-warn">! </span
              ><a href=${addressOf(one)}>${t("programme.todo." + one.code, { n: one.count, title: one.title || "" })}</a>
            </li>`,
          )}
        </ul>`}
  </section>`;
}

function NewShow() {
  return html`<${Button} kind="primary" href="/organiser/shows/new">${t("organiser.show.new")}<//>`;
}

/** Reads anew while a show is on air and somebody looks, and when they come back to the page. */
function useFresh(load) {
  const live = load.data !== null && load.data.shows.some((row) => row.broadcast.status === "live");
  useEffect(() => {
    const look = () => !document.hidden && load.refresh();
    const timer = live ? setInterval(look, LIVE_MS) : 0;
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [live]);
}

export function HomePage() {
  const load = useLoad("/api/v1/home");
  useFresh(load);
  const [notice, put] = useNotice();
  return html`<${Frame} title=${t("programme.nav.home")} buttons=${html`<${NewShow} />`} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>
      ${(home) => {
        const groups = sorted(home.shows);
        return html`<${Todo} todo=${home.todo} />
          ${home.shows.length === 0 &&
          html`<${Empty} text=${t("organiser.home.no_shows")}
            ><${Button} href="/organiser/imports">${t("programme.home.begin_with_import")}<//
          ><//>`}
          <${ShowGroup} title=${t("organiser.home.today")} rows=${groups.today} />
          <${ShowGroup} title=${t("organiser.home.upcoming")} rows=${groups.upcoming} />
          <${ShowGroup} title=${t("organiser.home.recent")} rows=${groups.recent.slice(0, RECENT)} />`;
      }}
    <//>
  <//>`;
}

/** Every show there is. */
export function ShowsPage() {
  const load = useLoad("/api/v1/home");
  const [notice, put] = useNotice();
  return html`<${Frame} title=${t("programme.nav.shows")} buttons=${html`<${NewShow} />`} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>
      ${(home) => {
        const groups = sorted(home.shows);
        if (home.shows.length === 0) return html`<${Empty} text=${t("organiser.home.no_shows")} />`;
        return html`<${ShowGroup} title=${t("organiser.home.today")} rows=${groups.today} />
          <${ShowGroup} title=${t("organiser.home.upcoming")} rows=${groups.upcoming} />
          <${ShowGroup} title=${t("organiser.home.recent")} rows=${groups.recent} />`;
      }}
    <//>
  <//>`;
}

/** Reports of shows that have begun, the newest first. */
export function ReportsPage() {
  const load = useLoad("/api/v1/home");
  const [notice, put] = useNotice();
  return html`<${Frame} title=${t("programme.nav.reports")} buttons=${html`<${Button} href="/organiser/units">${t("series.units.title")}<//><${Button} href="/organiser/platform">${t("platform.title")}<//><${Button} href="/organiser/forms">${t("forms.title")}<//>`} notice=${notice} put=${put}>
    <${Loaded} load=${load} say=${say}>
      ${(home) => {
        const begun = home.shows.filter((row) => row.broadcast.status !== "scheduled" && !row.broadcast.rehearsal);
        if (begun.length === 0) return html`<${Empty} text=${t("programme.reports.none")} />`;
        return html`<${SeriesRows} />
          <h2 class="block-title block">${t("series.shows")}</h2>
          <ul>
          ${begun.map(
            (row) => html`<li key=${row.broadcast.id} class="row show-row">
              <div class="grow">
                <p><${State} broadcast=${row.broadcast} /> ${row.broadcast.title}</p>
                <p class="type-label">
                  ${when(row.broadcast.started_at || row.broadcast.starts_at)} · ${t("common.count.visits", { n: row.visits })} ·${" "}
                  ${t("organiser.home.applied", { n: row.applications })}
                </p>
              </div>
              <${Button} href=${"/organiser/broadcasts/" + row.broadcast.id + "/report"}
                >${t("organiser.home.see_report")}<span class="visually-hidden"> ${row.broadcast.title}</span><//
              >
            </li>`,
          )}
        </ul>`;
      }}
    <//>
  <//>`;
}
