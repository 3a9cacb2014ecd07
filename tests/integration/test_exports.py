"""Exports: masked unless a purpose is given, recorded first, for one account, for a day, and gone with a person."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pytest

from admin.export_files import Encoder, ReportEncoder
from storage.application_exports import forget
from storage.correcting import Correcting
from storage.objects import ObjectStoreObjects
from stream_jobs.domain.errors import BadInput, ExportNotFound, ExportNotReady, FileGone
from stream_jobs.domain.ids import AccountId, BroadcastId, OrgId, PersonId
from stream_jobs.notices import ConsoleNotices
from stream_jobs.ports import AccountRole, By
from stream_jobs.ports.exports import ExportBody, ExportFormat, ExportScope, ExportState, ExportWanted
from stream_jobs.ports.work import ExpireExports, Work, WriteExport
from tests.builders import (
    Store,
    a_broadcast,
    a_phone,
    a_watcher,
    an_employer,
    apply,
    batching,
    handlers_over,
    jobs_of,
    until_waiting,
)
from tests.site import a_site, accounts_over

NAMES = ["=1+1", "王师傅", "+cmd", "＝SUM", "@x", "-2"]


async def _asker(store: Store, role: AccountRole = AccountRole.ORGANISER, employer: UUID | None = None) -> By:
    account = await accounts_over(store).create_account(
        store.org,
        role=role,
        login=uuid4().hex,
        password="correct horse",
        name="张老师",
        employer=employer,  # type: ignore[arg-type]  # an employer's id
        by=By(None, "测试"),
    )
    return By(account.id, account.name)


def _wanted(broadcast: BroadcastId, **more: object) -> ExportWanted:
    plain = ExportWanted(broadcast, ExportScope.BROADCAST, None, ExportFormat.CSV, None, "zh-CN")
    return replace(plain, **more)  # type: ignore[arg-type]  # as in ExportWanted


async def _applied(store: Store, broadcast: BroadcastId, people: int, *, first: int = 1) -> None:
    jobs = await jobs_of(store, broadcast)
    async with batching(store):
        for n in range(first, first + people):
            await apply(store, broadcast, jobs[n % len(jobs)], phone=a_phone(n), name=NAMES[n % len(NAMES)])


async def _work(store: Store, org_id: OrgId | None, work: Work) -> None:
    await handlers_over(store, ConsoleNotices()).handle(org_id, work, store.clock())


async def _written(store: Store, by: By, wanted: ExportWanted) -> ExportBody:
    asked = await store.actions.exports.ask(store.org, wanted, by)
    await handlers_over(store, ConsoleNotices()).handle(store.org, WriteExport(export_id=asked.id), store.clock())
    return await _now(store, by, asked)


async def _now(store: Store, by: By, export: ExportBody) -> ExportBody:
    (found,) = [one for one in await store.actions.exports.listed(store.org, by) if one.id == export.id]
    return found


async def _content(store: Store, by: By, export: ExportBody) -> bytes:
    _, pieces = await store.actions.exports.fetch(store.org, export.id, by)
    return b"".join([piece async for piece in pieces])


async def _rows(store: Store, by: By, export: ExportBody) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((await _content(store, by, export)).decode("utf-8-sig"))))


async def _audited(store: Store) -> list[tuple[str, str | None]]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT action, purpose FROM audit WHERE action LIKE 'export%' ORDER BY number")
    return [(row["action"], row["purpose"]) for row in rows]


async def test_an_export_is_masked_unless_a_purpose_is_given(store: Store) -> None:
    """And it is in the audit before anything is read."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 5)
    by = await _asker(store)

    masked = await _written(store, by, _wanted(broadcast))
    full = await _written(store, by, _wanted(broadcast, purpose="contact"))

    assert [row["手机"] for row in await _rows(store, by, masked)] == [f"138****000{n}" for n in range(1, 6)]
    assert [row["手机"] for row in await _rows(store, by, full)] == [a_phone(n) for n in range(1, 6)]
    assert (await _rows(store, by, full))[0]["称呼"] == "王师傅"
    assert (await _audited(store))[:2] == [("export", None), ("export", "contact")]
    assert ("export_fetched", "contact") in await _audited(store)


