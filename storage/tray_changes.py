"""What a change in the library does to the trays that show it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from storage import stage_log
from storage.places import hold_counting, recount_employers
from storage.pool import Transaction
from storage.trays import changed, number_anew
from stream_jobs.domain.events import Status
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.ports import By

Shown = Literal["job", "policy", "employer"]

_TRAYS = {
    kind: f"""
        SELECT DISTINCT b.id FROM card c JOIN broadcast b ON b.id = c.broadcast_id LEFT JOIN job j ON j.id = c.job_id
        WHERE b.org_id = $1 AND {column} = ANY($2::uuid[])
            AND (b.status <> 'ended' OR b.ended_at + make_interval(days => b.apply_days) > $3)
        ORDER BY b.id
    """  # noqa: S608  # columns named here only
    for kind, column in (("job", "c.job_id"), ("policy", "c.policy_id"), ("employer", "j.employer_id"))
}
_TAKE_OUT = {
    kind: f"""
        DELETE FROM card c WHERE c.broadcast_id = $1 AND c.{kind}_id = ANY($2::uuid[])
            AND NOT EXISTS (SELECT FROM application a WHERE a.broadcast_id = c.broadcast_id AND a.card_id = c.id)
    """  # noqa: S608  # kinds named here only
    for kind in ("job", "policy")
}
_CLOSE = "UPDATE card SET state = 'closed' WHERE broadcast_id = $1 AND job_id = ANY($2::uuid[])"


async def tell_trays(
    tx: Transaction, org_id: OrgId, kind: Shown, ids: Sequence[UUID], *, at: datetime, by: By
) -> list[BroadcastId]:
    """Gives every tray that shows one of these a new version; those whose jobs are still applied for, ended or not."""
    broadcasts = await _showing(tx, org_id, kind, ids, at)
    for broadcast in broadcasts:
        await changed(tx, org_id, broadcast, at=at, by=by)
    return broadcasts


async def take_out_of_trays(
    tx: Transaction, org_id: OrgId, kind: Literal["job", "policy"], ids: Sequence[UUID], *, at: datetime, by: By
) -> list[BroadcastId]:
    """Cards leave trays that have not started; where numbers are frozen or someone applied they stay, closed."""
    broadcasts = await _showing(tx, org_id, kind, ids, at)
    for broadcast in broadcasts:
        await hold_counting(tx, broadcast)
        held = await stage_log.lock_broadcast(tx, org_id, broadcast)
        if held.stage.status is Status.SCHEDULED:
            await tx.execute(_TAKE_OUT[kind], broadcast, ids)
            await recount_employers(tx, broadcast)
            await number_anew(tx, broadcast)
        if kind == "job":
            await tx.execute(_CLOSE, broadcast, ids)
        await changed(tx, org_id, broadcast, at=at, by=by)
    return broadcasts


async def _showing(tx: Transaction, org_id: OrgId, kind: Shown, ids: Sequence[UUID], at: datetime) -> list[BroadcastId]:
    """In the order of their ids, so that two changes never wait for each other in a circle."""
    return [BroadcastId(row["id"]) for row in await tx.fetch(_TRAYS[kind], org_id, ids, at)]
