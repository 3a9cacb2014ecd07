"""Lists that come back, and people who applied elsewhere: on a real PostgreSQL, with real workbooks."""

import asyncio
import io
import json
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
import pytest_asyncio
import python_calamine
from aiohttp import ClientResponse, FormData

from admin.api.applications import hand_over_sheet
from admin.files import xlsx_file
from admin.workbook import read_workbook
from storage.people_imports import _masked, forget
from stream_jobs.domain.errors import ImportDone, ImportNotFound, JobNotFound, UndoOver
from stream_jobs.domain.ids import BroadcastId, EmployerId, JobId, PeopleImportId
from stream_jobs.domain.people_sheet.columns import Kind
from stream_jobs.domain.people_sheet.reading import read_people
from stream_jobs.ports import Account, AccountRole, By
from stream_jobs.ports.people_imports import ListScope, PeopleImportBody
from tests.builders import BY, Store, a_broadcast, a_watcher, an_organisation, apply, batching, jobs_of, prove_phone
from tests.people_workbooks import FORMS, PLATFORM, a_list
from tests.site import Site, a_site

FILLED = {"0001": "打通了，约周三面试", "0002": "没人接", "0003": "看情况吧"}


@dataclass(frozen=True)
class Show:
    """Three applicants of one job, one of another; and who brings lists."""

    store: Store
    broadcast: BroadcastId
    jobs: tuple[JobId, ...]
    employer: EmployerId
    scope: ListScope

    async def bring(
        self, content: bytes, kind: Kind = "outcomes", *, scope: ListScope | None = None, **more: Any
    ) -> PeopleImportBody:
        imports = self.store.actions.people_imports
        reading = read_people(read_workbook(content), kind, imports.today())
        given = {"given": "on_platform"} if kind == "applicants" else {}
        return await imports.preview(scope or self.scope, kind, "名单.xlsx", content, reading, **{**given, **more})

    async def verdicts(self, one: PeopleImportBody) -> list[tuple[str, str | None]]:
        """Each row's verdict, and what became of it or why not."""
        rows = await self.store.actions.people_imports.rows(self.scope, one.id, None, offset=0, limit=100)
        return [(row.verdict, row.result or (row.faults[0].code if row.faults else row.repeats)) for row in rows]

    async def states(self) -> dict[str, str]:
        listed = await self.store.actions.applying.listed(self.store.org, self.broadcast)
        return {one.number: one.state for one in listed}


@pytest_asyncio.fixture
async def show(store: Store) -> AsyncIterator[Show]:
    async with batching(store):
        broadcast = await a_broadcast(store, jobs=2)
        first, second = await jobs_of(store, broadcast)
        for nth in range(1, 4):
            await apply(store, broadcast, first, phone=f"1380000000{nth}", name=f"王师傅{nth}")
        await apply(store, broadcast, second, phone="13800000004", name="赵师傅")
        listed = await store.actions.applying.listed(store.org, broadcast)
        employer = next(one.employer_id for one in listed if one.job_id == first)
        async with a_site(store) as site:
            account = await site.account(AccountRole.ORGANISER)
        scope = ListScope(store.org, broadcast, By(account.id, account.name))
        yield Show(store, broadcast, (first, second), employer, scope)