async def test_who_has_a_recruiter_of_its_own_stays_masked_for_the_organiser(store: Store) -> None:
    """The same rule as for a single number; the recruiter sees its own people, and nobody else's."""
    broadcast = await a_broadcast(store, jobs=2)
    await _applied(store, broadcast, 4)
    async with store.database.transaction(store.org) as tx:
        employers = [row["employer_id"] for row in await tx.fetch("SELECT DISTINCT employer_id FROM application")]
    recruiter = await _asker(store, AccountRole.RECRUITER, employers[0])
    by = await _asker(store)

    organiser = await _written(store, by, _wanted(broadcast, purpose="contact"))
    own = await _written(store, recruiter, _wanted(broadcast, purpose="contact", employer_id=employers[0]))

    phones = [row["手机"] for row in await _rows(store, by, organiser)]
    assert sorted("*" in phone for phone in phones) == [False, False, True, True]
    assert [("*" in row["手机"]) for row in await _rows(store, recruiter, own)] == [False, False]
    async with store.database.transaction(store.org) as tx:
        seen = await tx.fetch("SELECT application_id FROM application_event WHERE kind = 'viewed'")
    assert len(seen) == 2


async def test_no_cell_of_an_export_is_a_formula(store: Store) -> None:
    """Neither in a CSV, where an apostrophe stands before it, nor in a workbook, where text is text."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 6, first=0)
    jobs = await jobs_of(store, broadcast)
    async with batching(store):
        await apply(store, broadcast, jobs[0], phone="+852 5123 4567", name="陈生")
    by = await _asker(store)

    text = await _written(store, by, _wanted(broadcast, purpose="contact"))
    book = await _written(store, by, _wanted(broadcast, purpose="contact", format=ExportFormat.XLSX))

    raw = await _content(store, by, text)
    assert raw.startswith(b"\xef\xbb\xbf") and raw.count(b"\r\n") == raw.count(b"\n") == 8
    names = {row["称呼"] for row in await _rows(store, by, text)}
    assert names == {"'=1+1", "王师傅", "'+cmd", "'＝SUM", "'@x", "'-2", "陈生"}
    assert "'+85251234567" in {row["手机"] for row in await _rows(store, by, text)}
    sheet = openpyxl.load_workbook(io.BytesIO(await _content(store, by, book))).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    assert "+85251234567" in {row[4].value for row in sheet.iter_rows()}


async def test_a_long_list_is_read_in_batches_and_counted_as_it_goes(store: Store) -> None:
    """Everyone once, in the order they came; who applies meanwhile is not in it."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 1)
    async with store.database.transaction(store.org) as tx:
        await tx.execute(
            """
            INSERT INTO person (id, org_id, phone_hmac, created_at)
            SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, org_id, n::text::bytea, at
            FROM application, generate_series(1, 1200) AS n
            """
        )
        await tx.execute(
            """
            INSERT INTO application (id, org_id, broadcast_id, job_id, card_id, employer_id, person_id, viewer_id,
                number, first_channel_id, last_channel_id, state, at)
            SELECT q.id, p.org_id, p.broadcast_id, p.job_id, p.card_id, p.employer_id, q.id, p.viewer_id,
                100 + row_number() OVER (), p.first_channel_id, p.last_channel_id, 'applied', p.at
            FROM application p, person q WHERE q.id <> p.person_id
            """
        )
    by = await _asker(store)

    export = await _written(store, by, _wanted(broadcast))

    rows = await _rows(store, by, export)
    assert (export.state, export.rows_done, export.rows_total) == (ExportState.READY, 1201, 1201)
    assert len({row["编号"] for row in rows}) == 1201


async def test_pressing_the_button_twice_makes_one_export(store: Store) -> None:
    """Until it is written."""
    broadcast = await a_broadcast(store)
    by = await _asker(store)

    first = await store.actions.exports.ask(store.org, _wanted(broadcast), by)
    again = await store.actions.exports.ask(store.org, _wanted(broadcast), by)
    other = await store.actions.exports.ask(store.org, _wanted(broadcast, purpose="contact"), by)

    assert first.id == again.id != other.id


