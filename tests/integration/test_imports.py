"""From a workbook to jobs and back, on a real PostgreSQL and with the real reader."""

import asyncio
import io
from datetime import date
from uuid import uuid4

import openpyxl
import pytest

from admin.import_reader import WorkbookReader
from stream_jobs.domain.errors import ImportDone, ImportNotFound, ImportUsed
from stream_jobs.domain.ids import ImportId, uuid7
from stream_jobs.domain.job_sheet import WorkbookTooLarge, WorkbookUnreadable
from stream_jobs.ports import EmployerFacts, ImportBody, JobFilter
from tests.builders import (
    BY,
    Store,
    a_broadcast,
    an_employer,
    an_organisation,
    apply,
    batching,
    cards_of,
    jobs_of,
)
from tests.job_workbooks import HEADER, a_row, a_workbook

EVERYTHING = JobFilter(limit=200)


async def uploaded(store: Store, content: bytes, name: str = "岗位.xlsx") -> ImportBody:
    needs = await store.actions.imports.reading_needs(store.org)
    reading = await WorkbookReader().reading(
        content, today=needs.today, existing=needs.existing, max_bytes=10 * 1024 * 1024
    )
    return await store.actions.imports.preview(store.org, name, content, reading, needs.today, BY)


async def confirmed(store: Store, content: bytes) -> ImportBody:
    return await store.actions.imports.confirm(store.org, (await uploaded(store, content)).id, BY)


async def jobs(store: Store) -> list[str]:
    return [job.facts.title for job in (await store.actions.postings.jobs(store.org, EVERYTHING)).jobs]


async def test_a_preview_has_a_verdict_for_every_row_and_makes_no_job(store: Store) -> None:
    """What imports, as typed beside as understood; what is wrong and where; what repeats what; what is no data."""
    content = a_workbook(
        a_row(),
        a_row(title="质检员", headcount="很多人", pay="看着给"),
        a_row(),
        ("合计", "", "120", "", "", "", ""),
    )

    preview = await uploaded(store, content)

    totals = preview.totals
    assert (totals.imports, totals.faulty, totals.duplicate, totals.skipped) == (1, 1, 1, 3)
    assert totals.new_employers == ("示例·星河电子",)
    [good] = await store.actions.imports.rows(store.org, preview.id, "imports")
    assert good.typed["pay"] == "5500-7000元/月" and good.draft and good.draft.pay.min_fen == 550_000
    [faulty] = await store.actions.imports.rows(store.org, preview.id, "faulty")
    assert [(f.field, f.code, f.cell) for f in faulty.faults] == [
        ("headcount", "unparseable", "C4"),
        ("pay", "unparseable", "D4"),
    ]
    [again] = await store.actions.imports.rows(store.org, preview.id, "duplicate")
    assert (again.row, again.duplicate_sheet, again.duplicate_row) == (5, good.sheet, 3)
    skipped = await store.actions.imports.rows(store.org, preview.id, "skipped")
    assert [row.skipped for row in skipped] == ["title", "header", "total"]
    assert await jobs(store) == []


async def test_rows_come_in_pages_in_the_order_of_the_workbook(store: Store) -> None:
    """However long the workbook is."""
    preview = await uploaded(store, a_workbook(*(a_row(title=f"普工{n}") for n in range(7))))

    pages = [await store.actions.imports.rows(store.org, preview.id, "imports", offset=o, limit=3) for o in (0, 3, 6)]

    assert [[row.row for row in page] for page in pages] == [[3, 4, 5], [6, 7, 8], [9]]


