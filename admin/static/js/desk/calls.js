/** What the desk asks the server. An organiser names the employer; a recruiter has one. */

import { api } from "../api.js";

const DESK = "/api/v1/desk";

function query(params) {
  const given = new URLSearchParams();
  Object.keys(params).forEach((name) => {
    const value = params[name];
    if (value !== null && value !== undefined && value !== false) given.set(name, String(value));
  });
  const text = given.toString();
  return text ? "?" + text : "";
}

export const readEmployers = () => api("GET", DESK + "/employers");

export const readWork = (employer) => api("GET", DESK + query({ employer_id: employer }));

/** wanted: what filterOf() made; after and limit say which page. */
export const readList = (employer, wanted, after, limit) =>
  api("GET", DESK + "/applications" + query(Object.assign({ employer_id: employer, after, limit }, wanted)));

export const openOne = (id) => api("POST", DESK + "/applications/" + id + "/open");

export const logContact = (id, body) => api("POST", DESK + "/applications/" + id + "/follow-ups", body);

export const clearNext = (id) => api("PUT", DESK + "/applications/" + id + "/next", { on: null });

/** applications: as they are shown, so that what a colleague changed since is refused. */
export function move(applications, state, reason) {
  const targets = applications.map((one) => ({ application_id: one.id, expected_state: one.state }));
  return api("POST", DESK + "/moves", { applications: targets, state, reason: reason || null });
}

export const undoMove = (batch) => api("POST", DESK + "/moves/" + batch + "/undo");

export const reveal = (id, purpose) => api("POST", "/api/v1/applications/" + id + "/reveal", { purpose });
