/** The list as wanted: its newest part is read anew every few seconds while it is looked at, all of it after an act. */

import { useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { announce } from "../components.js";
import { t } from "../i18n.js";
import * as calls from "./calls.js";
import { filterOf } from "./filters.js";

const PAGE = 50;
/** The server's limit, for a page of the list and for a bulk move. */
export const MOST = 200;
const POLL_MS = 5000;

/** answers: how many the rows came in; of a search one may hold few or none and not be the last. */
const NOTHING = { applications: null, next: null, answers: 1 };

/** As much as was shown, in as many answers as it came in, or fewer. */
async function readShown(employer, filter, shown) {
  const rows = Math.max(PAGE, (shown.applications || []).length);
  let applications = [];
  let next = null;
  for (let left = shown.answers; left > 0; left -= 1) {
    const answer = await calls.readList(employer, filter, next, Math.min(rows - applications.length, MOST));
    applications = applications.concat(answer.applications);
    next = answer.next;
    if (!next || applications.length >= rows) break;
  }
  return { applications, next, answers: shown.answers };
}

/** The newest as they are now, and after them what is shown already. */
function merged(shown, newest) {
  const last = newest.applications[newest.applications.length - 1];
  const place = last ? shown.applications.findIndex((one) => one.id === last.id) : -1;
  // Nothing follows, or more came than one answer holds.
  if (!newest.next || (last && place === -1)) return { applications: newest.applications, next: newest.next, answers: 1 };
  return Object.assign({}, shown, { applications: newest.applications.concat(shown.applications.slice(place + 1)) });
}

/** Says how many came since the last look at the same list. */
function tellArrived(known, text, applications) {
  const before = known.current;
  const newest = applications.length ? applications[0].at : "";
  if (before && before.text === text) {
    const arrived = applications.filter((one) => one.at > before.newest).length;
    if (arrived && before.newest) announce(t("desk.arrived", { n: arrived }));
  }
  known.current = { text, newest: newest || (before && before.newest) || "" };
}

export function useList(employer, wanted) {
  const [list, setList] = useState({ applications: null, next: null, failure: null, at: null });
  const [work, setWork] = useState(null);
  const turn = useRef(0);
  const shown = useRef(NOTHING);
  const known = useRef(null);
  const filter = filterOf(wanted);
  const text = JSON.stringify(filter);

  const put = (now) => {
    shown.current = now;
    setList({ applications: now.applications, next: now.next, failure: null, at: new Date() });
  };
  /** The counts too; what comes after an act or for another filter is given up. */
  const ask = async (answering, made) => {
    const mine = turn.current;
    try {
      const [answer, counts] = await Promise.all([answering, calls.readWork(employer)]);
      if (mine !== turn.current) return;
      setWork(counts);
      tellArrived(known, text, answer.applications);
      put(made(answer));
    } catch (failure) {
      if (mine === turn.current) setList((before) => Object.assign({}, before, { failure }));
    }
  };
  const readAll = () => ask(readShown(employer, filter, shown.current), (answer) => answer);
  const read = () => {
    turn.current += 1;
    return readAll();
  };
  const look = () => {
    const before = shown.current.applications;
    if (!before) return readAll();
    const newest = calls.readList(employer, filter, null, Math.min(Math.max(before.length, PAGE), MOST));
    return ask(newest, (answer) => merged(shown.current, answer));
  };
  const more = async () => {
    const mine = turn.current;
    const { next } = shown.current;
    const answer = await calls.readList(employer, filter, next, PAGE);
    if (mine !== turn.current || next !== shown.current.next) return;
    if (answer.next && !answer.applications.length) announce(t("desk.nothing_yet"));
    const { applications, answers } = shown.current;
    put({ applications: applications.concat(answer.applications), next: answer.next, answers: answers + 1 });
  };
  useEffect(() => {
    shown.current = NOTHING;
    read();
    const timer = setInterval(() => document.visibilityState !== "hidden" && look(), POLL_MS);
    return () => clearInterval(timer);
  }, [text]);
  return { list, work, read, more };
}
