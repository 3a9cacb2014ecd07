"""Broadcasts as their organiser prepares them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from storage.after_shows import owed
from storage.broadcasts import insert_broadcast
from storage.cards import CARD_COLUMNS, CARD_TABLES, blocked
from storage.pool import Database, Transaction
from storage.trays import append_cards, changed
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.ids import BroadcastId, JobId, OrgId, PolicyId
from stream_jobs.domain.vetting import ENDING_DAYS, china_date
from stream_jobs.ports import By, KnownNames, NewBroadcast, ShowBody, TodoBody

# How long ahead an organiser wants to hear of a show that is not ready: a tray takes hours to fill.
SHOWS_AHEAD = timedelta(days=7)
NAMES_KEPT = 50


class ShowStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def show(self, org_id: OrgId, broadcast_id: BroadcastId) -> ShowBody:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(_SHOW, broadcast_id, org_id)
        if row is None:
            raise BroadcastNotFound
        given = dict(row.items())
        phone, keeper = row["service_phone"] or row["organiser_phone"], given.pop("keeper_contact")
        needed = {
            "service_phone": phone,
            "keeper_contact": keeper or phone,
            "privacy_notice": given.pop("privacy_notice"),
        }
        return ShowBody(missing=tuple(name for name, text in needed.items() if not text), **given)

    async def names(self, org_id: OrgId) -> KnownNames:
        async with self._database.transaction(org_id) as tx:
            series = await tx.fetch("SELECT name FROM series WHERE org_id = $1 ORDER BY id DESC", org_id)
            units = await tx.fetch(
                """
                SELECT name FROM organisation
                WHERE top_id = $1 AND parent_id IS NOT NULL AND closed_at IS NULL ORDER BY id DESC
                """,
                org_id,
            )
            hosts = await tx.fetch(
                """
                SELECT host_name AS name FROM broadcast WHERE org_id = $1 AND host_name IS NOT NULL
                GROUP BY host_name ORDER BY max(starts_at) DESC
                """,
                org_id,
            )
        shown = (tuple(row["name"] for row in rows[:NAMES_KEPT]) for rows in (series, units, hosts))
        return KnownNames(**dict(zip(("series", "units", "hosts"), shown, strict=True)))

    async def create(
        self,
        new: NewBroadcast,
        jobs: Sequence[JobId],
        policies: Sequence[PolicyId],
        like: BroadcastId | None,
        *,
        at: datetime,
        by: By,
    ) -> None:
        async with self._database.transaction(new.org_id) as tx:
            earlier = await _tray_of(tx, new.org_id, like) if like else {}
            await insert_broadcast(tx, new, by=by, at=at)
            await append_cards(tx, new.org_id, new.id, "job", [*earlier.get("job", ()), *jobs], at)
            await append_cards(tx, new.org_id, new.id, "policy", [*earlier.get("policy", ()), *policies], at)
            if like:
                await tx.execute(_COPY_POINTS, like, new.id)
            await changed(tx, new.org_id, new.id, at=at, by=by)

    async def todo(self, org_id: OrgId, at: datetime) -> Sequence[TodoBody]:
        async with self._database.transaction(org_id) as tx:
            return [
                *await owed(tx, org_id, at),
                *await _trays_to_finish(tx, org_id, at),
                *await _imports_waiting(tx, org_id),
                *await _employers_to_verify(tx, org_id, at),
            ]


_SHOW = """
    SELECT b.id, b.status, b.title, b.starts_at, s.name AS series, u.name AS unit, b.host_name AS host, b.platform,
        b.platform_url, b.picture_url, b.service_phone, o.service_phone AS organiser_phone, b.rehearsal, b.apply_days,
        b.phone_check,
        b.tray_version, o.keeper_contact, o.privacy_notice
    FROM broadcast b JOIN organisation o ON o.id = b.org_id
    LEFT JOIN series s ON s.id = b.series_id
    LEFT JOIN organisation u ON u.id = b.unit_id AND u.id <> b.org_id
    WHERE b.id = $1 AND b.org_id = $2