async def test_an_export_is_for_the_account_that_asked_for_it_alone(store: Store) -> None:
    """To anyone else it is not there; nor to them before it is written."""
    broadcast = await a_broadcast(store)
    by = await _asker(store)
    waiting = await store.actions.exports.ask(store.org, _wanted(broadcast), by)
    with pytest.raises(ExportNotReady):
        await store.actions.exports.fetch(store.org, waiting.id, by)
    other = await _asker(store)

    for somebody in (other, By(AccountId(uuid4()), "谁")):
        with pytest.raises(ExportNotFound):
            await store.actions.exports.fetch(store.org, waiting.id, somebody)
        with pytest.raises(ExportNotFound):
            await store.actions.exports.destroy(store.org, waiting.id, somebody)


async def test_what_lies_in_the_store_says_nothing(store: Store) -> None:
    """Neither names nor numbers, and every change to it is noticed."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 3)
    by = await _asker(store)
    export = await _written(store, by, _wanted(broadcast, purpose="contact"))
    objects = store.stores.objects
    (found,) = [one async for one in objects.listed()]
    sealed = b"".join([piece async for piece in objects.get(found.key)])

    assert b"138" not in sealed and "王".encode() not in sealed
    for changed in (sealed[:-1], sealed + sealed, sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:], b""):
        await objects.put(found.key, _once(changed))
        with pytest.raises(FileGone):
            await _content(store, by, export)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_after_a_day_an_export_is_unreadable_and_its_bytes_go(store: Store) -> None:
    """At the hour, whether or not anybody has come to clean up."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 1)
    by = await _asker(store)
    export = await _written(store, by, _wanted(broadcast))
    store.clock.forward(hours=23, minutes=59)
    assert await _content(store, by, export)

    store.clock.forward(minutes=1)
    with pytest.raises(ExportNotReady):
        await _content(store, by, export)
    assert (await _now(store, by, export)).state == ExportState.EXPIRED

    await _work(store, None, ExpireExports())
    assert await _traces(store) == (0, 0, 0)


async def _traces(store: Store) -> tuple[int, int, int]:
    """Objects, keys, and people written down."""
    async with store.database.transaction(store.org) as tx:
        keys = await tx.fetchval("SELECT count(*) FROM keys.export_key")
        people = await tx.fetchval("SELECT count(*) FROM export_person")
    return len([one async for one in store.stores.objects.listed()]), keys, people


async def test_a_persons_copy_tells_who_fetched_them_in_full_long_after_the_export_is_gone(store: Store) -> None:
    """Not masked ones, nor what nobody fetched, was of another show, asked for too early, or hid that employer's."""
    broadcast, other = await a_broadcast(store, jobs=2), await a_broadcast(store)
    await _applied(store, other, 1, first=9)
    organiser = await _asker(store)
    await _content(store, organiser, await _written(store, organiser, _wanted(broadcast, purpose="contact")))
    store.clock.forward(minutes=1)
    await _applied(store, broadcast, 2)
    listed = await store.actions.applying.listed(store.org, broadcast)
    recruiter = await _asker(store, AccountRole.RECRUITER, listed[0].employer_id)
    store.clock.forward(minutes=1)
    own = _wanted(broadcast, purpose="contact", employer_id=listed[0].employer_id)
    for by, wanted in (
        (organiser, _wanted(broadcast)),
        (organiser, _wanted(other, purpose="contact")),
        (organiser, _wanted(broadcast, purpose="hand_over")),
        (recruiter, own),
    ):
        await _content(store, by, await _written(store, by, wanted))
    await _written(store, organiser, _wanted(broadcast, purpose="report"))
    store.clock.forward(days=2)
    await _work(store, None, ExpireExports())
    async with store.database.maintenance() as tx:
        await tx.execute("DELETE FROM export")
        people = [
            await tx.fetchval("SELECT person_id FROM application WHERE id = $1", listed[0].id),
            await tx.fetchval("SELECT person_id FROM application WHERE id = $1", listed[1].id),
        ]

    copies = [await store.actions.person.export(store.org, a_watcher().viewer_id, one) for one in people]

    told = [
        [(one.how, one.purpose) for one in application.disclosed]
        for copy in copies
        for application in copy.applications
    ]
    assert told == [[("export", "contact")], [("export", "hand_over")]]


