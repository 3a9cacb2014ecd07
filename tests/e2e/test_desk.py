"""A recruiter in a real browser: signs in, finds somebody, calls, notes, moves many at once and takes it back."""

import csv
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar
from playwright.async_api import Browser, FilePayload, Page, ViewportSize, expect

from storage.pool import open_database
from stream_jobs.keys import load_keys
from tests.crowd import a_crowd
from tests.e2e.phone import a_device, button, fill, open_form, opened, send, sheet, tab
from tests.e2e.support import Console, Demo, Staff, a_demo, axe_finds, screenshot
from tests.e2e.test_my_page import code_field, sent

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """One of its own: an employer's desk shows what every show brought."""
    async with a_demo(tmp_path_factory.mktemp("desk")) as running:
        yield running


@asynccontextmanager
async def a_recruiter(browser: Browser, demo: Demo, *, size: ViewportSize, **more: Any) -> AsyncIterator[Page]:
    """Signed in by the form, which leads to the desk; fails when the page complains."""
    context = await browser.new_context(viewport=size, timezone_id="Asia/Shanghai", **{"locale": "zh-CN", **more})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    try:
        await page.goto(f"{demo.base_url}/login?lang={more.get('locale', 'zh-CN')}")
        login, password = demo.accounts["recruiter"]
        await page.locator("[name=login]").fill(login)
        await page.locator("[name=password]").fill(password)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk")
        await expect(page.locator(".desk-row").first).to_be_visible()
        yield page
        assert complaints == []
    finally:
        await context.close()


async def numbers_are_proven(demo: Demo) -> None:
    """After applying, for whoever wants to."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        organiser = Staff(demo, client)
        await organiser.sign_in_as("organiser")
        await organiser.ask("PATCH", f"/api/v1/broadcasts/{demo.broadcast_id}/show", {"phone_check": "after"})


async def a_thousand_more(demo: Demo, name: str) -> None:
    """At the recruiter's employer, whose hashes say that they are called so."""
    async with open_database(demo.database_url, size=1) as database:
        async with database.maintenance() as tx:
            employer = await tx.fetchval("SELECT id FROM employer WHERE name = '示例·恒顺注塑'")
        await a_crowd(database, load_keys(demo.data / "keys"), employer, name, datetime.now(UTC))


async def search(page: Page, typed: str) -> None:
    await page.keyboard.press("/")
    await page.keyboard.type(typed)