async def test_confirming_makes_the_jobs_and_new_employers_unverified(store: Store) -> None:
    """An employer that is there already is found by its short or its full name."""
    known = await an_employer(store, "示例·恒顺注塑")
    content = a_workbook(a_row(), a_row(employer="示例·恒顺注塑有限公司", title="注塑操作工"), a_row(title="质检员"))

    done = await confirmed(store, content)

    assert (done.state, done.imported) == ("confirmed", 3)
    page = await store.actions.postings.jobs(store.org, EVERYTHING)
    assert [(job.facts.title, job.import_row) for job in page.jobs] == [
        ("电子厂普工", "Sheet!3"),
        ("注塑操作工", "Sheet!4"),
        ("质检员", "Sheet!5"),
    ]
    assert [job.employer_id == known for job in page.jobs] == [False, True, False]
    assert [bool(job.blocked) for job in page.jobs] == [True, False, True]
    [fresh, _] = await store.actions.postings.employers(store.org)
    assert (fresh.name, fresh.verified, fresh.contact_phone) == ("示例·星河电子", False, "0000-1000001")


async def test_a_unit_in_the_heading_is_kept_with_the_job(store: Store) -> None:
    """12-18 under 年薪（万元） is 120,000 to 180,000 yuan a year."""
    header = ["年薪（万元）" if name == "工资" else name for name in HEADER]

    await confirmed(store, a_workbook(a_row(pay="12-18"), header=header))

    [job] = (await store.actions.postings.jobs(store.org, EVERYTHING)).jobs
    assert (job.pay.unit, job.pay.max_fen) == ("year", 18_000_000)
    assert job.facts.pay_text == "12–18 万/年" and job.pay.text == job.facts.pay_text


async def test_blocking_words_import_and_keep_the_job_from_being_pushed(store: Store) -> None:
    """Also where they stand in a remark that viewers never see."""
    header = ["备注" if name == "岗位要求" else name for name in HEADER]
    content = a_workbook(a_row(requirements="限女性，18-35岁"), header=header)

    preview = await uploaded(store, content)
    await store.actions.imports.confirm(store.org, preview.id, BY)

    assert preview.totals.blocked == 1
    [job] = (await store.actions.postings.jobs(store.org, EVERYTHING)).jobs
    assert "wording" in {blocked.code for blocked in job.blocked}
    [row] = await store.actions.imports.rows(store.org, preview.id, "imports")
    found = {finding.rule_id for finding in row.findings if finding.severity == "block"}
    assert found == {finding.rule_id for finding in job.findings if finding.severity == "block"}


async def test_confirming_twice_is_refused_also_at_the_same_moment(store: Store) -> None:
    """A double click makes every job once."""
    preview = await uploaded(store, a_workbook(a_row(), a_row(title="质检员")))

    done = await asyncio.gather(
        *(store.actions.imports.confirm(store.org, preview.id, BY) for _ in range(3)), return_exceptions=True
    )

    assert sorted(type(answer).__name__ for answer in done) == ["ImportBody", "ImportDone", "ImportDone"]
    assert len(await jobs(store)) == 2


async def test_the_same_workbook_again_is_all_duplicates(store: Store) -> None:
    """Each names the job it repeats, however differently pay and employer are written."""
    await confirmed(store, a_workbook(a_row()))
    [job] = (await store.actions.postings.jobs(store.org, EVERYTHING)).jobs

    preview = await uploaded(store, a_workbook(a_row(pay="５５００－７０００", employer="示例·星河电子 ")))

    assert (preview.totals.imports, preview.totals.duplicate) == (0, 1)
    [row] = await store.actions.imports.rows(store.org, preview.id, "duplicate")
    assert row.duplicate_job == job.id


async def test_two_previews_of_one_workbook_make_its_jobs_once(store: Store) -> None:
    """What another import made in the meantime is left out when the second is confirmed, also side by side."""
    await an_employer(store, "示例·星河电子")
    content = a_workbook(*(a_row(title=f"普工{n}") for n in range(60)))
    previews = [await uploaded(store, content) for _ in range(3)]

    done = await asyncio.gather(*(store.actions.imports.confirm(store.org, one.id, BY) for one in previews))

    assert sorted(one.imported for one in done) == [0, 0, 60]
    assert len(await jobs(store)) == 60
    assert len(await store.actions.postings.employers(store.org)) == 1


