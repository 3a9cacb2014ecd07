"""Links by which employers collect their lists: made, opened, counted, closed."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from storage.applicants import hand_over_line, list_of, record_hand_over
from storage.audit import write_audit
from storage.moves import mark_viewed
from storage.people import People
from storage.pool import Database, Transaction
from stream_jobs.domain.audited import AuditAction
from stream_jobs.domain.collecting import (
    ALIVE,
    MOST_WRONG_CODES,
    CollectionNotFound,
    CollectionRefused,
    CollectionState,
    CollectionUsedUp,
    state_of,
)
from stream_jobs.domain.errors import EmployerNotFound
from stream_jobs.domain.ids import BroadcastId, CollectionId, OrgId, uuid7
from stream_jobs.ports import By, HandOver, HandOverLine
from stream_jobs.ports.collecting import Collection, Collector, Entered, NewCollection, NewTicket

_SELECT = """
    SELECT l.id, l.org_id, l.broadcast_id, l.employer_id, m.name AS employer, b.title, l.purpose, l.receiver,
        l.code_mac, l.openings, l.most_openings, l.wrong_codes, l.last_opened_at, l.expires_at, l.revoked_at,
        l.account_id, l.by_name, l.created_at
    FROM collection l JOIN employer m ON m.id = l.employer_id JOIN broadcast b ON b.id = l.broadcast_id
"""
_SHOWN = ("id", "employer_id", "employer", "purpose", "receiver", "openings", "most_openings", "last_opened_at")


class CollectionStore:
    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    async def add(self, new: NewCollection, *, by: By, at: datetime) -> Collection:
        async with self._database.transaction(new.org_id) as tx:
            await _must_exist(tx, new)
            await _insert(tx, new, by, at)
            await _audit(tx, new.org_id, new.id, "collection_made", new.purpose, {"receiver": new.receiver}, by, at)
            return await _one(tx, new.org_id, new.broadcast_id, new.id, at)

    async def listed(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Sequence[Collection]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                f"{_SELECT} WHERE l.broadcast_id = $1 AND l.org_id = $2 ORDER BY l.created_at DESC, l.id DESC",
                broadcast_id,
                org_id,
            )
        return [_body(row, at) for row in rows]

    async def revoke(
        self, org_id: OrgId, broadcast_id: BroadcastId, collection_id: CollectionId, *, by: By, at: datetime
    ) -> Collection:
        async with self._database.transaction(org_id) as tx:
            if await tx.fetchval(
                """
                UPDATE collection SET revoked_at = $4
                WHERE id = $1 AND broadcast_id = $2 AND org_id = $3 AND revoked_at IS NULL RETURNING true
                """,
                collection_id,
                broadcast_id,
                org_id,
                at,
            ):
                await _audit(tx, org_id, collection_id, "collection_revoked", None, {}, by, at)
            return await _one(tx, org_id, broadcast_id, collection_id, at)

    async def enter(
        self, token_sha256: bytes, code_mac: bytes, ticket: NewTicket, *, shows: bool, at: datetime
    ) -> Entered:
        org_id = await self._whose(token_sha256)
        rows: Sequence[asyncpg.Record] = ()
        async with self._database.transaction(org_id) as tx:
            # Whoever comes at the same time waits here, and finds one opening less.
            link = await tx.fetchrow(f"{_SELECT} WHERE l.token_sha256 = $1 FOR UPDATE OF l", token_sha256)
            is_right = await _checked(tx, link, code_mac, at)
            if link is not None and is_right:
                if shows:
                    rows = await self._open(tx, link, at)
                await _insert_ticket(tx, link, ticket, shows)
        # A wrong code is counted before it is refused.
        if link is None or not is_right:
            raise CollectionRefused
        # Read only after the commit: nobody sees a list whose opening is not durable.
        return Entered(
            collector=_collector(link),
            openings_left=link["most_openings"] - link["openings"] - shows,
            expires_at=link["expires_at"],
            lines=[hand_over_line(self._people, row) for row in rows] if shows else None,
        )

    async def collector(self, token_sha256: bytes, secret_sha256: bytes, at: datetime) -> Collector:
        org_id = await self._whose(token_sha256)
        async with self._database.transaction(org_id) as tx:
            return _collector(await _held(tx, token_sha256, secret_sha256, at, of_opening=False))

    async def lines(
        self, token_sha256: bytes, secret_sha256: bytes, at: datetime
    ) -> tuple[Collector, Sequence[HandOverLine]]:
        org_id = await self._whose(token_sha256)
        async with self._database.transaction(org_id) as tx:
            link = await _held(tx, token_sha256, secret_sha256, at, of_opening=True)
            rows = await list_of(tx, org_id, link["broadcast_id"], link["employer_id"])
            # Whoever applied since the opening is seen by this.
            await mark_viewed(tx, org_id, [row["id"] for row in rows], by=_collector(link).by, at=at)
        return _collector(link), [hand_over_line(self._people, row) for row in rows]

    async def _whose(self, token_sha256: bytes) -> OrgId:
        async with self._database.transaction(None) as tx:
            org_id: OrgId | None = await tx.fetchval("SELECT org_of_collection($1)", token_sha256)
        if org_id is None:
            raise CollectionRefused
        return org_id

    async def _open(self, tx: Transaction, link: asyncpg.Record, at: datetime) -> Sequence[asyncpg.Record]:
        """Raises CollectionUsedUp."""
        if link["openings"] >= link["most_openings"]:
            raise CollectionUsedUp
        await tx.execute(
            "UPDATE collection SET openings = openings + 1, last_opened_at = $2 WHERE id = $1", link["id"], at
        )
        rows = await list_of(tx, link["org_id"], link["broadcast_id"], link["employer_id"])
        act = HandOver(
            id=uuid7(at),
            employer_id=link["employer_id"],
            employer=link["employer"],
            purpose=link["purpose"],
            receiver=link["receiver"],
            count=len(rows),
            by=link["by_name"],
            at=at,
            by_link=True,
        )
        receiver = _collector(link).by
        made_by = By(link["account_id"], link["by_name"])
        await mark_viewed(tx, link["org_id"], [row["id"] for row in rows], by=receiver, at=at)
        await record_hand_over(
            tx, link["org_id"], link["broadcast_id"], act, made_by, opened_by=receiver, collection_id=link["id"]
        )
        return rows


async def _must_exist(tx: Transaction, new: NewCollection) -> None:
    if not await tx.fetchval("SELECT true FROM employer WHERE id = $1 AND org_id = $2", new.employer_id, new.org_id):
        raise EmployerNotFound


async def _insert(tx: Transaction, new: NewCollection, by: By, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO collection (id, org_id, broadcast_id, employer_id, purpose, receiver, token_sha256, code_mac,
            most_openings, openings, wrong_codes, expires_at, account_id, by_name, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10, $11, $12, $13)
        """,
        new.id,
        new.org_id,
        new.broadcast_id,
        new.employer_id,
        new.purpose,
        new.receiver,
        new.token_sha256,
        new.code_mac,
        new.most_openings,
        new.expires_at,
        by.account_id,
        by.name,
        at,
    )


