"""Figures out of a platform's export: previewed, written once somebody says yes, beside ours, and taken back."""

import json
from typing import Any
from uuid import uuid4

import openpyxl
from aiohttp import ClientResponse, FormData

from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import AccountRole, TypedFigure
from tests.builders import BY, Store, a_broadcast, an_organisation
from tests.form_workbooks import saved
from tests.site import Site, a_site

ALL = "/api/v1/platform-imports"


def an_export(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["直播标题", "开播时间", "观看次数", "观看人数", "点赞数"])
    for row in rows:
        page.append(list(row))
    return saved(book)


async def asked(response: ClientResponse) -> Any:
    return json.loads(await response.text())


async def uploaded(site: Site, headers: dict[str, str], content: bytes, query: str = "?platform=快手") -> Any:
    form = FormData(quote_fields=False)
    form.add_field("file", content, filename="快手直播数据.xlsx")
    return await asked(await site.ask("POST", ALL + query, data=form, headers=headers))


async def figures(store: Store, broadcast: BroadcastId) -> list[tuple[str, str, int, str, str | None]]:
    report = await store.actions.report.report_now(store.org, broadcast)
    return [(one.platform, one.metric, one.value, one.by, one.from_file) for one in report.platform]


async def test_an_export_is_previewed_confirmed_and_taken_back(store: Store) -> None:
    """Who typed what stands again after the undo; what was changed since stays; ours never move."""
    broadcast = await a_broadcast(store)
    await store.actions.report.set_platform_figures(store.org, broadcast, [TypedFigure("快手", "views", 20_000)], BY)
    before = await store.actions.report.report_now(store.org, broadcast)
    began = store.clock().astimezone(CHINA)
    content = an_export(
        ("招工啦", f"{began:%Y-%m-%d %H:%M}", 21_480, "15,002", 1_204),
        ("没有的场", "2020-01-01 10:00", 1, 1, 1),
        ("合计", None, 21_481, 15_003, 1_205),
    )

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        one = await uploaded(site, headers, content)
        path = f"{ALL}/{one['id']}"
        rows = (await asked(await site.ask("GET", f"{path}/rows", headers=headers)))["rows"]
        waiting = await figures(store, broadcast)
        confirmed = await asked(await site.ask("POST", f"{path}/confirm", headers=headers))
        written = await figures(store, broadcast)
        twice = await site.ask("POST", f"{path}/confirm", headers=headers)
        again = await uploaded(site, headers, content)
        await store.actions.report.set_platform_figures(store.org, broadcast, [TypedFigure("快手", "likes", 7)], BY)
        undone = await asked(await site.ask("POST", f"{path}/undo", headers=headers))

    assert {name: one["totals"][name] for name in ("imports", "faulty", "skipped", "replaces")} == {
        "imports": 1, "faulty": 1, "skipped": 2, "replaces": 1,
    }  # fmt: skip
    assert [row["verdict"] for row in rows] == ["skipped", "imports", "faulty", "skipped"]
    assert rows[1]["figures"][0] == {"metric": "views", "value": 21_480, "before": 20_000}
    assert [fault["code"] for fault in rows[2]["faults"]] == ["no_show"]
    assert waiting == [("快手", "views", 20_000, BY.name, None)]
    file = "快手直播数据.xlsx"
    assert written == [
        ("快手", "likes", 1_204, "场控小李", file), ("快手", "viewers", 15_002, "场控小李", file),
        ("快手", "views", 21_480, "场控小李", file),
    ]  # fmt: skip
    assert (confirmed["state"], confirmed["confirmed_by"]) == ("confirmed", "场控小李")
    assert (twice.status, (await asked(twice))["code"]) == (409, "import_done")
    assert again["totals"]["duplicate"] == 1
    assert undone["state"] == "undone"
    assert await figures(store, broadcast) == [
        ("快手", "likes", 7, BY.name, None), ("快手", "views", 20_000, BY.name, None)
    ]  # fmt: skip
    after = await store.actions.report.report_now(store.org, broadcast)
    assert (after.figures, after.funnel) == (before.figures, before.funnel)


async def test_rows_come_a_page_at_a_time(store: Store) -> None:
    """By a cursor that ends."""
    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        one = await uploaded(site, headers, an_export(*(("场", "2020-01-01 10:00", n, n, n) for n in range(5))))
        cursor, seen = 0, []
        while cursor is not None:
            path = f"{ALL}/{one['id']}/rows?verdict=faulty&limit=2&cursor={cursor}"
            page = await asked(await site.ask("GET", path, headers=headers))
            seen += [row["row"] for row in page["rows"]]
            cursor = page["next_cursor"]

    assert seen == [2, 3, 4, 5, 6]


async def test_the_overview_of_one_show_is_uploaded_from_its_report(store: Store) -> None:
    """Its rows say neither when nor which; and nobody else's show can be named."""
    broadcast = await a_broadcast(store)
    elsewhere = await an_organisation(store.stores, store.clock, "别的县")
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for line in (("观看次数", 3_571), ("观看人数", 2_904)):
        page.append(line)

    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        foreign = await site.signed_in(await site.account(AccountRole.ORGANISER, org=elsewhere))
        query = f"?platform=抖音&broadcast_id={broadcast}"
        one = await uploaded(site, headers, saved(book), query)
        refused = await uploaded(site, foreign, saved(book), query)
        hidden = await site.ask("POST", f"{ALL}/{one['id']}/confirm", headers=foreign)
        await site.ask("POST", f"{ALL}/{one['id']}/confirm", headers=headers)

    assert (refused["code"], hidden.status) == ("broadcast_not_found", 404)
    assert [(name, value) for _, name, value, *_ in await figures(store, broadcast)] == [
        ("viewers", 2_904),
        ("views", 3_571),
    ]


async def test_what_is_no_export_is_refused(store: Store) -> None:
    """With the codes of every workbook, and a platform must be named."""
    async with a_site(store) as site:
        headers = await site.signed_in(await site.account(AccountRole.ORGANISER))
        damaged = await uploaded(site, headers, b"PK\x03\x04 no workbook")
        unnamed = await uploaded(site, headers, an_export(), "?platform=%20")
        missing = await site.ask("POST", f"{ALL}/{uuid4()}/undo", headers=headers)

    assert (damaged["code"], unnamed["code"]) == ("workbook_unreadable", "bad_input")
    assert (missing.status, (await asked(missing))["code"]) == (404, "import_not_found")
