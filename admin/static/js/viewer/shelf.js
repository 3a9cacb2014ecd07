/** Files on their way, kept on this phone until they have arrived: a reload takes them up again. */

const NAME = "stream_jobs.files";
const STORE = "files";

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
}

/** What ask(store) asked for; the fallback where this browser keeps no files. */
async function asked(mode, ask, fallback) {
  try {
    const database = await opened();
    return await new Promise((resolve, reject) => {
      const request = ask(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return fallback;
  }
}

/** {id, broadcastId, applicationId, file, paused}; false where it cannot be kept. */
export const keepFile = (entry) => asked("readwrite", (store) => store.put(entry), false);
export const keptFiles = () => asked("readonly", (store) => store.getAll(), []);
export const dropFile = (id) => asked("readwrite", (store) => store.delete(id), null);
