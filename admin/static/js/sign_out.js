/** The way out, the same on every page of staff. */

import { api } from "./api.js";

export async function signOut() {
  // Without a session, or a line, the page to sign in on is still the place to go.
  await api("POST", "/api/v1/sign-out").catch(() => null);
  location.assign("/login");
}
