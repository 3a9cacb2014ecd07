/** The figures as they change: asked for all the time, kept when the line is lost, gone when the link was closed. */

import { useEffect, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";

const ASK_MS = 400;
const PATIENCE_MS = 3000;
const STALE_MS = 2000;
const TICK_MS = 500;

/** {wall, now, stale, closed}: now is the server's time in milliseconds; stale: nothing came for two seconds. */
export function useWall(code) {
  const [state, setState] = useState({ wall: null, ahead: 0, heardAt: Date.now(), closed: false });
  const [, tick] = useState(0);

  useEffect(() => {
    let timer = 0;
    let gone = false;
    const took = (wall) => {
      const heardAt = Date.now();
      setState({ wall, ahead: new Date(wall.as_of).getTime() - heardAt, heardAt, closed: false });
      return true;
    };
    const failed = (failure) => {
      if (failure.code !== "wall_closed") return true;
      setState((before) => Object.assign({}, before, { closed: true }));
      return false;
    };
    const ask = async () => {
      const patience = new AbortController();
      const late = setTimeout(() => patience.abort(), PATIENCE_MS);
      const goesOn = await api("GET", "/api/v1/wall/" + encodeURIComponent(code), undefined, { signal: patience.signal }).then(took, failed);
      clearTimeout(late);
      if (goesOn && !gone) timer = setTimeout(ask, ASK_MS);
    };
    ask();
    const clock = setInterval(() => tick((nth) => nth + 1), TICK_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
      clearInterval(clock);
    };
  }, [code]);

  return {
    wall: state.wall,
    closed: state.closed,
    now: Date.now() + state.ahead,
    stale: Date.now() - state.heardAt > STALE_MS,
  };
}
