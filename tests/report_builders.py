"""A show as it may really go, and its figures counted naively from raw rows."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from storage.audience import BEAT_LASTS
from storage.milestones import settle_milestones
from stream_jobs.domain.errors import BroadcastNotLive, CardNotOnStage, NothingToUndo, UndoOver
from stream_jobs.domain.events import Signal, SignalStep, Watcher
from stream_jobs.domain.following import BY_STAFF, Reason, State
from stream_jobs.domain.ids import (
    NO_CHANNEL,
    AccountId,
    ApplicationId,
    BroadcastId,
    CardId,
    ChannelId,
    JobId,
    OrgId,
    ViewerId,
    VisitId,
    WorkerId,
    uuid7,
)
from stream_jobs.domain.metrics import SMALL_GROUP
from stream_jobs.domain.suppression import hidden, hidden_within
from stream_jobs.ports import By, Move, Receipt, Report
from tests.builders import BY, Store, a_broadcast, a_job, a_phone, an_employer, apply, cards_of, jobs_of

STAFF = By(AccountId(UUID(int=7)), "场控小李")
DAY = timedelta(days=1)
PLACES = ("东莞塘厦", "珠海斗门", "示例县城关镇")
STEPS = ("visit", "impression", "click", "apply_start", "application")


async def a_show(store: Store, *, jobs: int = 5, **more: Any) -> BroadcastId:
    """A live show of that many jobs by two employers, and a policy."""
    broadcast = await a_broadcast(store, jobs=0, policies=1, **more)
    employers = [await an_employer(store), await an_employer(store)]
    added = [
        await a_job(store, title=f"岗位{n}", employer=employers[n % 2], workplace=PLACES[n % len(PLACES)])
        for n in range(jobs)
    ]
    await store.stores.trays.add_cards(store.org, broadcast, added, [], at=store.clock(), by=BY)
    return broadcast


async def a_channel(store: Store, broadcast: BroadcastId, name: str) -> ChannelId:
    channel = ChannelId(uuid7(store.clock()))
    async with store.database.transaction(store.org) as tx:
        await tx.execute(
            """
            INSERT INTO channel (id, org_id, broadcast_id, kind, name, created_at)
            VALUES ($1, $2, $3, 'poster', $4, $5)
            """,
            channel,
            store.org,
            broadcast,
            name,
            store.clock(),
        )
    return channel


async def a_state(store: Store, application: UUID, state: str) -> None:
    """What an employer did about an application."""
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE application SET state = $2 WHERE id = $1", application, state)
        await tx.execute(
            "INSERT INTO application_event (id, org_id, application_id, kind, at) VALUES ($1, $2, $3, $4, $5)",
            uuid7(store.clock()),
            store.org,
            application,
            state,
            store.clock(),
        )
        await settle_milestones(tx, [ApplicationId(application)])


async def applications_of(store: Store, broadcast: BroadcastId) -> list[UUID]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT id FROM application WHERE broadcast_id = $1 ORDER BY number", broadcast)
    return [row["id"] for row in rows]


def a_signal(store: Store, step: SignalStep, card: CardId, **changes: Any) -> Signal:
    return Signal(**{"event_id": uuid4(), "step": step, "card_id": card, "at": store.clock(), **changes})


Connection = tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime]


@dataclass
class History:
    """Everything a random show does, one small thing after another."""

    store: Store
    broadcast: BroadcastId
    rng: random.Random
    channels: list[ChannelId] = field(default_factory=list)
    viewers: list[ViewerId] = field(default_factory=list)
    watchers: list[Watcher] = field(default_factory=list)
    waiting: list[tuple[Watcher, Signal]] = field(default_factory=list)
    sent: list[tuple[Watcher, Signal]] = field(default_factory=list)
    open: list[Connection] = field(default_factory=list)
    receipts: list[tuple[ViewerId, Receipt]] = field(default_factory=list)
    workers: list[WorkerId] = field(default_factory=lambda: [WorkerId(uuid4()) for _ in range(3)])
    cards: list[CardId] = field(default_factory=list)
    jobs: list[JobId] = field(default_factory=list)
    batches: list[UUID] = field(default_factory=list)

    async def run(self, steps: int) -> None:
        """Needs `batching(store)` around it; ends the show two thirds of the way."""
        self.cards = await cards_of(self.store, self.broadcast)
        self.jobs = await jobs_of(self.store, self.broadcast)
        self.channels = [NO_CHANNEL, *[await a_channel(self.store, self.broadcast, name) for name in ("海报", "驿站")]]
        does = (
            *(self.visit,) * 4,
            *(self.signal,) * 8,
            *(self.send,) * 3,
            *(self.connect,) * 4,
            *(self.disconnect,) * 3,
            *(self.apply,) * 3,
            self.withdraw,
            self.record,
            self.follow_up,
            *(self.stage,) * 2,
            self.beat,
            self.seal,
        )
        for nth in range(steps):
            self.store.clock.forward(seconds=self.rng.choice((0, 0.25, 1, 3, 20, 45)))
            if nth == steps * 2 // 3:
                await self.store.actions.stage.end(self.store.org, self.broadcast, BY, uuid4())
            await self.rng.choice(does)()
        await self.send()

    async def visit(self) -> None:
        if not self.viewers or self.rng.random() < 0.6:
            self.viewers.append(ViewerId(uuid4()))
        channel = self.rng.choice(self.channels)
        forged = channel == NO_CHANNEL and self.rng.random() < 0.5
        watcher = Watcher(self.rng.choice(self.viewers), VisitId(uuid4()), channel, forged)
        self.watchers.append(watcher)
        times = self.rng.choice((1, 1, 2))
        visits = [(watcher, self._when())] * times
        if channel != NO_CHANNEL:
            await self._scan(channel)
        await self.store.actions.watching.visits(self.store.org, self.broadcast, visits)

    async def _scan(self, channel: ChannelId) -> None:
        """The link was opened, and written down now or with the next."""
        self.store.actions.scans.opened(self.store.org, self.broadcast, channel)
        if self.rng.random() < 0.4:
            await self.store.actions.scans.write()

    async def signal(self) -> None:
        """Something seen or done, kept for a batch; sometimes with no visit, no card, or from long ago."""
        watcher = self.rng.choice(self.watchers) if self.watchers else None
        if watcher is None or self.rng.random() < 0.05:
            watcher = Watcher(ViewerId(uuid4()), VisitId(uuid4()), NO_CHANNEL)
        card = self.rng.choice(self.cards) if self.rng.random() > 0.03 else CardId(uuid4())
        at = self.store.clock() - timedelta(seconds=self.rng.choice((0, 0, 0, 2, 90, 3600)))
        step = self.rng.choice(list(SignalStep))
        signal = a_signal(self.store, step, card, at=at, push_seq=self.rng.choice((None, None, None, 999)))
        self.waiting.append((watcher, signal))

    async def send(self) -> None:
        """A batch out of order, with duplicates in it and repeats of earlier ones."""
        batch = [*self.waiting, *self.rng.sample(self.sent, min(len(self.sent), 3))]
        batch += self.rng.sample(batch, min(len(batch), 2))
        self.rng.shuffle(batch)
        self.sent += self.waiting
        self.waiting = []
        if batch:
            await self.store.actions.watching.record(self.store.org, self.broadcast, batch)

    async def connect(self) -> None:
        if self.watchers:
            visit, since = self.rng.choice(self.watchers).visit_id, self._when()
            row = (self.store.org, self.broadcast, visit, self.rng.choice(self.workers), since)
            self.open.append(row)
            await self.store.actions.watching.opened([row])

    async def disconnect(self) -> None:
        if self.open:
            row = self.open.pop(self.rng.randrange(len(self.open)))
            await self.store.actions.watching.closed([(*row, max(row[4], self._when()))])

    def _when(self) -> datetime:
        """Mostly now; what a worker could not write for a while arrives late."""
        return self.store.clock() - timedelta(seconds=self.rng.choice((0, 0, 0, 7, 120, 600)))

    async def seal(self) -> None:
        await self.store.stores.presence.seal(self.store.clock())

    async def beat(self) -> None:
        """The last worker never beats and is dead from the start; the second soon is."""
        worker = self.workers[0] if self.rng.random() < 0.8 else self.workers[1]
        await self.store.actions.watching.beat(worker, {self.broadcast: 1})

    async def apply(self) -> None:
        if not self.watchers:
            return
        watcher = self.rng.choice(self.watchers)
        if self.rng.random() < 0.1:
            # A device whose visit is not stored, or not yet.
            watcher = Watcher(ViewerId(uuid4()), VisitId(uuid4()), self.rng.choice(self.channels))
        phone = a_phone(self.rng.randrange(1, 9))
        receipt = await apply(self.store, self.broadcast, self.rng.choice(self.jobs), watcher=watcher, phone=phone)
        self.receipts.append((watcher.viewer_id, receipt))

    async def withdraw(self) -> None:
        if self.receipts:
            viewer, receipt = self.rng.choice(self.receipts)
            await self.store.actions.applying.withdraw(self.store.org, self.broadcast, viewer, receipt.receipt_id)

    async def record(self) -> None:
        await self.store.actions.applying.record_for(
            self.store.org,
            self.broadcast,
            STAFF,
            key=uuid4(),
            job=self.rng.choice(self.jobs),
            phone=a_phone(self.rng.randrange(5, 15)),
            name=None,
            channel=self.rng.choice(self.channels),
            consent_given="by_telephone",
        )

    async def follow_up(self) -> None:
        """Employers move some, and take some of it back."""
        recruiting, org = self.store.actions.recruiting, self.store.org
        if self.batches and self.rng.random() < 0.3:
            with suppress(UndoOver):
                await recruiting.undo(org, self.batches.pop(), STAFF, employer=None)
        elif found := await applications_of(self.store, self.broadcast):
            state = self.rng.choice(BY_STAFF)
            reason = Reason.OTHER if state is State.REJECTED else None
            some = {ApplicationId(self.rng.choice(found)) for _ in range(self.rng.randint(1, 3))}
            moves = [Move(id_, state, reason) for id_ in some]
            if batch := (await recruiting.move(org, moves, STAFF, employer=None)).batch_id:
                self.batches.append(batch)

    async def stage(self) -> None:
        stage, org = self.store.actions.stage, self.store.org
        with suppress(BroadcastNotLive, NothingToUndo, CardNotOnStage):
            match self.rng.randrange(5):
                case 0:
                    await stage.withdraw(org, self.broadcast, self.rng.choice(self.cards), BY, uuid4())
                case 1:
                    await stage.undo(org, self.broadcast, BY, uuid4())
                case _:
                    await stage.push(org, self.broadcast, self.rng.choice(self.cards), BY, uuid4())


# ── the same figures, counted naively ─────────────────────────────────────────────────────────────────────────


Row = Mapping[str, Any]


@dataclass(frozen=True)
class Raw:
    """All raw rows of a show."""

    events: Sequence[Row]
    visits: Sequence[Row]
    intervals: Sequence[Row]
    beats: Mapping[UUID, datetime]
    members: Mapping[UUID, UUID]
    applications: Sequence[Row]
    changes: Sequence[Row]
    cards: Sequence[Row]
    show: Row
    stage: Sequence[Row]
    handed: Mapping[UUID, datetime]
    scans: Sequence[Row]


async def raw_rows(store: Store, broadcast: BroadcastId) -> Raw:
    async with store.database.transaction(store.org) as tx:

        async def rows(table: str, where: str = "broadcast_id = $1") -> list[Row]:
            found = await tx.fetch(f"SELECT * FROM {table} WHERE {where}", broadcast)  # noqa: S608  # names below
            return [dict(row) for row in found]

        members = await rows("audience_member")
        return Raw(
            events=await rows("audience_event"),
            visits=await rows("visit"),
            intervals=await rows("visit_interval"),
            beats={row["id"]: row["beat_at"] for row in await rows("worker", "$1::uuid IS NOT NULL")},
            members={row["viewer_id"]: row["first_channel_id"] for row in members},
            applications=await rows("application"),
            changes=await rows(
                "application_event", "application_id IN (SELECT id FROM application WHERE broadcast_id = $1)"
            ),
            cards=[
                dict(row)
                for row in await tx.fetch(
                    """
                    SELECT c.*, j.employer_id FROM card c LEFT JOIN job j ON j.id = c.job_id
                    WHERE c.broadcast_id = $1
                    """,
                    broadcast,
                )
            ],
            show=(await rows("broadcast", "id = $1"))[0],
            stage=sorted(await rows("stage_event"), key=lambda row: row["seq"]),
            handed={row["employer_id"]: row["at"] for row in await rows("hand_over")},
            scans=await rows("scan"),
        )


def recounted(raw: Raw, at: datetime) -> dict[str, Any]:
    """What the report must say, by plain loops over raw rows."""
    return {
        "visits": len(raw.visits),
        "scans": Counter(row["channel_id"] for row in raw.scans for _ in range(row["times"])),
        "funnel": _funnel(raw),
        "cards": {
            card["id"]: _of_cards(raw, {card["id"]}, told=card["id"] not in _untold(raw)[1]) for card in raw.cards
        },
        "employers": _by_employer(raw),
        "channels": _by_channel(raw),
        "applied": _applied(raw.applications, raw),
        "waiting": _waiting(raw),
        "calls": sum(e["step"] == "call" and e["fraud"] is None for e in raw.events),
        "late": sum(e["fraud"] is None and _late(e, raw) for e in raw.events),
        "forged_links": sum(e["forged"] for e in raw.events),
        "fraud": Counter(e["fraud"] for e in raw.events if e["fraud"]),
        "watched": _watched(raw, at),
        "effective": _effective(raw, at),
        "times": _by_time(raw, at),
        "pace": _pace(raw),
        "on_stage": _on_stage(raw, at),
    }


def told(report: Report) -> dict[str, Any]:
    """The same of a report."""
    figures = report.figures
    return {
        "visits": figures.visits,
        "funnel": [(step.count, step.implied) for step in report.funnel],
        "cards": {
            line.card_id: (*(getattr(line.reached, name) for name in REACHED), *_outcomes(line.applied.model_dump()))
            for line in report.cards
        },
        "employers": {
            line.employer_id: (
                *(getattr(line.reached, name) for name in REACHED),
                *_outcomes(line.applied.model_dump()),
            )
            for line in report.employers
        },
        "scans": {line.channel_id: line.scans for line in report.channels if line.scans},
        "channels": {
            line.channel_id or NO_CHANNEL: (
                line.visits,
                line.visitors,
                *(getattr(line.reached, name) for name in REACHED),
                *_outcomes(line.applied.model_dump()),
                line.last_applications,
            )
            for line in report.channels
            if line.visits or line.visitors or line.applied.applications or line.last_applications
        },
        "applied": _outcomes(figures.applied.model_dump()),
        "waiting": (figures.waiting, figures.waiting_since),
        "calls": figures.calls,
        "late": report.apart.late,
        "forged_links": report.apart.forged_links,
        "fraud": report.apart.reasons,
        "watched": (figures.peak, figures.peak_at, figures.watched, figures.watch_ms),
        "effective": figures.effective_views,
        "times": [(line.visits, line.new_visitors, line.peak) for line in report.times],
        "pace": (
            figures.applications_in_live,
            figures.applications_within_7_days,
            (figures.apply_seconds_median, figures.apply_seconds_p90),
            (figures.contact_seconds_median, figures.contact_seconds_p90),
            (figures.hire_seconds_median, figures.hire_seconds_p90),
        ),
        "on_stage": {line.card_id: line.on_stage_seconds for line in report.cards},
    }


REACHED = ("impressions", "clicks", "apply_starts", "appliers")


def _outcomes(counts: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("applications", "applicants", "recorded", "withdrawn", *OUTCOMES)
    return tuple(counts[name] for name in names)


def _explicit(raw: Raw, cards: set[UUID] | None) -> dict[UUID, set[int]]:
    """By device: the steps it really took, on these cards or anywhere."""
    staff = {a["viewer_id"] for a in raw.applications if a["recorded_by"]}
    taken: dict[UUID, set[int]] = defaultdict(set)
    for event in raw.events:
        counts = event["fraud"] is None and event["step"] in STEPS and event["viewer_id"] not in staff
        if counts and (cards is None or event["card_id"] in cards):
            taken[event["viewer_id"]].add(STEPS.index(event["step"]))
    return taken


def _funnel(raw: Raw, devices: set[UUID] | None = None) -> list[tuple[int, int]]:
    taken = {v: steps for v, steps in _explicit(raw, None).items() if devices is None or v in devices}
    counted = []
    for step in range(len(STEPS)):
        reached = [steps for steps in taken.values() if max(steps) >= step]
        counted.append((len(reached), sum(step not in steps for steps in reached)))
    return counted


def _people(raw: Raw, by: str) -> dict[UUID, int]:
    keys = sorted({a[by] for a in raw.applications})
    return {key: len({a["person_id"] for a in raw.applications if a[by] == key}) for key in keys}


def _untold(raw: Raw) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Employers and cards whose outcomes are not told."""
    cards: dict[UUID, dict[UUID, int]] = {card: {} for card in _people(raw, "card_id")}
    for card, employer, _ in {(a["card_id"], a["employer_id"], a["person_id"]) for a in raw.applications}:
        cards[card][employer] = cards[card].get(employer, 0) + 1
    return hidden_within(_people(raw, "employer_id"), cards, SMALL_GROUP)


