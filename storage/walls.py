"""Wall screens: their links, and the figures they show of one show or of all shows of a series."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from storage.audience import watching_now
from storage.audit import write_audit
from storage.distinct import summed_viewers
from storage.people import People
from storage.pool import Database, Transaction
from storage.reports import curve_of
from stream_jobs.domain.audited import AuditAction
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Status, Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, OrgId, WallId
from stream_jobs.domain.metrics import FUNNEL
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.phone import mask_name
from stream_jobs.domain.series import SeriesNotFound
from stream_jobs.domain.walls import (
    WallApplication,
    WallClosed,
    WallCounts,
    WallCourse,
    WallHead,
    WallJob,
    WallNotFound,
    WallOrigin,
    WallShow,
    WallStep,
)
from stream_jobs.ports import By
from stream_jobs.ports.walls import NewWall, WallLink, WallOf

LINES = 5

SHOWS = """
    SELECT b.id, b.title, b.status, b.starts_at, b.started_at, b.ended_at, b.rehearsal, s.name AS series
    FROM broadcast b LEFT JOIN series s ON s.id = b.series_id
    WHERE b.org_id = $1 AND (b.id = $2 OR b.series_id = $3 AND NOT b.rehearsal) ORDER BY b.starts_at, b.id
"""

SUMS = """
    SELECT step, sum(viewers)::bigint AS viewers, sum(events)::bigint AS events FROM step_count
    WHERE broadcast_id = ANY($1) AND card_id = $2 GROUP BY step
"""

PRESENTED = """
    SELECT count(*) AS cards, coalesce(sum(coalesce(j.headcount_max, j.headcount_min)), 0)::bigint AS openings
    FROM card c JOIN job j ON j.id = c.job_id
    WHERE c.broadcast_id = ANY($1) AND c.id IN (
        SELECT card_id FROM stage_event WHERE broadcast_id = ANY($1) AND kind = 'card_pushed')
"""

NEWEST = """
    SELECT p.id, p.person_id, p.at, p.recorded_by IS NOT NULL AS recorded, c.kind, c.number, k.wrapped, w.name,
        NULL::bytea AS phone
    FROM (
        SELECT id, person_id, card_id, recorded_by, at FROM application
        WHERE broadcast_id = ANY($1) AND state <> 'withdrawn' ORDER BY at DESC, id DESC LIMIT $2
    ) AS p JOIN card c ON c.id = p.card_id
    LEFT JOIN keys.person_key k ON k.person_id = p.person_id
    LEFT JOIN vault.application w ON w.application_id = p.id
    ORDER BY p.at DESC, p.id DESC
"""

TOP = """
    SELECT min(c.number) AS number, j.title, sum(p.applications)::bigint AS applications
    FROM (SELECT card_id, count(*) AS applications FROM application WHERE broadcast_id = ANY($1) GROUP BY card_id) AS p
    JOIN card c ON c.id = p.card_id JOIN job j ON j.id = c.job_id
    GROUP BY j.id, j.title ORDER BY applications DESC, number, j.id LIMIT $2
"""

ORIGINS = """
    SELECT n.name, sum(s.events)::bigint AS visits
    FROM step_count s JOIN channel n ON n.id = s.channel_id
    WHERE s.broadcast_id = ANY($1) AND s.card_id = $2 AND s.step = $3 GROUP BY n.name HAVING sum(s.events) > 0
    ORDER BY visits DESC, n.name LIMIT $4
"""

VISITS_BY_SHOW = """
    SELECT broadcast_id, sum(events)::bigint AS visits FROM step_count
    WHERE broadcast_id = ANY($1) AND card_id = $2 AND step = $3 GROUP BY broadcast_id
