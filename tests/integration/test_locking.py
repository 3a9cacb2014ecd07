"""One order in which rows of people are locked: whoever waits for one holds none that comes later."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from admin.workbook import read_workbook
from storage.application_exports import application_lines
from storage.export_states import Destroyed, finish
from storage.file_parts import Kept
from storage.file_reading import FILE, inside
from storage.people import People
from storage.pool import Database, Transaction
from storage.vault import Vault
from stream_jobs.domain.errors import StreamJobsError
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.following import State
from stream_jobs.domain.ids import (
    ApplicationId,
    BroadcastId,
    EmployerId,
    JobId,
    OrgId,
    PeopleImportId,
    PersonId,
    ReceiptId,
    ResumeFileId,
    uuid7,
)
from stream_jobs.domain.people_sheet.reading import read_people
from stream_jobs.domain.resume_files import FileKind
from stream_jobs.ports import AccountRole, By, Move, NewApplication, NewFollowUp, Receipt, Resume
from stream_jobs.ports.exports import ExportFormat, ExportLine, ExportScope, ExportWanted
from stream_jobs.ports.files import Inspected, NewFile, Sender
from stream_jobs.ports.people_imports import ListScope, PeopleImportBody, RowWritten
from stream_jobs.ports.purging import Periods
from tests.builders import Store, a_broadcast, a_phone, a_watcher, apply, batching, jobs_of, prove_phone
from tests.people_workbooks import a_list
from tests.site import PASSWORD, accounts_over

PERIODS = Periods(timedelta(days=365), timedelta(days=180), timedelta(days=7), timedelta(days=90))

# Of both people's first applications.
NUMBERS = ("0001", "0003")


@dataclass
class Scene:
    """Two people with a device each, who applied for the same two jobs and took the second back; what names them."""

    store: Store
    phones: tuple[str, str]
    broadcast: BroadcastId
    jobs: Sequence[JobId]
    devices: Sequence[Watcher]
    people: Sequence[PersonId]
    # By person, then job.
    applications: Sequence[Sequence[ApplicationId]]
    employer: EmployerId
    by: By
    batch: UUID
    scope: ListScope
    writing: PeopleImportId
    confirmed: PeopleImportId
    export: Any
    ready: UUID
    file: ResumeFileId
    link: Any
    code: str

    @property
    def at(self) -> Any:
        return self.store.clock()

    def new(self, nth: int, job: JobId, sha256: str) -> NewApplication:
        return NewApplication(
            receipt_id=ReceiptId(uuid7(self.at)),
            org_id=self.store.org,
            broadcast_id=self.broadcast,
            job_id=job,
            viewer_id=self.devices[nth].viewer_id,
            key=uuid4(),
            phone=f"+86{self.phones[nth]}",
            name="王师傅",
            consent_sha256=sha256,
            push_seq=None,
            channel_id=self.devices[nth].channel_id,
            visit_id=self.devices[nth].visit_id,
            recorded_by=None,
            consent_given="ticked",
            at=self.at,
        )

    async def list_(self, *rows: tuple[str, ...]) -> PeopleImportBody:
        content = a_list(*rows, header=("编号", "结果", "备注"))
        imports = self.store.actions.people_imports
        reading = read_people(read_workbook(content), "outcomes", imports.today())
        return await imports.preview(self.scope, "outcomes", "名单.xlsx", content, reading)


async def a_scene(store: Store, phones: tuple[str, str] = ("13800000001", "13800000002")) -> Scene:
    broadcast, devices = await a_broadcast(store), (a_watcher(), a_watcher())
    jobs = await jobs_of(store, broadcast)
    applications = []
    async with batching(store):
        for device, phone in zip(devices, phones, strict=True):
            made: list[Receipt] = []
            for job in jobs[:2]:
                store.clock.forward(seconds=1)
                made.append(await apply(store, broadcast, job, watcher=device, phone=phone))
            applications.append([ApplicationId(one.receipt_id) for one in made])
            await store.actions.applying.withdraw(store.org, broadcast, device.viewer_id, made[1].receipt_id)
            await store.actions.applying.save_resume(
                store.org, broadcast, device.viewer_id, made[0].receipt_id, Resume(skills="叉车证")
            )
    await prove_phone(store, devices[0].viewer_id, phones[0])
    await store.phones.ask_code(store.org, devices[1].viewer_id, phones[1])
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT id, person_id, employer_id FROM application")
    of = {row["id"]: row for row in rows}
    account = await accounts_over(store).create_account(
        store.org,
        role=AccountRole.ORGANISER,
        login=uuid4().hex,
        password=PASSWORD,
        name="张老师",
        employer=None,
        by=By(None, "测试"),
    )
    by = By(account.id, account.name)
    firsts = [made[0] for made in applications]
    moved = await store.actions.recruiting.move(
        store.org, [Move(id_, State.VALID) for id_ in firsts], by, employer=None
    )
    assert moved.batch_id
    scene = Scene(
        store,
        phones,
        broadcast,
        jobs,
        devices,
        [PersonId(of[id_]["person_id"]) for id_ in firsts],
        applications,
        EmployerId(of[firsts[0]]["employer_id"]),
        by,
        moved.batch_id,
        ListScope(store.org, broadcast, by),
        writing=PeopleImportId(uuid4()),
        confirmed=PeopleImportId(uuid4()),
        export=None,
        ready=uuid4(),
        file=ResumeFileId(uuid7(store.clock())),
        link=None,
        code=store.notices.code,
    )
    await _add_lists_exports_and_a_file(scene)
    return scene


async def _add_lists_exports_and_a_file(scene: Scene) -> None:
    store, by = scene.store, scene.by
    confirmed = await scene.list_(*((number, "已联系", "好") for number in NUMBERS))
    scene.confirmed = confirmed.id
    await store.actions.people_imports.confirm(scene.scope, scene.confirmed)
    writing = await scene.list_(*((number, "约了面试", "周三") for number in NUMBERS))
    scene.writing = writing.id
    assert confirmed.totals.imports == writing.totals.imports == len(NUMBERS)
    await store.stores.people_imports.begin(scene.scope, scene.writing, scene.at)
    exports = store.stores.exports
    for purpose in ("contact", None):
        wanted = ExportWanted(scene.broadcast, ExportScope.BROADCAST, None, ExportFormat.CSV, purpose, "zh-CN")
        asked = await store.actions.exports.ask(store.org, wanted, by)
        begun = await exports._begin(store.org, asked.id, scene.at)
        assert begun
        scene.export = begun[0]
        if purpose:
            scene.ready = asked.id
            async for _ in _lines(scene):
                pass
            async with store.database.transaction(store.org) as tx:
                await finish(tx, scene.export, 1, scene.at)
    sender = Sender(scene.broadcast, scene.devices[0].viewer_id, ReceiptId(scene.applications[0][0]))
    new, until = NewFile(scene.file, FileKind.PDF, "简历.pdf", 4), scene.at + timedelta(days=1)
    await store.stores.files.create(store.org, sender, new, at=scene.at, expires_at=until, most=3)

    async def content() -> AsyncIterator[bytes]:
        yield b"%PDF"

    await store.stores.files.append(store.org, sender, scene.file, 0, content(), at=scene.at, expires_at=until)
    scene.link = await store.actions.collecting.make(
        store.org, scene.broadcast, scene.employer, purpose="联系应聘者", receiver="张经理", by=by
    )


# ── who writes ────────────────────────────────────────────────────────────────────────────────────────────────


async def _apply(scene: Scene, jobs: Sequence[JobId]) -> None:
    """As one batch, the later person first."""
    store = scene.store
    hashes = [(await store.actions.applying.consent(store.org, scene.broadcast, job)).text_sha256 for job in jobs]
    batch = [scene.new(nth, job, sha256) for nth, job, sha256 in zip((1, 0), jobs, hashes, strict=True)]
    for answer in await store.stores.applications.submit(batch):
        if isinstance(answer, BaseException):
            raise answer


async def _applies(scene: Scene) -> None:
    await _apply(scene, [scene.jobs[2]] * 2)


async def _applies_again(scene: Scene) -> None:
    await _apply(scene, [scene.jobs[1]] * 2)


async def _withdraws(scene: Scene) -> None:
    receipt = ReceiptId(scene.applications[0][0])
    await scene.store.actions.applying.withdraw(scene.store.org, scene.broadcast, scene.devices[0].viewer_id, receipt)


async def _withdraws_on_the_page(scene: Scene) -> None:
    await scene.store.actions.my_page.withdraw(scene.store.org, scene.devices[0].viewer_id, scene.applications[0][0])


async def _forgets(scene: Scene) -> None:
    await scene.store.stores.my_pages.forget_here(
        scene.store.org, scene.devices[1].viewer_id, scene.people[1], scene.at
    )


async def _saves_a_resume(scene: Scene) -> None:
    await scene.store.actions.applying.save_resume(
        scene.store.org,
        scene.broadcast,
        scene.devices[0].viewer_id,
        ReceiptId(scene.applications[0][0]),
        Resume(skills="焊工证"),
    )


async def _announces_a_file(scene: Scene) -> None:
    sender = Sender(scene.broadcast, scene.devices[0].viewer_id, ReceiptId(scene.applications[0][0]))
    new = NewFile(ResumeFileId(uuid7(scene.at)), FileKind.PDF, "简历.pdf", 1)
    await scene.store.stores.files.create(
        scene.store.org, sender, new, at=scene.at, expires_at=scene.at + timedelta(days=1), most=3
    )


async def _a_file_is_accepted(scene: Scene) -> None:
    store = scene.store
    async with store.database.transaction(store.org) as tx:
        row = await tx.fetchrow(f"{FILE} WHERE f.id = $1", scene.file)
    if row is None:
        return
    kept = Kept(store.org, scene.file, inside(store.stores.persons._people, row).bytes_key)
    await store.stores.files._accept(kept, row, Inspected("叉车", None), 4, scene.at)


async def _moves(scene: Scene) -> None:
    moves = [Move(made[0], State.OFFER) for made in reversed(scene.applications)]
    await scene.store.actions.recruiting.move(scene.store.org, moves, scene.by, employer=None)


async def _undoes(scene: Scene) -> None:
    await scene.store.actions.recruiting.undo(scene.store.org, scene.batch, scene.by, employer=None)


async def _notes_a_call(scene: Scene) -> None:
    call = NewFollowUp(scene.applications[0][0], "called", "周三来")
    await scene.store.actions.recruiting.follow_up(scene.store.org, call, scene.by, employer=None)


async def _opens(scene: Scene) -> None:
    await scene.store.actions.recruiting.open(
        scene.store.org, scene.applications[0][0], scene.by, employer=scene.employer
    )


async def _reveals(scene: Scene) -> None:
    await scene.store.actions.applying.reveal(
        scene.store.org, scene.applications[0][0], purpose="contact", by=scene.by, employer=scene.employer
    )


async def _hands_over(scene: Scene) -> None:
    await scene.store.actions.applying.hand_over(
        scene.store.org, scene.broadcast, scene.employer, purpose="联系", receiver="招聘部", by=scene.by
    )


async def _collects(scene: Scene) -> None:
    await scene.store.actions.collecting.enter(scene.link.token, scene.link.code, shows=True)


async def _corrects_the_name(scene: Scene) -> None:
    await scene.store.actions.person.correct(
        scene.store.org, scene.devices[0].viewer_id, scene.people[0], name="欧阳师傅"
    )


async def _becomes_the_other(scene: Scene) -> None:
    await scene.store.actions.person.correct(
        scene.store.org, scene.devices[1].viewer_id, scene.people[1], phone=scene.phones[0]
    )


async def _takes_the_other_in(scene: Scene) -> None:
    await scene.store.actions.person.correct(
        scene.store.org, scene.devices[0].viewer_id, scene.people[0], phone=scene.phones[1]
    )


async def _erases(scene: Scene) -> None:
    await scene.store.actions.person.erase(scene.store.org, scene.people[0])


async def _is_purged(scene: Scene) -> None:
    await scene.store.stores.purges.erase_due(
        scene.store.org, scene.people[0], PERIODS, by=scene.by, at=scene.at + timedelta(days=400)
    )


async def _rows_are_purged(scene: Scene) -> None:
    await scene.store.stores.purges.take_rows(scene.store.org, PERIODS, scene.at + timedelta(days=400))


async def _is_held(scene: Scene) -> None:
    until = (scene.at + timedelta(days=9)).date()
    await scene.store.stores.custody.hold(
        scene.applications[0][0], reason="仲裁案", until=until, by=scene.by, at=scene.at
    )


async def _is_held_no_more(scene: Scene) -> None:
    await scene.store.stores.custody.lift(scene.applications[0][0], by=scene.by, at=scene.at)


async def _proves_the_number(scene: Scene) -> None:
    await scene.store.phones.confirm(scene.store.org, scene.devices[1].viewer_id, scene.phones[1], scene.code)


async def _a_list_comes(scene: Scene) -> None:
    await scene.list_(*((number, "已录用", "") for number in reversed(NUMBERS)))


async def _a_list_is_written(scene: Scene) -> None:
    await scene.store.stores.people_imports.write_outcomes(scene.scope, scene.writing, scene.at)


async def _a_list_has_recorded_people(scene: Scene) -> None:
    written = [RowWritten(nth, ReceiptId(made[0])) for nth, made in enumerate(scene.applications, start=1)]
    await scene.store.stores.people_imports.wrote(scene.scope, scene.writing, written, scene.at)


async def _a_list_is_undone(scene: Scene) -> None:
    await scene.store.actions.people_imports.undo(scene.scope, scene.confirmed)


async def _lists_expire(scene: Scene) -> None:
    await scene.store.stores.people_imports.expire(scene.at + timedelta(days=2))


def _lines(scene: Scene) -> AsyncIterator[Sequence[ExportLine]]:
    return application_lines(scene.store.database, People(Vault(scene.store.keys)), scene.export, scene.at)


async def _an_export_is_written(scene: Scene) -> None:
    lines = _lines(scene)
    # It may have been destroyed meanwhile.
    with suppress(StopAsyncIteration, Destroyed):
        await anext(lines)
    await lines.aclose()  # type: ignore[attr-defined]  # a generator


async def _exports_expire(scene: Scene) -> None:
    await scene.store.stores.exports.expire(scene.at + timedelta(days=2))


Writer = Callable[[Scene], Awaitable[None]]
WRITERS: Sequence[Writer] = (
    _applies,
    _applies_again,
    _withdraws,
    _withdraws_on_the_page,
    _forgets,
    _saves_a_resume,
    _announces_a_file,
    _a_file_is_accepted,
    _moves,
    _undoes,
    _notes_a_call,
    _opens,
    _reveals,
    _hands_over,
    _collects,
    _corrects_the_name,
    _becomes_the_other,
    _takes_the_other_in,
    _erases,
    _is_purged,
    _rows_are_purged,
    _is_held,
    _is_held_no_more,
    _proves_the_number,
    _a_list_comes,
    _a_list_is_written,
    _a_list_has_recorded_people,
    _a_list_is_undone,
    _lists_expire,
    _an_export_is_written,
    _exports_expire,
)
# They hold the people, so that nobody who locks applications FOR UPDATE, as merging does, is there at the same time.
SHARE_APPLICATIONS = (_applies, _applies_again, _a_list_has_recorded_people)


# ── the order ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Rung:
    """Some rows of a table, and how others lock them."""

    table: str
    rows: tuple[UUID, ...]
    how: str = "NO KEY UPDATE"

    def locking(self, table_key: str = "id") -> str:
        return f"SELECT {table_key} FROM {self.table} WHERE {table_key} = ANY($1::uuid[]) FOR {self.how}"  # noqa: S608  # ours


async def ladder(scene: Scene) -> Sequence[Rung]:
    """In the order of storage/locking.py."""
    async with scene.store.database.transaction(scene.store.org) as tx:
        receipts = [row["id"] for row in await tx.fetch("SELECT id FROM receipt")]
        exports = sorted(row["id"] for row in await tx.fetch("SELECT id FROM export"))
    applications = sorted(id_ for made in scene.applications for id_ in made)
    return (
        *(Rung("person", (person,), "UPDATE") for person in sorted(scene.people)),
        *(Rung("application", (application,), "UPDATE") for application in applications),
        Rung("receipt", tuple(receipts)),
        *(Rung("export", (export,)) for export in exports),
        *(Rung("people_import", (list_,), "UPDATE") for list_ in sorted((scene.writing, scene.confirmed))),
        Rung("audit_head", (scene.store.org,)),
    )


def shared(steps: Sequence[Rung]) -> Sequence[Rung]:
    return [replace(rung, how="NO KEY UPDATE") if rung.table == "application" else rung for rung in steps]


def _key(rung: Rung) -> str:
    return "org_id" if rung.table == "audit_head" else "id"


@asynccontextmanager
async def another(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Somebody else, who sees everything."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("SELECT set_config('app.maintenance', 'on', false)")
        yield connection
    finally:
        await connection.close()


async def lock(connection: "asyncpg.Connection[asyncpg.Record]", rung: Rung) -> None:
    assert len(await connection.fetch(rung.locking(_key(rung)), rung.rows)) == len(rung.rows)


async def taken(connection: "asyncpg.Connection[asyncpg.Record]", rungs: Sequence[Rung]) -> list[str]:
    """The tables of those rungs whose rows somebody has locked."""
    async with connection.transaction():
        return [
            rung.table
            for rung in rungs
            if len(await connection.fetch(f"{rung.locking(_key(rung))} SKIP LOCKED", rung.rows)) < len(rung.rows)
        ]


async def waits(store: Store, writer: "asyncio.Task[None]") -> bool:
    """False once it is done instead."""
    async with asyncio.timeout(20):
        while not writer.done():
            async with store.database.maintenance() as tx:
                if await tx.fetchval(
                    """
                    SELECT EXISTS (SELECT FROM pg_stat_activity
                                   WHERE datname = current_database() AND wait_event_type = 'Lock')
                    """
                ):
                    return True
            await asyncio.sleep(0.002)
    return False


@pytest.fixture
def undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a writer does is kept, so that it can do it again."""

    class Undone(Exception):
        pass

    original = Database.transaction

    @asynccontextmanager
    async def transaction(self: Database, org: OrgId | None, *, one_moment: bool = False) -> AsyncIterator[Transaction]:
        with suppress(Undone):
            async with original(self, org, one_moment=one_moment) as tx:
                yield tx
                raise Undone

    monkeypatch.setattr(Database, "transaction", transaction)


