"""Appends to a broadcast's stage log under its row lock, and reads it back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from pydantic import TypeAdapter

from storage.pool import Transaction
from stream_jobs.domain.errors import BroadcastNotFound, KeyReused
from stream_jobs.domain.events import CardPushed, OnStage, StageEntry, StageEvent, Status, stage_event
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.domain.model import Broadcast, LastCommand, Stage, applied
from stream_jobs.ports import By, CommandKey

Decide = Callable[[Broadcast], StageEvent | None]

_LAST_COMMAND = TypeAdapter(LastCommand)


async def append(
    tx: Transaction,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    decide: Decide,
    *,
    at: datetime,
    by: By,
    command: CommandKey | None = None,
) -> StageEntry | None:
    """What decide returns, at the next seq; None when it returns None. Raises KeyReused, BroadcastNotFound."""
    broadcast = await lock_broadcast(tx, org_id, broadcast_id)
    return await append_to(tx, broadcast, decide, at=at, by=by, command=command)


async def append_to(
    tx: Transaction,
    broadcast: Broadcast,
    decide: Decide,
    *,
    at: datetime,
    by: By,
    label: str | None = None,
    command: CommandKey | None = None,
) -> StageEntry | None:
    """The same to a broadcast that this transaction has locked. Raises KeyReused."""
    if command and (done := await _done_before(tx, broadcast.id, command)):
        return done.entry
    event = decide(broadcast)
    if event is None:
        if command:
            await _remember(tx, broadcast, command, at)
        return None
    after = applied(broadcast, event, at=at, by=by.name, label=label)
    await _write(tx, after, event, at, by, command)
    return StageEntry(after.seq, event, at)


async def lock_broadcast(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId) -> Broadcast:
    row = await tx.fetchrow(
        """
        SELECT id, org_id, seq, status, on_stage, pinned, started_at, ended_at, tray_version, last_command
        FROM broadcast WHERE id = $1 AND org_id = $2 FOR NO KEY UPDATE
        """,
        broadcast_id,
        org_id,
    )
    if row is None:
        raise BroadcastNotFound
    return Broadcast(
        id=broadcast_id,
        org_id=org_id,
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


@dataclass(frozen=True, slots=True)
class _Done:
    entry: StageEntry | None


async def _done_before(tx: Transaction, broadcast_id: BroadcastId, command: CommandKey) -> _Done | None:
    row = await tx.fetchrow(
        """
        SELECT h.body_sha256, h.seq, e.body, e.at
        FROM host_command h LEFT JOIN stage_event e USING (broadcast_id, seq)
        WHERE h.broadcast_id = $1 AND h.key = $2
        """,
        broadcast_id,
        command.key,
    )
    if row is None:
        return None
    if row["body_sha256"] != command.body_sha256:
        raise KeyReused
    if row["seq"] is None:
        return _Done(None)
    return _Done(StageEntry(row["seq"], stage_event.validate_python(row["body"]), row["at"]))


async def _write(
    tx: Transaction, after: Broadcast, event: StageEvent, at: datetime, by: By, command: CommandKey | None
) -> None:
    """The entry, the stage as it is after it, and the command that caused it, in one journey."""
    card_id = event.card.id if isinstance(event, CardPushed) else getattr(event, "card_id", None)
    stage = after.stage
    await tx.execute(
        """
        WITH entry AS (
            INSERT INTO stage_event (broadcast_id, seq, org_id, kind, body, card_id, by_name, account_id, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ), remembered AS (
            INSERT INTO host_command (broadcast_id, key, org_id, body_sha256, seq, at)
            SELECT $1, $17, $3, $18, $2, $9 WHERE $17::uuid IS NOT NULL
        )
        UPDATE broadcast SET seq = $2, status = $10, on_stage = $11, pinned = $12, started_at = $13, ended_at = $14,
            tray_version = $15, last_command = $16
        WHERE id = $1
        """,
        after.id,
        after.seq,
        after.org_id,
        event.type,
        event.model_dump(mode="json"),
        card_id,
        by.name,
        by.account_id,
        at,
        stage.status,
        stage.on_stage.model_dump(mode="json") if stage.on_stage else None,
        stage.pinned,
        stage.started_at,
        stage.ended_at,
        stage.tray_version,
        _LAST_COMMAND.dump_python(after.last_command, mode="json") if after.last_command else None,
        command.key if command else None,
        command.body_sha256 if command else None,
    )


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
