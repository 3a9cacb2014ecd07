/** Files an API call answers with: saved under the name the server gives them. */

import { ApiError } from "../api.js";

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

/** Posts the body and saves the file that comes back; throws ApiError. */
export async function postForFile(path, body, fallback) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new ApiError({ code: "offline" });
  }
  if (!answer.ok) throw new ApiError(Object.assign({ code: "error" }, await answer.json().catch(() => ({}))));
  save(await answer.blob(), nameOf(answer, fallback));
}
