"""Purging: exactly what its period has ended for, reported and recorded; a dry run takes nothing."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest

from admin.workbook import read_workbook
from storage.keeper import Keeper
from storage.keeping import KEEPERS
from storage.pool import Transaction
from stream_jobs.actions.purging import PurgeActions
from stream_jobs.domain.errors import ImportNotFound, StorageUnavailable
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, PeopleImportId, PersonId
from stream_jobs.domain.people_sheet.reading import read_people
from stream_jobs.notices import ConsoleNotices
from stream_jobs.ports import AccountRole, Resume
from stream_jobs.ports.people_imports import ListScope
from stream_jobs.ports.purging import Periods, PurgeClass
from stream_jobs.ports.work import Purge
from tests.builders import (
    BY,
    Store,
    a_broadcast,
    a_watcher,
    apply,
    batching,
    handlers_over,
    jobs_of,
    prove_phone,
    until_waiting,
)
from tests.integration.test_imports import jobs, uploaded
from tests.job_workbooks import a_row, a_workbook
from tests.people_workbooks import a_list
from tests.site import PASSWORD, accounts_over

PERIODS = Periods(timedelta(days=365), timedelta(days=180), timedelta(days=7), timedelta(days=90))


def _actions(store: Store) -> PurgeActions:
    return PurgeActions(store.stores.purges, PERIODS, store.clock)


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
    """Not while any of their applications may still be kept."""
    await _applied(store, "13800000001")
    began = store.clock.now
    store.clock.forward(days=100)
    await _applied(store, "13800000001")
    await _applied(store, "13800000002")
    async with store.database.transaction(store.org) as tx:
        until = {row["until"] for row in await tx.fetch("SELECT until FROM consent")}

    store.clock.now = began + timedelta(days=400)
    assert PurgeClass.PEOPLE not in await _counts(_actions(store), dry_run=True)
    store.clock.now = began + timedelta(days=100 + 366)
    assert len(until) == 2 and (await _counts(_actions(store), dry_run=True))[PurgeClass.PEOPLE] == (2, 0)
    assert (await _counts(_actions(store)))[PurgeClass.PEOPLE] == (2, 2)
    assert len(await store.stores.custody.erasures()) == 2


async def test_a_number_proven_by_who_never_applied_goes_as_well(store: Store) -> None:
    """A year after it was proven last."""
    began, device = store.clock.now, a_watcher().viewer_id
    found = []
    for days in (0, 100):
        store.clock.now = began + timedelta(days=days)
        await prove_phone(store, device, "13800000001")
    for days in (400, 467):
        store.clock.now = began + timedelta(days=days)
        found.append(await _counts(_actions(store)))

    assert found == [{}, {PurgeClass.PEOPLE: (1, 1)}]


async def test_a_person_who_cannot_be_erased_now_stops_nobody(store: Store) -> None:
    """The rest of the purge is done, and they are due tomorrow again."""
    for phone in ("13800000001", "13800000002"):
        await _applied(store, phone)
    store.clock.forward(days=400)
    failed: list[PersonId] = []

    async def fails_once(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
        if not failed:
            failed.append(person_id)
            raise StorageUnavailable

    KEEPERS.append(keeper := Keeper(forget=fails_once))
    try:
        counts = await _counts(_actions(store))
    finally:
        KEEPERS.remove(keeper)

    assert counts[PurgeClass.PEOPLE] == (2, 1)
    assert counts[PurgeClass.RESUMES] == (1, 1)
    assert (await _counts(_actions(store)))[PurgeClass.PEOPLE] == (1, 1)


async def test_who_applies_while_the_purge_looks_at_them_stays(store: Store) -> None:
    """Chosen, then waited for: by the time they can be erased they have given a new consent."""
    await _applied(store, "13800000001")
    store.clock.forward(days=400)
    broadcast = await a_broadcast(store)
    async with store.database.transaction(store.org) as tx:
        # As a batch that is storing an application of theirs.
        person = await tx.fetchval("SELECT id FROM person FOR KEY SHARE")
        purging = asyncio.create_task(_counts(_actions(store)))
        await until_waiting(store, 1)
        async with batching(store):
            applied = await apply(store, broadcast, (await jobs_of(store, broadcast))[0])
    counts = await purging

    assert applied.counted
    assert counts[PurgeClass.PEOPLE] == (1, 0)
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT true FROM keys.person_key WHERE person_id = $1", person)


async def test_what_is_under_a_legal_hold_is_kept_beyond_its_period(store: Store) -> None:
    """A résumé may be what the dispute is about; when the hold has ended, it goes."""
    await _applied(store, "13800000001")
    async with store.database.transaction(store.org) as tx:
        application = ApplicationId(await tx.fetchval("SELECT id FROM application"))
    until = (store.clock() + timedelta(days=200)).date()
    await store.stores.custody.hold(application, reason="仲裁案", until=until, by=BY, at=store.clock())
    store.clock.forward(days=181)

    held = await _counts(_actions(store))
    await store.stores.custody.lift(application, by=BY, at=store.clock())

    assert (held, await _counts(_actions(store))) == ({}, {PurgeClass.RESUMES: (1, 1)})


async def _brought_back(store: Store, broadcast: BroadcastId) -> PeopleImportId:
    """By 张经理, who took the list by its link."""
    (line,) = await store.actions.applying.listed(store.org, broadcast)
    link = await store.actions.collecting.make(
        store.org, broadcast, line.employer_id, purpose="联系应聘者", receiver="张经理", by=BY
    )
    _, entered = await store.actions.collecting.enter(link.token, link.code, shows=True)
    collector = entered.collector
    scope = ListScope(store.org, broadcast, collector.by, line.employer_id, collector.collection_id)
    content = a_list(("13800000001", "打通了", "带身份证"), header=("手机", "结果", "备注"))
    imports = store.actions.people_imports
    reading = read_people(read_workbook(content), "outcomes", imports.today())
    brought = await imports.preview(scope, "outcomes", "张经理的名单.xlsx", content, reading)
    await imports.confirm(scope, brought.id)
    return brought.id


async def _who_names(store: Store, name: str) -> set[str]:
    """The tables in which a name stands."""
    async with store.database.transaction(store.org) as tx:
        columns = await tx.fetch(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'org_id'"
        )
        naming = "SELECT count(*) FROM {} t WHERE position($1 IN t::text) > 0"
        return {row["table_name"] for row in columns if await tx.fetchval(naming.format(row["table_name"]), name)}


async def test_links_and_lists_of_people_go_with_the_names_in_them(store: Store) -> None:
    """Ninety days after the link ended and the list was brought; who was told, and when, stays."""
    broadcast = await _applied(store, "13800000001")
    brought = await _brought_back(store, broadcast)
    began, found = store.clock.now, {}
    for days in (1.5, 89, 91, 94):
        store.clock.now = began + timedelta(days=days)
        await store.stores.people_imports.expire(store.clock())
        found[days] = await _counts(_actions(store))

    tables = ("collection", "collection_ticket", "people_import", "people_import_row", "hand_over", "follow_up")
    async with store.database.transaction(store.org) as tx:
        rows = {table: await tx.fetchval(f"SELECT count(*) FROM {table}") for table in tables}  # noqa: S608  # above
        told = await tx.fetchval("SELECT count(*) FROM application_event WHERE import_id = $1", brought)
    assert found[1.5] == found[89] == {}
    assert found[91] == {PurgeClass.PEOPLE_LISTS: (1, 1)}
    assert found[94] == {PurgeClass.COLLECTION_LINKS: (1, 1)}
    assert rows == dict.fromkeys(tables[:4], 0) | dict.fromkeys(tables[4:], 1)
    assert told == 1
    assert [act.by_link for act in await store.actions.applying.handed_over(store.org, broadcast)] == [True]


async def test_who_took_and_brought_back_a_list_is_named_in_the_audit_alone_when_its_people_are_gone(
    store: Store,
) -> None:
    """The act, what was seen, moved and noted stay without a name; figures and history are as they were."""
    broadcast = await _applied(store, "13800000001")
    await _brought_back(store, broadcast)
    (line,) = await store.actions.applying.listed(store.org, broadcast)
    told = (await store.actions.report.report_now(store.org, broadcast)).employers
    began, found = store.clock.now, {}
    for days in (364, 366, 367):
        store.clock.now = began + timedelta(days=days)
        await store.stores.people_imports.expire(store.clock())
        found[days] = (await _counts(_actions(store))).get(PurgeClass.RECEIVERS)
        if days == 364:
            assert await _who_names(store, "张经理") == {"audit", "hand_over", "application_event", "follow_up"}

    (act,) = await store.actions.applying.handed_over(store.org, broadcast)
    opened = await store.actions.recruiting.open(store.org, line.id, BY, employer=line.employer_id)
    assert found == {364: None, 366: (4, 4), 367: None}
    assert await _who_names(store, "张经理") == {"audit"}
    assert (act.receiver, act.count, act.at) == (None, 1, began)
    assert [note.by for note in opened.follow_ups] == [None]
    assert (await store.actions.report.report_now(store.org, broadcast)).employers == told


async def test_who_received_a_list_is_named_as_long_as_anybody_on_it_is_kept(store: Store) -> None:
    """They may have applied again since, or be under a legal hold: they may still ask who has their number."""
    broadcast = await _applied(store, "13800000001")
    (line,) = await store.actions.applying.listed(store.org, broadcast)
    await store.actions.applying.hand_over(
        store.org, broadcast, line.employer_id, purpose="联系应聘者", receiver="张经理", by=BY
    )
    began, found = store.clock.now, {}
    store.clock.forward(days=100)
    await _applied(store, "13800000001")
    until = (began + timedelta(days=470)).date()
    await store.stores.custody.hold(line.id, reason="仲裁案", until=until, by=BY, at=store.clock())
    for days in (366, 467, 471):
        store.clock.now = began + timedelta(days=days)
        found[days] = await _counts(_actions(store))

    assert PurgeClass.RECEIVERS not in found[366] and PurgeClass.RECEIVERS not in found[467]
    assert found[467][PurgeClass.PEOPLE] == (1, 1) and PurgeClass.RECEIVERS in found[471]
    assert await _who_names(store, "张经理") == {"audit"}


async def test_an_uploaded_list_of_jobs_goes_and_its_jobs_stay(store: Store) -> None:
    """Ninety days after it was confirmed; its name, and what stood in it, may name people."""
    brought = await uploaded(store, a_workbook(a_row()), "李四的岗位.xlsx")
    store.clock.forward(days=80)
    await store.actions.imports.confirm(store.org, brought.id, BY)
    store.clock.forward(days=89)
    early = await _counts(_actions(store))
    store.clock.forward(days=2)
    late = await _counts(_actions(store))

    assert (early, late) == ({}, {PurgeClass.JOB_LISTS: (1, 1)})
    assert await jobs(store) == ["电子厂普工"]
    with pytest.raises(ImportNotFound):
        await store.actions.imports.one(store.org, brought.id)
    async with store.database.transaction(store.org) as tx:
        assert not await tx.fetchval("SELECT count(*) FROM import_row")


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
