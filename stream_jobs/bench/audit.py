"""The one audit of measurements and drills: what people were told beside rows, events and totals, past the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from storage.pool import Database
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, OrgId

COUNTS = """
SELECT
    (SELECT count(*) FROM application WHERE broadcast_id = $1) AS applications,
    (SELECT count(*) FROM audience_event WHERE broadcast_id = $1 AND step = 'application') AS events,
    (SELECT coalesce(sum(events), 0)::bigint FROM step_count WHERE broadcast_id = $1 AND step = $2 AND card_id = $3
    ) AS counted
"""
LOST, TWO_ROWS, TWO_APPLICATIONS = "told and not there", "keys with two rows", "people with two applications"
FAULTS = f"""
SELECT
    (SELECT count(*) FROM unnest($4::uuid[], $5::uuid[]) AS told (key, id)
     WHERE NOT EXISTS (SELECT FROM receipt r WHERE r.broadcast_id = $1 AND r.key = told.key AND r.id = told.id)
    ) AS "{LOST}",
    (SELECT count(*) FROM (SELECT FROM receipt WHERE broadcast_id = $1
                           GROUP BY viewer_id, key HAVING count(*) > 1) twice
    ) AS "{TWO_ROWS}",
    (SELECT count(*) FROM (SELECT FROM application WHERE broadcast_id = $1
                           GROUP BY job_id, person_id HAVING count(*) > 1) twice
    ) AS "{TWO_APPLICATIONS}",
    (SELECT count(*) FROM (
        SELECT card_id, sum(events) AS events FROM step_count
        WHERE broadcast_id = $1 AND step = $2 AND events > 0 GROUP BY card_id
        EXCEPT ALL (
            SELECT card_id, count(*) FROM audience_event
            WHERE broadcast_id = $1 AND step = 'application' GROUP BY card_id
            UNION ALL
            SELECT $3::uuid, count(*) FROM audience_event WHERE broadcast_id = $1 AND step = 'application'
        )
    ) differing) AS "totals that a recount contradicts",
    (SELECT count(*) FROM vault.application w WHERE NOT EXISTS (SELECT FROM application a WHERE a.id = w.application_id)
    ) AS "names without an application",
    (SELECT count(*) FROM person p WHERE NOT EXISTS (SELECT FROM keys.person_key k WHERE k.person_id = p.id)
    ) AS "people without a key"
"""  # noqa: S608  # names of columns, from above


@dataclass(frozen=True, slots=True)
class Audit:
    """Of one broadcast and moment. told: how many keys were answered; the rest is what the database holds.

    faults: what is wrong, by name, and how often.
    """

    told: int
    applications: int
    events: int
    counted: int
    faults: Mapping[str, int]

    @property
    def lost(self) -> int:
        """Told, but not stored under that id."""
        return self.faults.get(LOST, 0)

    @property
    def doubled(self) -> int:
        """Stored, or counted, more often than it may be."""
        stored = sum(self.faults.get(what, 0) for what in (TWO_ROWS, TWO_APPLICATIONS))
        return max(stored, self.events - self.applications, self.counted - self.applications)

    @property
    def clean(self) -> bool:
        return not self.faults

    def __str__(self) -> str:
        wrong = [f"{count} {what}" for what, count in self.faults.items() if what != LOST]
        return f"{self.told} told, {self.lost} lost" + (f"; {', '.join(wrong)}" if wrong else "")


async def audit(database: Database, org_id: OrgId, broadcast_id: BroadcastId, told: Mapping[UUID, UUID]) -> Audit:
    """told: by key, the id its phone was told.

    Of one moment: whoever was still being answered when the drill stopped may be stored while it is read.
    """
    show = broadcast_id, int(Step.APPLICATION), WHOLE_SHOW
    async with database.transaction(org_id, one_moment=True) as tx:
        counts = await tx.fetchrow(COUNTS, *show)
        found = await tx.fetchrow(FAULTS, *show, list(told), list(told.values()))
    assert counts is not None and found is not None
    applications, events, counted = counts
    faults = {
        **found,
        "applications and events apart": abs(applications - events),
        "events and their total apart": abs(events - counted),
    }
    return Audit(len(told), applications, events, counted, {what: count for what, count in faults.items() if count})
