"""The report of a show: every figure of one moment, from counters, connections, applications and the stage log."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from storage.applied import NOWHERE, Applications, applications, applications_by_bucket, hand_overs, pace, waiting
from storage.audience import watching_now
from storage.broadcasts import BROADCAST_COLUMNS, BROADCAST_TABLES, broadcast_body
from storage.pool import Database, Transaction
from storage.priority import priority_people
from storage.priority_tags import PriorityTags
from storage.reached import Counts, read_counts
from storage.scans import scans_by_channel
from storage.watching import Watched, watched
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.ids import NO_CHANNEL, WHOLE_SHOW, BroadcastId, CardId, ChannelId, EmployerId, OrgId
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.priority import Priority, priority_lines
from stream_jobs.domain.region import Region, region_of
from stream_jobs.domain.report import CardLine, ChannelLine, Curve, EmployerLine, Figures, Mark, RegionLine, TimeLine
from stream_jobs.domain.timeline import (
    OnAir,
    Segment,
    StageChange,
    Stretch,
    bucket_seconds,
    bucket_starts,
    by_step,
    highest_of,
    stretches,
    times_on_stage,
)
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import BroadcastBody, By, PlatformFigure, Report, TypedFigure

CARDS = """
    SELECT c.id, c.kind, c.number, coalesce(j.title, p.title) AS title, m.id AS employer_id, m.name AS employer,
        coalesce(j.headcount_max, j.headcount_min) AS openings, j.workplace
    FROM card c LEFT JOIN job j ON j.id = c.job_id LEFT JOIN employer m ON m.id = j.employer_id
    LEFT JOIN policy p ON p.id = c.policy_id
    WHERE c.broadcast_id = $1 ORDER BY c.kind, c.position
"""

# Only what changes who is on stage; a card's whole body stays in the log.
STAGE = """
    SELECT seq, kind, at, coalesce(body -> 'on_stage' ->> 'card_id', card_id::text) AS card_id FROM stage_event
    WHERE broadcast_id = $1 AND kind IN ('card_pushed', 'card_withdrawn', 'undone', 'broadcast_ended') ORDER BY seq
"""

DELIVERIES = """
    SELECT seq, sum(connected)::bigint AS connected, sum(delivered)::bigint AS delivered
    FROM push_delivery WHERE broadcast_id = $1 GROUP BY seq
