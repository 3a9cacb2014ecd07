/** A show's tray: order by drag or by button, talking points, cards in and out; numbers are frozen at the start. */

import { html, useRef, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";
import { announce, Button, Empty, Field, Sheet } from "../components.js";
import { isUnverified, wayOut } from "../host/words.js";
import { t } from "../i18n.js";
import { cardLabel, cardTitle } from "../job_card.js";
import { showPay } from "../pay.js";
import { JobPicker } from "./job_picker.js";
import { say, sayAllBlocked } from "./words.js";

/** The list with the thing at `from` moved to `to`. */
export function moved(list, from, to) {
  const out = list.slice();
  out.splice(to, 0, out.splice(from, 1)[0]);
  return out;
}

/** Before the start the numbers follow the order, at once also on the page. */
function numbered(rows, frozen) {
  if (frozen) return rows;
  const next = { job: 0, policy: 0 };
  return rows.map((row) => {
    next[row.card.kind] += 1;
    return Object.assign({}, row, { card: Object.assign({}, row.card, { number: next[row.card.kind] }) });
  });
}

function PointsSheet({ broadcastId, row, onSaved, onClose }) {
  const [points, setPoints] = useState(row.points || "");
  const [failure, setFailure] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    try {
      await api("PUT", "/api/v1/broadcasts/" + broadcastId + "/cards/" + row.card.id + "/points", { points });
      onSaved();
    } catch (refused) {
      setFailure(refused);
    }
  };
  return html`<${Sheet} title=${t("programme.tray.points")} note=${cardLabel(row.card) + " " + cardTitle(row.card)} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <${Field}
        as="textarea"
        rows="5"
        maxlength="2000"
        label=${t("programme.tray.points_label")}
        value=${points}
        error=${failure && say(failure)}
        onInput=${(event) => setPoints(event.target.value)}
        data-autofocus
      />
      <${Button} type="submit" kind="primary" size="main" class="button-wide">${t("common.save")}<//>
    </form>
  <//>`;
}