def _of_cards(raw: Raw, cards: set[UUID], *, told: bool) -> tuple[Any, ...]:
    taken = _explicit(raw, cards)
    own = [a for a in raw.applications if a["card_id"] in cards]
    reached = [sum(max(steps) >= step for steps in taken.values()) for step in range(1, len(STEPS))]
    return (*reached, *_applied(own, raw, told=told))


def _by_employer(raw: Raw) -> dict[UUID, tuple[Any, ...]]:
    employers = {card["employer_id"] for card in raw.cards if card["employer_id"]}
    untold, _ = _untold(raw)
    return {
        one: _of_cards(raw, {c["id"] for c in raw.cards if c["employer_id"] == one}, told=one not in untold)
        for one in employers
    }


def _by_channel(raw: Raw) -> dict[UUID, tuple[Any, ...]]:
    found = {}
    used = {row["channel_id"] for row in raw.visits} | set(raw.members.values())
    used |= {a[which] for a in raw.applications for which in ("first_channel_id", "last_channel_id")}
    untold = hidden(_people(raw, "first_channel_id"), SMALL_GROUP)
    for channel in used:
        devices = {viewer for viewer, first in raw.members.items() if first == channel}
        own = [a for a in raw.applications if a["first_channel_id"] == channel]
        found[channel] = (
            sum(row["channel_id"] == channel for row in raw.visits),
            *(count for count, _ in _funnel(raw, devices)),
            *_applied(own, raw, told=channel not in untold),
            sum(a["last_channel_id"] == channel for a in raw.applications),
        )
    return found


