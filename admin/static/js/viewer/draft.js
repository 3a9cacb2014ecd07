/** What was typed and not sent: the person's number and name on this phone, and the form that stands open in this tab. */

import { forget, recall, remember } from "../store.js";

const PERSON = "person";
const FORM = "stream_jobs.form.";

/** {phone, name}, kept until 换个人. */
export function person() {
  return Object.assign({ phone: "", name: "" }, recall(PERSON, {}));
}

export function keepPerson(changes) {
  remember(PERSON, Object.assign(person(), changes));
}

export function forgetPerson() {
  forget(PERSON);
}

/** Values of this tab alone: they outlive a reload, and no other tab opens their sheet. */
function tabStore(prefix) {
  return {
    read: (name) => {
      try {
        return JSON.parse(sessionStorage.getItem(prefix + name));
      } catch {
        return null;
      }
    },
    keep: (name, value) => {
      try {
        if (value === null) sessionStorage.removeItem(prefix + name);
        else sessionStorage.setItem(prefix + name, JSON.stringify(value));
      } catch {
        // Without storage a reload closes the form; what is on screen stays.
      }
    },
  };
}

const forms = tabStore(FORM);
const resumes = tabStore("stream_jobs.resume.");

/** {cardId, key, pushSeq, agreed} of the form open in this tab, or null. */
export const openForm = (broadcastId) => forms.read(broadcastId);
export const keepForm = (broadcastId, form) => forms.keep(broadcastId, form);

export const resumeDraft = (applicationId) => resumes.read(applicationId);
export const keepResumeDraft = (applicationId, typed) => resumes.keep(applicationId, typed);

const opened = tabStore("stream_jobs.opened.");

/** True once in this tab: a card that a link names opens by itself, and not again after a reload. */
export function firstInTab(cardId) {
  const first = !opened.read(cardId);
  opened.keep(cardId, true);
  return first;
}
