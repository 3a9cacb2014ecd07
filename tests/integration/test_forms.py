"""A bureau's form over HTTP: kept, previewed, filled for a show, days or a series with the report's own figures."""

import json
from typing import Any, get_args
from uuid import UUID, uuid4

import openpyxl
import pytest
from aiohttp import ClientResponse, FormData

from admin.report_tables import summary
from stream_jobs.actions.forms import ShowsWanted
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.form.marks import ONLY_ALL, ONLY_EACH, every_key, known_names
from stream_jobs.domain.form.values import one_decimal
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.metrics import METRICS, Ratio, ShownAs, every_metric
from stream_jobs.ports import AccountRole, PlatformMetric, TypedFigure
from tests.builders import BY, Store, a_broadcast, a_phone, a_visit, an_organisation, apply, batching, jobs_of
from tests.form_workbooks import EVERY_MARK, monthly_list, opened, saved, with_every_mark
from tests.integration.test_report import content_of
from tests.report_builders import a_state, applications_of
from tests.site import Site, a_site


async def a_show_with(store: Store, *people: int) -> BroadcastId:
    """An ended show at which these people applied, each on a device of their own."""
    broadcast = await a_broadcast(store, jobs=2)
    job = (await jobs_of(store, broadcast))[0]
    async with batching(store):
        for number in people:
            await apply(store, broadcast, job, watcher=await a_visit(store, broadcast), phone=a_phone(number))
    store.clock.forward(minutes=126)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    return broadcast


async def uploaded(
    site: Site,
    headers: dict[str, str],
    content: bytes,
    name: str = "月报.xlsx",
    path: str = "/api/v1/forms",
    method: str = "POST",
) -> ClientResponse:
    form = FormData(quote_fields=False)
    form.add_field("file", content, filename=name)
    return await site.ask(method, path, data=form, headers=headers)


async def book_of(response: ClientResponse) -> openpyxl.Workbook:
    assert response.status == 200, await response.text()
    return opened(await content_of(response))