"""

_LINK = "SELECT id, by_name AS by, created_at AS at, revoked_at FROM wall"


class WallStore:
    def __init__(self, database: Database, people: People, effective_seconds: int) -> None:
        self._database = database
        self._people = people
        self._effective_seconds = effective_seconds

    # ── links ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def add(self, new: NewWall, *, by: By, at: datetime) -> WallLink:
        of = new.of
        async with self._database.transaction(of.org_id) as tx:
            await _must_exist(tx, of)
            await tx.execute(
                """
                INSERT INTO wall (id, org_id, broadcast_id, series_id, account_id, by_name, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                new.id,
                of.org_id,
                of.broadcast_id,
                of.series_id,
                by.account_id,
                by.name,
                at,
            )
            await _audit(tx, of.org_id, new.id, "wall_opened", by, at)
        return WallLink(id=new.id, by=by.name, at=at)

    async def listed(self, of: WallOf) -> Sequence[WallLink]:
        async with self._database.transaction(of.org_id) as tx:
            await _must_exist(tx, of)
            rows = await tx.fetch(
                f"""
                {_LINK} WHERE org_id = $1 AND (broadcast_id = $2 OR series_id = $3) ORDER BY created_at DESC, id DESC
                """,  # a constant of this module
                of.org_id,
                of.broadcast_id,
                of.series_id,
            )
        return [WallLink.model_validate(dict(row)) for row in rows]

    async def revoke(self, org_id: OrgId, wall_id: WallId, *, by: By, at: datetime) -> WallLink:
        async with self._database.transaction(org_id) as tx:
            if await tx.fetchval(
                "UPDATE wall SET revoked_at = $3 WHERE id = $1 AND org_id = $2 AND revoked_at IS NULL RETURNING true",
                wall_id,
                org_id,
                at,
            ):
                await _audit(tx, org_id, wall_id, "wall_closed", by, at)
            row = await tx.fetchrow(f"{_LINK} WHERE id = $1 AND org_id = $2", wall_id, org_id)
        if row is None:
            raise WallNotFound
        return WallLink.model_validate(dict(row))

    async def opens(self, wall_id: WallId) -> WallOf:
        async with self._database.transaction(None) as tx:
            org_id = await tx.fetchval("SELECT org_of_wall($1)", wall_id)
        if org_id is None:
            raise WallClosed
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                "SELECT broadcast_id, series_id FROM wall WHERE id = $1 AND org_id = $2 AND revoked_at IS NULL",
                wall_id,
                org_id,
            )
        if row is None:
            raise WallClosed
        return WallOf(org_id, row["broadcast_id"], row["series_id"])

    # ── figures ───────────────────────────────────────────────────────────────────────────────────────────────

    async def counts(self, of: WallOf, at: datetime) -> tuple[WallHead, WallCounts]:
        async with self._database.transaction(of.org_id, one_moment=True) as tx:
            shows = await _shows(tx, of)
            head = await _head(tx, of, shows)
            return head, await self._counts(tx, of, _counted(of, shows), at)

    async def course(self, of: WallOf, at: datetime) -> WallCourse:
        async with self._database.transaction(of.org_id, one_moment=True) as tx:
            if of.broadcast_id is None:
                return WallCourse(shows=await _show_by_show(tx, _counted(of, await _shows(tx, of))))
            try:
                curve, peak = await curve_of(tx, of.org_id, of.broadcast_id, at, self._effective_seconds)
            except BroadcastNotFound:
                raise WallClosed from None
            return WallCourse(curve=curve, peak=peak)

    async def _counts(self, tx: Transaction, of: WallOf, shows: Sequence[asyncpg.Record], at: datetime) -> WallCounts:
        ids = [show["id"] for show in shows]
        sums = {row["step"]: row for row in await tx.fetch(SUMS, ids, WHOLE_SHOW)}
        presented = await tx.fetchrow(PRESENTED, ids)
        if presented is None:
            raise AssertionError("a query of aggregates has a row")
        return WallCounts(
            watching=sum([await watching_now(tx, show["id"], at) for show in shows if show["status"] == "live"]),
            visits=sums[Step.VISIT]["events"] if Step.VISIT in sums else 0,
            applications=await tx.fetchval("SELECT count(*) FROM application WHERE broadcast_id = ANY($1)", ids),
            presented=presented["cards"],
            presented_openings=presented["openings"],
            funnel=await _funnel(tx, of, ids, {step: sums[step]["viewers"] for step in Step if step in sums}),
            newest=await self._newest(tx, ids),
            top=await _top(tx, ids, numbered=of.broadcast_id is not None),
            origins=await _origins(tx, ids),
        )

    async def _newest(self, tx: Transaction, ids: Sequence[BroadcastId]) -> tuple[WallApplication, ...]:
        return tuple(
            WallApplication(
                name=mask_name(self._people.contact(row).name),
                label=card_label(CardKind(row["kind"]), row["number"]),
                recorded=row["recorded"],
                at=row["at"],
            )
            for row in await tx.fetch(NEWEST, ids, LINES)
        )


