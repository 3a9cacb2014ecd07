"""Every sum made again: reach and counts as if each event had just been stored, presence between the same edges."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.counting import CALL, FORGED, FRAUD, LATE, STEPS, counting
from storage.places import Together, hold_counting, recount_together, share_counting
from storage.pool import Database, Transaction
from storage.sealed import hold_presence, seal, sealed_cells, unseal
from storage.watching import counted_cells
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, OrgId
from stream_jobs.domain.timeline import BEGINNING, OnAir

# A show of millions of events takes its time, and waits for nobody but who is counting just now.
STATEMENT_SECONDS = 3_600.0

# What each stored event was counted as; what staff recorded has no device behind it.
HITS = """
    SELECT e.viewer_id, e.card_id, taken.step, e.channel_id,
        CASE WHEN p.recorded_by IS NULL THEN coalesce(m.first_channel_id, e.channel_id) END
    FROM audience_event e JOIN unnest($6::text[], $5::smallint[]) AS taken (name, step) ON taken.name = e.step
    LEFT JOIN application p ON p.id = e.event_id AND p.broadcast_id = e.broadcast_id
    LEFT JOIN audience_member m ON m.broadcast_id = e.broadcast_id AND m.viewer_id = e.viewer_id
    WHERE e.broadcast_id = $1 AND e.fraud IS NULL
"""
COUNT_AGAIN = counting(HITS)

COUNT_BESIDE_AGAIN = """
    INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
    SELECT $1, $2, counted.card_id, e.channel_id, counted.step, 0, 0, count(*)
    FROM audience_event e CROSS JOIN LATERAL (
        SELECT place, $4::smallint FROM unnest(ARRAY[e.card_id, $3::uuid]) AS place
        WHERE e.step = 'call' AND e.fraud IS NULL
        UNION ALL
        SELECT $3::uuid, $5::smallint WHERE e.late AND e.fraud IS NULL
        UNION ALL
        SELECT $3::uuid, $6::smallint WHERE e.forged
        UNION ALL
        SELECT $3::uuid, why.step FROM unnest($7::text[], $8::smallint[]) AS why (name, step) WHERE why.name = e.fraud
    ) AS counted (card_id, step)
    WHERE e.broadcast_id = $1 AND (e.step = 'call' OR e.late OR e.forged OR e.fraud IS NOT NULL)
    GROUP BY counted.card_id, e.channel_id, counted.step
"""

SUMS_CHANGED = """
    SELECT card_id, channel_id, step, was.viewers, was.implied, was.events, now.viewers AS viewers_now,
        now.implied AS implied_now, now.events AS events_now
    FROM was_step_count was
    FULL JOIN (SELECT card_id, channel_id, step, viewers, implied, events FROM step_count WHERE broadcast_id = $1) now
    USING (card_id, channel_id, step)
    WHERE (was.viewers, was.implied, was.events) IS DISTINCT FROM (now.viewers, now.implied, now.events)
    ORDER BY card_id, channel_id, step
"""
REACH_CHANGED = """
    SELECT count(*) FROM was_reach was
    FULL JOIN (SELECT viewer_id, card_id, steps, implied FROM reach WHERE broadcast_id = $1) now
    USING (viewer_id, card_id)
    WHERE (was.steps, was.implied) IS DISTINCT FROM (now.steps, now.implied)
"""


@dataclass(frozen=True, slots=True)
class ChangedSum:
    """A row of step_count as it was and as the events make it: viewers, implied, events; None where there is no row."""

    card_id: UUID
    channel_id: UUID
    step: int
    was: tuple[int, int, int] | None
    now: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was not as the rows make it: rows of reach, every sum that differed, and cells of presence."""

    reach: int
    sums: tuple[ChangedSum, ...]
    cells: int = 0

    @property
    def right(self) -> bool:
        return not self.reach and not self.sums and not self.cells


Changes = tuple[int, tuple[ChangedSum, ...]]


class _AsItWas(Exception):
    """Rolls back: nothing is to change."""


async def rebuild(
    database: Database, broadcast_id: BroadcastId, at: datetime, *, effective_seconds: int = 10, dry_run: bool = False
) -> Rebuilt:
    """Makes every sum of a broadcast anew, in one transaction; what is right already is left untouched.

    Whoever counts something of this show meanwhile waits, and adds to what was made. Raises BroadcastNotFound.
    """

    async def work(tx: Transaction) -> Rebuilt:
        await hold_counting(tx, broadcast_id)
        # What its series is told is what it knows already, unless that is wrong.
        await share_counting(tx, broadcast_id)
        row = await tx.fetchrow("SELECT org_id, started_at, ended_at FROM broadcast WHERE id = $1", broadcast_id)
        if row is None:
            raise BroadcastNotFound
        reach, sums = await _made_again(tx, broadcast_id, row["org_id"])
        cells = await _cells_again(tx, broadcast_id, row["started_at"], row["ended_at"], at, effective_seconds)
        return Rebuilt(reach, sums, cells)

    return await _unless_right(database, work, dry_run=dry_run)