def filled(content: bytes, results: dict[str, str], notes: dict[str, str] | None = None) -> bytes:
    """The workbook that was handed out, with results written into it as an employer does."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=2):
        row[5].value = results.get(str(row[0].value))
        row[6].value = (notes or {}).get(str(row[0].value))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def handed_out(show: Show) -> bytes:
    act, lines = await show.store.actions.applying.hand_over(
        show.store.org, show.broadcast, show.employer, purpose="联系应聘者", receiver="张经理", by=BY
    )
    return xlsx_file([hand_over_sheet(lines)], act.at)


async def test_the_list_that_was_handed_out_comes_back_and_moves_whom_it_says(show: Show) -> None:
    """Row by row; what is not understood is left, and the event names the list it came with."""
    content = filled(await handed_out(show), FILLED, {"0001": "带身份证"})
    typed = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()

    one = await show.bring(content)
    before = await show.states()
    done = await show.store.actions.people_imports.confirm(show.scope, one.id)

    assert typed[1][5] == FILLED["0001"]
    assert (one.totals.imports, one.totals.faulty) == (2, 1)
    assert set(before.values()) == {"applied"}
    assert (done.state, done.done) == ("confirmed", 2)
    assert await show.states() == {"0001": "interview", "0002": "applied", "0003": "applied", "0004": "applied"}
    assert await show.verdicts(one) == [("imports", "moved"), ("imports", "noted"), ("faulty", "result_unclear")]
    opened = await opened_of(show, 1)
    assert [(note.kind, note.said) for note in opened.follow_ups] == [("note", "带身份证")]
    assert await from_list(show, one.id) == (1, 2)


async def test_confirming_twice_or_at_once_writes_once(show: Show) -> None:
    """A button pressed again, and a second page, change nothing."""
    one = await show.bring(filled(await handed_out(show), FILLED))
    imports = show.store.actions.people_imports

    await asyncio.gather(*(imports.confirm(show.scope, one.id) for _ in range(5)), return_exceptions=True)
    with pytest.raises(ImportDone):
        await imports.confirm(show.scope, one.id)
    again = await show.bring(filled(await handed_out(show), FILLED))

    assert await from_list(show, one.id) == (1, 1)
    assert (again.totals.imports, again.totals.duplicate) == (0, 2)


async def test_undo_takes_back_what_nothing_has_followed(show: Show) -> None:
    """A later move stays, and is told."""
    one = await show.bring(filled(await handed_out(show), {"0001": "约面试", "0002": "已入职"}))
    imports = show.store.actions.people_imports
    await imports.confirm(show.scope, one.id)
    show.store.clock.forward(hours=2)
    later = await show.bring(a_list(("13800000002", "满7天"), header=("手机", "结果")))
    await imports.confirm(show.scope, later.id)

    undone = await imports.undo(show.scope, one.id)

    assert (undone.state, undone.totals.kept) == ("undone", 1)
    assert await show.states() == {"0001": "applied", "0002": "retained_7d", "0003": "applied", "0004": "applied"}
    with pytest.raises(ImportDone):
        await imports.undo(show.scope, one.id)
    show.store.clock.forward(hours=30)
    with pytest.raises(UndoOver):
        await imports.undo(show.scope, later.id)


async def test_an_employers_list_reaches_only_its_own_applicants(show: Show) -> None:
    """By link: another employer's number is as unknown as none; a list of another scope is not there."""
    link = await a_link(show)
    scope = ListScope(show.store.org, show.broadcast, By(None, "张经理"), show.employer, link)
    content = a_list(("0001", "已联系"), ("0004", "已联系"), ("0999", "已联系"), header=("编号", "联系结果"))

    one = await show.bring(content, scope=scope)
    done = await show.store.actions.people_imports.confirm(scope, one.id)

    rows = await show.store.actions.people_imports.rows(scope, one.id, None, offset=0, limit=9)
    assert [row.faults[0].code if row.faults else row.result for row in rows] == [
        "moved",
        "application_unknown",
        "application_unknown",
    ]
    assert (done.by_link, (await opened_of(show, 1)).events[0].by) == (True, "张经理")
    mine = await show.bring(content)
    for foreign in (mine.id, PeopleImportId(uuid4())):
        with pytest.raises(ImportNotFound):
            await show.store.actions.people_imports.confirm(scope, foreign)


async def test_an_organiser_takes_back_what_an_employer_brought_but_confirms_only_its_own(show: Show) -> None:
    """Whoever mistook a column calls the organiser."""
    scope = ListScope(show.store.org, show.broadcast, By(None, "张经理"), show.employer, await a_link(show))
    imports = show.store.actions.people_imports
    one = await show.bring(a_list(("0001", "已入职"), header=("编号", "联系结果")), scope=scope)
    with pytest.raises(ImportNotFound):
        await imports.confirm(show.scope, one.id)
    await imports.confirm(scope, one.id)

    seen = await imports.one(show.scope, one.id)
    undone = await imports.undo(show.scope, one.id)

    assert (one.can_confirm, seen.can_confirm, seen.can_undo, undone.state) == (True, False, True, "undone")
    assert (await show.states())["0001"] == "applied"


