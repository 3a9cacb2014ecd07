"""Broadcasts and their stage log."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg

from storage import stage_log
from storage.audience import BEAT_LASTS
from storage.cards import CARD_COLUMNS, CARD_TABLES, tray_card
from storage.places import Together, has_viewers, hold_counting, recount_together
from storage.pool import Database, Transaction, plain
from storage.units import unit_named
from stream_jobs.domain.errors import BroadcastNotFound, CardNotFound
from stream_jobs.domain.events import CardBody, StageEntry, StageEvent, Status
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, CardId, OrgId, SeriesId, uuid7
from stream_jobs.domain.model import Broadcast
from stream_jobs.domain.phone_code import PhoneCheck
from stream_jobs.ports import (
    BroadcastBody,
    BroadcastRow,
    By,
    CommandKey,
    NewBroadcast,
    OnStageBody,
    PlatformFigure,
    PushBody,
    Snapshot,
    TrayCard,
)

Known = TypeVar("Known")

BROADCAST_COLUMNS = """
    b.id, b.title, b.status, b.starts_at, b.started_at, b.ended_at, b.rehearsal, s.name AS series, u.name AS unit,
    b.host_name, b.platform, b.platform_url, b.picture_url, o.name AS organiser,
    coalesce(b.service_phone, o.service_phone) AS phone, b.apply_days, b.phone_check
"""
BROADCAST_TABLES = """
    broadcast b JOIN organisation o ON o.id = b.org_id
    LEFT JOIN series s ON s.id = b.series_id
    LEFT JOIN organisation u ON u.id = b.unit_id AND u.id <> b.org_id
"""
_SHOW_AS_IT_STANDS = f"""
    SELECT {stage_log.STANDS} FROM broadcast b {stage_log.DONE} WHERE b.id = $1 AND b.org_id = $2
"""  # noqa: S608  # constants of storage/stage_log.py
_CARD_AS_IT_STANDS = f"""
    SELECT {CARD_COLUMNS}, {stage_log.STANDS} FROM {CARD_TABLES} {stage_log.DONE}
    WHERE c.broadcast_id = $1 AND c.org_id = $2 AND c.id = $4