async def test_a_recruiter_works_through_the_list(browser: Browser, demo: Demo) -> None:
    """At the desk and then on a phone; what one page does, the other shows by itself."""
    async with a_recruiter(browser, demo, size=DESKTOP) as page, a_recruiter(browser, demo, size=PHONE) as phone:
        rows = page.locator(".desk-row")
        await expect(page.locator("h1")).to_have_text("示例·恒顺注塑")
        total = await rows.count()
        assert "王师傅" not in await page.content() and "13800000001" not in await page.content()
        assert await axe_finds(page) == []

        await search(page, "谢")
        await expect(rows).to_contain_text(["谢**", "谢**"])
        await page.get_by_label("搜称呼、手机尾号、编号、简历").fill("0001")
        await expect(rows).to_have_count(1)
        await expect(rows.first).to_contain_text("王** 138****0001")

        # By keyboard alone: open, see the number, note that they were reached.
        await rows.first.locator(".desk-row-open").press("Enter")
        person = page.locator("[data-person]")
        await expect(person.locator("h2")).to_be_focused()
        await expect(person.locator("a[href^='tel:']")).to_have_count(0)
        await person.get_by_role("button", name="查看号码").press("Enter")
        await expect(person.locator("a[href='tel:13800000001']")).to_have_text("拨打 138 0000 0001")
        await person.get_by_label("说了什么（可不填）").fill("下周一上午来面试")
        await person.get_by_role("button", name="明天").press("Enter")
        await person.get_by_role("button", name="记下").press("Enter")
        await expect(page.locator(".toast")).to_contain_text("状态改为已联系")
        await expect(person.locator("header .badge")).to_have_text("已联系")
        await expect(person.locator(".desk-history")).to_contain_text("下周一上午来面试")
        await expect(person.locator(".desk-history")).to_contain_text("企业已查看")
        assert await axe_finds(page) == []
        await screenshot(page, "desk_person_desktop")

        # The phone learns of it by itself, and reads the note.
        row = phone.locator(".desk-row", has_text="138****0001")
        await expect(row.locator(".badge")).to_have_text("已联系", timeout=15_000)
        assert await axe_finds(phone) == [] and not await phone.evaluate(TOO_WIDE)
        await screenshot(phone, "desk_list_phone")
        await row.locator(".desk-row-open").click()
        await expect(phone.locator(".desk-history")).to_contain_text("下周一上午来面试")
        await expect(phone.locator(".desk-left")).to_be_hidden()
        assert await axe_finds(phone) == [] and not await phone.evaluate(TOO_WIDE)
        await screenshot(phone, "desk_person_phone")
        await phone.get_by_role("button", name="返回名单").click()
        await expect(row.locator(".desk-row-open")).to_be_focused()

        # Many at once, a rejection with its reason, and all of it taken back.
        await page.get_by_role("button", name="清空筛选").click()
        await expect(rows).to_have_count(total)
        waiting = page.get_by_role("button", name="待联系")
        before = await waiting.inner_text()
        await page.get_by_role("checkbox", name="选中").nth(1).check()
        await page.get_by_role("checkbox", name="选中").nth(2).check()
        bulk = page.locator(".desk-bulk")
        await bulk.get_by_label("改为").select_option("rejected")
        await bulk.get_by_role("button", name="改", exact=True).click()
        await expect(bulk.get_by_role("alert")).to_have_text("请选原因")
        await bulk.get_by_label("不合适的原因").select_option("full")
        assert await axe_finds(page) == []
        await screenshot(page, "desk_bulk_desktop")
        await bulk.get_by_role("button", name="改", exact=True).click()
        await expect(page.locator(".toast")).to_contain_text("2 份已改为不合适")
        await expect(rows.locator(".badge", has_text="不合适")).to_have_count(2)
        await expect(waiting).not_to_have_text(before)
        await page.locator(".toast").get_by_role("button", name="撤销").click()
        await expect(rows.locator(".badge", has_text="不合适")).to_have_count(0)
        await expect(waiting).to_have_text(before)

        # A hotspot's own page in place of the answer signs nobody out, and says so.
        await page.route("**/sign-out", lambda route: route.fulfill(body="<p>"), times=1)
        await page.goto(f"{demo.base_url}/desk")
        await page.get_by_role("button", name="退出登录").click()
        await expect(page.get_by_role("alert")).to_have_text("没有退出，请再试一次。")
        await page.get_by_role("button", name="退出登录").click()
        await page.wait_for_url("**/login*")
        await page.goto(f"{demo.base_url}/desk")
        await expect(page).to_have_url(f"{demo.base_url}/login?next=/desk")


async def test_an_application_arrives_and_the_applicant_reads_how_it_stands(browser: Browser, demo: Demo) -> None:
    """Neither page is loaded again: the desk shows who just applied and proved a number, and 我的报名 says 约面试."""
    await numbers_are_proven(demo)
    async with a_recruiter(browser, demo, size=DESKTOP) as page, a_device(browser) as device:
        viewer = await opened(device, demo.viewer_url)
        await open_form(viewer, 4)
        await fill(viewer, "138 0000 0456", "柳师傅")
        await send(viewer)
        said = re.search(r"编号 (\d{4,})", await sheet(viewer).inner_text())
        assert said
        await button(sheet(viewer), "验证手机号").click()
        await code_field(viewer).fill(await sent(viewer, demo, ""))
        await viewer.keyboard.press("Enter")
        await expect(sheet(viewer)).to_contain_text("手机号已验证")
        await button(viewer, "再看看别的").click()
        await tab(viewer, "我的报名").click()
        mine = viewer.get_by_role("tabpanel", name=re.compile("我的报名")).locator("[data-application]")
        await expect(mine).to_contain_text("已报名")

        row = page.locator(".desk-row", has_text="柳** 138****0456")
        await expect(row).to_contain_text("本人号码已验证")
        await row.locator(".desk-row-open").click()
        person = page.locator("[data-person]")
        await expect(person).to_contain_text(f"编号 {said[1]}")
        await expect(person).to_contain_text("本人号码已验证")
        assert await axe_finds(page) == []
        await screenshot(page, "desk_verified")
        await expect(mine).to_contain_text("企业已查看")
        await person.get_by_label("改为").select_option("interview")
        await person.get_by_role("button", name="改", exact=True).click()
        await expect(mine).to_contain_text("约面试")
        await screenshot(viewer, "desk_applicant_phone")


