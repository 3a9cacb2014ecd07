"""Several shows together taken along: a workbook, its tables as CSV, lines as JSON by cursor; as the page says."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from aiohttp import ClientResponse

from admin import series_tables
from admin.book import Book
from admin.files import Sheet
from admin.series_tables import SeriesPart
from stream_jobs.domain.events import SignalStep
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.metrics import METRICS
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports import AccountRole, TypedFigure
from stream_jobs.verify.run import verify
from stream_jobs.verify.series_book import CSV, XLSX
from tests.builders import (
    BY,
    Store,
    a_broadcast,
    a_job,
    a_phone,
    a_visit,
    an_employer,
    apply,
    batching,
    cards_of,
    jobs_of,
)
from tests.integration.test_report import content_of
from tests.integration.test_units import a_unit
from tests.report_builders import a_signal
from tests.site import a_site

TITLE = '=HYPERLINK("http://example.org")'


async def shows_of_a_county(store: Store) -> tuple[str, list[BroadcastId]]:
    """Two shows of a county and one of nobody's, all of one job whose title looks like a formula; a device in each."""
    county = await a_unit(store, "甲县")
    job = await a_job(store, title=TITLE, employer=await an_employer(store))
    shows = [await a_broadcast(store, jobs=0) for _ in range(3)]
    watcher = None
    for nth, show in enumerate(shows):
        await store.stores.trays.add_cards(store.org, show, [job], [], at=store.clock(), by=BY)
        if nth < 2:
            await store.stores.broadcasts.update(store.org, show, {"unit": "甲县"}, by=BY, at=store.clock())
        watcher = await a_visit(store, show, watcher)
        [card] = await cards_of(store, show)
        await store.actions.watching.record(store.org, show, [(watcher, a_signal(store, SignalStep.CLICK, card))])
    async with batching(store):
        for show in shows:
            await apply(store, show, (await jobs_of(store, show))[0], watcher=watcher, phone=a_phone(1))
    await store.actions.report.set_platform_figures(store.org, shows[0], [TypedFigure("快手", "views", 21_480)], BY)
    return str(county), shows


async def sheets_of(answer: ClientResponse) -> dict[str, list[tuple[Any, ...]]]:
    assert answer.status == 200, await answer.text()
    book = openpyxl.load_workbook(io.BytesIO(await content_of(answer)))
    assert not [cell for sheet in book for row in sheet for cell in row if cell.data_type == "f"]
    return {sheet.title: [tuple(cell.value for cell in row) for row in sheet] for sheet in book}