"""  # noqa: S608  # constants of storage/cards.py and storage/stage_log.py
KNOWN_BROADCASTS = 10_000
UPDATABLE = frozenset(
    {
        "title",
        "starts_at",
        "host_name",
        "platform",
        "platform_url",
        "picture_url",
        "service_phone",
        "rehearsal",
        "apply_days",
        "phone_check",
    }
)


class BroadcastStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._orgs: OrderedDict[BroadcastId, OrgId] = OrderedDict()
        self._link_secrets: OrderedDict[BroadcastId, UUID] = OrderedDict()

    async def org_of(self, broadcast_id: BroadcastId) -> OrgId:
        """A broadcast never changes hands, so the answer is kept. Raises BroadcastNotFound."""
        if broadcast_id not in self._orgs:
            _keep(self._orgs, broadcast_id, await self._read_org_of(broadcast_id))
        return self._orgs[broadcast_id]

    async def _read_org_of(self, broadcast_id: BroadcastId) -> OrgId:
        async with self._database.transaction(None) as tx:
            org_id = await tx.fetchval("SELECT org_of_broadcast($1)", broadcast_id)
        if org_id is None:
            raise BroadcastNotFound
        return OrgId(org_id)

    async def record(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        decide: stage_log.Decide,
        *,
        at: datetime,
        by: By,
        command: CommandKey,
    ) -> StageEntry | None:
        async with self._database.transaction(org_id, first=stage_log.holding(broadcast_id)) as tx:
            row = await tx.fetchrow(_SHOW_AS_IT_STANDS, broadcast_id, org_id, command.key)
            if row is None:
                raise BroadcastNotFound
            return await stage_log.record(tx, row, decide, at=at, by=by, command=command)

    async def record_of_card(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        card_id: CardId,
        decide: Callable[[Broadcast, TrayCard], StageEvent | None],
        *,
        at: datetime,
        by: By,
        command: CommandKey,
    ) -> StageEntry | None:
        async with self._database.transaction(org_id, first=stage_log.holding(broadcast_id)) as tx:
            row = await tx.fetchrow(_CARD_AS_IT_STANDS, broadcast_id, org_id, command.key, card_id)
            if row is None:
                raise CardNotFound
            card = tray_card(row, at)
            return await stage_log.record(
                tx, row, lambda broadcast: decide(broadcast, card), at=at, by=by, command=command, label=card.body.label
            )

    async def entries_after(
        self, org_id: OrgId, broadcast_id: BroadcastId, seq: int, limit: int
    ) -> Sequence[StageEntry]:
        async with self._database.transaction(org_id) as tx:
            return await stage_log.entries_after(tx, org_id, broadcast_id, seq, limit)

    async def snapshot(self, org_id: OrgId, broadcast_id: BroadcastId) -> Snapshot:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            row = await _broadcast_row(tx, org_id, broadcast_id)
            pushes = await tx.fetch(
                """
                SELECT seq, card_id, at, CASE WHEN seq = $2 THEN body END AS body
                FROM stage_event WHERE broadcast_id = $1 AND kind = 'card_pushed' ORDER BY seq
                """,
                broadcast_id,
                row["on_stage"]["seq"] if row["on_stage"] else None,
            )
        return Snapshot(
            broadcast=broadcast_body(row),
            on_stage=_on_stage(pushes),
            pinned=row["pinned"],
            seq=row["seq"],
            epoch=row["epoch"],
            pushes=tuple(PushBody(seq=p["seq"], card_id=p["card_id"], at=p["at"]) for p in pushes),
            tray_version=row["tray_version"],
        )

    async def create(self, broadcast: NewBroadcast, *, by: By, at: datetime) -> None:
        async with self._database.transaction(broadcast.org_id) as tx:
            await insert_broadcast(tx, broadcast, by=by, at=at)

    async def rows(self, org_id: OrgId, at: datetime) -> Sequence[BroadcastRow]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(_ROWS, org_id, WHOLE_SHOW, at - BEAT_LASTS)
        return [_row(row) for row in rows]

    async def update(
        self, org_id: OrgId, broadcast_id: BroadcastId, changes: Mapping[str, object], *, by: By, at: datetime
    ) -> None:
        """Series and unit by their names, made when new; a unit audited. Raises BroadcastNotFound, UnitClosed."""
        async with self._database.transaction(org_id) as tx:
            columns: dict[str, object] = {name: value for name, value in changes.items() if name in UPDATABLE}
            if "series" in changes:
                columns["series_id"] = await series_named(tx, org_id, _said(changes["series"]), at)
            anew = await _to_count_anew(tx, org_id, broadcast_id, columns)
            for column, value in columns.items():
                await _set(tx, org_id, broadcast_id, column, value)
            for place in anew:
                await recount_together(tx, place, [broadcast_id])
            if "unit" in changes:
                # A new one is audited: nobody who waits for something else holds the audit.
                await stage_log.lock_broadcast(tx, org_id, broadcast_id)
                unit = await unit_named(tx, org_id, _said(changes["unit"]), by=by, at=at)
                await _set(tx, org_id, broadcast_id, "unit_id", unit)

    async def link_secret(self, org_id: OrgId, broadcast_id: BroadcastId) -> UUID:
        """Every request by such a link asks: one journey where it is still the one that was read last."""
        known = self._link_secrets.get(broadcast_id)
        if known is None or not await self._database.finds(org_id, _still_opened_by(broadcast_id, known)):
            known = await self._read_link_secret(org_id, broadcast_id)
            _keep(self._link_secrets, broadcast_id, known)
        return known

    async def _read_link_secret(self, org_id: OrgId, broadcast_id: BroadcastId) -> UUID:
        async with self._database.transaction(org_id) as tx:
            secret = await tx.fetchval(
                "SELECT link_secret FROM broadcast WHERE id = $1 AND org_id = $2", broadcast_id, org_id
            )
        if secret is None:
            raise BroadcastNotFound
        return UUID(str(secret))

    async def renew_link_secret(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> None:
        """Revokes every link to remote, prompter and overlay."""
        async with self._database.transaction(org_id) as tx:
            await tx.execute(
                "UPDATE broadcast SET link_secret = $3 WHERE id = $1 AND org_id = $2", broadcast_id, org_id, uuid7(at)
            )

    async def add_platform_figure(self, org_id: OrgId, broadcast_id: BroadcastId, figure: PlatformFigure) -> None:
        async with self._database.transaction(org_id) as tx:
            await _broadcast_row(tx, org_id, broadcast_id)
            await tx.execute(
                """
                INSERT INTO platform_figure (broadcast_id, platform, metric, org_id, value, by_name, at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (broadcast_id, platform, metric)
                DO UPDATE SET value = excluded.value, by_name = excluded.by_name, at = excluded.at
                """,
                broadcast_id,
                figure.platform,
                figure.metric,
                org_id,
                figure.value,
                figure.by,
                figure.at,
            )


def _keep(known: OrderedDict[BroadcastId, Known], broadcast_id: BroadcastId, value: Known) -> None:
    known[broadcast_id] = value
    if len(known) > KNOWN_BROADCASTS:
        known.popitem(last=False)


def _still_opened_by(broadcast_id: BroadcastId, secret: UUID) -> str:
    return f"SELECT FROM broadcast WHERE id = '{plain(broadcast_id)}' AND link_secret = '{plain(secret)}'"


async def _set(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, column: str, value: object) -> None:
    if await tx.execute(_UPDATE[column], broadcast_id, org_id, value) == "UPDATE 0":
        raise BroadcastNotFound


async def insert_broadcast(tx: Transaction, broadcast: NewBroadcast, *, by: By, at: datetime) -> None:
    series_id = await series_named(tx, broadcast.org_id, broadcast.series, at)
    unit_id = await unit_named(tx, broadcast.org_id, broadcast.unit, by=by, at=at)
    await tx.execute(
        """
        INSERT INTO broadcast (id, org_id, title, series_id, unit_id, host_name, platform, platform_url,
            service_phone, rehearsal, apply_days, starts_at, status, epoch, link_secret, created_at,
            picture_url, phone_check)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'scheduled', $13, $14, $15, $16, $17)
        """,
        broadcast.id,
        broadcast.org_id,
        broadcast.title,
        series_id,
        unit_id,
        broadcast.host,
        broadcast.platform,
        broadcast.platform_url,
        broadcast.service_phone,
        broadcast.rehearsal,
        broadcast.apply_days,
        broadcast.starts_at,
        broadcast.epoch,
        uuid7(at),
        at,
        broadcast.picture_url,
        broadcast.phone_check,
    )


async def _to_count_anew(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, columns: Mapping[str, object]
) -> Sequence[Together]:
    """The series that a show with viewers leaves and joins, and everything, if it does; their counting is held."""
    if columns.keys().isdisjoint({"series_id", "rehearsal"}):
        return ()
    await hold_counting(tx, broadcast_id)
    if not await has_viewers(tx, broadcast_id):
        return ()
    before = await tx.fetchrow("SELECT series_id, rehearsal FROM broadcast WHERE id = $1", broadcast_id)
    if before is None or all(before[name] == value for name, value in columns.items() if name in before):
        return ()
    places = {before["series_id"], columns.get("series_id", before["series_id"])} - {None}
    if columns.get("rehearsal", before["rehearsal"]) != before["rehearsal"]:
        places.add(org_id)
    await hold_counting(tx, *places)
    return sorted(places)


_UPDATE = {
    column: f"UPDATE broadcast SET {column} = $3 WHERE id = $1 AND org_id = $2"  # noqa: S608  # names of UPDATABLE only
    for column in (*UPDATABLE, "series_id", "unit_id")
}

_ROWS = f"""
    SELECT {BROADCAST_COLUMNS},
        (SELECT count(*) FROM card c WHERE c.broadcast_id = b.id AND c.kind = 'job') AS cards,
        (SELECT coalesce(sum(coalesce(j.headcount_max, j.headcount_min)), 0) FROM card c JOIN job j ON j.id = c.job_id
         WHERE c.broadcast_id = b.id) AS openings,
        (SELECT coalesce(sum(n.events), 0) FROM step_count n
         WHERE n.broadcast_id = b.id AND n.card_id = $2 AND n.step = 1) AS visits,
        (SELECT count(*) FROM application p WHERE p.broadcast_id = b.id) AS applications,
        (SELECT coalesce(sum(r.viewers), 0) FROM worker_room r JOIN worker w ON w.id = r.worker_id
         WHERE r.broadcast_id = b.id AND w.beat_at > $3) AS watching
    FROM {BROADCAST_TABLES} WHERE b.org_id = $1 ORDER BY b.starts_at DESC
