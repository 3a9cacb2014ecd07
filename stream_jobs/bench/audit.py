"""Compares what people were told with what is stored, past the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from storage.pool import Database
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, OrgId


@dataclass(frozen=True, slots=True)
class Audit:
    """Of one broadcast and moment: told is how many keys were answered, and the rest is what the database holds.

    lost: told, but not stored under that id; doubled: stored or counted more often than it may be.
    """

    told: int
    lost: int
    doubled: int
    applications: int
    events: int
    counted: int

    @property
    def adds_up(self) -> bool:
        """Nothing lost, nothing doubled, and rows, events and sums agree."""
        return not self.lost and not self.doubled and self.applications == self.events == self.counted


async def audit(database: Database, org_id: OrgId, broadcast_id: BroadcastId, told: Mapping[UUID, UUID]) -> Audit:
    """told: by key, the id its phone was told."""
    async with database.transaction(org_id, one_moment=True) as tx:
        receipts = await tx.fetch("SELECT key, id, application_id FROM receipt WHERE broadcast_id = $1", broadcast_id)
        found = await tx.fetchrow(
            """
            SELECT (SELECT count(*) FROM application WHERE broadcast_id = $1) AS applications,
                (SELECT count(*) FROM (SELECT FROM application WHERE broadcast_id = $1
                                       GROUP BY job_id, person_id HAVING count(*) > 1) twice) AS twice,
                (SELECT count(*) FROM audience_event WHERE broadcast_id = $1 AND step = 'application') AS events,
                (SELECT coalesce(sum(events), 0)::bigint FROM step_count
                 WHERE broadcast_id = $1 AND card_id = $2 AND step = $3) AS counted
            """,
            broadcast_id,
            WHOLE_SHOW,
            int(Step.APPLICATION),
        )
    assert found is not None
    stored = {row["key"]: row["id"] for row in receipts}
    lost = sum(stored.get(key) != id_ for key, id_ in told.items())
    again = len(receipts) - len({row["application_id"] for row in receipts})
    doubled = max(
        found["twice"], again, found["events"] - found["applications"], found["counted"] - found["applications"]
    )
    return Audit(len(told), lost, doubled, found["applications"], found["events"], found["counted"])