def lines(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def name(key: str) -> str:
    return METRICS[key].zh


async def test_the_workbook_of_a_unit_holds_what_its_page_shows(store: Store) -> None:
    """A device and a person of two shows once, by show, unit, host, job and so on; no title is a formula."""
    county, _ = await shows_of_a_county(store)

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        sheets = await sheets_of(await site.ask("GET", f"/api/v1/units/{county}/report.xlsx", headers=headers))
        whole = await sheets_of(await site.ask("GET", "/api/v1/everything/report.xlsx?lang=en", headers=headers))
        missing = await site.ask("GET", f"/api/v1/units/{store.org}0/report.xlsx", headers=headers)

    assert list(sheets) == [
        "总表", "图表", "从到访到入职", "按场次", "按单位", "按主播", "平台填报", "按岗位", "按企业", "按工作地点",
        "按渠道", "指标说明", "数字怎么分",
    ]  # fmt: skip
    assert sheets["总表"][0][0] == "甲县"
    said = {row[0]: row[1:4] for row in sheets["总表"][5:]}
    assert [said[name(key)][0] for key in ("shows", "visits", "visitors", "applications", "applicants")] == [
        2,
        2,
        1,
        2,
        1,
    ]
    assert said[name("apply_rate")] == (1, 1, 1)
    [job] = lines(sheets["按岗位"])
    assert (job["岗位"], job[name("shows")], job[name("clicks")], job[name("applicants")]) == (TITLE, 2, 1, 1)
    assert job[name("click_rate")] == 1 and job[name("applications")] == 2
    assert [row[0] for row in whole["By job"]][1:] == [TITLE]
    assert [(one["平台"], one["有填报的场次"]) for one in lines(sheets["平台填报"])] == [("快手", 1)]
    assert len(lines(sheets["按场次"])) == 2 and len(whole["By show"]) == 4
    assert {row[4] for row in sheets["指标说明"][1:]} == set(METRICS)
    assert missing.status == 404


async def test_each_table_is_a_csv_of_the_same_lines(store: Store) -> None:
    """Of days, where only those were asked for; what looks like a formula has an apostrophe before it."""
    county, _ = await shows_of_a_county(store)
    today = china_date(store.clock()).isoformat()

    async def rows(part: SeriesPart, days: str) -> list[list[str]]:
        answer = await site.ask("GET", f"/api/v1/units/{county}/report.csv?part={part}&{days}", headers=headers)
        return list(csv.reader(io.StringIO((await content_of(answer)).decode("utf-8-sig"))))

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        now = {part: await rows(part, f"since={today}") for part in SeriesPart}
        never = {part: await rows(part, "until=2020-01-01") for part in SeriesPart}

    every = len(never.pop(SeriesPart.SUMMARY)) - 1
    assert [len(table) - 1 for table in never.values()] == [0] * len(never)
    expected = dict.fromkeys(SeriesPart, 1) | {SeriesPart.SHOWS: 2, SeriesPart.UNITS: 0, SeriesPart.SUMMARY: every}
    assert {part: len(table) - 1 for part, table in now.items()} == expected
    assert all(table[0] == now[part][0] for part, table in never.items())
    assert now[SeriesPart.JOBS][1][0] == "'" + TITLE


async def test_lines_come_as_json_a_page_at_a_time(store: Store) -> None:
    """Each line once, though figures change from page to page; the cursor ends, and names nobody."""
    employer = await an_employer(store)
    jobs = [await a_job(store, title=f"岗位{nth}", employer=employer) for nth in range(5)]
    show = await a_broadcast(store, jobs=0)
    await store.stores.trays.add_cards(store.org, show, jobs, [], at=store.clock(), by=BY)
    watcher = await a_visit(store, show)
    seen, sizes, cursor = [], [], ""

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        path = "/api/v1/everything/cuts/lines?part=jobs&limit=2"
        while cursor is not None:
            answer = await site.ask("GET", path + (f"&cursor={cursor}" if cursor else ""), headers=headers)
            page = json.loads(await answer.text())
            seen += [line["name"] for line in page["lines"]]
            sizes.append(len(page["lines"]))
            cursor = page["next_cursor"]
            card = (await cards_of(store, show))[len(seen) - 1]
            await store.actions.watching.record(store.org, show, [(watcher, a_signal(store, SignalStep.CLICK, card))])
            store.clock.forward(minutes=1)
        refused = [
            await site.ask("GET", f"/api/v1/everything/cuts/lines?{asked}", headers=headers)
            for asked in ("", "part=people", "part=jobs&limit=0", "part=jobs&cursor=岗位")
        ]

    assert sizes == [2, 2, 1]
    assert sorted(seen) == [f"岗位{nth}" for nth in range(5)]
    assert [one.status for one in refused] == [422] * 4


async def test_verify_reads_the_files_back_and_counts_a_unit_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell that is not what the page says, one that only the workbook has wrong, and a device the unit has lost."""
    county, shows = await shows_of_a_county(store)
    right = await verify(store.database, store.keys, None, store.clock())
    table, add = series_tables.OF_CUTS[SeriesPart.JOBS], Book.add
    monkeypatch.setitem(
        series_tables.OF_CUTS, SeriesPart.JOBS, lambda cuts, words: _one_more(table(cuts, words), column=-1)
    )
    monkeypatch.setattr(Book, "add", lambda book, name, own: add(book, name, _one_more(own, column=-2)))
    async with store.database.transaction(store.org) as tx:
        await tx.execute("DELETE FROM reach WHERE broadcast_id = ANY($1)", shows[:2])
    wrong = await verify(store.database, store.keys, None, store.clock())

    named = {(str(one.broadcast), one.where, one.metric, one.place) for one in wrong.differences}
    assert right.differences == ()
    assert (county, "report of a unit", "visitors", "whole") in named
    assert (county, CSV, "applicants", "jobs 1") in named
    assert (county, XLSX, METRICS["applications"].en, f"jobs {TITLE}") in named


def _one_more(table: Sheet, *, column: int) -> Sheet:
    rows = [list(row) for row in table.rows]
    for row in rows:
        if isinstance(number := row[column], int):
            row[column] = number + 1
    return replace(table, rows=rows)