OUTCOMES = {
    "valid": {"valid", "contacted", "interview", "no_show", "offer", "hired", "retained_7d", "retained_30d"},
    "contacted": {"contacted", "interview", "no_show", "offer", "hired", "retained_7d", "retained_30d"},
    "interview": {"interview", "no_show", "offer", "hired", "retained_7d", "retained_30d"},
    "offered": {"offer", "hired", "retained_7d", "retained_30d"},
    "hired": {"hired", "retained_7d", "retained_30d"},
    "retained_7d": {"retained_7d", "retained_30d"},
    "retained_30d": {"retained_30d"},
}


def _states(raw: Raw, application: Row) -> set[str]:
    undone = {change["undoes"] for change in raw.changes}
    own = [change for change in raw.changes if change["application_id"] == application["id"]]
    said = {change["kind"] for change in own if change["id"] not in undone}
    return said | {application["state"]}


def _applied(own: Sequence[Row], raw: Raw, *, told: bool = True) -> tuple[Any, ...]:
    people = {a["person_id"] for a in own}
    outcomes = [len({a["person_id"] for a in own if _states(raw, a) & states}) for states in OUTCOMES.values()]
    return (
        len(own),
        len(people),
        sum(a["recorded_by"] is not None for a in own),
        sum(a["state"] == "withdrawn" for a in own),
        *(count if told else None for count in outcomes),
    )


