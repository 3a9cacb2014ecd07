"""What a test needs to exist, showing only what matters to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from obstore.store import MemoryStore

from storage.objects import ObjectStoreObjects
from storage.pool import Database
from storage.stores import Stores
from stream_jobs.actions import Actions
from stream_jobs.actions.phones import PhoneActions
from stream_jobs.assembly import actions_over, purging_over
from stream_jobs.domain.events import QuestionAnswered, QuestionKind, StageEntry, Watcher
from stream_jobs.domain.ids import (
    NO_CHANNEL,
    BroadcastId,
    CardId,
    EmployerId,
    JobId,
    OrgId,
    PolicyId,
    ViewerId,
    VisitId,
    uuid7,
)
from stream_jobs.domain.notices import NoticeKind
from stream_jobs.handlers import Handlers
from stream_jobs.keys import Keys
from stream_jobs.limits import LocalLimits, Quotas
from stream_jobs.ports import (
    By,
    JobFacts,
    NewBroadcast,
    NewEmployer,
    NewJob,
    NewOrganisation,
    NewPolicy,
    Receipt,
    Topic,
)
from stream_jobs.ports.notices import Notices
from stream_jobs.settings import Settings, read_settings
from stream_jobs.tokens import Tokens

BY = By(None, "场控小李")
_numbers = count(1)


class Clock:
    """A clock that stands until it is told to move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


@dataclass
class SentNotices:
    """Messages that reach nobody; a test reads the code it was sent."""

    told: list[tuple[NoticeKind, str, Mapping[str, str]]] = field(default_factory=list)

    reaches_phones: bool = True

    async def send(
        self, kind: NoticeKind, phone: str, text_params: Mapping[str, str], *, message_id: UUID | None = None
    ) -> None:
        self.told.append((kind, phone, text_params))

    @property
    def code(self) -> str:
        """The newest one."""
        return self.told[-1][2]["code"]


@dataclass
class RecordingBus:
    """A bus that reaches nobody and remembers what it was told; tests of the real one are in test_bus.py."""

    told: list[tuple[BroadcastId, Topic]] = field(default_factory=list)

    async def announce(self, broadcast_id: BroadcastId, topic: Topic, entry: StageEntry | None = None) -> None:
        self.told.append((broadcast_id, topic))


@dataclass(frozen=True, repr=False)
class Store:
    """Every action over a real database, for one organisation."""

    org: OrgId
    stores: Stores
    actions: Actions
    bus: RecordingBus
    clock: Clock
    database: Database
    tokens: Tokens
    keys: Keys
    notices: SentNotices = field(default_factory=SentNotices)

    @property
    def phones(self) -> PhoneActions:
        """Proving numbers."""
        stores = self.stores
        return PhoneActions(stores.phone_codes, self.notices, stores.verified_phones, self.clock, resend_seconds=60)

    def quotas(self, **changes: object) -> Quotas:
        """Limits of this process alone; settings can be changed by name."""
        return Quotas(read_settings({}, **changes), LocalLimits(), self.keys)


def in_memory() -> ObjectStoreObjects:
    """Objects of one test; tests of a folder's are in test_objects.py."""
    return ObjectStoreObjects(MemoryStore(), None)


def handlers_over(store: "Store", notices: Notices) -> Handlers:
    """What background work does, over a test's store."""
    return Handlers(store.stores, notices, purging_over(store.stores, Settings(), store.clock), store.clock)


async def a_store(database: Database, keys: Keys, clock: Clock) -> Store:
    stores = Stores(database, keys, in_memory(), retention_days=365)
    bus = RecordingBus()
    tokens = Tokens(keys.signing)
    actions = actions_over(stores, bus, tokens, clock, Settings())
    org = await an_organisation(stores, clock)
    return Store(org, stores, actions, bus, clock, database, tokens, keys)


async def an_organisation(stores: Stores, clock: Clock, name: str = "示例县人力资源和社会保障局") -> OrgId:
    org = OrgId(uuid7(clock()))
    await stores.organisations.add(
        NewOrganisation(org, name, "county", service_phone="0000-1200000", keeper_contact="0000-1200000"), clock()
    )
    return org


async def prove_phone(store: Store, viewer: ViewerId, phone: str) -> None:
    """The code that came to this phone comes back from this device."""
    await store.phones.ask_code(store.org, viewer, phone)
    await store.phones.confirm(store.org, viewer, phone, store.notices.code)


async def an_employer(store: Store, name: str | None = None, *, verified: bool = True) -> EmployerId:
    employer = EmployerId(uuid7(store.clock()))
    name = name or f"示例·企业{next(_numbers)}"
    await store.stores.jobs.add_employer(
        NewEmployer(
            employer,
            store.org,
            name,
            f"{name}有限公司",
            contact_name="招聘部",
            contact_phone="0000-1000003",
            calls_within="1–3个工作日",
            verified_at=store.clock().date() if verified else None,
            verified_until=date(2027, 3, 1) if verified else None,
        ),
        store.clock(),
    )
    return employer


