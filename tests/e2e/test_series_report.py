"""Several shows together, one beside the earlier ones, and what every figure counts, in a real browser."""

from datetime import datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook
from playwright.async_api import Browser, Page, expect
from pypdfium2 import PdfDocument

from stream_jobs.domain.vetting import china_date
from tests.e2e.host_side import a_desk
from tests.e2e.support import Demo, Staff, demo_show


async def test_the_series_report_and_definitions_open_from_the_reports(
    browser: Browser, demo: Demo, organiser: Staff
) -> None:
    """Its figures are those of the API; ⓘ leads to the definition, which can be searched."""
    async with a_desk(browser, demo, role="organiser") as context:
        page = await context.new_page()
        await page.clock.install()
        await page.goto(f"{demo.base_url}/organiser/reports")
        await page.get_by_role("link", name="看报告 全部场次").click()
        await expect(page.locator("[data-metric=shows] .type-figure")).not_to_have_text("0")
        await asks_again_for_the_days_it_shows(page, await day_on_air(organiser))
        report = await (await context.request.get(f"{demo.base_url}/api/v1/everything/report")).json()
        shown = page.locator("[data-metric=openings] .type-figure")
        await expect(shown).to_have_text(f"{report['figures']['openings']:,}")
        stated = page.locator("[data-metric=visits] .series-stated")
        await expect(stated.first).to_contain_text("平台填报")

        cuts = await (await context.request.get(f"{demo.base_url}/api/v1/everything/cuts")).json()
        lines = page.locator(".series-cuts tbody tr")
        await expect(lines).to_have_count(min(50, len(cuts["jobs"])))
        await page.get_by_role("tab", name="按企业").click()
        await expect(lines).to_have_count(len(cuts["employers"]))
        printed = await prints_a_head_on_every_page(page)
        assert "导出整份报告" not in printed and "占第一步" in printed.replace("\r\n", "")
        table = page.locator(".report-funnel table")
        await expect(table).to_be_hidden()
        await page.get_by_role("button", name="看表格").click()
        await expect(table.locator("tbody tr")).to_have_count(len(report["funnel"]))
        book = await taken(page, "导出整份报告")
        assert book["按企业"].max_row == 1 + len(cuts["employers"])
        async with page.expect_download() as download:
            await page.get_by_role("button", name="导出按企业（CSV）").click()
        assert (await download.value).suggested_filename == "全部场次·按企业.csv"

        await page.locator("[data-metric=hired] .defined").click()

        await expect(page.locator("#hired")).to_be_in_viewport()
        await page.get_by_label("搜索指标").fill("点开率")
        await expect(page.locator(".definition h2").first).to_contain_text("点开率")
        assert await page.locator(".definition").count() < 5


async def day_on_air(organiser: Staff) -> str:
    """The day in China on which the show that is on air began: yesterday, shortly after midnight."""
    shows = (await organiser.ask("GET", "/api/v1/everything/report"))["shows"]
    began = next(show["started_at"] for show in shows if show["status"] == "live")
    return china_date(datetime.fromisoformat(began)).isoformat()


async def asks_again_for_the_days_it_shows(page: Page, day_on_air: str) -> None:
    """A show is on air, so figures are asked for every five seconds; those of every day took the place of one day's.

    Whoever clicks through days asks for the last of them alone.
    """
    lines, asked = page.locator(".series-cuts tbody tr"), list[str]()
    await expect(lines.first).to_be_visible()
    page.on("request", lambda request: asked.append(request.url) if "/everything/" in request.url else None)
    figure = page.locator("[data-metric=shows] .type-figure")
    before = await figure.inner_text()

    for day in ("2020-01-01", "2021-01-01", day_on_air):
        await page.get_by_label("从", exact=True).fill(day)
    await expect(figure).not_to_have_text(before)
    await expect(lines.first).to_be_visible()
    shown, chosen = await figure.inner_text(), list(asked)
    async with page.expect_response(lambda answer: "/everything/report" in answer.url):
        await page.clock.fast_forward(6_000)

    assert len(chosen) == 2
    assert {url.partition("?")[2] for url in asked} == {f"since={day_on_air}"}
    await expect(figure).to_have_text(shown)
    await says_when_nothing_new_comes(page)
    await page.get_by_role("button", name="不限日期").click()
    await expect(figure).to_have_text(before)