def _waiting(raw: Raw) -> tuple[int, datetime | None]:
    by_person: dict[UUID, list[Row]] = defaultdict(list)
    for application in raw.applications:
        by_person[application["person_id"]].append(application)
    since = []
    for own in by_person.values():
        still_open = [a["at"] for a in own if a["state"] in ("applied", "valid")]
        if still_open and not any(_states(raw, a) & OUTCOMES["contacted"] for a in own):
            since.append(min(still_open))
    return len(since), min(since, default=None)


def _late(event: Row, raw: Raw) -> bool:
    end = raw.show["ended_at"]
    return event["step"] not in ("visit", "application") and end and event["at"] < end < event["received_at"]


def _watched(raw: Raw, at: datetime) -> tuple[int, datetime | None, int, int]:
    start, end = raw.show["started_at"], raw.show["ended_at"] or at
    viewer_of = {row["id"]: row["viewer_id"] for row in raw.visits}
    spans: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in raw.intervals:
        beat = raw.beats.get(row["worker_id"])
        alive = beat is not None and beat > at - BEAT_LASTS
        until = row["to_at"] or (end if alive else beat or row["from_at"])
        low, high = max(start, row["from_at"]), min(end, until)
        if low < high:
            spans[viewer_of[row["visit_id"]]].append((low, high))
    moments = sorted({moment for own in spans.values() for span in own for moment in span})
    most, when, total = 0, None, timedelta()
    for here, there in pairwise(moments):
        there_now = sum(any(low <= here < high for low, high in own) for own in spans.values())
        total += (there - here) * there_now
        if there_now > most:
            most, when = there_now, here
    return most, when, len(spans), round(total / timedelta(milliseconds=1))


