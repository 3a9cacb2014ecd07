/** The report as it changes: asked every second on air, once a minute otherwise, and not while nobody looks. */

import { useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { api } from "../api.js";

const LIVE_MS = 1000;
const AGAIN_MS = 4000;
const QUIET_MS = 60000;
const SENTENCE_MS = 10000;
const SLOW_MS = 1000;

/**
 * {answer, sentence, failure, slow}: the newest report, its sentence as of at most ten seconds ago, why the last try
 * failed, and whether the first one takes long. refresh() asks at once; put() takes an answer another call brought.
 */
export function useReport(path) {
  const [state, setState] = useState({ answer: null, sentence: null, failure: null, slow: false });
  const timer = useRef(0);
  const saidAt = useRef(0);
  const gone = useRef(false);
  const newest = useRef(0);

  const take = (answer, atOnce) => {
    const due = atOnce || Date.now() - saidAt.current >= SENTENCE_MS || answer.report.broadcast.status !== "live";
    if (due) saidAt.current = Date.now();
    setState((before) => ({
      answer,
      sentence: due || !before.sentence ? answer.sentence : before.sentence,
      failure: null,
      slow: false,
    }));
    return answer.report.broadcast.status === "live" ? LIVE_MS : QUIET_MS;
  };
  const ask = () => {
    clearTimeout(timer.current);
    newest.current += 1;
    const mine = newest.current;
    const overtaken = () => gone.current || mine !== newest.current;
    return api("GET", path + "/report").then(
      (answer) => overtaken() || later(take(answer, false)),
      (failure) => {
        if (overtaken()) return;
        setState((before) => Object.assign({}, before, { failure, slow: false }));
        later(AGAIN_MS);
      },
    );
  };
  const later = (wait) => {
    clearTimeout(timer.current);
    timer.current = document.hidden ? 0 : setTimeout(ask, wait);
  };

  useEffect(() => {
    const slow = setTimeout(() => setState((before) => (before.answer ? before : Object.assign({}, before, { slow: true }))), SLOW_MS);
    const onSeen = () => !document.hidden && ask();
    document.addEventListener("visibilitychange", onSeen);
    ask();
    return () => {
      gone.current = true;
      clearTimeout(slow);
      clearTimeout(timer.current);
      document.removeEventListener("visibilitychange", onSeen);
    };
  }, []);

  const put = (answer) => {
    // An answer still on its way was counted before this one.
    newest.current += 1;
    later(take(answer, true));
  };
  return Object.assign({}, state, { refresh: ask, put });
}
