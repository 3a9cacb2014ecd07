"""The one audit at the end of every drill: what people were told beside rows, events, totals and files."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from storage.pool import Database
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, OrgId

FAULTS = """
SELECT
    (SELECT count(*) FROM unnest($2::uuid[], $3::uuid[]) AS told (key, id)
     WHERE NOT EXISTS (SELECT FROM receipt r WHERE r.broadcast_id = $1 AND r.key = told.key AND r.id = told.id)
    ) AS "told and not there",
    (SELECT count(*) FROM (SELECT FROM receipt WHERE broadcast_id = $1
                           GROUP BY viewer_id, key HAVING count(*) > 1) twice
    ) AS "keys with two rows",
    (SELECT count(*) FROM (SELECT FROM application WHERE broadcast_id = $1
                           GROUP BY job_id, person_id HAVING count(*) > 1) twice
    ) AS "people with two applications",
    (SELECT abs((SELECT count(*) FROM application WHERE broadcast_id = $1)
              - (SELECT count(*) FROM audience_event WHERE broadcast_id = $1 AND step = 'application'))
    ) AS "applications and events apart",
    (SELECT count(*) FROM (
        SELECT card_id, sum(events) AS events FROM step_count WHERE broadcast_id = $1 AND step = $4 GROUP BY card_id
        EXCEPT ALL (
            SELECT card_id, count(*) FROM audience_event
            WHERE broadcast_id = $1 AND step = 'application' GROUP BY card_id
            UNION ALL
            SELECT $5, count(*) FROM audience_event WHERE broadcast_id = $1 AND step = 'application'
        )
    ) differing) AS "totals that a recount contradicts",
    (SELECT abs((SELECT count(*) FROM audience_event WHERE broadcast_id = $1 AND step = 'application')
              - (SELECT coalesce(sum(events), 0)::bigint FROM step_count
                 WHERE broadcast_id = $1 AND step = $4 AND card_id = $5))
    ) AS "events and their total apart",
    (SELECT count(*) FROM vault.application w WHERE NOT EXISTS (SELECT FROM application a WHERE a.id = w.application_id)
    ) AS "names without an application",
    (SELECT count(*) FROM person p WHERE NOT EXISTS (SELECT FROM keys.person_key k WHERE k.person_id = p.id)
    ) AS "people without a key"
"""


LOST = "told and not there"


@dataclass(frozen=True, slots=True)
class Audit:
    """faults: what is wrong, by name, and how often; in_clear: files in which somebody's name can be read."""

    told: int
    applications: int
    faults: Mapping[str, int]
    in_clear: Sequence[str] = ()

    @property
    def lost(self) -> int:
        return self.faults.get(LOST, 0)

    @property
    def clean(self) -> bool:
        return not self.faults and not self.in_clear

    def __str__(self) -> str:
        wrong = [f"{count} {what}" for what, count in self.faults.items() if what != LOST]
        wrong += [f"in clear in {where}" for where in self.in_clear]
        return f"{self.told} told, {self.lost} lost" + (f"; {', '.join(wrong)}" if wrong else "")


async def audit(database: Database, org_id: OrgId, broadcast_id: BroadcastId, told: Mapping[UUID, UUID]) -> Audit:
    """Of one moment: whoever was still being answered when the drill stopped may be stored while it is read."""
    async with database.transaction(org_id, one_moment=True) as tx:
        applications = await tx.fetchval("SELECT count(*) FROM application WHERE broadcast_id = $1", broadcast_id)
        counts = await tx.fetchrow(
            FAULTS, broadcast_id, list(told), list(told.values()), int(Step.APPLICATION), WHOLE_SHOW
        )
    assert counts is not None
    return Audit(len(told), int(applications), {what: count for what, count in counts.items() if count})


async def read_in_clear(folders: Sequence[Path], names: Sequence[str]) -> list[str]:
    """Files below these folders in which one of the names stands, however it is written there."""
    return await asyncio.to_thread(_read_in_clear, folders, names)


def _read_in_clear(folders: Sequence[Path], names: Sequence[str]) -> list[str]:
    forms = [form for name in names for form in (name.encode(), ascii(name)[1:-1].encode(), name.encode("utf-16-le"))]
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]