async def _quietly(write: Awaitable[None]) -> None:
    """What it finds undone is no failure here."""
    with suppress(StreamJobsError):
        await write


async def test_whoever_waits_for_a_row_holds_none_that_comes_later(
    store: Store, database_url: str, request: pytest.FixtureRequest
) -> None:
    """Person before person by id, then applications by id, receipts, exports, lists, the audit: no circle can form."""
    scene = await a_scene(store)
    steps = await ladder(scene)
    request.getfixturevalue("undone")

    wrong, waited = [], set()
    async with another(database_url) as holder, another(database_url) as looker:
        for writer in WRITERS:
            rungs = shared(steps) if writer in SHARE_APPLICATIONS else steps
            for nth, rung in enumerate(rungs):
                async with holder.transaction():
                    await lock(holder, rung)
                    task = asyncio.create_task(_quietly(writer(scene)))
                    if await waits(store, task):
                        waited.add(writer)
                        later = await taken(looker, rungs[nth + 1 :])
                        wrong += [(writer.__name__, rung.table, table) for table in later]
                await task

    assert wrong == []
    assert waited == set(WRITERS)


# ── all at once ───────────────────────────────────────────────────────────────────────────────────────────────

ROUNDS = 4
AT_ONCE = 24


def deadlocked(error: BaseException | None) -> bool:
    """Whether PostgreSQL had to end a circle (40P01)."""
    while error is not None:
        if isinstance(error, asyncpg.DeadlockDetectedError):
            return True
        error = error.__cause__
    return False


async def test_all_who_write_to_the_same_people_at_once_never_lock_each_other_out(store: Store) -> None:
    """Round by round, in any order: some come too late and are told so, nobody to come again because of a circle."""
    chance = random.Random(3)
    failed: list[BaseException] = []
    for nth in range(ROUNDS):
        scene = await a_scene(store, (a_phone(2 * nth), a_phone(2 * nth + 1)))
        writers = [chance.choice(WRITERS) for _ in range(AT_ONCE)]
        answers = await asyncio.gather(*(writer(scene) for writer in writers), return_exceptions=True)
        failed += [answer for answer in answers if isinstance(answer, BaseException) and not _too_late(answer)]

    assert failed == []


def _too_late(answer: BaseException) -> bool:
    return isinstance(answer, StreamJobsError) and not deadlocked(answer)
