/** Sends one file (tus 1.0.0): what has arrived stays, and a broken line is taken up again by itself. */

import { ApiError } from "../api.js";

const PIECE_BYTES = 512 * 1024;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30000;
const LOOK_MS = 1500;
const SILENT_MS = 30000;

function problemOf(request) {
  const fallback = { code: request.status >= 500 ? "unavailable" : "offline", status: request.status };
  try {
    return Object.assign(fallback, JSON.parse(request.responseText));
  } catch {
    return fallback;
  }
}

/** Resolves with the finished request; `begun` is given it at once, so that it can be given up. */
function sent(method, url, headers, body, { onProgress, begun } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), SILENT_MS);
    };
    request.open(method, url);
    Object.keys(headers).forEach((name) => request.setRequestHeader(name, headers[name]));
    request.upload.onprogress = (event) => {
      alive();
      if (onProgress) onProgress(event.loaded);
    };
    request.onloadend = () => {
      clearTimeout(timer);
      if (request.status >= 200 && request.status < 300) resolve(request);
      else reject(new ApiError(problemOf(request)));
    };
    alive();
    if (begun) begun(request);
    request.send(body || null);
  });
}

/** With the page's token, fetched anew once when it has run out. */
async function call(visit, method, path, headers, body, more) {
  const attempt = async () => {
    const whole = Object.assign({ "Tus-Resumable": "1.0.0", Authorization: await visit.bearer() }, headers);
    return sent(method, visit.base + path, whole, body, more);
  };
  try {
    return await attempt();
  } catch (failure) {
    if (failure.status !== 401) throw failure;
    await visit.newToken();
    return attempt();
  }
}

function base64(text) {
  return btoa(unescape(encodeURIComponent(text)));
}

/** Announces a file; answers what the server knows of it. */
export async function announce(visit, path, file) {
  const metadata = "filename " + base64(file.name) + ",filetype " + base64(file.type || "");
  const request = await call(visit, "POST", path, { "Upload-Length": String(file.size), "Upload-Metadata": metadata });
  return JSON.parse(request.responseText);
}

export function take(visit, path) {
  return call(visit, "DELETE", path, {});
}

function passes(failure) {
  return failure.code === "offline" || failure.code === "too_many" || failure.code === "upload_moved" || failure.status === 408 || failure.status >= 500;
}

/** Sends the rest of a file; told: {phase: sending|waiting|paused|checking|ready|refused, sent, code}. */
export function openUpload({ visit, path, file, told }) {
  let going = false;
  let current = null;
  let wake = null;

  const rest = (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function piece(offset) {
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) };
    const body = file.slice(offset, offset + PIECE_BYTES);
    const request = await call(visit, "PATCH", path, headers, body, {
      onProgress: (loaded) => going && told({ phase: "sending", sent: Math.min(offset + loaded, file.size) }),
      begun: (begun) => {
        current = begun;
      },
    });
    return Number(request.getResponseHeader("Upload-Offset"));
  }

  async function look() {
    return JSON.parse((await call(visit, "GET", path, {})).responseText);
  }

  async function sendRest() {
    let now = await look();
    told({ phase: "sending", sent: now.received });
    let offset = now.received;
    while (going && now.state === "uploading" && offset < file.size) {
      offset = await piece(offset);
      told({ phase: "sending", sent: offset });
    }
    while (going) {
      now = await look();
      if (now.state === "ready" || now.state === "refused") return told({ phase: now.state, sent: file.size, code: now.refused });
      told({ phase: "checking", sent: file.size });
      await rest(LOOK_MS);
    }
    return null;
  }

  async function run() {
    let wait = FIRST_WAIT_MS;
    while (going) {
      try {
        await sendRest();
        going = false;
      } catch (failure) {
        if (!going) return;
        if (!passes(failure)) {
          going = false;
          told({ phase: "refused", code: failure.code });
          return;
        }
        told({ phase: "waiting" });
        await rest(wait * (0.75 + Math.random() / 2));
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      }
    }
  }

  const goOn = () => wake && wake();
  window.addEventListener("online", goOn);

  return {
    start: () => {
      if (going) return;
      going = true;
      run();
    },
    stop: () => {
      going = false;
      if (current) current.abort();
      goOn();
    },
  };
}