async def rebuild_together(database: Database, of: Together, *, dry_run: bool = False) -> Rebuilt:
    """The same of a series, or of everything, from the reach of its shows."""

    async def work(tx: Transaction) -> Rebuilt:
        await hold_counting(tx, of)
        await _take_away(tx, of)
        shows = await tx.fetch("SELECT id FROM broadcast WHERE (series_id = $1 OR org_id = $1) AND NOT rehearsal", of)
        await recount_together(tx, of, [row["id"] for row in shows])
        return Rebuilt(*await _changes(tx, of))

    return await _unless_right(database, work, dry_run=dry_run)


async def _unless_right(
    database: Database, work: Callable[[Transaction], Awaitable[Rebuilt]], *, dry_run: bool
) -> Rebuilt:
    rebuilt = None
    try:
        async with database.maintenance() as tx:
            rebuilt = await work(tx)
            if dry_run or rebuilt.right:
                raise _AsItWas
    except _AsItWas:
        pass
    assert rebuilt is not None
    return rebuilt


async def _made_again(tx: Transaction, broadcast_id: BroadcastId, org_id: OrgId) -> Changes:
    await _take_away(tx, broadcast_id)
    names = [Step(step).name.lower() for step in STEPS]  # type: ignore[union-attr]  # each has one
    await tx.execute(
        COUNT_AGAIN, broadcast_id, org_id, WHOLE_SHOW, int(Step.VISIT), STEPS, names, timeout=STATEMENT_SECONDS
    )
    kinds = CALL, LATE, FORGED, list(FRAUD), list(FRAUD.values())
    await tx.execute(COUNT_BESIDE_AGAIN, broadcast_id, org_id, WHOLE_SHOW, *kinds, timeout=STATEMENT_SECONDS)
    return await _changes(tx, broadcast_id)


async def _changes(tx: Transaction, of: BroadcastId | Together) -> Changes:
    sums = await tx.fetch(SUMS_CHANGED, of, timeout=STATEMENT_SECONDS)
    reach = await tx.fetchval(REACH_CHANGED, of, timeout=STATEMENT_SECONDS)
    return reach, tuple(_changed(row) for row in sums)


async def _cells_again(
    tx: Transaction,
    broadcast_id: BroadcastId,
    started_at: datetime | None,
    ended_at: datetime | None,
    at: datetime,
    effective_seconds: int,
) -> int:
    """Those that were summed, between the same edges; how many differed. The rest is swept whenever it is read."""
    if started_at is None:
        return 0
    await hold_presence(tx, broadcast_id)
    on_air = OnAir(started_at, max(started_at, ended_at or at))
    was = await sealed_cells(tx, broadcast_id, on_air, effective_seconds)
    if not was:
        return 0
    edges = [was[0].from_at, *(cell.to_at for cell in was)]
    now = await counted_cells(tx, broadcast_id, on_air, at, edges, effective_seconds)
    differing = sum(one != other for one, other in zip(was, now, strict=True))
    if differing:
        await unseal(tx, [(broadcast_id, BEGINNING)])
        await seal(tx, broadcast_id, now, effective_seconds)
    return differing


async def _take_away(tx: Transaction, of: BroadcastId | Together) -> None:
    """Into tables of this transaction, to compare with."""
    await tx.execute("CREATE TEMP TABLE was_reach (LIKE reach) ON COMMIT DROP")
    await tx.execute("CREATE TEMP TABLE was_step_count (LIKE step_count) ON COMMIT DROP")
    await tx.execute(
        """
        WITH was AS (
            DELETE FROM reach WHERE broadcast_id = $1
            RETURNING broadcast_id, viewer_id, card_id, org_id, steps, implied
        )
        INSERT INTO was_reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
        SELECT broadcast_id, viewer_id, card_id, org_id, steps, implied FROM was
        """,
        of,
        timeout=STATEMENT_SECONDS,
    )
    await tx.execute(
        """
        WITH was AS (
            DELETE FROM step_count WHERE broadcast_id = $1
            RETURNING broadcast_id, card_id, channel_id, step, org_id, viewers, implied, events
        )
        INSERT INTO was_step_count (broadcast_id, card_id, channel_id, step, org_id, viewers, implied, events)
        SELECT broadcast_id, card_id, channel_id, step, org_id, viewers, implied, events FROM was
        """,
        of,
        timeout=STATEMENT_SECONDS,
    )
    await tx.execute("ANALYZE was_reach, was_step_count")


def _changed(row: asyncpg.Record) -> ChangedSum:
    was = None if row["events"] is None else (row["viewers"], row["implied"], row["events"])
    now = None if row["events_now"] is None else (row["viewers_now"], row["implied_now"], row["events_now"])
    return ChangedSum(row["card_id"], row["channel_id"], row["step"], was, now)
