"""What of an application is a device's own: how it stands as this device is told, and taking it back."""

from datetime import datetime

import asyncpg

from storage.locking import lock_applications, steady
from storage.pool import Transaction
from stream_jobs.domain.errors import ApplicationNotFound
from stream_jobs.domain.following import State, Told, told
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, ReceiptId, ViewerId, uuid7
from stream_jobs.domain.phone_code import VERIFIED_FOR

# Of the organisation $1 and the device $2: its oldest receipt for each application, and the people whose number it has
# proven since $3.
OWN = """
    WITH told AS (
        SELECT DISTINCT ON (application_id) application_id, id, number, at, own, withdrawn_at FROM receipt
        WHERE viewer_id = $2 AND org_id = $1 AND forgotten_at IS NULL ORDER BY application_id, at, id
    ), proven AS (
        SELECT person_id FROM verified_phone WHERE viewer_id = $2 AND org_id = $1 AND at > $3
    ), own AS (
        SELECT application_id AS id FROM told
        UNION SELECT a.id FROM application a JOIN proven USING (person_id) WHERE a.org_id = $1
    )
"""
# By any receipt of the device, or by the application's own id where it has none.
_ONE = f"""
    {OWN}
    SELECT p.id, p.broadcast_id, p.state, t.own, t.withdrawn_at,
        EXISTS (SELECT FROM proven y WHERE y.person_id = p.person_id) AS verified
    FROM own JOIN application p ON p.id = own.id LEFT JOIN told t ON t.application_id = p.id
    WHERE p.org_id = $1 AND ($5::uuid IS NULL OR p.broadcast_id = $5) AND (
        coalesce(t.id, p.id) = $4
        OR p.id = (SELECT r.application_id FROM receipt r WHERE r.id = $4 AND r.viewer_id = $2 AND r.org_id = $1))
"""  # noqa: S608  # constants of this module


def told_here(row: asyncpg.Record) -> Told:
    """Another device's application is nobody's business: its receipt stays at what this device did.

    Whoever has proven the number is told how it stands.
    """
    now = told(State(row["state"]), viewed=row["viewed"])
    if row["verified"]:
        return now
    if row["withdrawn_at"] is not None:
        return Told.WITHDRAWN
    return now if row["own"] else Told.APPLIED


async def withdraw_own(
    tx: Transaction,
    org_id: OrgId,
    viewer_id: ViewerId,
    told_as: ApplicationId | ReceiptId,
    at: datetime,
    *,
    broadcast_id: BroadcastId | None = None,
) -> tuple[BroadcastId, datetime]:
    """When it was withdrawn; another device's application is not this one's to take back, unless the number is.

    Raises ApplicationNotFound.
    """

    async def find() -> asyncpg.Record | None:
        return await tx.fetchrow(_ONE, org_id, viewer_id, at - VERIFIED_FOR, told_as, broadcast_id)

    async def lock(row: asyncpg.Record | None) -> None:
        if row:
            await lock_applications(tx, [row["id"]])

    row = await steady(tx, find, lock)
    if row is None:
        raise ApplicationNotFound
    await tx.execute(
        "UPDATE receipt SET withdrawn_at = $3 WHERE application_id = $1 AND viewer_id = $2 AND withdrawn_at IS NULL",
        row["id"],
        viewer_id,
        at,
    )
    stands_here = row["own"] and row["withdrawn_at"] is None
    if (stands_here or row["verified"]) and row["state"] != "withdrawn":
        await withdraw_application(tx, org_id, row["id"], at)
    return row["broadcast_id"], row["withdrawn_at"] or at


async def withdraw_application(tx: Transaction, org_id: OrgId, application_id: ApplicationId, at: datetime) -> None:
    """Recorded as the applicant's own doing; the caller has locked it."""
    await tx.execute("UPDATE application SET state = 'withdrawn' WHERE id = $1", application_id)
    await tx.execute(
        """
        INSERT INTO application_event (id, org_id, application_id, kind, at) VALUES ($1, $2, $3, 'withdrawn', $4)
        """,
        uuid7(at),
        org_id,
        application_id,
        at,
    )
