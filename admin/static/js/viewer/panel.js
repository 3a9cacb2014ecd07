/** 直播: the card on stage with its questions, what is pinned, what was presented before. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { clock, t } from "../i18n.js";
import { JobActions, JobCard, JobRow, refusal } from "../job_card.js";
import { later } from "./later.js";
import { Questions, askedOf } from "./questions.js";
import { useSeen } from "./signals.js";
import { cardNow, jobCards, phaseOf, pushedSince, samePush } from "./state.js";

function Note({ text, children }) {
  return html`<div class="note viewer-note stack-tight"><p>${text}</p>${children}</div>`;
}

function Remind({ broadcast, onSaid }) {
  const save = async () => {
    try {
      (await later("reminder")).downloadReminder(broadcast);
      onSaid(t("viewer.stage.reminder_saved"));
    } catch {
      onSaid(t("common.error.offline"));
    }
  };
  return html`<${Button} onClick=${save}>${t("viewer.stage.remind")}<//>`;
}

function ended(broadcast, now) {
  if (new Date(broadcast.apply_until) <= now) return t("viewer.stage.ended_closed");
  return t("viewer.stage.ended", { date: clock(broadcast.apply_until, { time: "never" }) });
}

/** What is said where no card stands, or above the last one of a show that has ended. */
function StageNote({ show, now, hasCard, onSeeAll, onSaid }) {
  const { broadcast } = show;
  const seeAll = onSeeAll && jobCards(show).length > 0 && html`<${Button} onClick=${onSeeAll}>${t("viewer.stage.see_all")}<//>`;
  if (broadcast.status === "ended") return html`<${Note} text=${ended(broadcast, now)}>${seeAll}<//>`;
  if (broadcast.status === "scheduled") {
    const text = t("viewer.stage.before", { when: clock(broadcast.starts_at, { time: "always" }) });
    return html`<${Note} text=${text}><div><div class="line-up wrap"><${Remind} broadcast=${broadcast} onSaid=${onSaid} />${seeAll}</div></div><//>`;
  }
  if (hasCard) return null;
  return html`<${Note} text=${t("viewer.stage.nothing", { n: jobCards(show).length })}>${seeAll}<//>`;
}

/** 帮家人报名？换个人, where this device has applied already. */
function ForFamily({ onApply }) {
  return html`<p class="type-label">
    ${t("viewer.apply.for_family")}${" "}
    <button type="button" class="link-button" onClick=${onApply}>${t("viewer.apply.someone_else")}</button>
  </p>`;
}

/** Whether the element is on screen; true where nobody can tell. */
function useOnScreen(ref, inputs) {
  const [onScreen, setOnScreen] = useState(true);
  useEffect(() => {
    const buttons = ref.current && ref.current.querySelector(".button-pair");
    if (!buttons || typeof IntersectionObserver !== "function") {
      setOnScreen(!ref.current);
      return undefined;
    }
    const observer = new IntersectionObserver((changes) => {
      setOnScreen(changes[changes.length - 1].intersectionRatio >= 0.9);
    }, { threshold: [0, 0.9], rootMargin: "-56px 0px -64px 0px" });
    observer.observe(buttons);
    return () => observer.disconnect();
  }, inputs);
  return onScreen;
}

function Waiting() {
  return html`<p class="note note-warn">! ${t("viewer.mine.waiting")}</p>`;
}

