"""Appends to a broadcast's stage log under its row lock, and reads it back."""

from collections.abc import Callable, Sequence
from datetime import datetime

import asyncpg
from pydantic import TypeAdapter

from storage.pool import Transaction, plain
from stream_jobs.domain.errors import BroadcastNotFound, KeyReused
from stream_jobs.domain.events import CardPushed, OnStage, StageEntry, StageEvent, Status, stage_event
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.domain.model import Broadcast, LastCommand, Stage, applied
from stream_jobs.ports import By, CommandKey

Decide = Callable[[Broadcast], StageEvent | None]

_LAST_COMMAND = TypeAdapter(LastCommand)
_STAGE = """
    b.id AS broadcast_id, b.org_id, b.seq, b.status, b.on_stage, b.pinned, b.started_at, b.ended_at, b.tray_version,
    b.last_command
"""
_LOCK = f"SELECT {_STAGE} FROM broadcast b WHERE b.id = $1 AND b.org_id = $2 FOR NO KEY UPDATE"  # noqa: S608  # above
# How a show stands, and what the command with the key $3 did, if it was given before; `b` is the broadcast.
STANDS = f"{_STAGE}, h.body_sha256, h.seq AS done_seq, e.body AS done_body, e.at AS done_at"
DONE = """
    LEFT JOIN host_command h ON h.broadcast_id = b.id AND h.key = $3
    LEFT JOIN stage_event e ON e.broadcast_id = h.broadcast_id AND e.seq = h.seq
"""


def holding(broadcast_id: BroadcastId) -> str:
    """What a transaction begins with that records a command: whoever else records something is before it or waits."""
    return f"SELECT FROM broadcast WHERE id = '{plain(broadcast_id)}' FOR NO KEY UPDATE"  # an id


async def append(
    tx: Transaction,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    decide: Callable[[Broadcast], StageEvent],
    *,
    at: datetime,
    by: By,
) -> StageEntry:
    """What nobody commanded, at the next seq. Raises BroadcastNotFound."""
    broadcast = await lock_broadcast(tx, org_id, broadcast_id)
    return await append_to(tx, broadcast, decide(broadcast), at=at, by=by)


async def record(
    tx: Transaction,
    row: asyncpg.Record,
    decide: Decide,
    *,
    at: datetime,
    by: By,
    command: CommandKey,
    label: str | None = None,
) -> StageEntry | None:
    """What decide returns, at the next seq; None when it returns None. Raises KeyReused.

    row: STANDS, with that command's key, read by a transaction that began with `holding`. Not by the statement that
    locks: that one would not see what was stored while it waited.
    """
    if row["body_sha256"]:
        return _done_before(row, command)
    broadcast = _broadcast(row)
    event = decide(broadcast)
    if event is None:
        await _remember(tx, broadcast, command, at)
        return None
    return await append_to(tx, broadcast, event, at=at, by=by, label=label, command=command)


async def lock_broadcast(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId) -> Broadcast:
    row = await tx.fetchrow(_LOCK, broadcast_id, org_id)
    if row is None:
        raise BroadcastNotFound
    return _broadcast(row)


def _broadcast(row: asyncpg.Record) -> Broadcast:
    return Broadcast(
        id=row["broadcast_id"],
        org_id=row["org_id"],
        seq=row["seq"],
        stage=_stage(row),
        last_command=_last_command(row["last_command"]),
    )


async def entries_after(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, seq: int, limit: int
) -> Sequence[StageEntry]:
    rows = await tx.fetch(
        """
        SELECT seq, body, at FROM stage_event
        WHERE broadcast_id = $1 AND org_id = $2 AND seq > $3 ORDER BY seq LIMIT $4
        """,
        broadcast_id,
        org_id,
        seq,
        limit,
    )
    return [StageEntry(row["seq"], stage_event.validate_python(row["body"]), row["at"]) for row in rows]


def _stage(row: asyncpg.Record) -> Stage:
    return Stage(
        status=Status(row["status"]),
        on_stage=OnStage.model_validate(row["on_stage"]) if row["on_stage"] else None,
        pinned=row["pinned"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        tray_version=row["tray_version"],
    )


def _last_command(said: dict[str, object] | None) -> LastCommand | None:
    return _LAST_COMMAND.validate_python(said) if said else None


def _done_before(row: asyncpg.Record, command: CommandKey) -> StageEntry | None:
    """Raises KeyReused."""
    if row["body_sha256"] != command.body_sha256:
        raise KeyReused
    if row["done_seq"] is None:
        return None
    return StageEntry(row["done_seq"], stage_event.validate_python(row["done_body"]), row["done_at"])


async def append_to(
    tx: Transaction,
    before: Broadcast,
    event: StageEvent,
    *,
    at: datetime,
    by: By,
    label: str | None = None,
    command: CommandKey | None = None,
) -> StageEntry:
    """To a broadcast this transaction has locked: the entry, the stage after it and what caused it, in one journey."""
    after = applied(before, event, at=at, by=by.name, label=label)
    card_id = event.card.id if isinstance(event, CardPushed) else getattr(event, "card_id", None)
    stage = after.stage
    await tx.execute(
        """
        WITH entry AS (
            INSERT INTO stage_event (broadcast_id, seq, org_id, kind, body, card_id, by_name, account_id, at)
            VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9)
        ), remembered AS (
            INSERT INTO host_command (broadcast_id, key, org_id, body_sha256, seq, at)
            SELECT $1, $17, $3, $18, $2, $9 WHERE $17::uuid IS NOT NULL
        )
        UPDATE broadcast SET seq = $2, status = $10, on_stage = $11::text::jsonb, pinned = $12, started_at = $13,
            ended_at = $14, tray_version = $15, last_command = $16::text::jsonb
        WHERE id = $1
        """,
        after.id,
        after.seq,
        after.org_id,
        event.type,
        event.model_dump_json(),
        card_id,
        by.name,
        by.account_id,
        at,
        stage.status,
        stage.on_stage.model_dump_json() if stage.on_stage else None,
        stage.pinned,
        stage.started_at,
        stage.ended_at,
        stage.tray_version,
        _LAST_COMMAND.dump_json(after.last_command).decode() if after.last_command else None,
        command.key if command else None,
        command.body_sha256 if command else None,
    )
    return StageEntry(after.seq, event, at)


async def _remember(tx: Transaction, broadcast: Broadcast, command: CommandKey, at: datetime) -> None:
    """A command that had nothing to do."""
    await tx.execute(
        "INSERT INTO host_command (broadcast_id, key, org_id, body_sha256, at) VALUES ($1, $2, $3, $4, $5)",
        broadcast.id,
        command.key,
        broadcast.org_id,
        command.body_sha256,
        at,
    )