async def test_a_list_goes_out_and_comes_back_with_what_became_of_people(browser: Browser, demo: Demo) -> None:
    """In full for one's own employer; the outcome of one of them, noted in a workbook, stands at the desk."""
    async with a_recruiter(browser, demo, size=DESKTOP, accept_downloads=True) as page:
        await button(page, "导出").press("Enter")
        assert await sheet(page).get_by_label("显示全，用途：移交企业").count() == 0
        await sheet(page).get_by_label("CSV", exact=True).check()
        await sheet(page).get_by_label("显示全，用途：联系应聘者").check()
        await button(sheet(page), "开始导出").click()
        link = sheet(page).get_by_role("link", name=re.compile("^下载"))
        await expect(link).to_be_visible(timeout=20_000)
        assert await axe_finds(page) == []
        await screenshot(page, "desk_export")
        async with page.expect_download() as download:
            await link.click()
        content = (await (await download.value).path()).read_bytes().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(content)))
        assert {row["企业"] for row in rows} == {"示例·恒顺注塑"}
        waiting = next(row for row in rows if row["状态"] == "已报名" and re.fullmatch(r"1\d{10}", row["手机"]))
        await page.keyboard.press("Escape")

        await button(page, "导入联系结果").press("Enter")
        text = f"编号,联系结果\n{waiting['编号']},已联系\n"
        file = FilePayload(name="联系结果.csv", mimeType="text/csv", buffer=text.encode())
        await sheet(page).locator("#people-list").set_input_files(file)
        await button(sheet(page), "确认导入 1条").click()
        await expect(sheet(page)).to_contain_text("已导入 1条")
        assert await axe_finds(page) == []
        await screenshot(page, "desk_outcomes")
        await page.keyboard.press("Escape")
        row = page.locator(".desk-row", has_text=f"138****{waiting['手机'][-4:]}")
        await expect(row.first.locator(".badge", has_text="已联系")).to_be_visible()


async def test_the_desk_in_english_by_night(browser: Browser, demo: Demo) -> None:
    """Every word, dark; an empty list says why."""
    async with a_recruiter(browser, demo, size=DESKTOP, locale="en", color_scheme="dark") as page:
        await expect(page).to_have_title("Recruiter's desk")
        await page.get_by_role("button", name="Filters").click()
        await page.get_by_label("State").select_option("hired")
        assert await axe_finds(page) == []
        await search(page, "0000")
        await expect(page.locator(".desk-left .empty")).to_contain_text("Nothing found.")
        assert await axe_finds(page) == []
        await screenshot(page, "desk_empty_english_dark")


async def test_a_long_list_goes_on_being_read_and_is_searched_to_its_end(browser: Browser, demo: Demo) -> None:
    """Somebody beyond what one search opens is found; with 250 shown who applies appears, and a move hides nobody."""
    async with (
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as client,
        a_recruiter(browser, demo, size=DESKTOP) as page,
    ):
        rows, waiting = page.locator(".desk-row"), page.get_by_role("button", name="待联系")
        await a_thousand_more(demo, "谢谢")
        await search(page, "谢")
        await expect(page.locator(".desk-left .empty")).to_contain_text("更早的还没有找完")
        assert await axe_finds(page) == []
        await button(page, "接着找").press("Enter")
        await expect(rows).to_contain_text(["谢**", "谢**"])

        await button(page, "清空筛选").click()
        for shown in range(50, 250, 50):
            await expect(rows).to_have_count(shown)
            await button(page, "再看 50 份").click()
        await expect(rows).to_have_count(250)
        before = await waiting.inner_text()
        operator = Console(demo, client)
        await operator.sign_in()
        someone = {"contact": {"phone": "13800000789", "name": "柯师傅"}, "consent_given": "by_telephone"}
        path = f"/api/v1/broadcasts/{demo.broadcast_id}/staff-applications"
        await operator.ask("POST", path, {"job_id": operator.cards["4号"]["job"]["id"], **someone})
        await expect(rows.first).to_contain_text("柯** 138****0789")
        await expect(rows).to_have_count(251)
        await expect(waiting).not_to_have_text(before)

        await page.get_by_role("checkbox", name="选中").nth(250).check()
        bulk = page.locator(".desk-bulk")
        await bulk.get_by_label("改为").select_option("contacted")
        await button(bulk, "改").click()
        await expect(rows.nth(250).locator(".badge")).to_have_text("已联系")
        await expect(waiting).to_have_text(before)
        await expect(rows).to_have_count(251)