"""


_COPY_POINTS = """
    UPDATE card SET points = e.points FROM card e
    WHERE e.broadcast_id = $1 AND card.broadcast_id = $2 AND (e.job_id = card.job_id OR e.policy_id = card.policy_id)
"""


async def _tray_of(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId) -> dict[str, list[UUID]]:
    """What an earlier show had in its tray and is still in the library, by kind, in its order."""
    if not await tx.fetchval(
        "SELECT EXISTS (SELECT FROM broadcast WHERE id = $1 AND org_id = $2)", broadcast_id, org_id
    ):
        raise BroadcastNotFound
    rows = await tx.fetch(
        """
        SELECT c.kind, coalesce(c.job_id, c.policy_id) AS shows
        FROM card c LEFT JOIN job j ON j.id = c.job_id LEFT JOIN policy p ON p.id = c.policy_id
        WHERE c.broadcast_id = $1 AND coalesce(j.removed_at, p.removed_at) IS NULL ORDER BY c.position
        """,
        broadcast_id,
    )
    return {kind: [row["shows"] for row in rows if row["kind"] == kind] for kind in ("job", "policy")}


async def _trays_to_finish(tx: Transaction, org_id: OrgId, at: datetime) -> list[TodoBody]:
    """Of live shows and those about to start: empty trays, cards that may not be pushed, no telephone."""
    shows = await tx.fetch(
        """
        SELECT b.id, b.title, coalesce(b.service_phone, o.service_phone) AS phone
        FROM broadcast b JOIN organisation o ON o.id = b.org_id
        WHERE b.org_id = $1 AND b.status <> 'ended' AND b.starts_at < $2 ORDER BY b.starts_at
        """,
        org_id,
        at + SHOWS_AHEAD,
    )
    cards = await tx.fetch(
        f"""
        SELECT c.broadcast_id, {CARD_COLUMNS} FROM {CARD_TABLES} WHERE c.broadcast_id = ANY($1::uuid[])
        """,  # noqa: S608  # constants of storage/cards.py
        [show["id"] for show in shows],
    )
    found = []
    for show in shows:
        own = [card for card in cards if card["broadcast_id"] == show["id"]]
        stuck = sum(bool(blocked(card, at)) for card in own)
        where = {"broadcast_id": show["id"], "title": show["title"]}
        if not own:
            found.append(TodoBody(code="tray_empty", **where))
        if stuck:
            found.append(TodoBody(code="tray_blocked", count=stuck, **where))
        if not show["phone"]:
            found.append(TodoBody(code="service_phone_missing", **where))
    return found


async def _imports_waiting(tx: Transaction, org_id: OrgId) -> list[TodoBody]:
    rows = await tx.fetch(
        """
        SELECT id, file_name, (totals ->> 'imports')::int AS jobs FROM job_import
        WHERE org_id = $1 AND state = 'previewed' AND (totals ->> 'imports')::int > 0
        ORDER BY created_at DESC LIMIT 5
        """,
        org_id,
    )
    return [
        TodoBody(code="import_waits", count=row["jobs"], title=row["file_name"], import_id=row["id"]) for row in rows
    ]


async def _employers_to_verify(tx: Transaction, org_id: OrgId, at: datetime) -> list[TodoBody]:
    today = china_date(at)
    row = await tx.fetchrow(
        """
        SELECT count(*) FILTER (WHERE m.verified_at IS NULL OR m.verified_until < $2) AS unverified,
            count(*) FILTER (WHERE m.verified_until BETWEEN $2 AND $3) AS ending
        FROM employer m
        WHERE m.org_id = $1 AND EXISTS (SELECT FROM job j WHERE j.employer_id = m.id AND j.removed_at IS NULL)
        """,
        org_id,
        today,
        today + timedelta(days=ENDING_DAYS),
    )
    if row is None:
        raise AssertionError("a count always has a row")
    found = []
    if row["unverified"]:
        found.append(TodoBody(code="employers_unverified", count=row["unverified"]))
    if row["ending"]:
        found.append(TodoBody(code="verification_ends", count=row["ending"]))
    return found