async def says_when_nothing_new_comes(page: Page) -> None:
    """What is shown stays, marked as old, until the next answer."""
    stale = page.get_by_text("正在重连")
    await page.route("**/everything/report?*", lambda route: route.abort())
    await page.clock.fast_forward(6_000)
    await expect(stale).to_be_visible()
    await page.unroute("**/everything/report?*")
    await page.clock.fast_forward(6_000)
    await expect(stale).to_have_count(0)


async def taken(page: Page, button: str) -> Workbook:
    async with page.expect_download() as download:
        await page.get_by_role("button", name=button).click()
    return load_workbook(BytesIO((await (await download.value).path()).read_bytes()))


async def prints_a_head_on_every_page(page: Page) -> str:
    """A long table goes on below its head, with its sum once; what is reported comes first. Returns all its words."""
    await page.evaluate(
        """() => {
            const body = document.querySelector(".report-table tbody");
            for (let nth = 0; nth < 120; nth += 1) body.append(body.lastElementChild.cloneNode(true));
        }"""
    )
    with PdfDocument(await page.pdf(prefer_css_page_size=True)) as document:
        pages = [sheet.get_textpage().get_text_bounded() for sheet in document]

    assert "全部场次" in pages[0]
    first = next(nth for nth, text in enumerate(pages) if "每场一行" in text)
    last = next(nth for nth, text in enumerate(pages) if "合计" in text)
    assert last > first
    assert all("场次" in text and "日期" in text for text in pages[first : last + 1])
    return "".join(pages)


async def test_a_report_stands_beside_the_earlier_shows_of_its_series(
    browser: Browser, demo: Demo, organiser: Staff
) -> None:
    """The median under the figures, the earlier shows in a table, and last what is drawn nowhere else."""
    shows = (await organiser.ask("GET", "/api/v1/home"))["shows"]
    live, ended = (demo_show(shows, status) for status in ("live", "ended"))
    comparison = await organiser.ask("GET", f"/api/v1/broadcasts/{live}/comparison")
    async with a_desk(browser, demo, role="organiser", has_touch=True) as context:
        page = await context.new_page()
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{live}/report")

        rows = page.locator(".compare-table tbody tr")
        many = len(comparison["earlier"])
        assert many
        await expect(rows).to_have_count(1 + many + (many > 1))
        await expect(page.locator(".figure-box").first).to_contain_text("中位数" if many > 1 else "上一场")
        await page.locator(".report-curve").get_by_role("button", name="看表格").click()
        lines = page.locator(".report-curve tbody tr td:last-child")
        assert sum(map(int, await lines.all_inner_texts())) == sum(
            (await organiser.ask("GET", f"/api/v1/broadcasts/{live}/report"))["report"]["curve"]["applications"]
        )
        await every_other_figure_is_told_with_its_definition(page, await organiser.ask("GET", "/api/v1/metrics"))

        watching = page.locator(".report-more [data-metric=watching]")
        await expect(watching).to_have_count(0)
        # All shows of the demo are of one series: no other answer is at hand.
        first = {**comparison, "among": "organisation"}
        await page.route("**/comparison", lambda route: route.fulfill(json=first))
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{ended}/report")
        await expect(watching).to_have_count(1)
        await expect(page.locator(".report-compare .note").first).to_contain_text("先和本机构以前的")


async def every_other_figure_is_told_with_its_definition(page: Page, registry: Any) -> None:
    """Pointing at ⓘ says for as long what it counts, a tap for good."""
    definitions = {metric["key"]: metric["definition"]["zh-CN"] for metric in registry["metrics"]}
    more = page.locator(".report-more")
    said = more.locator(".explanation")
    for key in ("effective_views", "calls", "applications_in_live", "watch_ms", "hired_of_interviewed"):
        await expect(more.locator(f"[data-metric={key}] dd")).not_to_be_empty()

    await more.locator("[data-metric=effective_views] .meaning").hover()
    await expect(said).to_contain_text(definitions["effective_views"])
    await more.get_by_role("heading").hover()
    await expect(said).not_to_contain_text(definitions["effective_views"])
    await more.locator("[data-metric=contact_seconds_median] .meaning").tap()
    await expect(said).to_contain_text(definitions["contact_seconds_median"])
    await more.locator("[data-metric=effective_views] .meaning").hover()
    await expect(said).to_contain_text(definitions["effective_views"])
    await more.get_by_role("heading").hover()
    await expect(said).to_contain_text(definitions["contact_seconds_median"])