/** The card on stage; low: the area is so low that its buttons stand in the sticky bar alone. */
function StageCard({ page, state, card, low, applied, onSticky }) {
  const { show, shown } = state;
  const box = useRef(null);
  // The first card stands there already, as the server drew it: only those that follow arrive.
  const first = useRef(card.id);
  const live = samePush(show.stage, shown) && show.broadcast.status === "live";
  const waits = state.waiting.some((entry) => entry.body && entry.cardId === card.id);
  useSeen(box, () => page.seen(card.id, shown.seq), [card.id, shown.seq]);
  const onScreen = useOnScreen(box, [card.id, low, card.state, Boolean(applied)]);
  useEffect(() => onSticky(Boolean(card.job) && (low || !onScreen)), [card.id, low, onScreen]);
  const acts = low
    ? {}
    : { callNumber: page.serviceLine, onApply: () => page.apply(card.id, shown.seq), onSimilar: () => page.similar(card) };
  return html`<div key=${card.id} class=${card.id === first.current ? "" : "enter-rise"}>
    <${JobCard}
      card=${card}
      cardRef=${box}
      phase=${live ? "live" : "shown"}
      applied=${applied}
      asked=${askedOf(state.asked, card.id)}
      onAsk=${(kind) => page.ask(card.id, kind)}
      onOpen=${() => page.open(card.id, shown.seq)}
      onCall=${() => page.call(card.id, shown.seq)}
      ...${acts}
    >
      ${waits && html`<${Waiting} />`}
      ${applied && html`<${ForFamily} onApply=${() => page.applyForSomeoneElse(card.id, shown.seq)} />`}
    <//>
  </div>`;
}

function Rows({ title, ids, state, applied, onOpen }) {
  if (ids.length === 0) return null;
  const { show, now } = state;
  return html`<section class="stack-tight">
    <h2 class="type-label viewer-heading">${title}</h2>
    <ul class="viewer-rows">
      ${ids.map((id) => {
        const card = cardNow(show, id, now);
        const phase = phaseOf(show, id) === "live" ? "live" : null;
        const mine = card.job && applied[card.job.id];
        return html`<li key=${id}><${JobRow} card=${card} phase=${phase} applied=${mine} onOpen=${() => onOpen(id)} /></li>`;
      })}
    </ul>
  </section>`;
}

/** onSeeAll is left out where the list stands beside the stage. */
export function StagePanel({ page, state, applied, low, onSeeAll, onSticky }) {
  const { show, shown, now } = state;
  const card = shown && cardNow(show, shown.cardId, now);
  const here = shown && shown.cardId;
  const known = (id) => id !== here && show.cards[id];
  const pinned = [show.pinned].filter((id) => id && known(id));
  const before = pushedSince(show, 0).filter((id) => known(id) && id !== show.pinned);
  return html`<div class="stack">
    <${StageNote} show=${show} now=${now} hasCard=${Boolean(card)} onSeeAll=${onSeeAll} onSaid=${page.say} />
    <${Rows} title=${t("viewer.stage.pinned")} ids=${pinned} state=${state} applied=${applied} onOpen=${(id) => page.open(id, null)} />
    ${card &&
    html`<${StageCard}
      page=${page}
      state=${state}
      card=${card}
      low=${low}
      applied=${card.job && applied[card.job.id]}
      onSticky=${onSticky}
    />`}
    ${card &&
    card.job &&
    html`<${Questions}
      card=${card}
      counts=${show.counts.questions}
      asked=${state.asked}
      onAsk=${(kind) => page.ask(card.id, kind)}
    />`}
    <${Rows} title=${t("viewer.stage.just_shown")} ids=${before} state=${state} applied=${applied} onOpen=${(id) => page.open(id, null)} />
  </div>`;
}

/** The two buttons above the tab bar, for as long as the card's own are out of sight. */
export function StickyActions({ page, state, applied }) {
  const { show, shown, now } = state;
  const card = shown && cardNow(show, shown.cardId, now);
  if (!card || !card.job || (refusal(card) && !applied && !page.serviceLine)) return null;
  return html`<div class="viewer-sticky">
    <${JobActions}
      card=${card}
      named
      applied=${applied}
      callNumber=${page.serviceLine}
      onApply=${() => page.apply(card.id, shown.seq)}
      onCall=${() => page.call(card.id, shown.seq)}
      onSimilar=${() => page.similar(card)}
    />
  </div>`;
}