async def test_erasing_a_person_destroys_every_export_they_stand_in(store: Store) -> None:
    """With the same commit; others' exports stay."""
    broadcast, other = await a_broadcast(store), await a_broadcast(store)
    await _applied(store, broadcast, 2)
    await _applied(store, other, 2, first=5)
    by = await _asker(store)
    with_them = await _written(store, by, _wanted(broadcast))
    without = await _written(store, by, _wanted(other))
    async with store.database.transaction(store.org) as tx:
        person = await tx.fetchval("SELECT person_id FROM application WHERE broadcast_id = $1 LIMIT 1", broadcast)
        await forget(tx, store.org, PersonId(person))

    with pytest.raises(ExportNotReady):
        await _content(store, by, with_them)
    assert (await _now(store, by, with_them)).state == ExportState.DESTROYED
    assert len(await _rows(store, by, without)) == 2

    await _work(store, None, ExpireExports())
    assert len([one async for one in store.stores.objects.listed()]) == 1


async def test_erasing_whom_two_have_become_destroys_the_exports_of_both(store: Store) -> None:
    """Whichever of the two stood in them."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 1)
    by = await _asker(store)
    export = await _written(store, by, _wanted(broadcast, purpose="contact"))
    await _applied(store, await a_broadcast(store), 1, first=2)
    async with store.database.transaction(store.org) as tx:
        person = await tx.fetchval("SELECT person_id FROM application WHERE broadcast_id <> $1", broadcast)
    await store.actions.person.correct(store.org, a_watcher().viewer_id, PersonId(person), phone=a_phone(1))

    await store.actions.person.erase(store.org, PersonId(person))

    assert (await _now(store, by, export)).state == ExportState.DESTROYED
    assert (await _traces(store))[1:] == (0, 0)


async def test_a_person_erased_while_an_export_is_written_is_in_no_file(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two batches: what was written so far goes."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 2)
    by = await _asker(store)
    asked = await store.actions.exports.ask(store.org, _wanted(broadcast, purpose="contact"), by)
    monkeypatch.setattr("storage.application_exports.BATCH", 1)
    put = ObjectStoreObjects.put

    async def erased_meanwhile(self: ObjectStoreObjects, key: str, chunks: AsyncIterator[bytes]) -> None:
        async def between() -> AsyncIterator[bytes]:
            async for chunk in chunks:
                yield chunk
            async with store.database.transaction(store.org) as tx:
                person = await tx.fetchval("SELECT person_id FROM application ORDER BY at, id LIMIT 1")
                await forget(tx, store.org, PersonId(person))

        await put(self, key, between())

    monkeypatch.setattr(ObjectStoreObjects, "put", erased_meanwhile)
    await handlers_over(store, ConsoleNotices()).handle(store.org, WriteExport(export_id=asked.id), store.clock())

    assert (await _now(store, by, asked)).state == ExportState.DESTROYED
    assert await _traces(store) == (0, 0, 0)


async def test_a_person_who_becomes_another_while_an_export_is_written_is_named_as_who_they_are_then(
    store: Store,
) -> None:
    """Or erasing them later would not destroy it: it names nobody who vanished, and leaves nobody out."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 2)
    by = await _asker(store)
    async with store.database.transaction(store.org) as tx:
        people = [row["person_id"] for row in await tx.fetch("SELECT person_id FROM application ORDER BY number")]
    asked = await store.actions.exports.ask(store.org, _wanted(broadcast, purpose="contact"), by)
    async with store.database.transaction(store.org) as tx:
        correcting = Correcting(tx, store.stores.persons._people, store.org, PersonId(people[0]), store.clock())
        await correcting.correct(a_watcher().viewer_id, name=None, phone=f"+86{a_phone(2)}")
        writing = asyncio.create_task(_work(store, store.org, WriteExport(export_id=asked.id)))
        await until_waiting(store, 1)
    await writing

    async with store.database.transaction(store.org) as tx:
        named = [row["person_id"] for row in await tx.fetch("SELECT person_id FROM export_person")]
    written = await _rows(store, by, await _now(store, by, asked))
    assert named == [people[0]]
    assert [row["手机"] for row in written] == [a_phone(2)] * 2
    await store.actions.person.erase(store.org, PersonId(people[0]))
    assert (await _now(store, by, asked)).state == ExportState.DESTROYED