def test_numbers_in_full_are_shown_to_nobody_who_reads_a_list() -> None:
    """As much as it takes to find the row."""
    shown = {
        "13800000001": "138****0001",
        "＋８６ 138 0000 0001": "＋86 138****0001",
        "+86-138-0000-0001": "138****0001",
        "报3 138.0000－0001": "报3 138****0001",
        "一三八，零零零零，零零零一": "一三八****零零零一",
        "8:00-20:00 3号": "8:00-20:00 3号",
        "138-0000-0001 微信同号": "138****0001 微信同号",
        "13800000001/13900000002": "138****0001/139****0002",
        "1380000": "138****",
        "0312": "0312",
    }
    numbers = {typed: _masked({"phone": typed})["phone"] for typed in shown}

    assert {typed: unicodedata.normalize("NFKC", text) for typed, text in numbers.items()} == {
        typed: unicodedata.normalize("NFKC", text) for typed, text in shown.items()
    }


async def test_what_was_written_is_shown_beside_what_was_read_of_it(show: Show) -> None:
    """Skipped rows too; numbers masked, and sealed like all that was typed."""
    rows = (("王师傅", "报1号 138.0000.9999"), ("李师傅", "3号附近有宿舍吗"))
    one = await show.bring(a_list(*rows, header=("昵称", "评论")), "applicants")

    shown = await show.store.actions.people_imports.rows(show.scope, one.id, None, offset=0, limit=9)

    assert [(row.verdict, row.typed["name"], row.typed["comment"]) for row in shown] == [
        ("imports", "王**", "报1号 138****9999"),
        ("skipped", "李**", "3号附近有宿舍吗"),
    ]
    dumped = await dump(show)
    assert "报1号" not in dumped and "宿舍" not in dumped and "李师傅" not in dumped


async def test_people_of_every_place_apply_for_their_own_job_or_the_one_chosen_for_the_list(show: Show) -> None:
    """How many rows name none is told; a job that is not of this show is none."""
    imports = show.store.actions.people_imports
    first, second = show.jobs
    without = {form: (await show.bring(content, "applicants")).totals for form, content in FORMS.items()}
    chosen = [await show.bring(content, "applicants", job=first) for content in FORMS.values()]
    done = [(await imports.confirm(show.scope, one.id)).done for one in chosen]
    with pytest.raises(JobNotFound):
        await show.bring(FORMS["评论.csv"], "applicants", job=JobId(uuid4()))

    assert [(totals.imports, totals.without_job) for totals in without.values()] == [(2, 0), (0, 2), (1, 3), (0, 2)]
    assert {one.totals.without_job for one in chosen} == {0}
    assert done == [2, 2, 3, 2]
    listed = await show.store.actions.applying.listed(show.store.org, show.broadcast)
    assert {line.job_id for line in listed if line.phone_masked in ("138****0102", "138****0105")} == {second}
    assert sum(line.job_id == first for line in listed) == 3 + 7


async def test_people_of_a_platform_are_recorded_once_with_their_consent(show: Show) -> None:
    """Through the same door as everybody: numbers, totals, consent; who applied already is told."""
    content = a_list(
        ("11-21 20:15", "孙师傅", "13800000011", "1号"),
        ("", "李师傅", "13800000012", "岗位2"),
        ("", "王师傅", "13800000001", "1号"),
        ("", "钱师傅", "1380000", "1号"),
        ("", "周师傅", "13800000013", "99号"),
        header=PLATFORM,
    )
    one = await show.bring(content, "applicants")
    imports = show.store.actions.people_imports

    await asyncio.gather(*(imports.confirm(show.scope, one.id) for _ in range(3)), return_exceptions=True)
    again = await show.bring(content, "applicants")

    assert await show.verdicts(one) == [
        ("imports", "recorded"),
        ("imports", "recorded"),
        ("duplicate", "applied"),
        ("faulty", "phone_invalid"),
        ("faulty", "job_unknown"),
    ]
    assert (again.totals.imports, again.totals.duplicate) == (0, 3)
    listed = await show.store.actions.applying.listed(show.store.org, show.broadcast)
    assert len(listed) == 6
    assert sorted(line.name_masked for line in listed if line.recorded_by) == ["孙**", "李**"]
    async with show.store.database.transaction(show.store.org) as tx:
        given = await tx.fetch("SELECT given FROM consent WHERE given <> 'ticked'")
        counted = await tx.fetchval("SELECT count(*) FROM audience_event WHERE step = 'application'")
    assert [row["given"] for row in given] == ["on_platform", "on_platform"]
    assert counted == 6


