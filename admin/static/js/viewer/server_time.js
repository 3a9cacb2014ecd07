/** The server's clock, as far as this page knows it: signals carry it, because phones are often minutes off. */

let aheadMs = 0;

// The page was written when its answer began to arrive, not when its script ran.
function arrivedAt() {
  const timing = window.performance && performance.timing;
  return (timing && timing.responseStart) || Date.now();
}

/** Takes the server's time as written in the page; without one the phone's own clock stands. */
export function setServerTime(now) {
  const told = Date.parse(now);
  aheadMs = isNaN(told) ? 0 : told - arrivedAt();
}

export function serverNow() {
  return new Date(Date.now() + aheadMs);
}
