/** The desk: what is wanted, what came, who is open, what is selected, and what was just done. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Announcer, Bars, Button, Empty, isSheetOpen, Toast, UndoBar } from "../components.js";
import { errorText } from "../errors.js";
import { hour, t } from "../i18n.js";
import * as calls from "./calls.js";
import { NOTHING_WANTED, Wanted } from "./filters.js";
import { List } from "./list.js";
import { ListButtons } from "./lists.js";
import { BulkBar } from "./move.js";
import { Person } from "./person.js";
import { MOST, useList } from "./reading.js";
import { stateName } from "./words.js";

let lastNotice = 0;

function useNotice() {
  const [notice, setNotice] = useState(null);
  const put = (content) => {
    lastNotice += 1;
    setNotice(content && Object.assign({ id: lastNotice }, content));
  };
  return [notice, put];
}

function NoticeBar({ notice, put }) {
  const gone = () => put(null);
  return html`<${Bars}>
    ${notice &&
    (notice.onUndo
      ? html`<${UndoBar} key=${notice.id} text=${notice.text} onGone=${gone} onUndo=${() => {
          gone();
          notice.onUndo();
        }} />`
      : html`<${Toast} key=${notice.id} text=${notice.text} seconds=${5} onGone=${gone} />`)}
  <//>`;
}

function movedText(moved, state) {
  const refused = moved.verdicts.filter((one) => one.verdict === "refused");
  const words = { n: moved.moved, state: stateName(state), refused: refused.length };
  if (moved.moved && refused.length) return t("desk.moved_some", words);
  if (moved.moved) return t("desk.moved", words);
  return refused.length ? errorText(refused[0]) : t("desk.moved_none");
}

function Lost({ list, onRetry }) {
  if (!list.failure) return null;
  const stale = list.failure.code === "offline" && list.at;
  return html`<div class="note note-warn line-up" role="alert">
    <p>${stale ? t("desk.stale", { when: hour(list.at) }) : t("desk.failed") + " " + errorText(list.failure)}</p>
    <span class="push"></span><${Button} onClick=${onRetry}>${t("common.retry")}<//>
  </div>`;
}

export function Desk({ employer }) {
  const [wanted, setWanted] = useState(NOTHING_WANTED);
  const [opened, setOpened] = useState(null);
  const [selected, setSelected] = useState(() => new Map());
  const [notice, put] = useNotice();
  const { list, work, read, more } = useList(employer, wanted);
  const panel = useRef(null);
  const openId = opened && opened.application.id;

  const say = (failure) => put({ text: errorText(failure) });
  const open = (one, quietly) =>
    calls.openOne(one.id).then((answer) => {
      setOpened(answer);
      if (quietly) return;
      // After the panel is drawn: a keyboard goes on there, a phone sees its beginning.
      setTimeout(() => {
        const title = panel.current && panel.current.querySelector("h2");
        if (title) title.focus({ preventScroll: true });
        if (title && window.innerWidth < 900) window.scrollTo(0, 0);
        if (panel.current) panel.current.scrollTop = 0;
      }, 0);
    }, say);
  const refresh = () => Promise.all([read(), openId ? open({ id: openId }, true) : null]);
  const undo = async (batch) => {
    try {
      const undone = await calls.undoMove(batch);
      put({ text: undone.moved ? t("desk.undone", { n: undone.moved }) : t("desk.moved_none") });
    } catch (failure) {
      say(failure);
    }
    return refresh();
  };
  const offerUndo = (text, batch) => put(batch ? { text, onUndo: () => undo(batch) } : { text });
  const move = async (applications, state, reason) => {
    try {
      const moved = await calls.move(applications, state, reason);
      offerUndo(movedText(moved, state), moved.batch_id);
    } catch (failure) {
      say(failure);
    }
    return refresh();
  };
  const log = async (body) => {
    try {
      const made = await calls.logContact(openId, body);
      const contacted = made.moved && made.moved.moved;
      offerUndo(t(contacted ? "desk.log_contacted" : "desk.logged"), contacted ? made.moved.batch_id : null);
    } catch (failure) {
      say(failure);
      return false;
    }
    await refresh();
    return true;
  };
  const select = (some, only) => {
    const next = new Map(selected);
    some.forEach((one) => (next.has(one.id) && !only ? next.delete(one.id) : next.set(one.id, one)));
    if (next.size > MOST) return put({ text: t("desk.too_many") });
    return setSelected(next);
  };
  const moveSelected = (state, reason) => {
    const listed = new Map((list.applications || []).map((one) => [one.id, one]));
    const applications = Array.from(selected.values(), (one) => listed.get(one.id) || one);
    setSelected(new Map());
    return move(applications, state, reason);
  };
  const back = () => {
    const id = openId;
    setOpened(null);
    setTimeout(() => {
      const row = document.querySelector('[data-application="' + id + '"]');
      if (row) row.focus();
    }, 0);
  };
  useEffect(() => {
    const onKey = (event) => event.key === "Escape" && !event.isComposing && !isSheetOpen() && openId && back();
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [openId]);

  if (!work)
    return list.failure
      ? html`<${Lost} list=${list} onRetry=${read} />`
      : html`<p class="empty" role="status">${t("common.loading")}</p>`;
  return html`<div class=${"desk" + (opened ? " desk-open" : "")}>
    <div class="desk-head stack-tight">
      <h1 class="type-title">${work.employer}</h1>
      ${!employer && html`<${ListButtons} shows=${work.broadcasts} wanted=${wanted.broadcast_id} onChanged=${refresh} />`}
      ${employer && html`<p><a href="/desk">‹ ${t("desk.back_to_employers")}</a></p>`}
    </div>
    <div class="desk-left stack">
      <${Lost} list=${list} onRetry=${read} />
      <${Wanted} work=${work} wanted=${wanted} onWant=${(change) => setWanted((before) => Object.assign({}, before, change))}
        onAll=${() => select((list.applications || []).slice(0, MOST), true)} />
      <${List} list=${list} wanted=${wanted} opened=${openId} selected=${selected} onOpen=${open}
        onSelect=${(one) => select([one])} onMore=${() => more().catch(say)} />
    </div>
    <section class="desk-right" ref=${panel} aria-label=${t("desk.person")} tabindex="-1">
      ${opened
        ? html`<${Person} opened=${opened} onBack=${back} onOpen=${open} onLog=${log}
            onSelect=${() => select([opened.application].concat(opened.others), true)}
            onMove=${(state, reason) => move([opened.application], state, reason)}
            onClearNext=${() => calls.clearNext(openId).then(refresh, say)} />`
        : html`<${Empty} text=${t("desk.empty.person")} />`}
    </section>
    <${BulkBar} count=${selected.size} onMove=${moveSelected} onNone=${() => setSelected(new Map())} />
    <${NoticeBar} notice=${notice} put=${put} />
    <${Announcer} />
  </div>`;
}