async def a_job(
    store: Store,
    *,
    title: str = "注塑操作工",
    pay: str = "24元/小时",
    headcount: int | None = 40,
    employer: EmployerId | None = None,
    valid_until: date | None = None,
    requirements: str | None = None,
    workplace: str = "东莞塘厦",
) -> JobId:
    job = JobId(uuid7(store.clock()))
    employer = employer or await an_employer(store)
    facts = JobFacts(title, pay, workplace, headcount, headcount, valid_until=valid_until, requirements=requirements)
    await store.stores.jobs.add_jobs(store.org, [NewJob(job, store.org, employer, facts)], store.clock())
    return job


async def a_policy(store: Store) -> PolicyId:
    policy = PolicyId(uuid7(store.clock()))
    await store.stores.jobs.add_policy(
        NewPolicy(policy, store.org, "外出务工交通补助", "跨省务工满3个月", "每年最高500元", "村级服务站申请"),
        store.clock(),
    )
    return policy


async def a_broadcast(
    store: Store, *, jobs: int = 3, policies: int = 0, live: bool = True, rehearsal: bool = False, apply_days: int = 7
) -> BroadcastId:
    """A broadcast with that many jobs in its tray."""
    broadcast = BroadcastId(uuid7(store.clock()))
    await store.stores.broadcasts.create(
        NewBroadcast(
            broadcast,
            store.org,
            "就业暖心季·东莞专场",
            store.clock(),
            epoch=uuid4().hex[:8],
            series="示例·就业暖心季",
            unit="示例·东莞基地",
            host="示例主播甲",
            platform="快手",
            rehearsal=rehearsal,
            apply_days=apply_days,
        ),
        by=BY,
        at=store.clock(),
    )
    await store.stores.trays.add_cards(
        store.org,
        broadcast,
        [await a_job(store, title=f"岗位{n}") for n in range(1, jobs + 1)],
        [await a_policy(store) for _ in range(policies)],
        at=store.clock(),
        by=BY,
    )
    if live:
        await store.actions.stage.start(store.org, broadcast, BY, uuid4())
    return broadcast


async def a_long_log(store: Store, broadcast: BroadcastId, entries: int, characters: int = 10) -> int:
    """So many entries more, of an answer so long; returns the seq of the last. Nobody announces them."""
    card = (await cards_of(store, broadcast))[0]
    said = QuestionAnswered(card_id=card, kind=QuestionKind.SHIFT, answer="x" * characters, tray_version=2)
    async with store.database.transaction(store.org) as tx:
        return await tx.fetchval(  # type: ignore[no-any-return]  # a bigint
            """
            WITH before AS (
                SELECT seq FROM broadcast WHERE id = $1
            ), added AS (
                INSERT INTO stage_event (broadcast_id, seq, org_id, kind, body, by_name, at)
                SELECT $1, seq + nth, $2, $3, $4::text::jsonb, $5, $6 FROM before, generate_series(1, $7::bigint) AS nth
            )
            UPDATE broadcast SET seq = seq + $7 WHERE id = $1 RETURNING seq
            """,
            broadcast,
            store.org,
            said.type,
            said.model_dump_json(),
            BY.name,
            store.clock(),
            entries,
        )


async def cards_of(store: Store, broadcast: BroadcastId) -> list[CardId]:
    """The cards of a tray, in their order."""
    return [card.id for card in (await store.actions.stage.tray(store.org, broadcast)).cards]


async def jobs_of(store: Store, broadcast: BroadcastId) -> list[JobId]:
    tray = await store.actions.stage.tray(store.org, broadcast)
    return [card.job.id for card in tray.cards if card.job]


def a_watcher() -> Watcher:
    return Watcher(ViewerId(uuid4()), VisitId(uuid4()), NO_CHANNEL)


async def a_visit(store: Store, broadcast: BroadcastId, watcher: Watcher | None = None) -> Watcher:
    watcher = watcher or a_watcher()
    await store.actions.watching.visit(store.org, broadcast, watcher)
    return watcher


def a_phone(number: int) -> str:
    return f"138{number:08}"


async def apply(
    store: Store,
    broadcast: BroadcastId,
    job: JobId,
    *,
    watcher: Watcher | None = None,
    phone: str = "13800000001",
    name: str | None = "王师傅",
    key: UUID | None = None,
    push_seq: int | None = None,
) -> Receipt:
    """One application; needs `batching(store)` around it."""
    consent = await store.actions.applying.consent(store.org, broadcast, job)
    return await store.actions.applying.submit(
        store.org,
        broadcast,
        watcher or a_watcher(),
        key=key or uuid4(),
        job=job,
        phone=phone,
        name=name,
        consent_sha256=consent.text_sha256,
        push_seq=push_seq,
    )


def another_worker(store: Store) -> Store:
    """The same organisation as a process of its own would see it."""
    return replace(store, actions=actions_over(store.stores, store.bus, store.tokens, store.clock, Settings()))


@asynccontextmanager
async def batching(store: Store) -> AsyncIterator[None]:
    """Stores applications for as long as the block lasts."""
    task = asyncio.create_task(store.actions.batcher.run())
    # One that ran before refuses until it runs again.
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_waiting(store: Store, count: int) -> None:
    """Until so many transactions of this database wait for another's lock."""
    async with asyncio.timeout(10):
        while True:
            async with store.database.maintenance() as tx:
                if count == await tx.fetchval(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """
                ):
                    return
            await asyncio.sleep(0.01)
