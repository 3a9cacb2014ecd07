/** The show's own picture: fetched at a tap, until then a line; 16:9 at the top, a strip of 72 px once it has been scrolled past. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Button } from "../components.js";
import { t } from "../i18n.js";

const HLS_TYPE = "application/vnd.apple.mpegurl";

function isRecording(url) {
  return /\.mp4$/i.test(url.split(/[?#]/)[0]);
}

/** A live picture goes with the show; a recording stays when it has ended. */
function hasPicture(broadcast) {
  const url = broadcast.picture_url;
  return Boolean(url) && (broadcast.status === "live" || (broadcast.status === "ended" && isRecording(url)));
}

/** Plays by the browser's own means, else by hls.js, which is fetched only then; answers what stops it. */
async function play(video, url, onFailed) {
  if (isRecording(url) || video.canPlayType(HLS_TYPE)) {
    video.src = url;
    return () => {
      video.removeAttribute("src");
      video.load();
    };
  }
  const { Hls } = await import("../../vendor/hls.js");
  if (!Hls.isSupported()) throw new Error("no media source");
  // No worker: it would need an address of its own in the page's policy.
  const hls = new Hls({ enableWorker: false });
  hls.on(Hls.Events.ERROR, (_, fault) => fault.fatal && onFailed());
  hls.loadSource(url);
  hls.attachMedia(video);
  return () => hls.destroy();
}

function Player({ url, title, onFailed }) {
  const video = useRef(null);
  useEffect(() => {
    let gone = false;
    let stop = () => null;
    play(video.current, url, onFailed).then(
      (stopIt) => {
        if (gone) return stopIt();
        stop = stopIt;
        // Some browsers want another tap: then their own button stands there.
        const started = video.current.play();
        if (started) started.catch(() => null);
      },
      () => gone || onFailed(),
    );
    return () => {
      gone = true;
      stop();
    };
  }, [url]);
  return html`<video ref=${video} class="picture-video" controls playsinline aria-label=${title} onError=${onFailed}></video>`;
}

/** Whether the place of the picture has been scrolled out of sight. */
function useScrolledPast(place, playing) {
  const [past, setPast] = useState(false);
  useEffect(() => {
    if (!playing || typeof IntersectionObserver !== "function") return undefined;
    const watch = new IntersectionObserver(
      (seen) => {
        const last = seen[seen.length - 1];
        setPast(!last.isIntersecting && last.boundingClientRect.top < 0);
      },
      { rootMargin: "-56px 0px 0px 0px" },
    );
    watch.observe(place.current);
    return () => watch.disconnect();
  }, [playing]);
  return past;
}

/** The stylesheet comes with the player, beside this module. */
function useStyle() {
  useEffect(() => {
    if (document.getElementById("picture-style")) return;
    const link = document.createElement("link");
    link.id = "picture-style";
    link.rel = "stylesheet";
    link.href = new URL("../../css/picture.css", import.meta.url).href;
    document.head.appendChild(link);
  }, []);
}

export function Picture({ broadcast }) {
  useStyle();
  const place = useRef(null);
  const [state, setState] = useState("waiting");
  const past = useScrolledPast(place, state === "playing");
  const begin = () => setState("playing");
  const failed = () => setState("failed");
  if (!hasPicture(broadcast)) return null;
  return html`<section ref=${place} class=${state === "playing" ? "picture picture-open" : "picture"} aria-label=${t("viewer.picture.title")}>
    <div class=${past ? "picture-frame picture-strip" : "picture-frame"}>
      ${state === "playing"
        ? html`<${Player} url=${broadcast.picture_url} title=${t("viewer.picture.title")} onFailed=${failed} />`
        : html`<div class="picture-wait">
            ${state === "failed" && html`<p role="status">${t("viewer.picture.failed")}</p>`}
            <${Button} onClick=${begin}>${t(state === "failed" ? "common.retry" : "viewer.picture.watch")}<//>
          </div>`}
    </div>
  </section>`;
}