function CardRow({ row, first, last, frozen, drag, onUp, onDown, onRemove, onPoints }) {
  const card = row.card;
  const name = cardLabel(card) + " " + cardTitle(card);
  const about = card.job ? [card.job.employer.name, showPay(card.job.pay).whole] : [card.policy.how_much];
  return html`<li
    class=${"row tray-row" + (drag.over === card.id ? " row-next" : "")}
    draggable="true"
    onDragStart=${(event) => drag.start(event, card.id)}
    onDragOver=${(event) => drag.enter(event, card.id)}
    onDragEnd=${drag.end}
    onDrop=${(event) => drag.drop(event, card.id)}
  >
    <span class="drag-handle" aria-hidden="true">⠿</span>
    <span class="tray-number">${cardLabel(card)}</span>
    <div class="grow">
      <p>${cardTitle(card)}</p>
      <p class="type-label">${about.filter(Boolean).join(" · ")}</p>
      ${row.blocked.length > 0 &&
      html`<p class="tone-warn">
        ${sayAllBlocked(row.blocked)}${" "}
        <a href=${wayOut(row)}>${t(isUnverified(row) ? "programme.job.to_employer" : "programme.tray.correct")}<span class="visually-hidden"> ${name}</span></a>
      </p>`}
      ${row.points && html`<p class="type-label">${t("programme.tray.points_are", { points: row.points })}</p>`}
    </div>
    <div class="tray-buttons">
      <${Button} kind="plain" disabled=${first} aria-label=${t("programme.tray.up", { name })} onClick=${onUp}>${t("programme.tray.up_word")}<//>
      <${Button} kind="plain" disabled=${last} aria-label=${t("programme.tray.down", { name })} onClick=${onDown}>${t("programme.tray.down_word")}<//>
      <${Button} kind="plain" aria-label=${t("programme.tray.points") + " " + name} onClick=${onPoints}>${t("programme.tray.points")}<//>
      ${!frozen && html`<${Button} kind="plain" aria-label=${t("organiser.show.remove_card") + " " + name} onClick=${onRemove}>${t("organiser.show.remove_card")}<//>`}
    </div>
  </li>`;
}

/** What has to be added again to have this card back: its job, or the policy notice of its title. */
async function whatItShows(card) {
  if (card.job) return { jobs: [card.job.id] };
  const { policies } = await api("GET", "/api/v1/policies");
  return { policies: policies.filter((one) => one.title === card.policy.title).map((one) => one.id).slice(0, 1) };
}

function useDrag(onDropped) {
  // Not state: the first dragover may come before the page is drawn anew, and must be allowed.
  const dragged = useRef(null);
  const [over, setOver] = useState(null);
  const end = () => {
    dragged.current = null;
    setOver(null);
  };
  return {
    over: over !== dragged.current ? over : null,
    start: (event, id) => {
      // Firefox drags nothing that carries no data.
      event.dataTransfer.setData("text/plain", id);
      event.dataTransfer.effectAllowed = "move";
      dragged.current = id;
    },
    enter: (event, id) => {
      if (dragged.current === null) return;
      event.preventDefault();
      setOver(id);
    },
    drop: (event, id) => {
      event.preventDefault();
      const moved = dragged.current;
      end();
      if (moved !== null && moved !== id) onDropped(moved, id);
    },
    end,
  };
}

/** rows: [{card, blocked, points}] as the server has them; onChanged reads them anew. */
export function TrayEditor({ broadcastId, rows, status, put, onRows, onChanged }) {
  const [picking, setPicking] = useState(false);
  const [pointed, setPointed] = useState(null);
  const frozen = status !== "scheduled";
  const base = "/api/v1/broadcasts/" + broadcastId;

  // Two requests may overtake each other on their way; each waits for the one before.
  const keeping = useRef(Promise.resolve());
  const keepOrder = (next) => {
    onRows(numbered(next, frozen));
    const keep = () => api("PUT", base + "/cards/order", { cards: next.map((row) => row.card.id) });
    keeping.current = keeping.current.then(keep).catch((failure) => {
      put({ text: say(failure) });
      onChanged();
    });
  };
  const move = (from, to) => {
    if (to < 0 || to >= rows.length || rows[from].card.kind !== rows[to].card.kind) return;
    const next = moved(rows, from, to);
    keepOrder(next);
    const row = numbered(next, frozen)[to];
    announce(t("programme.tray.moved", { name: cardTitle(row.card), n: to + 1 }));
  };
  const at = (id) => rows.findIndex((row) => row.card.id === id);
  const drag = useDrag((from, to) => move(at(from), at(to)));

  const putBack = async (row, place) => {
    try {
      const there = new Set(rows.map((one) => one.card.id));
      await api("POST", base + "/cards", await whatItShows(row.card));
      const tray = await api("GET", base + "/tray-cards");
      const back = tray.cards.findIndex((one) => !there.has(one.card.id) && cardTitle(one.card) === cardTitle(row.card));
      const next = moved(tray.cards, back, place);
      await api("PUT", base + "/cards/order", { cards: next.map((one) => one.card.id) });
      if (row.points) await api("PUT", base + "/cards/" + tray.cards[back].card.id + "/points", { points: row.points });
    } catch (failure) {
      put({ text: say(failure) });
    }
    onChanged();
  };
  const remove = async (row, place) => {
    // An order that names a card which is gone is refused.
    const gone = keeping.current.then(() => api("DELETE", base + "/cards/" + row.card.id));
    keeping.current = gone.catch(() => {});
    try {
      await gone;
      put({ text: t("programme.tray.removed", { name: cardTitle(row.card) }), onUndo: () => putBack(row, place) });
    } catch (failure) {
      put({ text: say(failure) });
    }
    onChanged();
  };

  const sameKind = (one, other) => one && other && one.card.kind === other.card.kind;
  const buttons = html`<${Button} kind="primary" onClick=${() => setPicking(true)}>${t("programme.tray.add")}<//>`;
  return html`<p class="type-label">${t(frozen ? "programme.tray.frozen" : "organiser.show.numbers_note")}</p>
    ${rows.length === 0
      ? html`<${Empty} text=${t("programme.tray.empty")}
          >${buttons} <${Button} href="/organiser/imports">${t("programme.nav.imports")}<//
        ><//>`
      : html`<p class="tray-top">${buttons}</p>
          <ol>
            ${rows.map(
              (row, nth) => html`<${CardRow}
                key=${row.card.id}
                row=${row}
                first=${!sameKind(rows[nth - 1], row)}
                last=${!sameKind(rows[nth + 1], row)}
                frozen=${frozen}
                drag=${drag}
                onUp=${() => move(nth, nth - 1)}
                onDown=${() => move(nth, nth + 1)}
                onRemove=${() => remove(row, nth)}
                onPoints=${() => setPointed(row)}
              />`,
            )}
          </ol>`}
    ${picking &&
    html`<${JobPicker}
      broadcastId=${broadcastId}
      jobsThere=${rows.filter((row) => row.card.job).map((row) => row.card.job.id)}
      policiesThere=${rows.filter((row) => row.card.policy).map((row) => row.card.policy.title)}
      onAdded=${() => {
        setPicking(false);
        put({ text: t("programme.tray.added") });
        onChanged();
      }}
      onClose=${() => setPicking(false)}
    />`}
    ${pointed &&
    html`<${PointsSheet}
      broadcastId=${broadcastId}
      row=${pointed}
      onSaved=${() => {
        setPointed(null);
        put({ text: t("common.saved") });
        onChanged();
      }}
      onClose=${() => setPointed(null)}
    />`}`;
}
