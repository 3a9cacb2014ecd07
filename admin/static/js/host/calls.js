/** The show's API for the host's side: by the session of whoever signed in, or by the code of a page's link. */

import { api, ApiError } from "../api.js";
import { UnauthorizedError } from "../socket.js";

const TIMEOUT_MS = 5000;
const GONE_FOR_GOOD = [401, 403, 404];

async function problemOf(answer) {
  const fallback = { code: "error", status: answer.status };
  try {
    return Object.assign(fallback, await answer.json());
  } catch {
    return fallback;
  }
}

async function withCode(code, method, path, body, { key, signal }) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-Page-Code": code };
  if (key) headers["Idempotency-Key"] = key;
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const answer = await fetch(path, { method, headers, signal, body: sent, credentials: "same-origin" });
  if (!answer.ok) throw new ApiError(await problemOf(answer));
  const text = await answer.text();
  return text === "" ? null : JSON.parse(text);
}

/** What did not answer in time may still have been done: it fails as "offline", and its key makes it safe to repeat. */
function inTime(ask) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), TIMEOUT_MS);
  return ask(giveUp.signal)
    .catch((failure) => {
      throw failure instanceof ApiError ? failure : new ApiError({ code: "offline" });
    })
    .finally(() => clearTimeout(timer));
}

/** {get, post, put, remove, token}; paths are below /api/v1/broadcasts/<id>. Each throws ApiError. */
export function callsOf({ broadcastId, code = null }) {
  const base = "/api/v1/broadcasts/" + broadcastId;
  const ask = (method, path, body, key) =>
    inTime((signal) =>
      code
        ? withCode(code, method, base + path, body, { key, signal })
        : api(method, base + path, body, { key, signal }),
    );
  const calls = {
    get: (path) => ask("GET", path),
    post: (path, body, key) => ask("POST", path, body, key),
    put: (path, body) => ask("PUT", path, body),
    remove: (path) => ask("DELETE", path),
  };
  return Object.assign(calls, { token: () => token(calls, code) });
}

async function token(calls, code) {
  try {
    return (await calls.post("/connection-token", code ? {} : { role: "host" })).token;
  } catch (failure) {
    if (GONE_FOR_GOOD.indexOf(failure.status) >= 0) throw new UnauthorizedError(failure.code);
    throw failure;
  }
}

/** How far the server's clock is ahead of ours, in milliseconds, by the moment a token says it was issued. */
export function clockAhead(connectionToken) {
  try {
    const claims = connectionToken.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(claims)).iat * 1000 + 500 - Date.now();
  } catch {
    return 0;
  }
}