def every_mark() -> bytes:
    """A sheet with each metric's key beside its mark."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row, metric in enumerate(every_metric(), start=1):
        page.cell(row, 1, metric.key)
        page.cell(row, 2, f"{{{{{metric.key}}}}}")
        page.cell(row, 3, f"即{{{{{metric.key}}}}}")
    return saved(book)


async def test_a_form_is_kept_previewed_and_filled_for_days_a_series_and_one_show(store: Store) -> None:
    """One row for each show, people distinct over shows, a rehearsal nowhere."""
    first = await a_show_with(store, 1, 2, 3)
    store.clock.forward(hours=24)
    await a_show_with(store, 3, 4)
    await a_broadcast(store, rehearsal=True)

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        form = json.loads(await (await uploaded(site, headers, monthly_list())).text())
        path = f"/api/v1/forms/{form['id']}"
        days = await book_of(await site.ask("GET", f"{path}/filled.xlsx", headers=headers))
        series = await book_of(await site.ask("GET", f"{path}/filled.xlsx?series=示例·就业暖心季", headers=headers))
        one = await book_of(await site.ask("GET", f"{path}/filled.xlsx?broadcast_id={first}", headers=headers))
        preview = json.loads(
            await (await site.ask("GET", f"{path}/preview?broadcast_id={first}", headers=headers)).text()
        )

    assert (form["name"], form["unknown"]) == ("月报", 0)
    for book in (days, series):
        page = book["月报"]
        assert [page[f"E{row}"].value for row in (4, 5)] == [3, 2]
        assert (page["C6"].value, page["D6"].value) == ("=SUM(C4:C5)", 5)
        assert "共2场，播出4小时12分" in page["A7"].value
    assert one["月报"]["A5"].value == "合计" and one["月报"]["E4"].value == 3
    marks = {(mark["cell"], mark["mark"]): mark["shown"] for mark in preview["marks"]}
    assert marks["E4", "{{每场.报名人数}}"] == "3" and marks["A6", "{{播出时长}}"] == "2小时06分"
    assert [mark["problem"] for mark in preview["marks"]] == [None] * len(preview["marks"])


async def test_every_metric_in_a_form_is_the_reports_to_the_digit(store: Store) -> None:
    """As a number where the mark stands alone, as text in a sentence."""
    broadcast = await a_show_with(store, 1, 2, 3)
    await a_state(store, (await applications_of(store, broadcast))[0], "hired")
    await store.actions.report.set_platform_figures(store.org, broadcast, [TypedFigure("快手", "views", 21_480)], BY)
    report = await store.actions.report.report_now(store.org, broadcast)

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        form = json.loads(await (await uploaded(site, headers, every_mark())).text())
        response = await site.ask(
            "GET", f"/api/v1/forms/{form['id']}/filled.xlsx?broadcast_id={broadcast}", headers=headers
        )
        page = (await book_of(response)).worksheets[0]

    filled = {row[0].value: row[1].value for row in page.iter_rows()}
    told = {row[0].value: row[2].value for row in page.iter_rows()}
    for key, value in summary(report):
        if METRICS[key].shown_as is ShownAs.PERCENT and isinstance(value, Ratio):
            assert filled[key] == (pytest.approx(float(value.value)) if value.value is not None else "–"), key
            assert told[key] == (f"即{one_decimal(value, times=100)}%" if value.value is not None else "即–"), key
        elif METRICS[key].shown_as is ShownAs.NUMBER and isinstance(value, int):
            assert (filled[key], told[key]) == (value, f"即{value:,}"), key
    assert filled["platform_views"] == 21_480
    assert set(filled) == set(METRICS)


async def test_every_name_of_every_mark_is_filled_in_a_foreign_workbook(store: Store) -> None:
    """Whatever the registry knows, {{基地}} of before too; only rates of what nobody did are a dash."""
    broadcast = await a_show_with(store, 1, 2, 3)
    await a_state(store, (await applications_of(store, broadcast))[0], "hired")
    stated = [TypedFigure("快手", metric, nth) for nth, metric in enumerate(get_args(PlatformMetric), start=1)]
    await store.actions.report.set_platform_figures(store.org, broadcast, stated, BY)

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        form = json.loads(await (await uploaded(site, headers, with_every_mark(monthly_list()))).text())
        path = f"/api/v1/forms/{form['id']}/filled.xlsx?broadcast_id={broadcast}"
        book = await book_of(await site.ask("GET", path, headers=headers))
    *rows, keys, each = [[cell.value for cell in row] for row in book[EVERY_MARK]]
    whole: dict[Any, set[Any]] = {}
    for key, said, *_ in rows:
        whole.setdefault(key, set()).add(said)
    of_each: dict[Any, set[Any]] = {}
    for key, said in zip(keys, each, strict=True):
        of_each.setdefault(key, set()).add(said)

    known = set(every_key())
    assert form["unknown"] == 0 and known_names()["基地"] == "unit"
    assert (set(whole), set(of_each)) == (known - ONLY_EACH, known - ONLY_ALL)
    assert {key: said for key, said in {**whole, **of_each}.items() if len(said) != 1} == {}
    assert whole["unit"] == of_each["unit"] == {"示例·东莞基地"}
    assert not [said for one in (*whole.values(), *of_each.values()) for said in one if "{" in str(said)]
    assert {key for key, said in whole.items() if said <= {"–", None}} == {"delivered_rate", "average_watch_ms"}


async def test_people_over_several_shows_are_counted_once(store: Store) -> None:
    """Distinct over the shows, as a plain count of the rows says."""
    first, second = await a_show_with(store, 1, 2, 3), await a_show_with(store, 2, 3, 9)
    await a_state(store, (await applications_of(store, first))[1], "hired")

    distinct = await store.stores.over_shows.distinct(store.org, [first, second])

    async with store.database.transaction(store.org) as tx:
        people = await tx.fetch("SELECT DISTINCT counted_as FROM application")
        devices = await tx.fetch("SELECT DISTINCT viewer_id FROM visit")
    assert (distinct["applicants"], distinct["visitors"]) == (len(people), len(devices)) == (4, 6)
    assert (distinct["hired"], distinct["contacted"], distinct["waiting"]) == (1, 1, 3)
    assert distinct["employers"] == 4


async def test_figures_of_several_platforms_stand_side_by_side(store: Store) -> None:
    """Each platform counts in its own way; over shows views add up, peaks do not, and nobody knows who came twice."""
    for views, peak in ((21_480, 300), (20, 412)):
        broadcast = await a_show_with(store, 1)
        stated = [TypedFigure("快手", "views", views), TypedFigure("快手", "peak", peak)]
        stated += [TypedFigure("快手", "viewers", 9), TypedFigure("抖音", "views", 450)]
        await store.actions.report.set_platform_figures(store.org, broadcast, stated, BY)

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        form = json.loads(await (await uploaded(site, headers, every_mark())).text())
        page = (
            await book_of(await site.ask("GET", f"/api/v1/forms/{form['id']}/filled.xlsx", headers=headers))
        ).worksheets[0]

    said = {row[0].value: row[1].value for row in page.iter_rows()}
    assert (said["platform_views"], said["platform_peak"]) == ("快手 21,500；抖音 900", 412)
    assert said["platform_viewers"] in ("–", None)


async def test_an_unknown_mark_is_named_with_cell_and_nearest_name(store: Store) -> None:
    """In the preview, before anything is sent upstairs."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page["B2"], page["C3"] = "{{报名人数}}", "{{报名总人数}}"

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        form = json.loads(await (await uploaded(site, headers, saved(book))).text())
        preview = json.loads(
            await (await site.ask("GET", f"/api/v1/forms/{form['id']}/preview", headers=headers)).text()
        )

    [known, unknown] = preview["marks"]
    assert (form["marks"], form["unknown"], known["problem"]) == (2, 1, None)
    assert (unknown["cell"], unknown["problem"], unknown["nearest"][0]) == ("C3", "unknown", "报名人数")
    assert preview["shows"] == [] and known["shown"] == "0"


