/** Files an API call answers with: saved under the name the server gives them. */

import { ApiError } from "./api.js";

function nameOf(answer, fallback) {
  const said = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get("Content-Disposition") || "");
  return said ? decodeURIComponent(said[1]) : fallback;
}

function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** A line cut in the middle of a file leaves no file. */
async function fetched(path, init) {
  try {
    const answer = await fetch(path, Object.assign({ credentials: "same-origin" }, init));
    return { answer, content: answer.ok ? await answer.blob() : null };
  } catch {
    throw new ApiError({ code: "offline" });
  }
}

async function saved(path, init, fallback) {
  const { answer, content } = await fetched(path, init);
  if (!content) throw new ApiError(Object.assign({ code: "error" }, await answer.json().catch(() => ({}))));
  save(content, nameOf(answer, fallback));
}

/** Saves the file at that address; throws ApiError. */
export function saveFile(path, fallback, headers = {}) {
  return saved(path, { headers }, fallback);
}

/** Posts the body and saves the file that comes back; throws ApiError. */
export function postForFile(path, body, fallback) {
  const headers = { "Content-Type": "application/json" };
  return saved(path, { method: "POST", headers, body: JSON.stringify(body) }, fallback);
}