async def test_an_export_written_again_after_a_crash_is_the_same(store: Store) -> None:
    """The work may come twice: half written it begins again, ready it stays."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 3)
    by = await _asker(store)
    asked = await store.actions.exports.ask(store.org, _wanted(broadcast), by)
    await store.stores.exports._begin(store.org, asked.id, store.clock())

    for _ in range(2):
        await _work(store, store.org, WriteExport(export_id=asked.id))

    assert len(await _rows(store, by, await _now(store, by, asked))) == 3
    assert len([one async for one in store.stores.objects.listed()]) == 1


async def test_an_export_that_was_given_up_says_why_and_is_written_anew(store: Store) -> None:
    """Within a day of the new asking; what stood in the way of the first is not in the second's."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 2)
    by, handlers = await _asker(store), handlers_over(store, ConsoleNotices())
    asked = await store.actions.exports.ask(store.org, _wanted(broadcast, purpose="contact"), by)
    await store.stores.exports._begin(store.org, asked.id, store.clock())
    work = WriteExport(export_id=asked.id)

    await handlers.give_up(store.org, work, "files_unavailable")
    failed = await _now(store, by, asked)
    store.clock.forward(hours=30)
    waits = await store.actions.exports.again(store.org, asked.id, by)
    twice = await store.actions.exports.again(store.org, asked.id, by)
    await _work(store, None, ExpireExports())
    await handlers.handle(store.org, work, store.clock())

    assert (failed.state, failed.failure) == (ExportState.FAILED, "files_unavailable")
    assert waits == twice and (waits.state, waits.failure) == (ExportState.WAITING, None)
    assert len(await _rows(store, by, await _now(store, by, asked))) == 2
    assert [action for action, _ in await _audited(store)] == ["export", "export_again", "export_fetched"]
    with pytest.raises(ExportNotFound):
        await store.actions.exports.again(store.org, asked.id, await _asker(store))


async def test_an_export_that_was_given_up_is_written_when_its_work_is_released(store: Store) -> None:
    """Whoever runs the server has made room; a sweep that comes late takes nothing of the new one away."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 1)
    by, handlers = await _asker(store), handlers_over(store, ConsoleNotices())
    asked = await store.actions.exports.ask(store.org, _wanted(broadcast), by)
    await store.stores.exports._begin(store.org, asked.id, store.clock())
    work = WriteExport(export_id=asked.id)
    await handlers.give_up(store.org, work, "files_full")

    await handlers.handle(store.org, work, store.clock())
    await _work(store, None, ExpireExports())

    assert len(await _rows(store, by, await _now(store, by, asked))) == 1


@pytest.mark.parametrize("stopped", ["before it reads", "once it has read"])
async def test_one_export_written_twice_at_once_is_written_by_who_began_last(store: Store, stopped: str) -> None:
    """再试一次 and the release of held work did so: the slower one took the file away, or made it unreadable."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 2)
    by, goes_on, is_stopped = await _asker(store), asyncio.Event(), asyncio.Event()
    asked = await store.actions.exports.ask(store.org, _wanted(broadcast), by)

    async def slowly(*given: Any) -> AsyncIterator[bytes]:
        pieces = [] if stopped == "before it reads" else [piece async for piece in Encoder(store.clock)(*given)]
        is_stopped.set()
        await goes_on.wait()
        for piece in pieces or [piece async for piece in Encoder(store.clock)(*given)]:
            yield piece

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            store.stores.exports.write(store.org, asked.id, slowly, ReportEncoder(store.clock), store.clock())
        )
        await is_stopped.wait()
        await _work(store, store.org, WriteExport(export_id=asked.id))
        goes_on.set()

    ready = await _now(store, by, asked)
    assert (ready.state, len(await _rows(store, by, ready))) == (ExportState.READY, 2)
    assert len([one async for one in store.stores.objects.listed()]) == 1