"""


class ReportStore:
    def __init__(self, database: Database, effective_seconds: int, small_group: int, priorities: PriorityTags) -> None:
        self._database = database
        self._priorities = priorities
        self._effective_seconds = effective_seconds
        self._small_group = small_group

    async def report(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> Report:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            broadcast = await _broadcast(tx, org_id, broadcast_id)
            people = await priority_people(tx, self._priorities, org_id, broadcast_id)
            return await _Reading(tx, broadcast, at, self._effective_seconds).report(self._small_group, people)

    async def counted_shows(self, org_id: OrgId, since: date | None, until: date | None) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT id FROM broadcast
                WHERE org_id = $1 AND NOT rehearsal AND started_at IS NOT NULL
                    AND ($2::timestamptz IS NULL OR started_at >= $2) AND ($3::timestamptz IS NULL OR started_at < $3)
                ORDER BY started_at, id
                """,
                org_id,
                midnight(since),
                midnight(until + timedelta(days=1) if until else None),
            )
        return [row["id"] for row in rows]

    async def set_platform_figures(
        self, org_id: OrgId, broadcast_id: BroadcastId, figures: Sequence[TypedFigure], *, by: By, at: datetime
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await _broadcast(tx, org_id, broadcast_id)
            for figure in sorted(figures, key=lambda one: (one.platform, one.metric)):
                await _set_figure(tx, org_id, broadcast_id, figure, by, at)


@dataclass(frozen=True, slots=True)
class _Push:
    seq: int
    at: datetime
    card_id: CardId


@dataclass(frozen=True, slots=True)
class _Stage:
    """The pushes, and who was on stage from when on."""

    pushes: tuple[_Push, ...]
    changes: tuple[StageChange, ...]


class _Reading:
    """One report on its way: reads part after part in one transaction of one moment."""

    def __init__(self, tx: Transaction, broadcast: BroadcastBody, at: datetime, effective_seconds: int) -> None:
        self._tx = tx
        self._effective_seconds = effective_seconds
        self._broadcast = broadcast
        self._id = broadcast.id
        self._at = at
        self._on_air = _on_air(broadcast, at)

    async def report(self, small_group: int, priorities: Mapping[Priority, int]) -> Report:
        """small_group: outcomes of fewer people are not told in breakdowns; priorities: the people of each group."""
        cards = await self._tx.fetch(CARDS, self._id)
        parts = await self._stretches()
        starts = [part.from_at for part in parts[1:] if part.from_at]
        counts = await read_counts(self._tx, self._id)
        places = _places(cards)
        codes = {card: place.code if place else NOWHERE for card, place in places.items()}
        applied = await applications(self._tx, self._id, starts, codes, small_group)
        buckets = bucket_starts(self._on_air) if self._on_air else []
        levels = await self._watched([*buckets, *starts])
        stage = await self._stage()
        groups = priority_lines(priorities, applied.total.applicants, small_group) if self._is_closed() else ()
        return Report(
            broadcast=self._broadcast,
            as_of=self._at,
            counted=not self._broadcast.rehearsal,
            figures=await self._figures(cards, counts, applied, levels, stage),
            funnel=counts.funnel(),
            curve=await self._curve(cards, levels, buckets, stage),
            cards=await self._cards(cards, counts, applied, stage),
            employers=await self._employers(cards, counts, applied, stage),
            channels=await self._channels(counts, applied),
            times=_times(parts, starts, levels, applied, stage, cards),
            regions=_regions(cards, places, applied, stage),
            priorities=groups,
            platform=await self._platform(),
            apart=counts.apart(),
        )

    async def course(self) -> tuple[Curve, int]:
        """The curve alone, and its highest point."""
        cards, stage = await self._tx.fetch(CARDS, self._id), await self._stage()
        buckets = bucket_starts(self._on_air) if self._on_air else []
        levels = await self._watched(buckets)
        return await self._curve(cards, levels, buckets, stage), levels.peak

    def _is_closed(self) -> bool:
        """Whether nobody can apply any more."""
        return self._broadcast.ended_at is not None and self._broadcast.apply_until <= self._at

    async def _stretches(self) -> tuple[Stretch, ...]:
        rows = await self._tx.fetch(
            "SELECT kind, started_at, ended_at FROM segment WHERE broadcast_id = $1 ORDER BY started_at, id", self._id
        )
        segments = [Segment(row["kind"], row["started_at"], row["ended_at"]) for row in rows]
        return stretches(self._on_air, ended=self._broadcast.ended_at is not None, segments=segments)

    async def _watched(self, edges: Sequence[datetime]) -> Watched:
        on_air = self._on_air or OnAir(self._at, self._at)
        return await watched(self._tx, self._id, on_air, self._at, edges, self._effective_seconds)

    async def _stage(self) -> _Stage:
        rows = await self._tx.fetch(STAGE, self._id)
        pushed = [row for row in rows if row["kind"] == "card_pushed"]
        shown = ("card_pushed", "undone")
        return _Stage(
            tuple(_Push(row["seq"], row["at"], CardId(UUID(row["card_id"]))) for row in pushed),
            tuple(
                StageChange(
                    row["at"], CardId(UUID(row["card_id"])) if row["kind"] in shown and row["card_id"] else None
                )
                for row in rows
            ),
        )

    async def _figures(
        self,
        cards: Sequence[asyncpg.Record],
        counts: Counts,
        applied: Applications,
        levels: Watched,
        stage: _Stage,
    ) -> Figures:
        jobs = [card for card in cards if card["kind"] == "job"]
        presented = {push.card_id for push in stage.pushes}
        people, since = await waiting(self._tx, self._id)
        is_live = self._broadcast.status == "live"
        length = self._on_air.length if self._on_air else timedelta()
        show = self._broadcast
        return Figures(
            on_air_seconds=length // timedelta(seconds=1),
            cards=len(jobs),
            openings=sum(card["openings"] or 0 for card in jobs),
            unnumbered=sum(card["openings"] is None for card in jobs),
            policies=len(cards) - len(jobs),
            employers=len({card["employer_id"] for card in jobs}),
            presented=sum(card["id"] in presented for card in jobs),
            presented_policies=sum(card["id"] in presented for card in cards) - sum(c["id"] in presented for c in jobs),
            visits=counts.visits(),
            visitors=counts.funnel()[0].count,
            exposures=counts.exposures(WHOLE_SHOW),
            calls=counts.calls(),
            watched=levels.devices,
            effective_views=levels.effective,
            watch_ms=levels.milliseconds,
            on_air_ms=length // timedelta(milliseconds=1),
            watching=await watching_now(self._tx, self._id, self._at) if is_live else 0,
            peak=levels.peak,
            peak_at=levels.peak_at,
            applied=applied.total,
            waiting=people,
            waiting_since=since,
            **await pace(self._tx, self._id, show.started_at, show.ended_at),
        )

    async def _curve(
        self, cards: Sequence[asyncpg.Record], levels: Watched, buckets: Sequence[datetime], stage: _Stage
    ) -> Curve:
        if self._on_air is None:
            return Curve()
        labels = {card["id"]: _label(card) for card in cards}
        return Curve(
            from_at=self._on_air.from_at,
            to_at=self._on_air.to_at,
            bucket_seconds=bucket_seconds(self._on_air.length),
            watching=_curve_of(levels, buckets, self._on_air),
            applications=await applications_by_bucket(self._tx, self._id, buckets, self._on_air.to_at),
            marks=tuple(Mark(at=p.at, label=labels[p.card_id]) for p in stage.pushes if p.card_id in labels),
        )

    async def _cards(
        self, cards: Sequence[asyncpg.Record], counts: Counts, applied: Applications, stage: _Stage
    ) -> tuple[CardLine, ...]:
        until = self._on_air.to_at if self._on_air else self._at
        times = times_on_stage(stage.changes, until)
        pushes = Counter(push.card_id for push in stage.pushes)
        deliveries = await self._deliveries(stage)
        return tuple(
            CardLine(
                card_id=card["id"],
                kind=card["kind"],
                number=card["number"],
                label=_label(card),
                title=card["title"],
                employer=card["employer"],
                openings=card["openings"],
                pushes=pushes[card["id"]],
                on_stage_seconds=times.get(card["id"], timedelta()) // timedelta(seconds=1),
                connected=deliveries[card["id"], "connected"],
                delivered=deliveries[card["id"], "delivered"],
                calls=counts.calls(card["id"]),
                reached=counts.of_card(card["id"]),
                applied=applied.of("card_id", card["id"]),
            )
            for card in cards
        )

    async def _deliveries(self, stage: _Stage) -> Counter[tuple[CardId, str]]:
        card_of = {push.seq: push.card_id for push in stage.pushes}
        sums: Counter[tuple[CardId, str]] = Counter()
        for row in await self._tx.fetch(DELIVERIES, self._id):
            if row["seq"] in card_of:
                for what in ("connected", "delivered"):
                    sums[card_of[row["seq"]], what] += row[what]
        return sums

    async def _employers(
        self, cards: Sequence[asyncpg.Record], counts: Counts, applied: Applications, stage: _Stage
    ) -> tuple[EmployerLine, ...]:
        handed = await hand_overs(self._tx, self._id)
        recruiters = await self._with_recruiter()
        presented = {push.card_id for push in stage.pushes}
        of_employer: dict[EmployerId, list[asyncpg.Record]] = {}
        for card in cards:
            if card["employer_id"] is not None:
                of_employer.setdefault(card["employer_id"], []).append(card)
        return tuple(
            EmployerLine(
                employer_id=employer,
                name=own[0]["employer"],
                cards=len(own),
                openings=sum(card["openings"] or 0 for card in own),
                presented=sum(card["id"] in presented for card in own),
                reached=counts.of_employer(employer, [card["id"] for card in own]),
                applied=applied.of("employer_id", employer),
                to_hand_over=handed[employer]["to_hand_over"] if employer in handed else 0,
                people_to_hand_over=handed[employer]["people_to_hand_over"] if employer in handed else 0,
                since_hand_over=handed[employer]["since_hand_over"] if employer in handed else 0,
                handed_over_at=handed[employer]["at"] if employer in handed else None,
                has_recruiter=employer in recruiters,
            )
            for employer, own in of_employer.items()
        )

    async def _with_recruiter(self) -> frozenset[EmployerId]:
        rows = await self._tx.fetch(
            """
            SELECT DISTINCT employer_id FROM account
            WHERE role = 'recruiter' AND disabled_at IS NULL AND employer_id IN (
                SELECT j.employer_id FROM card c JOIN job j ON j.id = c.job_id WHERE c.broadcast_id = $1)
            """,
            self._id,
        )
        return frozenset(row["employer_id"] for row in rows)

    async def _channels(self, counts: Counts, applied: Applications) -> tuple[ChannelLine, ...]:
        """All channels of the show, and last what came without one, when anything did."""
        rows = await self._tx.fetch(
            "SELECT id, kind, name FROM channel WHERE broadcast_id = $1 ORDER BY created_at, id", self._id
        )
        scans = await scans_by_channel(self._tx, self._id)
        named = {row["id"]: row for row in rows}
        used = {*counts.channels, *applied.keys("first_channel_id"), *applied.keys("last_channel_id")}
        lost = sorted(channel for channel in used if channel not in named and channel != NO_CHANNEL)
        ids = [*named, *lost, *([NO_CHANNEL] if NO_CHANNEL in used else [])]
        return tuple(
            ChannelLine(
                channel_id=None if channel == NO_CHANNEL else ChannelId(channel),
                name=named[channel]["name"] if channel in named else None,
                kind=named[channel]["kind"] if channel in named else None,
                scans=scans.get(channel, 0) if channel in named else None,
                visits=counts.visits_of_channel(channel),
                visitors=counts.visitors_of_channel(channel),
                reached=counts.of_channel(channel),
                applied=applied.of("first_channel_id", channel),
                last_applications=applied.of("last_channel_id", channel).applications,
            )
            for channel in ids
        )

    async def _platform(self) -> tuple[PlatformFigure, ...]:
        rows = await self._tx.fetch(
            """
            SELECT f.platform, f.metric, f.value, f.by_name AS by, f.at, i.file_name AS from_file
            FROM platform_figure f LEFT JOIN platform_import i ON i.id = f.import_id
            WHERE f.broadcast_id = $1 ORDER BY f.platform, f.metric
            """,
            self._id,
        )
        return tuple(PlatformFigure.model_validate(dict(row)) for row in rows)


async def curve_of(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, at: datetime, effective_seconds: int
) -> tuple[Curve, int]:
    """Viewers at once over a show, as its report has it, and the most of them. Raises BroadcastNotFound."""
    return await _Reading(tx, await _broadcast(tx, org_id, broadcast_id), at, effective_seconds).course()


def _curve_of(levels: Watched, buckets: Sequence[datetime], on_air: OnAir) -> tuple[int, ...]:
    shown = [cell for cell in levels.cells if cell.from_at < on_air.to_at]
    return tuple(highest_of(cells) for cells in by_step(shown, buckets)[1:])


def _times(
    parts: Sequence[Stretch],
    starts: Sequence[datetime],
    levels: Watched,
    applied: Applications,
    stage: _Stage,
    cards: Sequence[asyncpg.Record],
) -> tuple[TimeLine, ...]:
    jobs = {card["id"] for card in cards if card["kind"] == "job"}
    pushed = [{p.card_id for p in stage.pushes if p.card_id in jobs and _within(p.at, part)} for part in parts]
    return tuple(
        TimeLine(
            kind=part.kind,
            from_at=part.from_at,
            to_at=part.to_at,
            presented=len(presented),
            visits=sum(cell.visits for cell in cells),
            new_visitors=sum(cell.newcomers for cell in cells),
            peak=None if part.kind in ("before", "after") else highest_of(cells),
            applied=applied.of("stretch", nth),
        )
        for nth, (part, presented, cells) in enumerate(zip(parts, pushed, by_step(levels.cells, starts), strict=True))
    )


async def _broadcast(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId) -> BroadcastBody:
    row = await tx.fetchrow(
        f"SELECT {BROADCAST_COLUMNS} FROM {BROADCAST_TABLES} WHERE b.id = $1 AND b.org_id = $2",  # noqa: S608  # constants
        broadcast_id,
        org_id,
    )
    if row is None:
        raise BroadcastNotFound
    return broadcast_body(row)


def _on_air(broadcast: BroadcastBody, at: datetime) -> OnAir | None:
    if broadcast.started_at is None:
        return None
    return OnAir(broadcast.started_at, max(broadcast.started_at, broadcast.ended_at or at))


def _label(card: asyncpg.Record) -> str:
    return card_label(CardKind(card["kind"]), card["number"])


def _within(at: datetime, part: Stretch) -> bool:
    return (part.from_at is None or part.from_at <= at) and (part.to_at is None or at < part.to_at)


def _places(cards: Sequence[asyncpg.Record]) -> dict[CardId, Region | None]:
    """Where each job is, as its workplace is written now."""
    return {card["id"]: region_of(card["workplace"]) for card in cards if card["kind"] == "job"}


def _regions(
    cards: Sequence[asyncpg.Record], places: Mapping[CardId, Region | None], applied: Applications, stage: _Stage
) -> tuple[RegionLine, ...]:
    """By code, and last the jobs whose place is not known."""
    presented = {push.card_id for push in stage.pushes}
    of_region: dict[Region | None, list[asyncpg.Record]] = {}
    for card in cards:
        if card["id"] in places:
            of_region.setdefault(places[card["id"]], []).append(card)
    return tuple(
        RegionLine(
            code=region.code if region else None,
            name=region.name if region else None,
            cards=len(own),
            openings=sum(card["openings"] or 0 for card in own),
            presented=sum(card["id"] in presented for card in own),
            applied=applied.of("region", region.code if region else NOWHERE),
        )
        for region, own in sorted(of_region.items(), key=lambda one: one[0].code if one[0] else NOWHERE)
    )


def midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=CHINA) if day else None


async def _set_figure(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, figure: TypedFigure, by: By, at: datetime
) -> None:
    if figure.value is None:
        await tx.execute(
            "DELETE FROM platform_figure WHERE broadcast_id = $1 AND org_id = $2 AND platform = $3 AND metric = $4",
            broadcast_id,
            org_id,
            figure.platform,
            figure.metric,
        )
        return
    await tx.execute(
        """
        INSERT INTO platform_figure (broadcast_id, platform, metric, org_id, value, by_name, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (broadcast_id, platform, metric)
        DO UPDATE SET value = excluded.value, by_name = excluded.by_name, at = excluded.at, import_id = NULL
        """,
        broadcast_id,
        figure.platform,
        figure.metric,
        org_id,
        figure.value,
        by.name,
        at,
    )