async def _insert_ticket(tx: Transaction, link: asyncpg.Record, ticket: NewTicket, shows: bool) -> None:
    await tx.execute(
        """
        INSERT INTO collection_ticket (id, org_id, collection_id, secret_sha256, opening, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        ticket.id,
        link["org_id"],
        link["id"],
        ticket.secret_sha256,
        link["openings"] + 1 if shows else None,
        min(ticket.expires_at, link["expires_at"]),
    )


async def _checked(tx: Transaction, link: asyncpg.Record | None, code_mac: bytes, at: datetime) -> bool:
    """Whether the link lives and the code is its own; a wrong one is counted, and the last one closes the link."""
    if link is None or _state(link, at) not in ALIVE:
        return False
    if hmac.compare_digest(link["code_mac"], code_mac):
        return True
    await tx.execute("UPDATE collection SET wrong_codes = wrong_codes + 1 WHERE id = $1", link["id"])
    if link["wrong_codes"] + 1 == MOST_WRONG_CODES:
        by = By(None, link["receiver"])
        await _audit(tx, link["org_id"], link["id"], "collection_closed", link["purpose"], {}, by, at)
    return False


async def _held(
    tx: Transaction, token_sha256: bytes, secret_sha256: bytes, at: datetime, *, of_opening: bool
) -> asyncpg.Record:
    """The link whose ticket this is. Raises CollectionRefused."""
    link = await tx.fetchrow(
        f"""
        {_SELECT} JOIN collection_ticket t ON t.collection_id = l.id
        WHERE l.token_sha256 = $1 AND t.secret_sha256 = $2 AND t.expires_at > $3 AND (NOT $4 OR t.opening IS NOT NULL)
        """,
        token_sha256,
        secret_sha256,
        at,
        of_opening,
    )
    if link is None or _state(link, at) not in ALIVE:
        raise CollectionRefused
    return link


async def _one(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, collection_id: CollectionId, at: datetime
) -> Collection:
    row = await tx.fetchrow(
        f"{_SELECT} WHERE l.id = $1 AND l.broadcast_id = $2 AND l.org_id = $3", collection_id, broadcast_id, org_id
    )
    if row is None:
        raise CollectionNotFound
    return _body(row, at)


async def _audit(
    tx: Transaction,
    org_id: OrgId,
    collection_id: CollectionId,
    action: AuditAction,
    purpose: str | None,
    detail: Mapping[str, object],
    by: By,
    at: datetime,
) -> None:
    await write_audit(
        tx, org_id, by=by, action=action, subject=str(collection_id), purpose=purpose, detail=detail, at=at
    )


def _state(row: asyncpg.Record, at: datetime) -> CollectionState:
    return state_of(
        openings=row["openings"],
        most_openings=row["most_openings"],
        wrong_codes=row["wrong_codes"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        at=at,
    )


def _body(row: asyncpg.Record, at: datetime) -> Collection:
    return Collection(
        **{name: row[name] for name in _SHOWN},
        state=_state(row, at),
        expires_at=row["expires_at"],
        by=row["by_name"],
        at=row["created_at"],
    )


def _collector(row: asyncpg.Record) -> Collector:
    return Collector(
        org_id=row["org_id"],
        broadcast_id=row["broadcast_id"],
        employer_id=row["employer_id"],
        collection_id=row["id"],
        employer=row["employer"],
        title=row["title"],
        by=By(None, row["receiver"]),
    )