"""  # noqa: S608  # constants of this module


async def _broadcast_row(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId) -> asyncpg.Record:
    row = await tx.fetchrow(
        f"""
        SELECT {BROADCAST_COLUMNS}, b.seq, b.epoch, b.on_stage, b.pinned, b.tray_version
        FROM {BROADCAST_TABLES} WHERE b.id = $1 AND b.org_id = $2
        """,  # noqa: S608  # constants of this module
        broadcast_id,
        org_id,
    )
    if row is None:
        raise BroadcastNotFound
    return row


def broadcast_body(row: asyncpg.Record) -> BroadcastBody:
    shown_at = row["ended_at"] or row["started_at"] or row["starts_at"]
    return BroadcastBody(
        id=row["id"],
        title=row["title"],
        status=Status(row["status"]),
        starts_at=row["starts_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        rehearsal=row["rehearsal"],
        series=row["series"],
        unit=row["unit"],
        host=row["host_name"],
        platform=row["platform"],
        platform_url=row["platform_url"],
        picture_url=row["picture_url"],
        organiser=row["organiser"],
        service_phone=row["phone"],
        apply_until=shown_at + timedelta(days=row["apply_days"]),
        phone_check=PhoneCheck(row["phone_check"]),
    )


def _on_stage(pushes: Sequence[asyncpg.Record]) -> OnStageBody | None:
    for push in pushes:
        if push["body"]:
            return OnStageBody(seq=push["seq"], at=push["at"], card=CardBody.model_validate(push["body"]["card"]))
    return None


def _row(row: asyncpg.Record) -> BroadcastRow:
    return BroadcastRow(
        broadcast=broadcast_body(row),
        cards=row["cards"],
        openings=row["openings"],
        visits=row["visits"],
        applications=row["applications"],
        watching=row["watching"] if row["status"] == "live" else 0,
    )


async def series_named(tx: Transaction, org_id: OrgId, name: str | None, at: datetime) -> SeriesId | None:
    """Made when it is new."""
    if not name:
        return None
    await tx.execute(
        "INSERT INTO series (id, org_id, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", uuid7(at), org_id, name
    )
    return SeriesId(await tx.fetchval("SELECT id FROM series WHERE org_id = $1 AND name = $2", org_id, name))


def _said(name: object) -> str | None:
    return str(name) if name else None
