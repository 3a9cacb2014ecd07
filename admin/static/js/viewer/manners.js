/** A new card never interrupts: it may take the stage only when nobody is reading, filling in or touching. */

import { isSheetOpen } from "../components.js";
import { useEffect, useState } from "../../vendor/preact-htm.js";

const STILL_MS = 5000;
const TOP_PX = 8;
const TOUCHES = ["pointerdown", "touchstart", "touchmove", "wheel", "keydown"];

let lastTouch = -STILL_MS;

function touched() {
  lastTouch = performance.now();
}

export function followTouches() {
  TOUCHES.forEach((name) => window.addEventListener(name, touched, { passive: true, capture: true }));
}

/** On 直播, at the top, no sheet open, nothing touched for five seconds. */
export function mayReplaceCard(onStage) {
  return onStage && window.pageYOffset <= TOP_PX && !isSheetOpen() && performance.now() - lastTouch >= STILL_MS;
}

/** Whether the media query holds, now and from now on. */
export function useMedia(query) {
  const [matches, setMatches] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const media = window.matchMedia(query);
    const follow = () => setMatches(media.matches);
    // Safari 13 knows only addListener.
    media.addListener(follow);
    follow();
    return () => media.removeListener(follow);
  }, [query]);
  return matches;
}

export const WIDE = "(min-width: 768px)";
export const LOW = "(max-height: 639px)";
