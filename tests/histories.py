"""Random histories of a show's audience as several workers store it, and what each must add up to, counted naively."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from storage.applications import ApplicationStore
from storage.audience import AudienceStore
from storage.people import People
from storage.pool import Database, Transaction
from storage.vault import Vault
from stream_jobs.domain.events import Signal, SignalStep, Watcher
from stream_jobs.domain.ids import (
    NO_CHANNEL,
    BroadcastId,
    CardId,
    ChannelId,
    EmployerId,
    JobId,
    OrgId,
    ReceiptId,
    ViewerId,
    VisitId,
    WorkerId,
    uuid7,
)
from stream_jobs.ports import NewApplication
from tests.builders import BY, Store, a_broadcast, a_job, an_employer, cards_of
from tests.outcomes import Followed, follow
from tests.report_builders import a_channel

SHOW = UUID(int=0)
BITS = {"visit": 1, "impression": 2, "click": 4, "apply_start": 8, "application": 16}
BESIDE = {"call": 32, "late": 64, "forged": 65}
BESIDE |= {"no_visit": 128, "no_card": 129, "no_push": 130, "wrong_time": 131, "not_there": 133}


class Crash(Exception):
    """A worker died."""


class Dying(Database):
    """A worker's database, in which the next transaction dies: before a statement, before its commit, or after it."""

    def __init__(self, database: Database, dice: random.Random, share: float) -> None:
        self._database = database
        self._dice = dice
        self._share = share

    @asynccontextmanager
    async def transaction(
        self, org_id: OrgId | None, *, one_moment: bool = False, first: str = ""
    ) -> AsyncIterator[Transaction]:
        dies = self._dice.random() < self._share
        statement = self._dice.randrange(1, 8)
        async with self._database.transaction(org_id, one_moment=one_moment, first=first) as tx:
            yield _Statements(tx, statement) if dies else tx  # type: ignore[misc]  # asks the same
            if dies and statement % 2:
                raise Crash
        if dies:
            raise Crash


class _Statements:
    """A transaction that dies before its nth statement."""

    def __init__(self, tx: Transaction, nth: int) -> None:
        self._tx = tx
        self._left = nth

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def ask(*given: Any, **named: Any) -> Any:
            self._left -= 1
            if not self._left:
                raise Crash
            return await getattr(self._tx, name)(*given, **named)

        return ask


@dataclass(frozen=True)
class Stage:
    """What all histories of a store share: making jobs and texts takes longer than a history."""

    store: Store
    jobs: Sequence[JobId]
    employers: Sequence[EmployerId]
    devices: list[ViewerId] = field(default_factory=list)
    """Those that came to any of its shows."""

    def of(self, database: Database) -> tuple[AudienceStore, ApplicationStore]:
        """What a worker stores with."""
        return AudienceStore(database), ApplicationStore(database, People(Vault(self.store.keys)), 365)


async def a_stage(store: Store) -> Stage:
    employers = [await an_employer(store), await an_employer(store)]
    jobs = [await a_job(store, title=f"岗位{n}", employer=employers[n % 2]) for n in range(3)]
    return Stage(store, jobs, [employers[n % 2] for n in range(3)])


Event = tuple[Watcher, str, UUID]


