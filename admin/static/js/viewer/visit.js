/** One page load: its id, its token, and every call of a viewer, over the socket while it is up, else over HTTP but for signals. */

import { ApiError, api, newKey, readJson } from "../api.js";
import { serverNow } from "./server_time.js";

const HTTP_TIMEOUT_MS = 8000;
const TOKEN_MARGIN_MS = 30000;

// All but `report`: what a page tells of is kept for the socket, because who has none is not there.
const OVER_HTTP = {
  apply: (data) => ["POST", "/applications", data],
  withdraw: (data) => ["POST", "/applications/" + data.application_id + "/withdraw"],
  mine: () => ["GET", "/applications/mine"],
  ask: (data) => ["POST", "/questions", data],
  ask_code: (data) => ["POST", "/phone-codes", data],
  confirm_code: (data) => ["POST", "/phone-codes/confirm", data],
};

/** Whoever answers with anything but our problem is not our server: a hotspot's page is no refusal. */
function problemOf(status, text) {
  const fallback = { code: status >= 500 ? "unavailable" : "offline", status };
  try {
    return Object.assign(fallback, readJson(text));
  } catch {
    return fallback;
  }
}

async function answered(answer) {
  const text = await answer.text();
  if (!answer.ok) throw new ApiError(problemOf(answer.status, text));
  return readJson(text);
}

/** What attempt(signal) answers; no answer in time, or none at all, is the code "offline". */
async function inTime(attempt) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), HTTP_TIMEOUT_MS);
  try {
    return await attempt(giveUp.signal);
  } catch (failure) {
    throw failure instanceof ApiError ? failure : new ApiError({ code: "offline" });
  } finally {
    clearTimeout(timer);
  }
}

/** Answers of every call are the answer's body; what is refused or fails throws ApiError with a stable code. */
export function openVisit({ broadcastId, channel }) {
  const base = "/api/v1/broadcasts/" + broadcastId;
  const visitId = newKey();
  let kept = null;
  let keptOut = false;
  let room = null;
  let live = false;
  let since = null;

  async function newToken() {
    const wanted = { channel: channel || null, visit_id: visitId };
    const answer = await inTime((signal) => api("POST", base + "/connection-token", wanted, { signal }));
    kept = { token: answer.token, until: Date.parse(answer.expires_at) };
    keptOut = Boolean(answer.kept_out);
    return kept.token;
  }

  async function token() {
    const good = kept && kept.until - TOKEN_MARGIN_MS > serverNow().getTime();
    return good ? kept.token : newToken();
  }

  async function attempt(method, path, body) {
    const headers = { Accept: "application/json", Authorization: "Bearer " + (await token()) };
    if (body) headers["Content-Type"] = "application/json";
    const init = { method, headers, credentials: "same-origin", body: body ? JSON.stringify(body) : undefined };
    return inTime(async (signal) => answered(await fetch(base + path, Object.assign({ signal }, init))));
  }

  async function overHttp(method, path, body) {
    try {
      return await attempt(method, path, body);
    } catch (failure) {
      if (failure.status !== 401) throw failure;
      kept = null;
      return attempt(method, path, body);
    }
  }

  async function overSocket(method, data) {
    const answer = await room.rpc(method, data);
    if (answer.type === "refused") throw new ApiError(answer);
    return answer;
  }

  async function call(method, data = {}) {
    if (live) {
      try {
        return await overSocket(method, data);
      } catch (failure) {
        if (failure.code !== "offline") throw failure instanceof ApiError ? failure : new ApiError(failure);
      }
    }
    if (!OVER_HTTP[method]) throw new ApiError({ code: "offline" });
    return overHttp(...OVER_HTTP[method](data));
  }

  return {
    id: visitId,
    base,
    newToken,
    /** Whether the last token was for a device that may not watch: good for its own applications alone. */
    isKeptOut: () => keptOut,
    bearer: async () => "Bearer " + (await token()),
    call,
    http: overHttp,
    /** What anyone may read of this show. */
    read: (path) => inTime((signal) => api("GET", base + path, null, { signal })),
    /** The socket calls go over from now on, whenever it is up. */
    useRoom: (opened) => {
      room = opened;
    },
    setLive: (up) => {
      live = up;
      if (up && !since) since = serverNow().toISOString();
    },
    isLive: () => live,
    /** When the line first stood, by the server's clock: until then the server knows of no such visit. */
    since: () => since,
  };
}
