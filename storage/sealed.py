"""Sums of the time that is over: cells of presence, and how they stop counting when something older arrives."""

from collections.abc import Sequence
from datetime import datetime

from storage.pool import Transaction
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.timeline import BEGINNING, Cell, OnAir

# Of the same ids as those in places.py, and another lock.
_SHARE = "SELECT pg_advisory_xact_lock_shared(hashtextextended(id::text, 1)) FROM unnest($1::uuid[]) AS id"
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 1))"

SEALED = """
    SELECT from_at, to_at, highest, highest_at, watch_microseconds, devices, effective, visits, newcomers
    FROM presence WHERE broadcast_id = $1 AND effective_seconds = $2 ORDER BY to_at
"""
_SEAL = """
    INSERT INTO presence (broadcast_id, org_id, effective_seconds, from_at, to_at, highest, highest_at,
        watch_microseconds, devices, effective, visits, newcomers)
    SELECT $1, org_id, $11, c.* FROM broadcast CROSS JOIN unnest($2::timestamptz[], $3::timestamptz[], $4::integer[],
        $5::timestamptz[], $6::bigint[], $7::integer[], $8::integer[], $9::integer[], $10::integer[]) AS c
    WHERE id = $1
"""
_UNSEAL = """
    DELETE FROM presence p USING unnest($1::uuid[], $2::timestamptz[]) AS late (broadcast_id, at)
    WHERE p.broadcast_id = late.broadcast_id AND p.to_at > late.at
"""


async def share_presence(tx: Transaction, broadcasts: Sequence[BroadcastId]) -> None:
    """Before visits or connections are written: nobody seals these shows until the commit."""
    await tx.fetch(_SHARE, sorted(set(broadcasts)))


async def hold_presence(tx: Transaction, broadcast_id: BroadcastId) -> None:
    """No visit and no connection of this show is written until the commit."""
    await tx.execute(_HOLD, broadcast_id)


async def sealed_cells(tx: Transaction, broadcast_id: BroadcastId, on_air: OnAir, effective_seconds: int) -> list[Cell]:
    """From the beginning on, without gaps; none when they were made by another definition or start of the show."""
    cells = [Cell._make(row) for row in await tx.fetch(SEALED, broadcast_id, effective_seconds)]
    return cells if cells and (cells[0].from_at, cells[0].to_at) == (BEGINNING, on_air.from_at) else []


async def seal(tx: Transaction, broadcast_id: BroadcastId, cells: Sequence[Cell], effective_seconds: int) -> None:
    """These follow the last; the caller holds the presence."""
    if cells[0].from_at == BEGINNING:
        await unseal(tx, [(broadcast_id, BEGINNING)])
    await tx.execute(
        _SEAL,
        broadcast_id,
        [cell.from_at for cell in cells],
        [cell.to_at for cell in cells],
        [cell.highest for cell in cells],
        [cell.highest_at for cell in cells],
        [cell.watch_microseconds for cell in cells],
        [cell.devices for cell in cells],
        [cell.effective for cell in cells],
        [cell.visits for cell in cells],
        [cell.newcomers for cell in cells],
        effective_seconds,
    )


async def unseal(tx: Transaction, late: Sequence[tuple[BroadcastId, datetime]]) -> None:
    """What is summed of these shows behind these moments is counted anew; the caller shares the presence."""
    await tx.execute(_UNSEAL, [broadcast for broadcast, _ in late], [at for _, at in late])