async def test_a_writing_that_was_cut_off_goes_on_where_it_stopped(show: Show) -> None:
    """Killed between storing people and remembering that: they are stored no second time."""
    rows = [("", f"师傅{nth}", f"139000000{nth:02}", "1号") for nth in range(10)]
    one = await show.bring(a_list(*rows, header=PLATFORM), "applicants")
    imports, stores = show.store.actions.people_imports, show.store.stores.people_imports
    await stores.begin(show.scope, one.id, show.store.clock())
    await imports._record_some(show.scope, one.id)
    async with show.store.database.transaction(show.store.org) as tx:
        await tx.execute("UPDATE people_import_row SET result = NULL, application_id = NULL")

    done = await imports.confirm(show.scope, one.id)

    assert (done.state, done.done) == ("confirmed", 10)
    assert len(await show.states()) == 14


async def test_undo_withdraws_recorded_people_nothing_happened_to(show: Show) -> None:
    """Who was contacted meanwhile stays; the same list may be brought again."""
    content = a_list(("", "孙", "13800000011", "1号"), ("", "李", "13800000012", "1号"), header=PLATFORM)
    one = await show.bring(content, "applicants")
    imports = show.store.actions.people_imports
    await imports.confirm(show.scope, one.id)
    moved = await show.bring(a_list(("13800000012", "已联系"), header=("手机", "结果")))
    await imports.confirm(show.scope, moved.id)

    undone = await imports.undo(show.scope, one.id)
    states = await show.states()
    again = await show.bring(content, "applicants")
    await imports.confirm(show.scope, again.id)

    assert (undone.totals.kept, states["0005"], states["0006"]) == (1, "withdrawn", "contacted")
    assert (again.totals.imports, again.totals.duplicate) == (1, 1)
    assert (await show.states())["0005"] == "applied"


async def test_what_was_typed_is_sealed_and_gone_after_a_day(show: Show) -> None:
    """Neither name nor number in any table; afterwards the verdicts stand alone."""
    one = await show.bring(a_list(("", "孙悟空空", "13800009999", "1号"), header=PLATFORM), "applicants")
    imports = show.store.actions.people_imports

    dumped = await dump(show)
    show.store.clock.forward(hours=25)
    gone = await show.store.stores.people_imports.expire(show.store.clock())
    rows = await imports.rows(show.scope, one.id, None, offset=0, limit=9)

    assert "孙悟空空" not in dumped and "13800009999" not in dumped
    assert (gone, rows[0].typed, rows[0].verdict) == (1, {}, "imports")
    assert (await imports.one(show.scope, one.id)).state == "expired"
    with pytest.raises(ImportDone):
        await imports.confirm(show.scope, one.id)


async def test_forgetting_a_person_makes_their_lists_unreadable(show: Show) -> None:
    """Also a list that only names their number."""
    one = await show.bring(a_list(("13800000001", "已联系"), header=("手机", "结果")))
    other = await show.bring(a_list(("13800000002", "已联系"), header=("手机", "结果")))
    async with show.store.database.transaction(show.store.org) as tx:
        person = await tx.fetchval("SELECT person_id FROM application WHERE number = 1")
        await forget(tx, show.store.org, person)

    imports = show.store.actions.people_imports
    assert (await imports.rows(show.scope, one.id, None, offset=0, limit=9))[0].typed == {}
    assert (await imports.rows(show.scope, other.id, None, offset=0, limit=9))[0].typed != {}


@pytest.mark.parametrize("number", ["13800000001", "13900000009"])
async def test_erasing_a_person_takes_lists_that_only_name_their_number(show: Show, number: str) -> None:
    """Nobody has written it yet; also the number they had before they became one with somebody."""
    store, imports = show.store, show.store.actions.people_imports
    one = await show.bring(a_list(("", "王师傅", "13800000001", "1号"), header=PLATFORM), "applicants")
    async with store.database.transaction(store.org) as tx:
        person = await tx.fetchval("SELECT person_id FROM application WHERE number = 1")
        linked = await tx.fetchval("SELECT count(*) FROM people_import_row WHERE application_id IS NOT NULL")
    if number != "13800000001":
        await prove_phone(store, a_watcher().viewer_id, number)
        await store.actions.person.correct(store.org, a_watcher().viewer_id, person, phone=number)

    await store.actions.person.erase(store.org, person)

    assert linked == 0
    assert (await imports.rows(show.scope, one.id, None, offset=0, limit=9))[0].typed == {}


