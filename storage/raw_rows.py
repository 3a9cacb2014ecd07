"""The rows of a show as they were stored, for whoever counts them again: nothing is grouped or summed here."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.pool import Transaction
from stream_jobs.domain.ids import BroadcastId

Row = Any
"""A record: its columns by name."""

AT_A_TIME = 2_000
# Sorting the events of a large show takes longer than a request may.
STATEMENT_SECONDS = 3_600.0


# ── read whole: they are few ──────────────────────────────────────────────────────────────────────────────────

SHOW = """
    SELECT id, title, status, rehearsal, started_at, ended_at, series_id, on_stage, unit_id, host_name, apply_days,
        (SELECT name FROM organisation o WHERE o.id = unit_id) AS unit
    FROM broadcast WHERE id = $1
"""
HELD = "SELECT id, series_id, unit_id, status, rehearsal, started_at FROM broadcast WHERE org_id = $1"
UNITS = "SELECT id, parent_id FROM organisation WHERE top_id = $1"
TITLES = "SELECT id, title FROM job WHERE id = ANY($1::uuid[])"
CARDS = "SELECT id, kind, number, job_id, policy_id FROM card WHERE broadcast_id = $1"
JOBS = "SELECT id, employer_id, workplace, headcount_min, headcount_max FROM job WHERE id = ANY($1::uuid[])"
STAGE = "SELECT seq, kind, at, card_id, body -> 'on_stage' AS on_stage FROM stage_event WHERE broadcast_id = $1"
DELIVERIES = "SELECT seq, connected, delivered FROM push_delivery WHERE broadcast_id = $1"
CHANNELS = "SELECT id, kind, name FROM channel WHERE broadcast_id = $1"
SCANS = "SELECT channel_id, times FROM scan WHERE broadcast_id = $1"
HAND_OVERS = "SELECT employer_id, at FROM hand_over WHERE broadcast_id = $1"
RECRUITERS = "SELECT employer_id FROM account WHERE role = 'recruiter' AND disabled_at IS NULL"
QUESTIONS = "SELECT card_id, kind FROM question WHERE broadcast_id = $1"
PLATFORM = "SELECT platform, metric, value FROM platform_figure WHERE broadcast_id = $1"
SUMS = "SELECT card_id, channel_id, step, viewers, implied, events FROM step_count WHERE broadcast_id = $1"
PRIORITIES = """
    SELECT DISTINCT g.person_id, g.groups FROM vault.priority_group g JOIN application p ON p.person_id = g.person_id
    WHERE p.broadcast_id = $1
"""
PRIORITIES_LEFT = "SELECT priority, people FROM priority_group_left WHERE broadcast_id = $1"
WORKERS = "SELECT id, beat_at FROM worker"
ROOMS = "SELECT worker_id, viewers FROM worker_room WHERE broadcast_id = $1"
RECORDED = "SELECT id FROM application WHERE broadcast_id = ANY($1::uuid[]) AND recorded_by IS NOT NULL"
APPLYING = "SELECT viewer_id FROM application WHERE broadcast_id = $1 AND recorded_by IS NULL"
GONE = "SELECT at FROM dropped_month WHERE first_id <= $1 AND $1 < end_id"

# ── streamed: by device, then by person ───────────────────────────────────────────────────────────────────────

EVENTS = """
    SELECT viewer_id, event_id, card_id, channel_id, step, push_seq, fraud, late, forged FROM audience_event
    WHERE broadcast_id = $1 ORDER BY viewer_id
"""
VISITS = "SELECT viewer_id, id, channel_id, at FROM visit WHERE broadcast_id = $1 ORDER BY viewer_id"
CONNECTIONS = """
    SELECT v.viewer_id, i.visit_id, i.from_at, i.to_at, i.worker_id
    FROM visit_interval i JOIN visit v ON v.broadcast_id = i.broadcast_id AND v.id = i.visit_id
    WHERE i.broadcast_id = $1 ORDER BY v.viewer_id
"""
DEVICES = "SELECT viewer_id, first_channel_id FROM audience_member WHERE broadcast_id = $1 ORDER BY viewer_id"
REACH = "SELECT viewer_id, card_id, steps, implied FROM reach WHERE broadcast_id = $1 ORDER BY viewer_id"
APPLICATIONS = """
    SELECT coalesce(merged_from, person_id) AS person_id, person_id AS is_of, id, viewer_id, card_id, employer_id,
        first_channel_id, last_channel_id, recorded_by, state, at
    FROM application WHERE broadcast_id = $1 ORDER BY 1
