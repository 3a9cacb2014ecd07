/** What this device applied for, counted and looked up; an application that was withdrawn does not stand. */

/** Applications that stand, the newest of each job: {job id: application}. */
export function appliedJobs(mine) {
  const standing = mine.filter((application) => application.state !== "withdrawn");
  return standing.reduceRight((all, one) => Object.assign(all, { [one.job_id]: one }), {});
}

/** What the tab counts: applications that stand, and those on their way. */
export function countOf({ mine, waiting }) {
  const standing = mine.filter((application) => application.state !== "withdrawn");
  return standing.length + waiting.filter((entry) => entry.body).length;
}