async def _must_exist(tx: Transaction, of: WallOf) -> None:
    if not await tx.fetchval(
        """
        SELECT EXISTS (SELECT FROM broadcast WHERE id = $2 AND org_id = $1)
            OR EXISTS (SELECT FROM series WHERE id = $3 AND org_id = $1)
        """,
        of.org_id,
        of.broadcast_id,
        of.series_id,
    ):
        raise SeriesNotFound if of.broadcast_id is None else BroadcastNotFound


async def _audit(tx: Transaction, org_id: OrgId, wall_id: WallId, action: AuditAction, by: By, at: datetime) -> None:
    """What anyone with the link may see is a recorded act."""
    await write_audit(tx, org_id, by=by, action=action, subject=str(wall_id), purpose=None, detail={}, at=at)


async def _shows(tx: Transaction, of: WallOf) -> Sequence[asyncpg.Record]:
    shows = await tx.fetch(SHOWS, of.org_id, of.broadcast_id, of.series_id)
    if of.broadcast_id is not None and not shows:
        raise WallClosed
    return shows


def _counted(of: WallOf, shows: Sequence[asyncpg.Record]) -> Sequence[asyncpg.Record]:
    """The show itself, whatever its state; of a series those that its report counts."""
    return shows if of.broadcast_id is not None else _begun(shows)


def _begun(shows: Sequence[asyncpg.Record]) -> Sequence[asyncpg.Record]:
    return [show for show in shows if show["started_at"] is not None and not show["rehearsal"]]


async def _head(tx: Transaction, of: WallOf, shows: Sequence[asyncpg.Record]) -> WallHead:
    now = _present(shows)
    times = {name: now[name] if now else None for name in ("starts_at", "started_at", "ended_at")}
    status = Status(now["status"]) if now else Status.SCHEDULED
    live = sum(show["status"] == "live" for show in shows)
    if of.broadcast_id is not None:
        show = shows[0]
        return WallHead(
            kind="show", title=show["title"], series=show["series"], status=status, rehearsal=show["rehearsal"],
            live=live, **times,
        )  # fmt: skip
    name = await tx.fetchval("SELECT name FROM series WHERE id = $1 AND org_id = $2", of.series_id, of.org_id)
    if name is None:
        raise WallClosed
    return WallHead(kind="series", title=name, status=status, shows=len(_begun(shows)), live=live, **times)


def _present(shows: Sequence[asyncpg.Record]) -> asyncpg.Record | None:
    """The show on air, else the next one, else the last one."""
    for status, nth in (("live", -1), ("scheduled", 0), ("ended", -1)):
        if found := [show for show in shows if show["status"] == status]:
            return found[nth]
    return None


async def _funnel(
    tx: Transaction, of: WallOf, ids: Sequence[BroadcastId], viewers: Mapping[Step, int]
) -> tuple[WallStep, ...]:
    """Of one show its sums; over several shows a device counts once."""
    if of.series_id is not None:
        viewers = await summed_viewers(tx, of.series_id, ids)
    return tuple(WallStep(metric=metric, count=viewers.get(step, 0)) for step, metric, *_ in FUNNEL)


async def _top(tx: Transaction, ids: Sequence[BroadcastId], *, numbered: bool) -> tuple[WallJob, ...]:
    return tuple(
        WallJob(
            label=card_label(CardKind.JOB, row["number"]) if numbered else None,
            title=row["title"],
            applications=row["applications"],
        )
        for row in await tx.fetch(TOP, ids, LINES)
    )


async def _origins(tx: Transaction, ids: Sequence[BroadcastId]) -> tuple[WallOrigin, ...]:
    rows = await tx.fetch(ORIGINS, ids, WHOLE_SHOW, Step.VISIT, LINES)
    return tuple(WallOrigin(name=row["name"], visits=row["visits"]) for row in rows)


async def _show_by_show(tx: Transaction, shows: Sequence[asyncpg.Record]) -> tuple[WallShow, ...]:
    rows = await tx.fetch(VISITS_BY_SHOW, [show["id"] for show in shows], WHOLE_SHOW, Step.VISIT)
    visits = {row["broadcast_id"]: row["visits"] for row in rows}
    return tuple(
        WallShow(
            title=show["title"],
            started_at=show["started_at"],
            visits=visits.get(show["id"], 0),
            live=show["status"] == "live",
        )
        for show in shows
    )