@dataclass
class History:
    """One show. believed: event id → who, step, card; the rest by event id → channel and what it is counted as."""

    stage: Stage
    dice: random.Random
    broadcast: BroadcastId = field(init=False)
    cards: list[CardId] = field(init=False)
    first: dict[ViewerId, ChannelId] = field(default_factory=dict)
    believed: dict[UUID, Event] = field(default_factory=dict)
    beside: set[tuple[UUID, ChannelId, UUID, str]] = field(default_factory=set)
    channels: list[ChannelId] = field(default_factory=list)
    visits: list[tuple[Watcher, datetime]] = field(default_factory=list)
    connected: set[VisitId] = field(default_factory=set)
    followed: list[Followed] = field(default_factory=list)

    async def run(self) -> None:
        store = self.stage.store
        self.broadcast = await a_broadcast(store, jobs=0)
        await store.stores.trays.add_cards(store.org, self.broadcast, self.stage.jobs, [], at=store.clock(), by=BY)
        self.cards = await cards_of(store, self.broadcast)
        self.channels = [NO_CHANNEL, await a_channel(store, self.broadcast, "海报")]
        await self._come()
        signals = self._signals(store.clock())
        await self._sent(signals, store.clock() + timedelta(seconds=30))
        await self._apply()
        for one in self.followed:
            await follow(store, self.dice, one)
        await self._apply_again()
        store.clock.forward(minutes=5)
        await self._sent(self._minutes_later(store.clock(), late=False), store.clock())
        late = self._minutes_later(store.clock() - timedelta(seconds=5), late=True)
        await store.actions.stage.end(store.org, self.broadcast, BY, uuid4())
        await self._sent([*late, *self.dice.sample(signals, len(signals) // 3)], store.clock() + timedelta(minutes=5))

    # ── what happens ──────────────────────────────────────────────────────────────────────────────────────────

    async def _come(self) -> None:
        """Each device's first page load is stored first, the others whenever; some were at earlier shows."""
        store, dice = self.stage.store, self.dice
        known, here = self.stage.devices, dice.randint(1, 6)
        back = dice.sample(known, min(len(known), here // 3))
        devices = [*back, *(ViewerId(uuid4()) for _ in range(here - len(back)))]
        known += devices[len(back) :]
        firsts = [self._visitor(device) for device in devices]
        self.first = {watcher.viewer_id: watcher.channel_id for watcher in firsts}
        again = [self._visitor(dice.choice(firsts).viewer_id) for _ in range(dice.randint(0, 6))]
        self.visits = [(watcher, store.clock()) for watcher in (*firsts, *again)]
        for watcher, _ in self.visits:
            self.believed[watcher.visit_id] = (watcher, "visit", SHOW)
        await self._by_workers([self._visiting(self._shuffled(self.visits[: len(firsts)]))])
        await self._by_workers([self._visiting(part) for part in self._parts(self.visits)])
        some = dice.sample(firsts, len(firsts) // 2)
        worker = WorkerId(uuid4())
        await store.stores.audience.open_intervals(
            [(store.org, self.broadcast, watcher.visit_id, worker, store.clock()) for watcher in some]
        )
        self.connected = {watcher.visit_id for watcher in some}

    def _visitor(self, viewer: ViewerId) -> Watcher:
        """Some of those through no channel came by a forged link."""
        channel = self.dice.choice(self.channels)
        watcher = Watcher(viewer, VisitId(uuid4()), channel, channel == NO_CHANNEL and self.dice.random() < 0.5)
        if watcher.forged_link:
            self.beside.add((watcher.visit_id, channel, SHOW, "forged"))
        return watcher

    def _signals(self, at: datetime) -> list[tuple[Watcher, Signal]]:
        """Some of them cannot be true."""
        found = []
        for _ in range(self.dice.randint(0, 25)):
            watcher, _ = self.dice.choice(self.visits)
            card, push, when = self.dice.choice(self.cards), None, at + timedelta(seconds=self.dice.randint(0, 20))
            match self.dice.randrange(20):
                case 0:
                    watcher, why = Watcher(ViewerId(uuid4()), VisitId(uuid4()), watcher.channel_id), "no_visit"
                case 1:
                    card, why = CardId(uuid4()), "no_card"
                case 2:
                    push, why = 999, "no_push"
                case 3:
                    when, why = at - timedelta(hours=1), "wrong_time"
                case _:
                    why = ""
            found.append(self._signal(watcher, card, when, why, push))
        return [*found, *self._told_by_another_page(at)]

    def _told_by_another_page(self, at: datetime) -> list[tuple[Watcher, Signal]]:
        """Counted as what the page it happened in did, when both are of one device."""
        found = []
        for _ in range(self.dice.randint(0, 6)):
            page, teller = self.dice.choice(self.visits)[0], self.dice.choice(self.visits)[0]
            own = page.viewer_id == teller.viewer_id
            card, (who, why) = self.dice.choice(self.cards), (page, "") if own else (teller, "no_visit")
            _, signal = self._signal(who, card, at, why, None)
            found.append((teller, signal.model_copy(update={"visit_id": page.visit_id})))
        return found

    def _minutes_later(self, at: datetime, *, late: bool) -> list[tuple[Watcher, Signal]]:
        """Counted where the device was connected."""
        found = []
        for _ in range(self.dice.randint(0, 5)):
            watcher, _ = self.dice.choice(self.visits)
            there = watcher.visit_id in self.connected
            why = "" if there else "not_there"
            found.append(self._signal(watcher, self.dice.choice(self.cards), at, why, None, late=late))
        return found

    def _signal(
        self, watcher: Watcher, card: CardId, at: datetime, why: str, push: int | None, *, late: bool = False
    ) -> tuple[Watcher, Signal]:
        """What is believed counts once; of a card seen that is once a viewer, as what brought the viewer first."""
        step = self.dice.choice(list(SignalStep))
        signal = Signal(event_id=uuid4(), step=step, card_id=card, push_seq=push, at=at)
        if why:
            self.beside.add((signal.event_id, watcher.channel_id, SHOW, why))
            return watcher, signal
        key, believed = signal.event_id, watcher
        if step is SignalStep.IMPRESSION:
            key = uuid5(watcher.viewer_id, str(card))
            believed = replace(watcher, channel_id=self.first[watcher.viewer_id])
        if late and key not in self.believed:
            self.beside.add((key, believed.channel_id, SHOW, "late"))
        if step is SignalStep.CALL:
            self.beside |= {(key, believed.channel_id, place, "call") for place in (card, SHOW)}
        else:
            self.believed[key] = (believed, step.value, card)
        return watcher, signal

    async def _apply(self) -> None:
        """The same key again and again, from a device that came; some for two jobs."""
        parts: list[Callable[[Database], Awaitable[object]]] = []
        for nth in self.dice.sample(range(len(self.cards)), self.dice.randint(0, 2)):
            watcher, _ = self.dice.choice(self.visits)
            new = await self._application(watcher, self.stage.jobs[nth], f"+8613800000{self.dice.randint(1, 2):03}")
            self.believed[uuid4()] = (watcher, "application", self.cards[nth])
            self.followed.append(Followed(new))
            parts += [self._submitting([new] * self.dice.randint(1, 3))] * self.dice.randint(1, 2)
        await self._by_workers(parts)

    async def _apply_again(self) -> None:
        """Whoever withdrew some of them: open as before, and no application more."""
        withdrawn = [one for one in self.followed if one.state == "withdrawn"]
        for one in (one for one in withdrawn if self.dice.random() < 0.5):
            await self._by_workers([self._submitting([replace(one.new, key=uuid4(), receipt_id=self._receipt())])])
            one.state = "applied"

    def _receipt(self) -> ReceiptId:
        return ReceiptId(uuid7(self.stage.store.clock()))

    async def _application(self, watcher: Watcher, job: JobId, phone: str) -> NewApplication:
        store = self.stage.store
        consent = await store.actions.applying.consent(store.org, self.broadcast, job)
        return NewApplication(
            receipt_id=self._receipt(),
            org_id=store.org,
            broadcast_id=self.broadcast,
            job_id=job,
            viewer_id=watcher.viewer_id,
            key=uuid4(),
            phone=phone,
            name=None,
            consent_sha256=consent.text_sha256,
            push_seq=None,
            channel_id=watcher.channel_id,
            visit_id=watcher.visit_id,
            recorded_by=None,
            consent_given="ticked",
            at=store.clock(),
        )

    # ── how it is stored ──────────────────────────────────────────────────────────────────────────────────────

    async def _sent(self, signals: Sequence[tuple[Watcher, Signal]], at: datetime) -> None:
        await self._by_workers([self._appending(part, at) for part in self._parts(signals)])

    def _parts(self, things: Sequence[Any]) -> list[list[Any]]:
        """For three workers at once: out of order, each thing in one part at least, some twice, some in two parts."""
        parts: list[list[Any]] = [[] for _ in range(3)]
        for thing in (*things, *self.dice.choices(things, k=len(things) // 2)) if things else ():
            self.dice.choice(parts).append(thing)
        return [self._shuffled(part) for part in parts if part]

    def _shuffled(self, things: Sequence[Any]) -> list[Any]:
        return self.dice.sample(things, len(things))

    def _visiting(self, part: Sequence[tuple[Watcher, datetime]]) -> Callable[[Database], Awaitable[object]]:
        org = self.stage.store.org
        return lambda database: self.stage.of(database)[0].open_visits(org, self.broadcast, part)

    def _appending(self, part: Any, at: datetime) -> Callable[[Database], Awaitable[object]]:
        org = self.stage.store.org
        return lambda database: self.stage.of(database)[0].append(org, self.broadcast, part, at)

    def _submitting(self, batch: Sequence[NewApplication]) -> Callable[[Database], Awaitable[object]]:
        return lambda database: self.stage.of(database)[1].submit(batch)

    async def _by_workers(self, parts: Sequence[Callable[[Database], Awaitable[object]]]) -> None:
        """All at once; a worker that dies comes back and stores its part again, until it is told that it is stored."""

        async def one(store: Callable[[Database], Awaitable[object]]) -> None:
            while True:
                try:
                    answers = await store(Dying(self.stage.store.database, self.dice, 0.2))
                except Crash:
                    continue
                if not isinstance(answers, list) or not any(isinstance(answer, Crash) for answer in answers):
                    return

        await asyncio.gather(*(one(part) for part in parts))

    # ── what it must add up to ────────────────────────────────────────────────────────────────────────────────

    def naive(self) -> dict[tuple[UUID, UUID, int], tuple[int, int, int]]:
        """By card or employer, channel and step: viewers, those implied, events; from what was sent."""
        took: dict[tuple[UUID, ViewerId], set[int]] = defaultdict(set)
        events: dict[tuple[UUID, UUID, int], int] = defaultdict(int)
        employer_of = dict(zip(self.cards, self.stage.employers, strict=True))
        for watcher, step, card in self.believed.values():
            for place in {card, SHOW}:
                events[place, watcher.channel_id, BITS[step]] += 1
            for place in {card, SHOW, employer_of.get(CardId(card), SHOW)}:
                took[place, watcher.viewer_id].add(BITS[step])
        for _, channel, place, what in self.beside:
            events[place, channel, BESIDE[what]] += 1
        viewers: dict[tuple[UUID, UUID, int], int] = defaultdict(int)
        implied: dict[tuple[UUID, UUID, int], int] = defaultdict(int)
        for (place, viewer), steps in took.items():
            for bit in BITS.values():
                if bit <= max(steps) and (bit > 1 or place == SHOW):
                    viewers[place, self.first[viewer], bit] += 1
                    implied[place, self.first[viewer], bit] += bit not in steps
        return {key: (viewers[key], implied[key], events[key]) for key in viewers.keys() | events.keys()}


async def stored_sums(store: Store, broadcast: BroadcastId) -> dict[tuple[UUID, UUID, int], tuple[int, int, int]]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch(
            "SELECT card_id, channel_id, step, viewers, implied, events FROM step_count WHERE broadcast_id = $1",
            broadcast,
        )
    return {(row["card_id"], row["channel_id"], row["step"]): tuple(row)[3:] for row in rows}
