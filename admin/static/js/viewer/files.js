/** 简历文件: PDF, Word or photo, sent in the background of whatever else the viewer does. */

import { html, useEffect, useRef, useState } from "../../vendor/preact-htm.js";
import { Button, Sheet } from "../components.js";
import { errorText } from "../errors.js";
import { t } from "../i18n.js";
import { dropFile, keepFile, keptFiles } from "./shelf.js";
import { announce, openUpload, take } from "./upload.js";
import { useWatched, watched } from "./watch.js";

const ACCEPTED = ".pdf,.docx,.jpg,.jpeg,.png";
const LARGEST = 10 * 1024 * 1024;

/** By file id: {phase, sent, code}, of those this page is sending. */
const progress = watched({});
const uploads = {};

function pathOf(applicationId) {
  return "/applications/" + applicationId + "/files";
}

function told(id, changes) {
  progress.set({ [id]: Object.assign({}, progress.get()[id], changes) });
  if (changes.phase === "ready" || changes.phase === "refused") dropFile(id);
}

function send(page, applicationId, id, file, paused) {
  if (!uploads[id]) {
    uploads[id] = openUpload({ visit: page.visit, path: pathOf(applicationId) + "/" + id, file, told: (changes) => told(id, changes) });
    told(id, { phase: paused ? "paused" : "sending", sent: 0, length: file.size });
  }
  if (!paused) uploads[id].start();
}

/** What a reload interrupted goes on, unless it was paused. */
export async function takeUpAgain(page) {
  const entries = await keptFiles();
  entries
    .filter((entry) => entry.broadcastId === page.broadcastId)
    .forEach((entry) => send(page, entry.applicationId, entry.id, entry.file, entry.paused));
}

function pause(page, applicationId, known, paused) {
  const { id } = known;
  keptFiles().then((entries) => {
    const entry = entries.find((one) => one.id === id);
    if (entry) keepFile(Object.assign({}, entry, { paused }));
  });
  if (paused) {
    told(id, { phase: "paused" });
    uploads[id].stop();
  } else {
    told(id, { phase: "sending" });
    uploads[id].start();
  }
}

/** The server's list with what this page knows better. */
function useFiles(page, applicationId) {
  const now = useWatched(progress);
  const [files, setFiles] = useState(null);
  const [failure, setFailure] = useState(null);
  const read = () =>
    page.visit.http("GET", pathOf(applicationId)).then(
      (found) => setFiles(found.files),
      (failed) => setFailure(failed),
    );
  useEffect(() => {
    read();
  }, [applicationId]);
  const shown = (files || []).map((one) => Object.assign({ phase: one.state, sent: one.received, code: one.refused }, one, now[one.id]));
  return { files: shown, loaded: files !== null, failure, setFailure, read };
}

function Percent({ file }) {
  const percent = Math.floor((100 * (file.sent || 0)) / file.length);
  return html`<progress class="viewer-progress" max="100" value=${percent} aria-label=${file.name}></progress>
    <span class="type-label">${t("viewer.files.percent", { percent })}</span>`;
}

function Status({ file }) {
  if (file.phase === "refused") return html`<p class="field-error" role="alert">${errorText({ code: file.code })}</p>`;
  if (file.phase === "ready") return html`<p class="tone-ok">✓ ${t("viewer.files.ready")}</p>`;
  if (file.phase === "checking") return html`<p class="type-label" role="status">${t("viewer.files.checking")}</p>`;
  const says = { waiting: "viewer.files.waiting", paused: "viewer.files.paused", uploading: "viewer.files.choose_again" }[file.phase];
  return html`<div class="line-up"><${Percent} file=${file} /></div>
    ${says && html`<p class="tone-warn" role="status">! ${t(says)}</p>`}`;
}

function Row({ page, applicationId, file, onAgain, onDelete }) {
  const sending = file.phase === "sending" || file.phase === "waiting";
  return html`<li class="card stack-tight" data-file=${file.id} data-phase=${file.phase}>
    <p class="type-value viewer-file-name">${file.name}</p>
    <${Status} file=${file} />
    <div><div class="line-up wrap">
      ${sending && html`<${Button} onClick=${() => pause(page, applicationId, file, true)}>${t("viewer.files.pause")}<//>`}
      ${file.phase === "paused" && html`<${Button} onClick=${() => pause(page, applicationId, file, false)}>${t("viewer.files.go_on")}<//>`}
      ${file.phase === "uploading" && html`<${Button} onClick=${() => onAgain(file)}>${t("viewer.files.choose")}<//>`}
      <${Button} kind="danger" onClick=${() => onDelete(file)}>${t("viewer.files.delete")}<//>
    </div></div>
  </li>`;
}

function refusedHere(file, again) {
  if (again && (again.length !== file.size || again.name !== file.name)) return { code: "other_file" };
  if (file.size > LARGEST) return { code: "file_too_big" };
  return file.size === 0 ? { code: "file_damaged" } : null;
}

export function FilesSheet({ page, applicationId, onClose }) {
  const { files, loaded, failure, setFailure, read } = useFiles(page, applicationId);
  const picker = useRef(null);
  const again = useRef(null);
  const [busy, setBusy] = useState(false);
  const pick = (known) => {
    again.current = known;
    picker.current.click();
  };
  const chosen = async (event) => {
    const file = event.target.files[0];
    const known = again.current;
    event.target.value = "";
    if (!file) return;
    const refused = refusedHere(file, known);
    setFailure(refused);
    if (refused) return;
    setBusy(true);
    try {
      const { id } = known || (await announce(page.visit, pathOf(applicationId), file));
      await keepFile({ id, broadcastId: page.broadcastId, applicationId, file, paused: false });
      await read();
      send(page, applicationId, id, file, false);
    } catch (failed) {
      setFailure(failed);
    }
    setBusy(false);
  };
  const remove = async (file) => {
    if (uploads[file.id]) uploads[file.id].stop();
    delete uploads[file.id];
    dropFile(file.id);
    try {
      await take(page.visit, pathOf(applicationId) + "/" + file.id);
    } catch (failed) {
      if (failed.status !== 404) setFailure(failed);
    }
    return read();
  };
  const said = failure && (failure.code === "other_file" ? t("viewer.files.other_file") : errorText(failure));
  return html`<${Sheet} title=${t("viewer.files.title")} note=${t("viewer.files.note")} onClose=${onClose}>
    <div class="stack">
      <input ref=${picker} type="file" accept=${ACCEPTED} class="visually-hidden" tabindex="-1" aria-hidden="true" onChange=${chosen} />
      <ul class="stack-tight">
        ${files.map((file) => html`<${Row} key=${file.id} page=${page} applicationId=${applicationId} file=${file} onAgain=${pick} onDelete=${remove} />`)}
      </ul>
      ${said && html`<p class="note note-error" role="alert">${said}</p>`}
      ${!loaded && !failure && html`<p class="type-label">${t("common.loading")}</p>`}
      <${Button} kind="primary" size="main" class="button-wide" data-autofocus disabled=${busy} onClick=${() => pick(null)}>
        ${t("viewer.files.choose")}
      <//>
    </div>
  <//>`;
}