async def dump(show: Show) -> str:
    """Everything of the lists that stands in the database."""
    tables = ("people_import", "people_import_row", "vault.people_import", "vault.people_import_row", "audit")
    async with show.store.database.transaction(show.store.org) as tx:
        rows = [row for table in tables for row in await tx.fetch(f"SELECT t::text AS t FROM {table} t")]  # noqa: S608  # ours
    return "\n".join(row["t"] for row in rows)


async def opened_of(show: Show, number: int) -> Any:
    async with show.store.database.transaction(show.store.org) as tx:
        application = await tx.fetchval("SELECT id FROM application WHERE number = $1", number)
    return await show.store.actions.recruiting.open(show.store.org, application, show.scope.by, employer=None)


async def from_list(show: Show, one: PeopleImportId) -> tuple[int, int]:
    """Moves and notes that name this list."""
    async with show.store.database.transaction(show.store.org) as tx:
        return (
            await tx.fetchval("SELECT count(*) FROM application_event WHERE import_id = $1", one),
            await tx.fetchval("SELECT count(*) FROM follow_up WHERE import_id = $1", one),
        )


async def a_link(show: Show) -> Any:
    made = await show.store.actions.collecting.make(
        show.store.org, show.broadcast, show.employer, purpose="联系应聘者", receiver="张经理", by=BY
    )
    return made.collection.id


# ── through the door ──────────────────────────────────────────────────────────────────────────────────────────


async def sent(site: Site, path: str, content: bytes, headers: dict[str, str]) -> ClientResponse:
    form = FormData()
    form.add_field("file", content, filename="名单.xlsx")
    return await site.ask("POST", path, data=form, headers=headers)


async def test_an_employer_takes_the_list_by_link_and_brings_it_back_by_link(show: Show) -> None:
    """The whole round, over HTTP and through the reader's own process."""
    made = await show.store.actions.collecting.make(
        show.store.org, show.broadcast, show.employer, purpose="联系应聘者", receiver="张经理", by=BY
    )
    link = f"/api/v1/collections/{made.token}"
    async with a_site(show.store) as site:
        opened = await (await site.ask("POST", f"{link}/enter", json={"code": made.code})).json()
        file = await site.ask("POST", f"{link}/file", json={"ticket": opened["ticket"]})
        content = filled(await content_of(file), FILLED)
        back = await (await site.ask("POST", f"{link}/enter", json={"code": made.code, "to": "bring_back"})).json()
        ticket = {"X-Collection-Ticket": back["ticket"]}

        refused = await sent(site, f"{link}/people-imports", content, {"X-Collection-Ticket": "x"})
        preview = await (await sent(site, f"{link}/people-imports", content, ticket)).json()
        one = f"{link}/people-imports/{preview['id']}"
        rows = await (await site.ask("GET", f"{one}/rows", headers=ticket)).json()
        done = await (await site.ask("POST", f"{one}/confirm", json={}, headers=ticket)).json()
        file = await site.ask("GET", f"{one}/faulty", headers=ticket)
        faulty = openpyxl.load_workbook(io.BytesIO(await content_of(file))).worksheets[0]
        applicants = await sent(site, f"{link}/people-imports?kind=applicants&given=on_platform", content, ticket)

        organiser = await site.signed_in(await site.account(AccountRole.ORGANISER))
        seen = await site.ask("GET", f"/api/v1/broadcasts/{show.broadcast}/people-imports", headers=organiser)

    assert (preview["can_take_faulty"], faulty.max_row) == (True, 2)
    assert [faulty["A2"].value, faulty["F2"].value] == ["0003", "看情况吧"]
    assert str(faulty["H2"].value).startswith("F2：看不懂联系结果。")
    assert (await code_of(refused), await code_of(applicants)) == ("collection_refused", "not_allowed")
    assert [row["typed"]["result"] for row in rows["rows"]] == list(FILLED.values())
    assert (rows["rows"][0]["typed"]["name"], rows["rows"][0]["typed"]["phone"]) == ("王**", "138****0001")
    assert (done["state"], done["done"], done["by"]) == ("confirmed", 2, "张经理")
    assert [(row["by_link"], row["by"]) for row in (await seen.json())["imports"]] == [(True, "张经理")]
    assert (await show.states())["0001"] == "interview"


