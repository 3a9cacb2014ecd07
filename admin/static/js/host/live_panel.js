/** What comes back from the audience: questions to answer in place, applications masked, where people come from. */

import { html, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { ago, formatNumber, t } from "../i18n.js";
import { takeFocus } from "./focus.js";
import { sayLabel } from "./words.js";

const QUESTIONS_SHOWN = 3;
const CHANNELS_SHOWN = 6;
const APPLICATIONS_SHOWN = 5;
const ANSWERED_BY_FACT = ["shift", "rest", "meals", "dorm", "age"];

function factFor(card, kind) {
  if (!card || !card.job) return "";
  if (kind === "pay_day") return card.job.pay.pay_day || "";
  return ANSWERED_BY_FACT.indexOf(kind) >= 0 ? card.job[kind] || "" : "";
}

/** The card on stage first, then what is asked most; what has an answer last. */
function inOrder(questions, cardId) {
  const rank = (one) => (one.answer ? 2 : one.card_id === cardId ? 0 : 1);
  return questions.slice().sort((one, other) => rank(one) - rank(other) || other.count - one.count);
}

const keyOf = (question) => question.card_id + question.kind;

function AnswerForm({ question, card, onAnswer, onClose }) {
  const [text, setText] = useState(question.answer || factFor(card, question.kind));
  const asked = t("common.question." + question.kind);
  return html`<form
    class="answer-form"
    onSubmit=${(event) => {
      event.preventDefault();
      onAnswer(question, text.trim() || t("host.console.answered_aloud")).then((saved) => saved && onClose());
    }}
  >
    <input class="input input-small" type="text" maxlength="200" value=${text}
      aria-label=${t("host.console.answer_label", { question: asked })}
      placeholder=${t("host.console.answer_placeholder")}
      ref=${takeFocus}
      onInput=${(event) => setText(event.target.value)}
      onKeyDown=${(event) => event.key === "Escape" && !event.isComposing && onClose()} />
    <${Button} type="submit" kind="primary">${t("common.save")}<//>
    <${Button} kind="plain" onClick=${onClose}>${t("common.cancel")}<//>
  </form>`;
}

function Question({ question, show, open, onOpen, onClose, onAnswer }) {
  const elsewhere = !show.stage.onStage || show.stage.onStage.cardId !== question.card_id;
  const asked = t("common.question." + question.kind);
  return html`<li class="live-row">
    <div class="live-line">
      <span class="grow">${elsewhere && html`<span class="type-label">
        ${sayLabel(question.label)} </span>`}${asked}
        ${question.answer && html`<span class="type-label tone-ok"> ✓ ${question.answer}</span>`}</span>
      <span class="live-count">${formatNumber(question.count)}</span>
      ${!open &&
      !question.answer &&
      html`<${Button} aria-label=${t("host.console.answered") + " " + asked} onClick=${onOpen}>
        ${t("host.console.answered")}<//>`}
    </div>
    ${open &&
    html`<${AnswerForm} question=${question} card=${show.card(question.card_id)} onAnswer=${onAnswer}
      onClose=${onClose} />`}
  </li>`;
}

function foldWords(folded, unfolded) {
  if (unfolded) return t("host.console.fewer_questions");
  const open = folded.some((one) => !one.answer);
  return t(open ? "host.console.more_questions" : "host.console.answered_questions", { n: folded.length });
}

/** The first three without an answer, and those whose answers are being written; the rest folded away. */
function Questions({ show, onAnswer }) {
  const [unfolded, setUnfolded] = useState(false);
  const [open, setOpen] = useState([]);
  const close = (key) => setOpen((keys) => keys.filter((one) => one !== key));
  const all = inOrder(show.desk ? show.desk.questions : [], show.stage.onStage && show.stage.onStage.cardId);
  const first = (one, at) => (at < QUESTIONS_SHOWN && !one.answer) || open.includes(keyOf(one));
  const folded = all.filter((one, at) => !first(one, at));
  return html`<section aria-labelledby="asking">
    <div class="live-line live-headline">
      <h2 id="asking" class="live-head grow">${t("host.console.asking")}</h2>
      ${folded.length > 0 && html`<${Button} kind="plain" aria-expanded=${unfolded ? "true" : "false"}
        onClick=${() => setUnfolded(!unfolded)}>${foldWords(folded, unfolded)}<//>`}
    </div>
    ${show.desk && all.length === 0 && html`<p class="type-label">${t("host.console.no_questions")}</p>`}
    <ul>
      ${(unfolded ? all : all.filter(first)).map((one) => html`<${Question} key=${keyOf(one)} question=${one} show=${show}
        open=${open.includes(keyOf(one))} onOpen=${() => setOpen((keys) => keys.concat(keyOf(one)))}
        onClose=${() => close(keyOf(one))} onAnswer=${onAnswer} />`)}
    </ul>
  </section>`;
}

/** As the console says it: masked, and for which card. */
export function whoApplied(one) {
  const label = sayLabel(one.label);
  if (one.recorded_by) return t("host.console.staff_row", { channel: one.channel || one.recorded_by, label });
  return t("host.console.newest_row", { who: [one.name_masked, one.phone_masked].filter(Boolean).join(" "), label });
}

function Newest({ show, on }) {
  const rows = show.desk ? show.desk.newest.slice(0, APPLICATIONS_SHOWN) : [];
  return html`<section aria-labelledby="newest">
    <div class="live-line live-headline">
      <h2 id="newest" class="live-head grow">${t("host.console.newest")}</h2>
      <${Button} kind="plain" onClick=${on.bans}>${t("host.ban.list")}<//>
    </div>
    ${show.desk && rows.length === 0 && html`<p class="type-label">${t("host.console.no_applications")}</p>`}
    <ul class="live-newest" tabindex="0" aria-labelledby="newest">
      ${rows.map(
        (one) => html`<li key=${one.number} class="live-row live-line">
          <span class="grow">${whoApplied(one)}</span>
          <span class="type-label">${ago(one.at, new Date(show.now()))}</span>
          ${!one.recorded_by &&
          html`<${Button} kind="plain" aria-label=${t("host.ban.open") + " " + whoApplied(one)} onClick=${() => on.ban(one)}>
            ${t("host.ban.open")}<//>`}
        </li>`,
      )}
    </ul>
  </section>`;
}

function Channels({ show }) {
  const rows = show.desk ? show.desk.channels.slice(0, CHANNELS_SHOWN) : [];
  if (rows.length === 0) return null;
  return html`<section class="live-from" aria-labelledby="from-where">
    <h2 id="from-where" class="live-head">${t("host.console.from_where")}</h2>
    <ul class="live-channels">
      ${rows.map((one) => html`<li key=${one.name}>${one.name} <strong>${formatNumber(one.visits)}</strong></li>`)}
    </ul>
  </section>`;
}

function Nobody({ show, links, onCopy }) {
  const watching = show.watching;
  if (!show.isLive || watching === null || watching > 0) return null;
  return html`<div class="note note-warn">
    <p>${t("host.console.nobody")}</p>
    <div class="live-nobody">
      <${Button} disabled=${!links} onClick=${() => onCopy(links.viewer)}>${t("host.console.copy_link")}<//>
      ${links &&
      html`<${Button} href=${links.viewer_qr} download="viewer-link.svg">${t("host.console.download_qr")}<//>`}
    </div>
  </div>`;
}

/** on: {answer, add, note, copy, ban, bans}; answer gives a promise of whether it was saved. */
export function LivePanel({ show, links, on }) {
  return html`<section class="console-box console-live" aria-label=${t("host.console.live_column")}>
    <div class="live-body" tabindex="0" role="group" aria-label=${t("host.console.live_column")}>
      <${Nobody} show=${show} links=${links} onCopy=${on.copy} />
      <${Questions} show=${show} onAnswer=${on.answer} />
      <${Newest} show=${show} on=${on} />
      <${Channels} show=${show} />
    </div>
    <div class="live-buttons button-pair">
      <${Button} class="grow" onClick=${on.add}>${t("host.console.add_application")}<//>
      <${Button} class="grow" onClick=${on.note}>${t("host.prompter.note_write")}<//>
    </div>
  </section>`;
}
