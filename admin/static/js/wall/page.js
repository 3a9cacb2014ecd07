/** Drawn at 1920 × 1080 and scaled to the screen, so that what is read from five metres stays as large everywhere. */

import { html, useEffect, useState } from "../../vendor/preact-htm.js";
import { clock, hour, stopwatch, t } from "../i18n.js";
import { useWall } from "./following.js";
import { Funnel, KeyFigures } from "./figures.js";
import { Lists } from "./lists.js";
import { Course } from "./course.js";

const WIDTH = 1920;
const HEIGHT = 1080;

/** As large as the screen takes, in its middle. */
function useScale() {
  const fit = () => {
    const scale = Math.min(window.innerWidth / WIDTH, window.innerHeight / HEIGHT);
    const left = (window.innerWidth - WIDTH * scale) / 2;
    const top = (window.innerHeight - HEIGHT * scale) / 2;
    return { transform: "translate(" + left + "px, " + top + "px) scale(" + scale + ")" };
  };
  const [style, setStyle] = useState(fit);
  useEffect(() => {
    const onResize = () => setStyle(fit());
    window.addEventListener("resize", onResize);
    return () => window.removeEventListener("resize", onResize);
  }, []);
  return style;
}

function sayState(head, now) {
  const word = head.rehearsal ? t("common.rehearsal") + " " : "";
  if (head.status === "live" && head.kind === "series" && head.live > 1) return t("wall.live_shows", { n: head.live });
  if (head.status === "live") {
    const seconds = (now - new Date(head.started_at).getTime()) / 1000;
    return word + t("common.live") + " " + stopwatch(seconds, { hours: true });
  }
  if (head.status === "ended") return word + t("wall.ended", { when: clock(head.ended_at, { time: "never" }) });
  return word + (head.starts_at ? t("wall.starts", { when: clock(head.starts_at, { time: "always" }) }) : t("common.scheduled"));
}

/** 就业暖心季·东莞专场 of 示例·就业暖心季 is called 东莞专场 behind the name of its series. */
function withoutSeries(title, series) {
  const parts = title.split("·");
  while (parts.length > 1 && series.indexOf(parts[0].trim()) >= 0) parts.shift();
  return parts.join("·");
}

function Head({ head, now }) {
  const name = head.kind === "show" && head.series ? head.series : "";
  return html`<header class="wall-head">
    <h1>${name && html`<span class="wall-series">${name}</span>`}${name ? withoutSeries(head.title, name) : head.title}</h1>
    <p class=${head.status === "live" ? "wall-state wall-state-live" : "wall-state"}>
      ${head.status === "live" && html`<span aria-hidden="true">● </span>`}${sayState(head, now)}
    </p>
  </header>`;
}

function Foot({ asOf, stale }) {
  const time = hour(asOf, { seconds: true });
  return html`<footer class="wall-foot">
    <p>${t("wall.footnote")}</p>
    <p class=${stale ? "tone-warn" : ""} role="status">${stale ? "! " + t("wall.stopped", { time }) : t("common.data_as_of", { time })}</p>
  </footer>`;
}

function Screen({ wall, now, stale }) {
  return html`<${Head} head=${wall.head} now=${now} />
    <${KeyFigures} wall=${wall} />
    <div class="wall-panels">
      <${Course} wall=${wall} />
      <${Funnel} steps=${wall.counts.funnel} series=${wall.head.kind === "series"} />
      <${Lists} counts=${wall.counts} now=${now} />
    </div>
    <${Foot} asOf=${wall.as_of} stale=${stale} />`;
}

function Message({ text }) {
  return html`<h1 class="wall-message">${text}</h1>`;
}

export function WallPage({ code }) {
  const { wall, now, stale, closed } = useWall(code);
  const style = useScale();
  return html`<div class="wall-stage" style=${style}>
    ${closed && html`<${Message} text=${t("wall.closed")} />`}
    ${!closed && !wall && html`<${Message} text=${stale ? t("wall.connecting") : ""} />`}
    ${!closed && wall && html`<${Screen} wall=${wall} now=${now} stale=${stale} />`}
  </div>`;
}
