"""An organiser in a real browser: a workbook becomes jobs, jobs become a show, a show gets its codes to scan."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import openpyxl
import pytest
from aiohttp import ClientSession, CookieJar
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, Route, expect

from tests.e2e.support import ELSEWHERE, Demo, axe_finds, screenshot
from tests.job_workbooks import a_row, a_workbook

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def a_file(content: bytes, name: str = "春风行动岗位.xlsx") -> FilePayload:
    return FilePayload(name=name, mimeType=XLSX, buffer=content)


_sessions: dict[str, str] = {}


async def session_of(demo: Demo) -> str:
    """One session for all tests: signing in is limited."""
    if demo.base_url not in _sessions:
        login, password = demo.accounts["organiser"]
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
            body = {"login": login, "password": password}
            async with client.post(f"{demo.base_url}/api/v1/sign-in", json=body) as response:
                _sessions[demo.base_url] = response.cookies["session"].value
    return _sessions[demo.base_url]


@asynccontextmanager
async def signed_in(
    browser: Browser, demo: Demo, viewport: dict[str, int] = DESKTOP, language: str = "zh-CN"
) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=viewport, timezone_id=ELSEWHERE, locale=language)  # type: ignore[arg-type]  # a plain dict
    session = await session_of(demo)
    cookies = {"lang": language, "session": session}
    await context.add_cookies([{"name": n, "value": v, "url": demo.base_url} for n, v in cookies.items()])
    try:
        yield context
    finally:
        await context.close()


@asynccontextmanager
async def an_organiser(
    browser: Browser, demo: Demo, path: str = "/organiser", viewport: dict[str, int] = DESKTOP, language: str = "zh-CN"
) -> AsyncIterator[Page]:
    """A page that fails the test when it complains."""
    async with signed_in(browser, demo, viewport, language) as context:
        page = await context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "warning" else None)
        await page.goto(demo.base_url + path)
        yield page
        assert complaints == []


async def upload(page: Page, content: bytes) -> None:
    """Chooses the file and waits for its preview."""
    await page.set_input_files("#workbook", a_file(content))
    await page.wait_for_url(re.compile("/organiser/imports/[0-9a-f-]{36}"))
    await expect(page.get_by_role("tab", name=re.compile("^可导入"))).to_be_visible()


async def confirm(page: Page, count: int) -> None:
    await page.get_by_role("button", name=f"确认导入 {count} 条").click()
    await expect(page.get_by_text(f"✓ 已导入 {count} 条。")).to_be_visible()


def corrected(faulty: bytes) -> bytes:
    """The faulty rows with their headcount filled in, as an organiser would."""
    workbook = openpyxl.load_workbook(io.BytesIO(faulty))
    sheet = workbook.worksheets[0]
    for row in range(3, sheet.max_row + 1):
        sheet.cell(row, 3).value = "10"
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


async def test_a_workbook_becomes_a_show_with_a_code_to_scan(browser: Browser, demo: Demo) -> None:
    """Import, correct the faulty row and import it again, create a show, get a channel's code; a phone opens it."""
    content = a_workbook(
        a_row(employer="示例·晴川电子", title="贴片操作员"),
        a_row(employer="示例·晴川电子", title="测试员", headcount="很多人"),
        a_row(employer="示例·晴川电子", title="前台", requirements="限女性，18-35岁"),
        a_row(employer="示例·晴川电子", title="贴片操作员"),
    )
    async with an_organiser(browser, demo, "/organiser/imports") as page:
        await upload(page, content)
        for tab in ("可导入 2", "有错 1", "重复 1", "跳过 2"):
            await expect(page.get_by_role("tab", name=tab, exact=True)).to_be_visible()
        await expect(page.get_by_text("! 可以导入，改好前不能推送")).to_be_visible()
        assert await axe_finds(page) == []
        await screenshot(page, "organiser_import_preview")

        await page.get_by_role("tab", name="有错 1").click()
        await expect(page.get_by_text("招聘人数 C4：读不出数字，请写成 10 或 3-5")).to_be_visible()
        async with page.expect_download() as download:
            await page.get_by_role("link", name="下载有错的行").click()
        file = await download.value
        assert file.suggested_filename == "春风行动岗位-有错.xlsx"
        faulty = (await file.path()).read_bytes()
        await confirm(page, 2)

        await page.goto(f"{demo.base_url}/organiser/imports")
        await upload(page, corrected(faulty))
        await confirm(page, 1)
        await screenshot(page, "organiser_import_done")

        await page.get_by_role("link", name="用这些岗位新建直播").click()
        await page.get_by_label("标题 *").fill("晴川电子专场")
        await page.get_by_label("平台", exact=True).fill("快手")
        await page.get_by_role("button", name="保存，去排岗位").click()
        await page.wait_for_url(re.compile("/organiser/broadcasts/"))
        await expect(page.locator(".tray-row").first).to_contain_text("测试员")

        await page.get_by_role("tab", name="渠道和二维码").click()
        await page.get_by_label("渠道类型").select_option("station")
        await page.get_by_label("渠道名称 *").fill("城关镇驿站")
        await page.get_by_role("button", name="新增渠道").click()
        code = page.get_by_alt_text("城关镇驿站的二维码")
        await expect(code).to_be_visible()
        assert await code.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="下载二维码 城关镇驿站").click()
        png = await download.value
        assert png.suggested_filename == "城关镇驿站.png"
        assert (await png.path()).read_bytes().startswith(b"\x89PNG")
        assert await axe_finds(page) == []
        await screenshot(page, "organiser_channels")
        link = await page.locator(".channel-link").inner_text()

    phone = await browser.new_context(viewport=PHONE)  # type: ignore[arg-type]  # a plain dict
    try:
        opened = await phone.new_page()
        await opened.goto(link)
        await expect(opened.get_by_text("晴川电子专场").first).to_be_visible()
    finally:
        await phone.close()


