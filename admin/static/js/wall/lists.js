/** 最新报名, 报名最多, 来源渠道: three lists of five lines that take turns; space holds the one that is shown, → takes the next. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { formatNumber, t } from "../i18n.js";

const TURN_MS = 20000;

/** 刚刚, 3分钟, 2小时, 5天: short, because it stands beside what it is about. */
function since(at, now) {
  const minutes = Math.floor((now - new Date(at).getTime()) / 60000);
  if (minutes < 1) return t("common.time.just_now");
  if (minutes < 60) return t("wall.minutes", { n: minutes });
  return minutes < 1440 ? t("wall.hours", { n: Math.floor(minutes / 60) }) : t("wall.days", { n: Math.floor(minutes / 1440) });
}

function who(line) {
  if (line.recorded) return t("wall.recorded");
  return line.name || t("wall.unnamed");
}

function cardLabel(label) {
  return t("common.card.label_job", { number: label.replace(/\D/g, "") });
}

const LISTS = [
  {
    id: "newest",
    lines: (counts) => counts.newest,
    line: (one, now) => ({ text: who(one), whole: " → " + cardLabel(one.label), beside: since(one.at, now) }),
  },
  {
    id: "top",
    lines: (counts) => counts.top,
    line: (one) => ({ text: (one.label ? cardLabel(one.label) + " " : "") + one.title, beside: formatNumber(one.applications) }),
  },
  {
    id: "origins",
    lines: (counts) => counts.origins,
    line: (one) => ({ text: one.name, beside: formatNumber(one.visits) }),
  },
];

/** [which of so many, whether it is held]. */
function useTurns(many) {
  const [turn, setTurn] = useState(0);
  const [held, setHeld] = useState(false);
  const holding = useRef(false);
  useEffect(() => {
    const onKey = (event) => {
      if (event.code === "ArrowRight") setTurn((nth) => nth + 1);
      if (event.code !== "Space") return;
      event.preventDefault();
      holding.current = !holding.current;
      setHeld(holding.current);
    };
    const timer = setInterval(() => holding.current || setTurn((nth) => nth + 1), TURN_MS);
    document.addEventListener("keydown", onKey);
    return () => {
      clearInterval(timer);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  return [many ? turn % many : 0, held];
}

export function Lists({ counts, now }) {
  const filled = LISTS.filter((list) => list.lines(counts).length > 0);
  const [turn, held] = useTurns(filled.length);
  const list = filled[turn] || LISTS[0];
  return html`<section class="wall-panel wall-lists" aria-label=${t("wall.list." + list.id)}>
    <h2>${t("wall.list." + list.id)}${held && html` <span class="wall-held">${t("wall.held")}</span>`}</h2>
    ${filled.length === 0 && html`<p class="wall-empty">${t("wall.no_applications")}</p>`}
    <ol key=${list.id}>
      ${list.lines(counts).map((one, nth) => {
        const { text, whole, beside } = list.line(one, now);
        return html`<li key=${nth}><span class="wall-text">${text}</span>${whole && html`<span class="wall-whole">${whole}</span>`}<span
          class="wall-side">${beside}</span></li>`;
      })}
    </ol>
  </section>`;
}
