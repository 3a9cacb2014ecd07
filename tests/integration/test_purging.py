"""Purging: exactly what its period has ended for, reported and recorded; a dry run takes nothing."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from stream_jobs.actions.purging import PurgeActions
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.domain.ids import BroadcastId, OrgId, PersonId
from stream_jobs.notices import ConsoleNotices
from stream_jobs.ports import AccountRole, By, Resume
from stream_jobs.ports.purging import Periods, PurgeClass
from stream_jobs.ports.work import Purge
from tests.builders import BY, Store, a_broadcast, a_watcher, apply, batching, handlers_over, jobs_of
from tests.site import PASSWORD, accounts_over

PERIODS = Periods(timedelta(days=365), timedelta(days=180), timedelta(days=7), timedelta(days=90))


@dataclass
class Erased:
    """Remembers whom it was to erase."""

    people: list[tuple[OrgId, PersonId]] = field(default_factory=list)
    fails: bool = False

    async def erase_person(self, org_id: OrgId, person_id: PersonId, *, by: By, reason: str, at: datetime) -> None:
        if self.fails:
            raise StorageUnavailable
        self.people.append((org_id, person_id))


def _actions(store: Store, erasing: Erased | None = None) -> PurgeActions:
    return PurgeActions(store.stores.purges, erasing, PERIODS, store.clock)


async def _counts(actions: PurgeActions, *, dry_run: bool = False) -> dict[PurgeClass, tuple[int, int]]:
    counts = await actions.purge(dry_run=dry_run)
    return {count.kind: (count.due, count.done) for count in counts if count.due or count.done}


async def _applied(store: Store, phone: str) -> BroadcastId:
    broadcast, watcher = await a_broadcast(store), a_watcher()
    async with batching(store):
        receipt = await apply(store, broadcast, (await jobs_of(store, broadcast))[0], watcher=watcher, phone=phone)
    await store.actions.applying.save_resume(
        store.org, broadcast, watcher.viewer_id, receipt.receipt_id, Resume(skills="注塑")
    )
    return broadcast


async def _rows(store: Store) -> Counter[str]:
    async with store.database.transaction(store.org) as tx:
        return Counter(
            {
                table: await tx.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608  # named below
                for table in ("vault.resume", "host_command", "session", "application", "audit")
            }
        )


async def test_each_class_goes_when_its_own_period_has_ended(store: Store) -> None:
    """Résumés after 180 days, commands' keys a week after the show, sessions 90 days after they ended."""
    broadcast = await _applied(store, "13800000001")
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    accounts = accounts_over(store)
    account = await accounts.create_account(
        store.org, role=AccountRole.HOST, login="host", password=PASSWORD, name="甲", employer=None, by=BY
    )
    await accounts.sign_in(account.login, PASSWORD)
    began, found = store.clock.now, {}
    for days in (6, 8, 89, 92, 179, 181):
        store.clock.now = began + timedelta(days=days)
        found[days] = await _counts(_actions(store))

    assert found[6] == {} and found[89] == {} and found[179] == {}
    assert found[8] == {PurgeClass.COMMAND_KEYS: (2, 2)}
    assert found[92] == {PurgeClass.SESSIONS: (1, 1)}
    assert found[181] == {PurgeClass.RESUMES: (1, 1)}
    assert (await _rows(store))["application"] == 1


async def test_a_person_is_due_the_day_after_the_last_consent_ended(store: Store) -> None:
    """Not while any of their applications may still be kept; until somebody can erase, they are counted and stay."""
    await _applied(store, "13800000001")
    began = store.clock.now
    store.clock.forward(days=100)
    await _applied(store, "13800000001")
    await _applied(store, "13800000002")
    async with store.database.transaction(store.org) as tx:
        until = {row["until"] for row in await tx.fetch("SELECT until FROM consent")}
    erased = Erased()

    store.clock.now = began + timedelta(days=400)
    assert PurgeClass.PEOPLE not in await _counts(_actions(store, erased), dry_run=True)
    store.clock.now = began + timedelta(days=100 + 366)
    assert len(until) == 2 and (await _counts(_actions(store)))[PurgeClass.PEOPLE] == (2, 0)
    assert (await _counts(_actions(store, erased)))[PurgeClass.PEOPLE] == (2, 2)
    assert len(set(erased.people)) == 2


async def test_a_number_proven_by_who_never_applied_goes_as_well(store: Store) -> None:
    """A year after it was proven last."""
    began, device = store.clock.now, a_watcher().viewer_id
    found = []
    for days in (0, 100):
        store.clock.now = began + timedelta(days=days)
        await store.stores.verified_phones.record(store.org, device, "+8613800000001", store.clock())
    for days in (400, 467):
        store.clock.now = began + timedelta(days=days)
        found.append(await _counts(_actions(store, Erased())))

    assert found == [{}, {PurgeClass.PEOPLE: (1, 1)}]


async def test_a_person_who_cannot_be_erased_now_stops_nobody(store: Store) -> None:
    """The rest of the purge is done, and they are due tomorrow again."""
    await _applied(store, "13800000001")
    store.clock.forward(days=400)

    counts = await _counts(_actions(store, Erased(fails=True)))

    assert counts[PurgeClass.PEOPLE] == (1, 0)
    assert counts[PurgeClass.RESUMES] == (1, 1)


async def test_a_dry_run_takes_nothing_and_a_purge_is_recorded(store: Store) -> None:
    """What it says is due is what goes; the audit says how much of what."""
    await _applied(store, "13800000001")
    store.clock.forward(days=181)
    before = await _rows(store)

    dry = await _counts(_actions(store), dry_run=True)
    assert await _rows(store) == before
    wet = await _counts(_actions(store))
    again = await _counts(_actions(store))

    assert dry == {PurgeClass.RESUMES: (1, 0)} and wet == {PurgeClass.RESUMES: (1, 1)} and again == {}
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT actor, detail FROM audit WHERE action = 'purge'")
    assert [(row["actor"], row["detail"]) for row in rows] == [("定期清理", {"resumes": 1})]


async def test_the_calendar_purges(store: Store) -> None:
    """Every night, as background work."""
    await _applied(store, "13800000001")
    store.clock.forward(days=181)

    await handlers_over(store, ConsoleNotices()).handle(None, Purge(), store.clock())

    assert (await _rows(store))["vault.resume"] == 0
