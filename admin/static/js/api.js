/** Calls of our own HTTP API: JSON in, JSON out, every failure an ApiError with a stable code. */

/** What went wrong, as told by the server (RFC 9457), or code "offline" when no answer came. */
export class ApiError extends Error {
  constructor(problem) {
    super(problem.detail || problem.code);
    this.name = "ApiError";
    this.code = problem.code;
    this.status = problem.status || 0;
    this.field = problem.field || null;
    this.expected = problem.expected || null;
    this.retryAfterSeconds = problem.retry_after_seconds || null;
    this.detail = problem.detail || null;
    /** The whole problem, for what a certain code adds (such as the rules that block a card). */
    this.problem = problem;
  }
}

/** A fresh UUID, for idempotency keys and event ids. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => (byte < 16 ? "0" : "") + byte.toString(16)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function request(method, body, { key, signal, headers: more } = {}) {
  const headers = Object.assign({ Accept: "application/json" }, more);
  if (key) headers["Idempotency-Key"] = key;
  const form = body instanceof FormData;
  if (body !== undefined && body !== null && !form) headers["Content-Type"] = "application/json";
  const init = { method, headers, credentials: "same-origin", signal };
  if (body !== undefined && body !== null) init.body = form ? body : JSON.stringify(body);
  return init;
}

async function problemOf(answer) {
  const wait = Number(answer.headers.get("Retry-After")) || null;
  const fallback = { code: "error", status: answer.status, retry_after_seconds: wait };
  try {
    return Object.assign(fallback, await answer.json());
  } catch {
    return fallback;
  }
}

/** The JSON of a body, null of an empty one. */
export function readJson(text) {
  return text === "" ? null : JSON.parse(text);
}

/**
 * The answer's JSON, or null when it has no body; FormData is sent as a form.
 * Throws ApiError; a call given up through signal throws AbortError.
 */
export async function api(method, path, body, options = {}) {
  let answer;
  try {
    answer = await fetch(path, request(method, body, options));
    if (answer.ok) return readJson(await answer.text());
  } catch (failure) {
    // A line cut in the middle of the answer, or a hotspot's own page in its place, is no answer either.
    if (failure.name === "AbortError") throw failure;
    throw new ApiError({ code: "offline" });
  }
  throw new ApiError(await problemOf(answer));
}