def _united(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    united: list[tuple[datetime, datetime]] = []
    for low, high in sorted(spans):
        if united and low <= united[-1][1]:
            united[-1] = united[-1][0], max(high, united[-1][1])
        else:
            united.append((low, high))
    return united


def _connected(raw: Raw, at: datetime, whose: str) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """On air, by visit or by device: when it was connected."""
    start, end = raw.show["started_at"], raw.show["ended_at"] or at
    viewer_of = {row["id"]: row["viewer_id"] for row in raw.visits}
    spans: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in raw.intervals:
        beat = raw.beats.get(row["worker_id"])
        open_until = end if beat is not None and beat > at - BEAT_LASTS else beat or row["from_at"]
        low, high = max(start, row["from_at"]), min(end, row["to_at"] or open_until)
        if low < high:
            spans[row["visit_id"] if whose == "visit" else viewer_of[row["visit_id"]]].append((low, high))
    return {one: _united(own) for one, own in spans.items()}


def _effective(raw: Raw, at: datetime) -> int:
    stays = (sum((high - low for low, high in own), timedelta()) for own in _connected(raw, at, "visit").values())
    return sum(stay >= timedelta(seconds=10) for stay in stays)


def _by_time(raw: Raw, at: datetime) -> list[tuple[int, int, int | None]]:
    """Before, each quarter of an hour of the show, after: visits, devices that came then first, the most at once."""
    start, end = raw.show["started_at"], raw.show["ended_at"] or at
    quarters = [start]
    while quarters[-1] + timedelta(minutes=15) < end:
        quarters.append(quarters[-1] + timedelta(minutes=15))
    ends = [start, *quarters[1:], *([end] if raw.show["ended_at"] else []), None]
    parts = list(zip([None, *quarters, *([end] if raw.show["ended_at"] else [])], ends, strict=True))
    first: dict[UUID, datetime] = {}
    for row in raw.visits:
        first[row["viewer_id"]] = min(row["at"], first.get(row["viewer_id"], row["at"]))
    spans = _connected(raw, at, "device")
    found = []
    for nth, (low, high) in enumerate(parts):
        outside = nth == 0 or (raw.show["ended_at"] and nth == len(parts) - 1)
        found.append(
            (
                sum((low is None or low <= row["at"]) and (high is None or row["at"] < high) for row in raw.visits),
                sum((low is None or low <= came) and (high is None or came < high) for came in first.values()),
                None if outside else _most(spans, low or start, min(high or end, end)),
            )
        )
    return found


def _most(spans: Mapping[UUID, Sequence[tuple[datetime, datetime]]], low: datetime, high: datetime) -> int:
    moments = {low} | {one for own in spans.values() for span in own for one in span if low <= one < high}
    return max(
        (sum(any(a <= here < b for a, b in own) for own in spans.values()) for here in moments if here < high),
        default=0,
    )


def _pace(raw: Raw) -> tuple[Any, ...]:
    start, end = raw.show["started_at"], raw.show["ended_at"]
    at = [a["at"] for a in raw.applications]
    came: dict[UUID, datetime] = {}
    for row in raw.visits:
        came[row["viewer_id"]] = min(row["at"], came.get(row["viewer_id"], row["at"]))
    undone = {change["undoes"] for change in raw.changes}
    own = [a for a in raw.applications if not a["recorded_by"] and came.get(a["viewer_id"], a["at"] + DAY) <= a["at"]]
    apply = [a["at"] - came[a["viewer_id"]] for a in own]
    until: dict[str, list[timedelta]] = {"contacted": [], "hired": []}
    for a in raw.applications:
        for what, took in until.items():
            moves = [
                change["at"]
                for change in raw.changes
                if change["application_id"] == a["id"]
                and change["kind"] in OUTCOMES[what]
                and change["id"] not in undone
            ]
            if moves:
                took.append(min(moves) - a["at"])
    return (
        sum(start <= one and (end is None or one < end) for one in at),
        sum(end is not None and end <= one < end + timedelta(days=7) for one in at),
        *(_percentiles(took) for took in (apply, until["contacted"], until["hired"])),
    )


def _percentiles(took: Sequence[timedelta]) -> tuple[int | None, int | None]:
    seconds = sorted(one // timedelta(seconds=1) for one in took)
    if not seconds:
        return None, None
    return seconds[-(-len(seconds) // 2) - 1], seconds[-(-len(seconds) * 9 // 10) - 1]


def _on_stage(raw: Raw, at: datetime) -> dict[UUID, int]:
    end = raw.show["ended_at"] or at
    times: dict[UUID, timedelta] = {card["id"]: timedelta() for card in raw.cards}
    here: tuple[UUID, datetime] | None = None
    for row in [*raw.stage, {"kind": "broadcast_ended", "at": end}]:
        if row["kind"] not in ("card_pushed", "card_withdrawn", "undone", "broadcast_ended"):
            continue
        if here:
            times[here[0]] += row["at"] - here[1]
        on_stage = row["body"].get("on_stage") if row["kind"] == "undone" else None
        here = (row["card_id"], row["at"]) if row["kind"] == "card_pushed" else None
        here = (UUID(on_stage["card_id"]), row["at"]) if on_stage else here
    return {card: time // timedelta(seconds=1) for card, time in times.items()}