"""
CHANGES = """
    SELECT coalesce(p.merged_from, p.person_id) AS person_id, e.application_id, e.id, e.kind, e.undoes, e.at
    FROM application_event e JOIN application p ON p.id = e.application_id WHERE p.broadcast_id = $1 ORDER BY 1
"""
OF_DEVICES = (EVENTS, VISITS, CONNECTIONS, DEVICES, REACH)
OF_PEOPLE = (APPLICATIONS, CHANGES)

# Of series and organisations: what their shows' viewers did, and their own reach.
TOGETHER = (
    """
    SELECT e.viewer_id, e.event_id, e.card_id, e.step, e.broadcast_id
    FROM audience_event e JOIN broadcast b ON b.id = e.broadcast_id
    WHERE (b.series_id = ANY($1::uuid[]) OR b.org_id = ANY($1::uuid[])) AND NOT b.rehearsal AND e.fraud IS NULL
    ORDER BY e.viewer_id
    """,
    """
    SELECT m.viewer_id, m.broadcast_id, m.first_channel_id
    FROM audience_member m JOIN broadcast b ON b.id = m.broadcast_id
    WHERE (b.series_id = ANY($1::uuid[]) OR b.org_id = ANY($1::uuid[])) AND NOT b.rehearsal ORDER BY m.viewer_id
    """,
    """
    SELECT viewer_id, broadcast_id, card_id, steps, implied FROM reach
    WHERE broadcast_id = ANY($1::uuid[]) ORDER BY viewer_id
    """,
)

SHOWS = """
    SELECT id, org_id, series_id, rehearsal, started_at FROM broadcast
    WHERE $1::uuid IS NULL OR id = $1 OR series_id = $1 ORDER BY org_id, started_at, id
"""


async def rows(tx: Transaction, query: str, given: object) -> Sequence[Row]:
    """All rows of one of the few."""
    return await tx.fetch(query, given)


async def workers(tx: Transaction) -> Sequence[Row]:
    return await tx.fetch(WORKERS)


async def recruiters(tx: Transaction) -> Sequence[Row]:
    return await tx.fetch(RECRUITERS)


async def together(
    tx: Transaction, of: BroadcastId | Sequence[UUID], queries: Sequence[str]
) -> AsyncIterator[tuple[UUID, list[list[Row]]]]:
    """By device or person, in the order of their ids: their rows of each query. Only a few rows are held at a time."""
    streams = [_Stream(tx, query, of) for query in queries]
    for stream in streams:
        await stream.open()
    while waiting := [stream.key for stream in streams if stream.key is not None]:
        one = min(waiting)
        yield one, [await stream.take(one) for stream in streams]


class _Stream:
    """The rows of one query, sorted by their first column, read a few at a time."""

    def __init__(self, tx: Transaction, query: str, given: object) -> None:
        self._tx, self._query, self._given = tx, query, given
        self._rows: list[Row] = []
        self._next = 0
        self.key: UUID | None = None
        """Whose rows come next; None at the end."""

    async def open(self) -> None:
        self._more = (await self._tx.cursor(self._query, self._given, timeout=STATEMENT_SECONDS)).fetch
        await self._fill()

    async def take(self, key: UUID) -> list[Row]:
        """The rows of that one, when it is their turn."""
        taken = []
        while self.key == key:
            taken.append(self._rows[self._next])
            self._next += 1
            if self._next == len(self._rows):
                await self._fill()
            else:
                self.key = self._rows[self._next][0]
        return taken

    async def _fill(self) -> None:
        self._rows, self._next = await self._more(AT_A_TIME, timeout=STATEMENT_SECONDS), 0
        self.key = self._rows[0][0] if self._rows else None


async def shows_of(tx: Transaction, wanted: UUID | None) -> Sequence[Row]:
    """A broadcast by its id, the broadcasts of a series by its id, or all; by organisation, in the order they were."""
    return await tx.fetch(SHOWS, wanted)


async def gone_since(tx: Transaction, broadcast_id: BroadcastId) -> datetime | None:
    """When the events of this show were dropped, if they were."""
    gone: datetime | None = await tx.fetchval(GONE, broadcast_id)
    return gone