async def test_another_organisations_lists_look_like_missing_ones(show: Show) -> None:
    one = await show.bring(filled(await handed_out(show), FILLED))
    async with a_site(show.store) as site:
        foreign = await an_organisation(show.store.stores, show.store.clock, "另一个县")
        stranger = await site.signed_in(await site.account(AccountRole.ORGANISER, org=foreign))
        base = f"/api/v1/broadcasts/{show.broadcast}/people-imports"

        answers = [
            await (await site.ask("GET", f"{base}/{id_}", headers=stranger)).json(content_type=None)
            for id_ in (one.id, uuid4())
        ]

    assert {json.dumps({**answer, "request_id": None}) for answer in answers} == {
        json.dumps({**answers[0], "request_id": None})
    }


async def test_a_recruiter_brings_outcomes_of_its_own_employer_and_nobody_elses(show: Show) -> None:
    """And an organiser no longer does, once that employer has an account."""
    content = a_list(("0001", "已联系"), ("0004", "已联系"), header=("编号", "联系结果"))
    async with a_site(show.store) as site:
        account: Account = await site.account(AccountRole.RECRUITER, employer=show.employer)
        recruiter = await site.signed_in(account)
        answer = await sent(site, f"/api/v1/broadcasts/{show.broadcast}/people-imports", content, recruiter)
        own = await answer.json()

    mine = await show.bring(content)

    assert (own["totals"]["imports"], own["totals"]["faulty"]) == (1, 1)
    assert await show.verdicts(mine) == [("faulty", "employer_has_recruiter"), ("imports", None)]


async def test_only_who_brought_a_list_takes_its_faulty_rows_in_clear(show: Show) -> None:
    """Recorded; a colleague reads them masked, after a day nobody. What was refused in writing is there too."""
    store = show.store
    rows = (("", "孙师傅", "13800000011", "1号"), ("", "钱师傅", "1390000", "1号"), ("", "周", "13800000013", "2号"))
    async with a_site(store) as site:
        account = await site.account(AccountRole.ORGANISER)
        mine, theirs = [await site.signed_in(one) for one in (account, await site.account(AccountRole.ORGANISER))]
        base = f"/api/v1/broadcasts/{show.broadcast}/people-imports"
        query = "?kind=applicants&given=on_platform"
        made = await (await sent(site, base + query, a_list(*rows, header=PLATFORM), mine)).json()
        one = f"{base}/{made['id']}"
        async with store.database.transaction(store.org) as tx:
            await tx.execute("UPDATE card SET state = 'paused' WHERE job_id = $1", show.jobs[1])
        await site.ask("POST", f"{one}/confirm", json={}, headers=mine)

        refused, seen = [await site.ask("GET", path, headers=theirs) for path in (f"{one}/faulty", one)]
        taken = await site.ask("GET", f"{one}/faulty?lang=en", headers=mine)
        store.clock.forward(hours=25)
        mine = await site.signed_in(account)
        late = await site.ask("GET", f"{one}/faulty", headers=mine)
        gone = await site.ask("GET", one, headers=mine)

    assert (await code_of(refused), (await seen.json())["can_take_faulty"]) == ("not_allowed", False)
    assert (await code_of(late), (await gone.json())["can_take_faulty"]) == ("import_done", False)
    sheet = openpyxl.load_workbook(io.BytesIO(await content_of(taken))).worksheets[0]
    assert [row[2].value for row in sheet.iter_rows()] == ["手机号", "1390000", "13800000013"]
    assert [str(row[4].value)[:4] for row in sheet.iter_rows()] == ["Erro", "C2: ", "This"]
    async with store.database.transaction(store.org) as tx:
        audited = await tx.fetch("SELECT subject, detail FROM audit WHERE action = 'list_faults_taken'")
    assert [(row["subject"], row["detail"]) for row in audited] == [(made["id"], {"rows": 2})]


async def content_of(answer: ClientResponse) -> bytes:
    return (await answer.text("latin-1")).encode("latin-1")


async def code_of(answer: ClientResponse) -> str:
    code: str = (await answer.json(content_type=None))["code"]
    return code
