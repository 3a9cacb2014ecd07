"""What an organiser owes once a show has ended: people to call, lists to hand over."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg

from storage.pool import Transaction
from stream_jobs.domain.following import OPEN
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports import TodoBody

# As long as employers are reminded of whom to call: who waits longer looks elsewhere.
OWED_FOR = timedelta(days=30)

_SHOWS = "b.org_id = $1 AND b.status = 'ended' AND NOT b.rehearsal AND b.ended_at > $2"
# As a report counts them, but for those who were erased: nobody can be called there.
_UNCONTACTED = f"""
    SELECT b.id, b.title, count(*) AS count FROM broadcast b JOIN LATERAL (
        SELECT counted_as FROM application JOIN keys.person_key USING (person_id) WHERE broadcast_id = b.id
        GROUP BY counted_as HAVING bool_or(state = ANY($3)) AND NOT bool_or(contacted_at IS NOT NULL)
    ) AS person ON true
    WHERE {_SHOWS} GROUP BY b.id ORDER BY b.ended_at
"""  # noqa: S608  # constants of this module
_UNCOLLECTED = f"""
    SELECT b.id, b.title, count(DISTINCT p.employer_id) AS count FROM broadcast b
    JOIN application p ON p.broadcast_id = b.id AND p.state <> 'withdrawn'
    JOIN keys.person_key k ON k.person_id = p.person_id
    WHERE {_SHOWS}
        AND NOT EXISTS (SELECT FROM hand_over h WHERE h.broadcast_id = b.id AND h.employer_id = p.employer_id)
        AND NOT EXISTS (
            SELECT FROM account a
            WHERE a.employer_id = p.employer_id AND a.role = 'recruiter' AND a.disabled_at IS NULL)
    GROUP BY b.id ORDER BY b.ended_at
"""  # noqa: S608  # constants of this module


async def owed(tx: Transaction, org_id: OrgId, at: datetime) -> list[TodoBody]:
    """Of each show that ended lately, the earliest first: people nobody has contacted, then lists nobody has."""
    uncontacted = await tx.fetch(_UNCONTACTED, org_id, at - OWED_FOR, OPEN)
    uncollected = await tx.fetch(_UNCOLLECTED, org_id, at - OWED_FOR)
    return [
        *(TodoBody(code="people_uncontacted", **_of(row)) for row in uncontacted),
        *(TodoBody(code="lists_uncollected", **_of(row)) for row in uncollected),
    ]


def _of(row: asyncpg.Record) -> dict[str, Any]:
    return {"broadcast_id": row["id"], "title": row["title"], "count": row["count"]}
