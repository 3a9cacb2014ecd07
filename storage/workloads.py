"""What an employer's desk has to do, in numbers."""

from collections.abc import Iterable
from datetime import date

import asyncpg

from storage.followed import WAITING
from storage.pool import Transaction
from stream_jobs.domain.errors import EmployerNotFound
from stream_jobs.domain.following import CLOSED, OPEN
from stream_jobs.domain.ids import EmployerId, OrgId
from stream_jobs.ports import Choice, Workload

SUMS = f"""
    SELECT p.state, count(*) AS applications, count(DISTINCT p.person_id) FILTER (WHERE {WAITING}) AS waiting,
        count(*) FILTER (WHERE p.next_on = $5 AND p.state <> ALL($3::text[])) AS due_today,
        count(*) FILTER (WHERE p.next_on < $5 AND p.state <> ALL($3::text[])) AS overdue
    FROM application p WHERE p.org_id = $1 AND p.employer_id = $2 GROUP BY GROUPING SETS ((), (p.state))
"""  # noqa: S608  # constants of this package

CHOICES = """
    SELECT 'jobs' AS what, p.job_id::text AS id, j.title AS name, count(*) AS applications, max(p.at) AS last
    FROM application p JOIN job j ON j.id = p.job_id WHERE p.org_id = $1 AND p.employer_id = $2
    GROUP BY p.job_id, j.title
    UNION ALL
    SELECT 'broadcasts', p.broadcast_id::text, b.title, count(*), max(p.at)
    FROM application p JOIN broadcast b ON b.id = p.broadcast_id WHERE p.org_id = $1 AND p.employer_id = $2
    GROUP BY p.broadcast_id, b.title
    UNION ALL
    SELECT 'channels', coalesce(n.name, ''), coalesce(n.name, ''), count(*), max(p.at)
    FROM application p LEFT JOIN channel n ON n.id = p.last_channel_id WHERE p.org_id = $1 AND p.employer_id = $2
    GROUP BY n.name
    ORDER BY last DESC
"""

EMPLOYERS_WITHOUT_RECRUITER = """
    SELECT m.id AS employer_id, m.name, c.applications, c.waiting FROM employer m JOIN LATERAL (
        SELECT count(*) AS applications, count(DISTINCT p.person_id) FILTER (
            WHERE p.state = ANY($2::text[]) AND NOT EXISTS (
                SELECT FROM application q WHERE q.broadcast_id = p.broadcast_id AND q.person_id = p.person_id
                    AND q.employer_id = p.employer_id AND q.contacted_at IS NOT NULL)) AS waiting
        FROM application p WHERE p.employer_id = m.id
    ) c ON c.applications > 0
    WHERE m.org_id = $1 AND NOT EXISTS (
        SELECT FROM account a WHERE a.employer_id = m.id AND a.role = 'recruiter' AND a.disabled_at IS NULL)
    ORDER BY c.waiting DESC, m.name
"""


HAS_RECRUITER = """
    SELECT EXISTS (
        SELECT FROM account a WHERE a.employer_id = m.id AND a.role = 'recruiter' AND a.disabled_at IS NULL
    ) AS has_recruiter FROM employer m WHERE m.id = $1 AND m.org_id = $2
"""


async def workload(tx: Transaction, org_id: OrgId, employer_id: EmployerId, today: date) -> Workload:
    name = await tx.fetchval("SELECT name FROM employer WHERE id = $1 AND org_id = $2", employer_id, org_id)
    if name is None:
        raise EmployerNotFound
    sums = await tx.fetch(SUMS, org_id, employer_id, CLOSED, OPEN, today)
    choices = await tx.fetch(CHOICES, org_id, employer_id)
    [total] = [row for row in sums if row["state"] is None]
    return Workload(
        employer_id=employer_id,
        employer=name,
        states={row["state"]: row["applications"] for row in sums if row["state"] is not None},
        waiting=total["waiting"],
        due_today=total["due_today"],
        overdue=total["overdue"],
        jobs=_choices(choices, "jobs"),
        broadcasts=_choices(choices, "broadcasts"),
        channels=_choices(choices, "channels"),
    )


def _choices(rows: Iterable[asyncpg.Record], what: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(id=row["id"], name=row["name"], applications=row["applications"]) for row in rows if row["what"] == what
    )