async def test_undoing_takes_jobs_and_new_employers_back_and_out_of_trays(store: Store) -> None:
    """As if it had not been; what was there before stays."""
    known = await an_employer(store, "示例·恒顺注塑")
    done = await confirmed(store, a_workbook(a_row(), a_row(employer="示例·恒顺注塑", title="注塑操作工")))
    coming = await a_broadcast(store, jobs=1, live=False)
    imported = [job.id for job in (await store.actions.postings.jobs(store.org, JobFilter(import_id=done.id))).jobs]
    await store.stores.trays.add_cards(store.org, coming, imported, [], at=store.clock(), by=BY)

    undone = await store.actions.imports.undo(store.org, done.id, BY)

    assert undone.state == "undone"
    assert [card.number for card in (await store.actions.stage.tray(store.org, coming)).cards] == [1]
    assert (await store.actions.postings.jobs(store.org, JobFilter(import_id=done.id))).total == 0
    assert "示例·星河电子" not in {row.name for row in await store.actions.postings.employers(store.org)}
    assert known in {row.id for row in await store.actions.postings.employers(store.org)}
    with pytest.raises(ImportDone):
        await store.actions.imports.undo(store.org, done.id, BY)
    assert (await confirmed(store, a_workbook(a_row()))).imported == 1


async def test_an_employer_someone_has_worked_on_outlives_the_import(store: Store) -> None:
    """Its corrected telephone number is not thrown away with the jobs."""
    done = await confirmed(store, a_workbook(a_row()))
    [employer] = await store.actions.postings.employers(store.org)
    facts = EmployerFacts(employer.name, "示例·星河电子有限公司", contact_phone="0000-1000009")
    await store.actions.postings.edit_employer(store.org, employer.id, facts, BY)

    await store.actions.imports.undo(store.org, done.id, BY)

    [kept] = await store.actions.postings.employers(store.org)
    assert kept.contact_phone == "0000-1000009" and kept.jobs == 0


async def test_an_import_is_not_undone_once_a_job_of_it_was_pushed(store: Store) -> None:
    """Nothing of it is taken back."""
    done = await confirmed(store, a_workbook(a_row(), a_row(title="质检员")))
    [employer] = await store.actions.postings.employers(store.org)
    await store.actions.postings.verify_employer(store.org, employer.id, BY)
    broadcast = await a_broadcast(store, jobs=0)
    imported = [job.id for job in (await store.actions.postings.jobs(store.org, EVERYTHING)).jobs]
    await store.stores.trays.add_cards(store.org, broadcast, imported, [], at=store.clock(), by=BY)
    assert (await store.actions.imports.one(store.org, done.id)).used is None

    await store.actions.stage.push(store.org, broadcast, (await cards_of(store, broadcast))[0], BY, uuid4())

    with pytest.raises(ImportUsed):
        await store.actions.imports.undo(store.org, done.id, BY)
    assert (await store.actions.imports.one(store.org, done.id)).used == "pushed"
    assert len(await jobs(store)) == 2 and len(await jobs_of(store, broadcast)) == 2
    assert {card.state for card in (await store.actions.stage.tray(store.org, broadcast)).cards} == {"open"}


async def test_an_import_is_not_undone_once_someone_applied(store: Store) -> None:
    """Also before the show."""
    done = await confirmed(store, a_workbook(a_row()))
    broadcast = await a_broadcast(store, jobs=0, live=False)
    [job] = (await store.actions.postings.jobs(store.org, EVERYTHING)).jobs
    await store.stores.trays.add_cards(store.org, broadcast, [job.id], [], at=store.clock(), by=BY)
    async with batching(store):
        await apply(store, broadcast, job.id)

    with pytest.raises(ImportUsed):
        await store.actions.imports.undo(store.org, done.id, BY)

    assert (await store.actions.imports.one(store.org, done.id)).used == "applied"
    assert await jobs(store) == ["电子厂普工"]