async def test_a_confirmed_import_is_undone_from_the_bar(browser: Browser, demo: Demo) -> None:
    """The wrong file: one tap, and its jobs are gone."""
    async with an_organiser(browser, demo, "/organiser/imports") as page:
        await upload(page, a_workbook(a_row(employer="示例·误传公司", title="误传岗位")))
        await confirm(page, 1)

        await page.get_by_role("button", name="撤销", exact=True).click()

        await expect(page.locator(".note").filter(has_text="已撤销导入")).to_be_visible()
        await page.goto(f"{demo.base_url}/organiser/jobs?q=误传岗位")
        await expect(page.get_by_text("没有符合的。换个词试试。")).to_be_visible()


async def test_what_is_no_workbook_is_said_in_words(browser: Browser, demo: Demo) -> None:
    """And another file can be chosen at once."""
    async with an_organiser(browser, demo, "/organiser/imports") as page:
        await page.set_input_files("#workbook", a_file(b"%PDF-1.7 not a workbook", "简章.pdf"))

        await expect(page.get_by_role("alert")).to_have_text("打不开这个表格。请另存为 .xlsx 再试。")
        await expect(page.get_by_text("选择表格（.xlsx、.xls、.csv）")).to_be_visible()
        assert await axe_finds(page) == []


async def test_a_blocked_job_is_corrected_until_it_can_be_pushed(browser: Browser, demo: Demo) -> None:
    """The rule is shown with its law; an override asks for a reason; verifying and correcting clear the way."""
    async with an_organiser(browser, demo, "/organiser/imports") as page:
        await upload(page, a_workbook(a_row(employer="示例·待核公司", title="导购", requirements="限女性")))
        await confirm(page, 1)
        await page.get_by_role("link", name="看这些岗位").click()
        await page.get_by_role("link", name="导购").click()

        await expect(page.get_by_text("写了“限女", exact=False)).to_be_visible()
        await expect(page.get_by_text("就业促进法").first).to_be_visible()
        assert await axe_finds(page) == []
        await screenshot(page, "organiser_job_blocked")
        await page.get_by_role("button", name="写明理由后放行").click()
        await expect(page.get_by_role("alert")).to_have_text("这一项要填。")

        await page.get_by_role("link", name="去核验企业").click()
        await page.get_by_label("营业执照").check()
        await page.get_by_role("button", name="标为已核验").click()
        await expect(page.get_by_role("status").filter(has_text="已核验，有效期至")).to_be_visible()
        await page.go_back()

        await page.get_by_label("岗位要求").fill("身体健康")
        await page.get_by_role("button", name="保存", exact=True).click()
        await expect(page.get_by_text("✓ 可以推送。")).to_be_visible()