async def test_a_series_and_everything_leave_rehearsals_out(store: Store) -> None:
    """A rehearsal's applications are nobody's."""
    shows = [await a_broadcast(store), await a_broadcast(store), await a_broadcast(store, rehearsal=True)]
    for n, show in enumerate(shows):
        await _applied(store, show, 1, first=n + 1)
    by = await _asker(store)

    series = await _written(store, by, _wanted(shows[0], scope=ExportScope.SERIES))
    everything = await _written(store, by, _wanted(shows[0], scope=ExportScope.EVERYTHING))
    rehearsal = await _written(store, by, _wanted(shows[2]))

    assert [one.rows_total for one in (series, everything, rehearsal)] == [2, 2, 1]


async def test_over_http_an_export_is_asked_for_followed_fetched_and_destroyed(store: Store) -> None:
    """The page's whole way."""
    broadcast = await a_broadcast(store)
    await _applied(store, broadcast, 2)
    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        body = {"format": "xlsx", "purpose": "contact"}
        asked = await site.ask("POST", f"/api/v1/broadcasts/{broadcast}/exports", json=body, headers=headers)
        id_ = (await asked.json())["id"]
        early = await site.ask("GET", f"/api/v1/exports/{id_}/file", headers=headers)
        await handlers_over(store, ConsoleNotices()).handle(store.org, WriteExport(export_id=UUID(id_)), store.clock())
        (one,) = (await (await site.ask("GET", "/api/v1/exports", headers=headers)).json())["exports"]
        async with site.client.get(f"{site.base}/api/v1/exports/{id_}/file", headers=headers) as file:
            content = await file.read()
        gone = await site.ask("DELETE", f"/api/v1/exports/{id_}", headers=headers)
        late = await site.ask("GET", f"/api/v1/exports/{id_}/file", headers=headers)

    assert (asked.status, early.status, file.status, gone.status, late.status) == (200, 409, 200, 204, 409)
    assert (one["state"], one["rows_done"], one["rows_total"]) == ("ready", 2, 2)
    assert content[:2] == b"PK" and file.headers["Cache-Control"] == "no-store"
    assert "attachment" in file.headers["Content-Disposition"]


async def test_a_recruiter_cannot_take_another_employers_people(store: Store) -> None:
    """Whatever is asked for, it is their own; another's is not there."""
    broadcast = await a_broadcast(store, jobs=2)
    await _applied(store, broadcast, 4)
    other = await an_employer(store)
    async with a_site(store) as site:
        account = await site.account(AccountRole.RECRUITER, employer=await an_employer(store))
        headers = await site.signed_in(account)
        path = f"/api/v1/broadcasts/{broadcast}/exports"
        foreign = await site.ask("POST", path, json={"employer_id": str(other)}, headers=headers)
        own = await site.ask("POST", path, json={"scope": "everything"}, headers=headers)

    assert (foreign.status, own.status) == (404, 200)
    async with store.database.transaction(store.org) as tx:
        assert await tx.fetchval("SELECT employer_id FROM export") == account.employer_id


async def test_a_show_of_no_series_has_no_series_to_export(store: Store) -> None:
    """Said with the field that is wrong."""
    broadcast = await a_broadcast(store)
    async with store.database.transaction(store.org) as tx:
        await tx.execute("UPDATE broadcast SET series_id = NULL")

    with pytest.raises(BadInput):
        await store.actions.exports.ask(store.org, _wanted(broadcast, scope=ExportScope.SERIES), await _asker(store))