async def test_a_preview_cannot_be_undone_nor_an_undone_import_confirmed(store: Store) -> None:
    """Each step once, in its order."""
    preview = await uploaded(store, a_workbook(a_row()))

    with pytest.raises(ImportDone):
        await store.actions.imports.undo(store.org, preview.id, BY)
    await store.actions.imports.confirm(store.org, preview.id, BY)
    await store.actions.imports.undo(store.org, preview.id, BY)

    with pytest.raises(ImportDone):
        await store.actions.imports.confirm(store.org, preview.id, BY)


async def test_the_faulty_rows_come_back_as_a_workbook_that_imports_once_corrected(store: Store) -> None:
    """With the reason beside each; correcting the cell is all there is to do."""
    content = a_workbook(a_row(), a_row(title="质检员", headcount="很多人"))
    preview = await uploaded(store, content)
    kept = await store.actions.imports.workbook(store.org, preview.id)

    faulty = await WorkbookReader().faulty(kept.content, today=kept.today, language="zh")
    workbook = openpyxl.load_workbook(io.BytesIO(faulty))
    sheet = workbook.worksheets[0]
    assert sheet.max_row == 3 and "招聘人数 C3" in str(sheet.cell(3, 8).value)
    sheet.cell(3, 3).value = "10"
    corrected = io.BytesIO()
    workbook.save(corrected)
    done = await confirmed(store, corrected.getvalue())

    assert done.imported == 1 and await jobs(store) == ["质检员"]


async def test_a_foreign_import_is_not_found(store: Store) -> None:
    """Exactly as one that never was."""
    preview = await uploaded(store, a_workbook(a_row()))
    other = await an_organisation(store.stores, store.clock, "示例市就业中心")

    for import_ in (preview.id, ImportId(uuid7(store.clock()))):
        for asked in (
            store.actions.imports.one(other, import_),
            store.actions.imports.rows(other, import_, None),
            store.actions.imports.workbook(other, import_),
            store.actions.imports.confirm(other, import_, BY),
            store.actions.imports.undo(other, import_, BY),
        ):
            with pytest.raises(ImportNotFound):
                await asked
    assert await store.actions.imports.listed(other) == []


async def test_the_sender_s_path_is_not_kept(store: Store) -> None:
    """Some browsers send where the file lies on the sender's disk."""
    preview = await uploaded(store, a_workbook(a_row()), r"C:\Users\王小明\桌面\岗位.xlsx")

    assert preview.file_name == "岗位.xlsx"


@pytest.mark.parametrize("content", [b"%PDF-1.7 not a workbook", b"", b"PK\x03\x04 broken"])
async def test_what_is_no_workbook_is_refused_in_the_reader(content: bytes) -> None:
    """With the error of the importer, whatever the process in between."""
    with pytest.raises(WorkbookUnreadable):
        await WorkbookReader().reading(content, today=date(2026, 1, 1), existing={}, max_bytes=100)


async def test_the_event_loop_goes_on_while_a_workbook_is_read(store: Store) -> None:
    """A show on the same server does not stutter: the longest wait stays short beside the whole reading."""
    content = a_workbook(*(a_row(title=f"普工{n}") for n in range(2000)))
    loop = asyncio.get_running_loop()
    gaps = []

    async def beat() -> None:
        while True:
            before = loop.time()
            await asyncio.sleep(0)
            gaps.append(loop.time() - before)

    heart = asyncio.create_task(beat())
    began = loop.time()
    needs = await store.actions.imports.reading_needs(store.org)
    reading = await WorkbookReader().reading(content, today=needs.today, existing={}, max_bytes=10_000_000)
    took = loop.time() - began
    heart.cancel()

    assert len(list(reading)) == 2002
    assert max(gaps) < took / 4


async def test_more_than_the_limit_is_too_large(store: Store) -> None:
    """The reader looks at the size before anything else."""
    needs = await store.actions.imports.reading_needs(store.org)

    with pytest.raises(WorkbookTooLarge):
        await WorkbookReader().reading(a_workbook(a_row()), today=needs.today, existing={}, max_bytes=100)