async def test_the_tray_is_ordered_emptied_and_undone_by_keyboard(browser: Browser, demo: Demo) -> None:
    """Every move has a button; the numbers follow; what was taken out comes back; nothing overtakes."""
    async with signed_in(browser, demo) as context:
        jobs = await (await context.request.get(f"{demo.base_url}/api/v1/jobs?state=pushable&limit=3")).json()
        show = await context.request.post(
            f"{demo.base_url}/api/v1/broadcasts",
            data={
                "title": "排岗位",
                "starts_at": "2030-01-01T14:00:00+08:00",
                "tray": {"jobs": [job["id"] for job in jobs["jobs"]]},
            },
        )
        page = await context.new_page()
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{(await show.json())['id']}")
        first, second, third = (job["facts"]["title"] for job in jobs["jobs"])
        titles = page.locator(".tray-row .grow > p:first-child")
        await expect(titles).to_have_text([first, second, third])

        ordered, asked = asyncio.Event(), list[str]()

        async def slowly(order: Route) -> None:
            await ordered.wait()
            await order.continue_()

        await page.route("**/cards/order", slowly)
        page.on("request", lambda request: asked.append(request.method))
        await page.get_by_role("button", name=f"下移 1号 {first}").focus()
        await page.keyboard.press("Enter")
        await expect(titles).to_have_text([second, first, third])
        await expect(page.locator(".tray-number")).to_have_text(["1号", "2号", "3号"])
        await page.get_by_role("button", name=f"移出 1号 {second}").press("Enter")
        await page.evaluate("new Promise(requestAnimationFrame)")
        assert "DELETE" not in asked
        ordered.set()
        await expect(titles).to_have_text([first, third])
        await page.get_by_role("button", name="撤销", exact=True).press("Enter")

        await expect(titles).to_have_text([second, first, third])
        await page.reload()
        await expect(titles).to_have_text([second, first, third])


async def test_a_dragged_card_takes_the_place_it_is_dropped_on(browser: Browser, demo: Demo) -> None:
    """By mouse as well."""
    async with signed_in(browser, demo) as context:
        jobs = await (await context.request.get(f"{demo.base_url}/api/v1/jobs?state=pushable&limit=3")).json()
        show = await context.request.post(
            f"{demo.base_url}/api/v1/broadcasts",
            data={
                "title": "拖岗位",
                "starts_at": "2030-01-01T14:00:00+08:00",
                "tray": {"jobs": [job["id"] for job in jobs["jobs"]]},
            },
        )
        page = await context.new_page()
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{(await show.json())['id']}")
        first, second, third = (job["facts"]["title"] for job in jobs["jobs"])
        rows = page.locator(".tray-row")
        await expect(rows).to_have_count(3)

        await rows.nth(2).drag_to(rows.nth(0), source_position={"x": 24, "y": 24}, target_position={"x": 24, "y": 24})

        await expect(page.locator(".tray-row .grow > p:first-child")).to_have_text([third, first, second])


async def test_jobs_and_policies_are_picked_from_the_library(browser: Browser, demo: Demo) -> None:
    """What is in the tray already cannot be picked twice."""
    async with signed_in(browser, demo) as context:
        show = await context.request.post(
            f"{demo.base_url}/api/v1/broadcasts", data={"title": "挑岗位", "starts_at": "2030-01-01T14:00:00+08:00"}
        )
        page = await context.new_page()
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{(await show.json())['id']}")
        await expect(page.get_by_text("还没有岗位。从表格导入，或从岗位库里挑。")).to_be_visible()

        await page.get_by_role("button", name="添加岗位或政策").click()
        picker = page.get_by_role("dialog")
        await picker.get_by_role("searchbox").fill("注塑操作工")
        await expect(picker.get_by_role("checkbox")).to_have_count(1)
        await picker.get_by_role("checkbox").check()
        await picker.get_by_role("tab", name="政策").click()
        await picker.get_by_label("外出务工交通补助", exact=False).check()
        assert await axe_finds(page) == []
        await screenshot(page, "organiser_picker")
        await picker.get_by_role("button", name="加入2条").click()

        await expect(page.locator(".tray-number")).to_have_text(["1号", "政1"])
        await page.get_by_role("button", name="添加岗位或政策").click()
        await picker.get_by_role("searchbox").fill("注塑操作工")
        await expect(picker.get_by_text("已在里面")).to_be_visible()
        await expect(picker.get_by_role("checkbox").first).to_be_disabled()


PLACES = ("", "/shows", "/shows/new", "/jobs", "/jobs/new", "/employers", "/employers/new", "/imports", "/policies")


@pytest.mark.screenshots
async def test_every_place_fits_an_english_phone_and_axe_finds_nothing(browser: Browser, demo: Demo) -> None:
    """One heading, nothing wider than the screen; other sizes and colours are tried with all other pages."""
    async with signed_in(browser, demo, PHONE, "en") as context:
        page = await context.new_page()
        found: dict[str, object] = {}
        for place in (*PLACES, "/reports", "/accounts", "/no-such-place", f"/broadcasts/{demo.broadcast_id}"):
            await page.goto(f"{demo.base_url}/organiser{place}", wait_until="networkidle")
            await expect(page.locator("h1")).to_have_count(1)
            too_wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            if (faults := await axe_finds(page)) or too_wide:
                found[place] = (faults, too_wide)

        assert found == {}