async def test_a_form_has_one_name_and_may_be_replaced_renamed_and_forgotten(store: Store) -> None:
    """And belongs to its organisation alone."""
    elsewhere = await an_organisation(store.stores, store.clock, "别的县")

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        foreign = await site.signed_in(await site.account(AccountRole.ORGANISER, org=elsewhere))
        form = json.loads(await (await uploaded(site, headers, monthly_list())).text())
        path = f"/api/v1/forms/{form['id']}"
        again = await uploaded(site, headers, monthly_list())
        other = json.loads(await (await uploaded(site, headers, every_mark(), "C:\\表\\全部.xlsx")).text())
        clash = await site.ask("PATCH", f"/api/v1/forms/{other['id']}", json={"name": "月报"}, headers=headers)
        renamed = await site.ask("PATCH", path, json={"name": "市局月报"}, headers=headers)
        bad = await uploaded(site, headers, b"PK\x03\x04", path=f"{path}/file", method="PUT")
        replaced = await uploaded(site, headers, every_mark(), "新.xlsx", path=f"{path}/file", method="PUT")
        original = await site.ask("GET", f"{path}/file", headers=headers)
        hidden = [
            await site.ask("GET", f"{path}/{what}", headers=foreign) for what in ("preview", "filled.xlsx", "file")
        ]
        hidden.append(await site.ask("DELETE", path, headers=foreign))
        listed = json.loads(await (await site.ask("GET", "/api/v1/forms", headers=headers)).text())["forms"]
        removed = await site.ask("DELETE", path, headers=headers)
        gone = await site.ask("GET", f"{path}/file", headers=headers)

    async def code(response: ClientResponse) -> Any:
        return response.status, json.loads(await response.text())["code"]

    assert await code(again) == await code(clash) == (409, "name_taken")
    assert (other["name"], other["file_name"]) == ("全部", "全部.xlsx")
    assert json.loads(await renamed.text())["name"] == "市局月报"
    assert await code(bad) == (422, "workbook_unreadable")
    assert json.loads(await replaced.text())["marks"] == 2 * len(METRICS)
    assert opened(await content_of(original)).worksheets[0]["A1"].value == every_metric()[0].key
    assert {(await code(response))[1] for response in hidden} == {"form_not_found"}
    assert {one["name"] for one in listed} == {"全部", "市局月报"}
    assert removed.status == 204 and await code(gone) == (404, "form_not_found")


async def test_a_show_of_another_organisation_fills_no_form(store: Store) -> None:
    """Nor says that it exists."""
    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        form = json.loads(await (await uploaded(site, headers, monthly_list())).text())

        answer = await site.ask(
            "GET", f"/api/v1/forms/{form['id']}/filled.xlsx?broadcast_id={UUID(int=9)}", headers=headers
        )

    assert answer.status == 404


async def test_a_form_of_more_shows_than_it_takes_is_refused(store: Store) -> None:
    """A total of some of them would be a wrong one."""
    for _ in range(3):
        await a_show_with(store)

    counted = await store.actions.forms.counted(store.org, ShowsWanted(), most=3)
    with pytest.raises(BadInput):
        await store.actions.forms.counted(store.org, ShowsWanted(), most=2)

    assert len(counted.reports) == 3
