"""Reports taken along: a workbook with charts, many shows in the background, JSON by cursor; each equal to the page."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pytest

from admin.form.figures import figures
from admin.report_tables import summary
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.metrics import METRICS, Ratio, ShownAs, every_metric
from stream_jobs.domain.vetting import china_date
from stream_jobs.notices import ConsoleNotices
from stream_jobs.ports import AccountRole, By
from stream_jobs.ports.exports import ExportFormat, ReportsWanted
from stream_jobs.ports.work import WriteExport
from tests.builders import BY, Store, a_broadcast, a_phone, a_visit, apply, batching, cards_of, handlers_over, jobs_of
from tests.integration.test_report import content_of
from tests.site import a_site, accounts_over


async def a_past_show(store: Store, people: int) -> BroadcastId:
    broadcast = await a_broadcast(store, jobs=2)
    await store.actions.stage.push(store.org, broadcast, (await cards_of(store, broadcast))[0], BY, uuid4())
    async with batching(store):
        for number in range(people):
            watcher = await a_visit(store, broadcast)
            await apply(
                store, broadcast, (await jobs_of(store, broadcast))[0], watcher=watcher, phone=a_phone(number + 1)
            )
    store.clock.forward(minutes=30)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    return broadcast


async def test_the_reports_workbook_has_charts_definitions_and_every_figure(store: Store) -> None:
    """Numbers as numbers, shares as shares, with both terms; charts over the funnel and the curve."""
    broadcast = await a_past_show(store, 6)
    report = await store.actions.report.report_now(store.org, broadcast)

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        path = f"/api/v1/broadcasts/{broadcast}/report.xlsx"
        content = await content_of(await site.ask("GET", path, headers=headers))
        english = await content_of(await site.ask("GET", f"{path}?lang=en", headers=headers))

    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [
        "总表", "图表", "从到访到入职", "观看曲线与推送", "按岗位", "按企业", "按渠道", "按时段",
        "按地区", "按重点群体", "平台填报", "指标说明",
    ]  # fmt: skip
    said = {row[0]: row[1:4] for row in book["总表"].iter_rows(min_row=6, values_only=True)}
    for key, value in summary(report):
        name = METRICS[key].name("zh-CN")
        if isinstance(value, int):
            assert said[name][0] == value, key
        elif value.value is not None:
            near = {ShownAs.NUMBER: 0.05, ShownAs.MILLISECONDS: 1}.get(METRICS[key].shown_as, 1e-9)
            assert said[name][0] == pytest.approx(float(value.value), abs=near), key
            assert said[name][1:] == (value.numerator, value.denominator), key
    assert [cell.value for cell in book["从到访到入职"]["B"][1:6]] == [step.count for step in report.funnel]
    assert sum(cell.value for cell in book["观看曲线与推送"]["C"][1:]) == sum(report.curve.applications)
    assert {row[4] for row in book["指标说明"].iter_rows(min_row=2, values_only=True)} == set(METRICS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/charts/chart")]
    assert (
        len(charts) == 2
        and any("<c:barChart>" in one for one in charts)
        and any("<c:lineChart>" in one for one in charts)
    )
    assert "总表" not in openpyxl.load_workbook(io.BytesIO(english)).sheetnames


async def test_the_workbook_of_a_rehearsal_holds_no_figure(store: Store) -> None:
    """One line says that it counts nowhere."""
    broadcast = await a_broadcast(store, rehearsal=True)

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        path = f"/api/v1/broadcasts/{broadcast}/report.xlsx"
        content = await content_of(await site.ask("GET", path, headers=headers))

    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [[cell.value for cell in row] for sheet in book for row in sheet] == [["彩排，不计入任何统计"]]


async def _asker(store: Store) -> By:
    account = await accounts_over(store).create_account(
        store.org,
        role=AccountRole.ORGANISER,
        login=uuid4().hex,
        password="correct horse",
        name="张老师",
        employer=None,
        by=BY,
    )
    return By(account.id, account.name)


def _wanted(store: Store, format_: ExportFormat, series: str | None = None) -> ReportsWanted:
    today = china_date(store.clock())
    return ReportsWanted(series, today - timedelta(days=30), today, format_, "zh-CN")


async def _written(store: Store, by: By, wanted: ReportsWanted) -> bytes:
    asked = await store.actions.exports.ask_reports(store.org, wanted, by)
    assert (await store.actions.exports.ask_reports(store.org, wanted, by)).id == asked.id
    await handlers_over(store, ConsoleNotices()).handle(store.org, WriteExport(export_id=asked.id), store.clock())
    [now] = [one for one in await store.actions.exports.listed(store.org, by) if one.id == asked.id]
    assert (now.state, now.what, now.rows_done, now.rows_total) == ("ready", "reports", 2, 2)
    _, pieces = await store.actions.exports.fetch(store.org, asked.id, by)
    return b"".join([piece async for piece in pieces])


async def test_reports_of_many_shows_are_written_in_the_background(store: Store) -> None:
    """Every metric of every show, as the reports say, in both formats; a rehearsal in neither."""
    shows = [await a_past_show(store, 3), await a_past_show(store, 6)]
    await a_broadcast(store, rehearsal=True)
    by = await _asker(store)

    table = list(
        csv.reader(io.StringIO((await _written(store, by, _wanted(store, ExportFormat.CSV))).decode("utf-8-sig")))
    )
    book = openpyxl.load_workbook(
        io.BytesIO(await _written(store, by, _wanted(store, ExportFormat.XLSX, "示例·就业暖心季")))
    )

    names = [metric.name("zh-CN") for metric in every_metric()]
    lines = [dict(zip(table[0], line, strict=True)) for line in table[1:]]
    page: Any = book.worksheets[0]
    for nth, show in enumerate(shows):
        own = figures(await store.actions.report.report_now(store.org, show))
        cells = dict(zip(table[0], [cell.value for cell in page[nth + 2]], strict=True))
        for metric, name in zip(every_metric(), names, strict=True):
            value = own.get(metric.key)
            if isinstance(value, int):
                assert (lines[nth][name], cells[name]) == (str(value), value), name
            elif isinstance(value, Ratio) and metric.key == "apply_rate" and value.value is not None:
                assert cells[name] == pytest.approx(float(value.value))
    assert [cell.value for cell in book["按岗位"]["A"][1:]] == ["就业暖心季·东莞专场"] * 4
    assert book.sheetnames[-1] == "指标说明" and len(page._charts) == 1


async def test_an_export_of_applications_is_never_taken_for_one_of_reports(store: Store) -> None:
    """Both are of everything, in one format, and asked for by one account."""
    by = await _asker(store)
    reports = await store.actions.exports.ask_reports(store.org, _wanted(store, ExportFormat.CSV), by)
    other = await store.actions.exports.ask_reports(store.org, _wanted(store, ExportFormat.XLSX), by)

    assert reports.id != other.id
    with pytest.raises(BadInput):
        await store.actions.exports.ask_reports(store.org, _wanted(store, ExportFormat.CSV, "没有的系列"), by)


async def test_whole_reports_come_as_json_a_page_at_a_time(store: Store) -> None:
    """Oldest first, each as its own page says, and the cursor ends."""
    shows = [await a_past_show(store, n) for n in (1, 0, 2)]

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        path, seen = "/api/v1/reports?limit=2", []
        cursor = ""
        while cursor is not None:
            page = json.loads(
                await (await site.ask("GET", path + (f"&cursor={cursor}" if cursor else ""), headers=headers)).text()
            )
            seen += page["reports"]
            cursor = page["next_cursor"]
        lost = await site.ask("GET", f"{path}&cursor={UUID(int=5)}", headers=headers)

    assert [one["broadcast"]["id"] for one in seen] == [str(show) for show in shows]
    assert [one["figures"]["applied"]["applications"] for one in seen] == [1, 0, 2]
    assert lost.status == 422
    told = {one["metric"]: one["value"] for one in seen[0]["summary"]}
    counted = dict(summary(await store.actions.report.report_now(store.org, shows[0])))
    assert {key: value for key, value in told.items() if value is not None} == {
        key: value.model_dump() if isinstance(value, Ratio) else value for key, value in counted.items()
    }
    assert told["average_watching"]["denominator"] == seen[0]["figures"]["on_air_ms"]
    assert told.keys() - counted.keys() == {
        f"{what}_seconds_{of}" for what in ("contact", "hire") for of in ("median", "p90")
    }


async def test_the_built_in_form_has_a_row_for_each_show_of_a_series(store: Store) -> None:
    """By the series' name."""
    await a_past_show(store, 1)
    await a_past_show(store, 2)

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        found = await site.ask("GET", "/api/v1/activity-form.xlsx?series=示例·就业暖心季", headers=headers)
        none = await site.ask("GET", "/api/v1/activity-form.xlsx?series=没有", headers=headers)
        rows = [
            len(list(openpyxl.load_workbook(io.BytesIO(await content_of(one))).worksheets[0].rows))
            for one in (found, none)
        ]

    assert rows == [4, 2]
