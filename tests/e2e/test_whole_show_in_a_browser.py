"""A whole show as people do it, by clicking and typing: from the bureau's workbook to the list an employer collects."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import openpyxl
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.e2e.phone import button, sheet, tab
from tests.e2e.support import Demo, Line, a_line, axe_finds, screenshot, still, until
from tests.job_workbooks import a_row, a_workbook

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 360, "height": 560}
PATIENCE_MS = 15_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

EMPLOYER = "示例·北岭电子"
SHOW = "北岭电子专场"
WANG, LI = "13900007001", "13900007002"
WORKBOOK = a_workbook(
    a_row(employer=EMPLOYER, title="装配工", headcount="２０", pay="５０００－６５００元/月"),
    a_row(employer="同上", title="包装工", headcount="15", pay="4千-5千"),
    a_row(employer="〃", title="质检员", headcount="很多人"),
    a_row(employer=EMPLOYER, title="装配工", headcount="２０", pay="５０００－６５００元/月"),
)

expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Links:
    """How viewers come: one link for each channel."""

    platform: str
    station: str


@asynccontextmanager
async def a_screen(browser: Browser, viewport: dict[str, int]) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=viewport, timezone_id="Asia/Shanghai")  # type: ignore[arg-type]  # a plain dict
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context
    finally:
        await context.close()


# ── the organiser prepares ────────────────────────────────────────────────────────────────────────────────────


async def sign_in(context: BrowserContext, demo: Demo) -> Page:
    page = await context.new_page()
    login, password = demo.accounts["organiser"]
    await page.goto(f"{demo.base_url}/")
    await page.get_by_role("link", name="工作人员登录").click()
    await page.get_by_label("账号").fill(login)
    await page.get_by_label("密码").fill(password)
    await screenshot(page, "show_01_sign_in")
    await button(page, "登录").click()
    await expect(page.get_by_role("heading", name="首页")).to_be_visible()
    return page


async def go(page: Page, place: str) -> None:
    """By the menu."""
    await page.get_by_role("navigation").get_by_role("link", name=place, exact=True).click()
    await expect(page.locator(".organiser-title")).to_be_visible()


async def import_jobs(page: Page) -> None:
    """Each row gets its verdict, as typed beside as understood; two of four become jobs."""
    await go(page, "导入")
    await page.set_input_files("#workbook", FilePayload(name="北岭岗位.xlsx", mimeType=XLSX, buffer=WORKBOOK))
    for verdict in ("可导入 2", "有错 1", "重复 1"):
        await expect(page.get_by_role("tab", name=verdict, exact=True)).to_be_visible()
    first, second = (page.get_by_role("row").filter(has_text=title) for title in ("装配工", "包装工"))
    await expect(first).to_contain_text(re.compile("5,000–6,500 元/月.*５０００－６５００元/月"))
    await expect(first).to_contain_text(re.compile("招20人.*２０"))
    await expect(second).to_contain_text(EMPLOYER)
    await expect(second).to_contain_text(re.compile("4,000–5,000 元/月.*4千-5千"))
    await screenshot(page, "show_02_import_preview")
    await tab(page, "有错").click()
    await expect(page.get_by_text("招聘人数 C5：读不出数字，请写成 10 或 3-5")).to_be_visible()
    await tab(page, "重复").click()
    await expect(page.get_by_text(re.compile("和.*第3行重复"))).to_be_visible()
    await button(page, "确认导入 2 条").click()
    await expect(page.get_by_text("✓ 已导入 2 条。")).to_be_visible()
    await screenshot(page, "show_03_imported")


async def verify_employer(page: Page) -> None:
    """Before that its jobs cannot be pushed."""
    await go(page, "企业")
    await page.get_by_label("搜企业").fill("北岭")
    await page.get_by_role("link", name=EMPLOYER, exact=True).click()
    await expect(page.get_by_text("! 未核验，岗位不能推送")).to_be_visible()
    await page.get_by_label("营业执照").check()
    await button(page, "标为已核验").click()
    await expect(page.get_by_text(re.compile("已核验，有效期至"))).to_be_visible()
    await screenshot(page, "show_04_verified")


async def create_show(page: Page) -> None:
    """With the jobs of that import and one policy notice; every card has its number."""
    await go(page, "场次")
    await page.get_by_role("link", name="新建直播").click()
    choice = page.get_by_label("岗位从哪里来")
    await choice.select_option(label="导入 北岭岗位.xlsx（2条）")
    await page.get_by_label("标题 *").fill(SHOW)
    await page.get_by_label("平台", exact=True).fill("快手")
    await button(page, "保存，去排岗位").click()
    await expect(page.locator(".tray-number")).to_have_text(["1号", "2号"])
    await button(page, "添加岗位或政策").click()
    await tab(page, "政策").last.click()
    await sheet(page).get_by_label("外出务工交通补助", exact=False).check()
    await button(page, "加入1条").click()
    await expect(page.locator(".tray-number")).to_have_text(["1号", "2号", "政1"])
    await screenshot(page, "show_05_tray")


async def add_channel(page: Page, kind: str, name: str) -> str:
    """Its link, once the code to scan is drawn."""
    await page.get_by_label("渠道类型").select_option(kind)
    await page.get_by_label("渠道名称 *").fill(name)
    await button(page, "新增渠道").click()
    code = page.get_by_alt_text(f"{name}的二维码")
    await expect(code).to_be_visible()
    assert await code.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    return await page.locator(".channel").filter(has_text=name).locator(".channel-link").inner_text()


async def add_channels(page: Page) -> Links:
    await tab(page, "渠道和二维码").click()
    links = Links(await add_channel(page, "platform", "快手"), await add_channel(page, "station", "城关镇驿站"))
    await screenshot(page, "show_06_channels")
    return links


# ── on the host's side ────────────────────────────────────────────────────────────────────────────────────────


async def start(page: Page) -> None:
    await page.get_by_role("link", name=re.compile("^去开播")).click()
    await expect(page.locator(".check-fine").first).to_be_visible()
    await screenshot(page, "show_07_before")
    await button(page, "开始直播").click()
    await expect(page.locator(".console-top")).to_contain_text("直播中")


async def push(page: Page, number: str) -> None:
    """By its number; a push rests for a moment before the next one is taken."""
    await expect(page.locator(".button-next")).not_to_have_attribute("aria-busy", "true")
    await page.keyboard.type(number)
    await page.keyboard.press("Enter")
    await expect(page.locator(".stage-number")).to_have_text(f"{number}号")


async def other_host_pages(page: Page, context: BrowserContext) -> list[Page]:
    """Remote, prompter and overlay, by their links on the console."""
    await button(page, "链接和二维码").click()
    pages = []
    for name in ("remote", "prompter", "overlay"):
        address = await page.locator(f"#link-{name}").input_value()
        pages.append(await context.new_page())
        await pages[-1].goto(address)
        await expect(pages[-1].get_by_text("装配工").first).to_be_visible()
    await page.keyboard.press("Escape")
    return pages


async def hold_no_phone(pages: list[Page]) -> None:
    for page in pages:
        source = await page.content()
        assert WANG not in source
        assert LI not in source
        assert "欧阳明" not in source


async def end(page: Page) -> None:
    await button(page, "结束直播").click()
    await button(sheet(page), "结束直播").click()
    await expect(page.locator(".console-top")).to_contain_text("已结束")
    await screenshot(page, "show_14_ended")


# ── on the viewers' side ──────────────────────────────────────────────────────────────────────────────────────


async def arrive(context: BrowserContext, link: str, name: str) -> Page:
    """By the channel's link; the card on stage is there with its pay."""
    page = await context.new_page()
    await page.goto(link)
    await expect(page.get_by_role("tablist")).to_be_visible()
    await expect(page.get_by_role("heading", name="1号岗位")).to_be_visible()
    await expect(page.locator("article .type-pay")).to_have_text("5,000–6,500 元/月")
    await screenshot(page, name)
    return page


async def apply_in_three_taps(page: Page) -> None:
    await button(page, "我要报名").click()
    await expect(page.get_by_role("textbox", name="手机号")).to_be_focused()
    await page.keyboard.type(WANG)
    await page.get_by_role("checkbox").click()
    await button(page, "确认报名").click()
    await expect(sheet(page).get_by_role("heading")).to_have_text("报名成功")
    await expect(sheet(page)).to_contain_text(re.compile(r"今天 \d\d:\d\d · 编号 0001"))
    await screenshot(page, "show_10_applied")
    await button(page, "再看看别的").click()


async def open_form(page: Page, number: int) -> None:
    """For a job of the list, by its number."""
    await tab(page, "全部岗位").click()
    await page.get_by_role("searchbox").fill(str(number))
    await page.get_by_role("searchbox").press("Enter")
    await button(sheet(page), "我要报名").click()
    await expect(page.get_by_role("checkbox")).to_be_visible()


async def apply_without_a_line(page: Page, line: Line) -> None:
    """It is kept, and sent by itself when the line is back."""
    await open_form(page, 2)
    line.cut()
    await page.get_by_role("checkbox").check()
    await button(page, "确认报名").click()
    await expect(sheet(page)).to_contain_text("网络不好，已替您保存。连上网会自动报名，不会重复。")
    await screenshot(page, "show_11_saved_offline")
    line.mend()
    await expect(sheet(page)).to_contain_text("报名成功", timeout=2 * PATIENCE_MS)
    await button(page, "再看看别的").click()


async def apply_again_for_the_first_job(page: Page) -> None:
    """The same number once more, as if it were someone else's."""
    await tab(page, "直播").click()
    await button(page, "换个人").click()
    await page.get_by_role("textbox", name="手机号").fill(WANG)
    await page.get_by_role("checkbox").check()
    await button(page, "确认报名").click()
    await expect(sheet(page)).to_contain_text(re.compile(r"您 \d\d:\d\d 已经报过这个岗位，不用重复报名。"))
    await screenshot(page, "show_12_again")
    await button(page, "再看看别的").click()
    await expect(tab(page, "我的报名 2")).to_be_visible()


FORM = """() => {
    const box = document.querySelector("[role=dialog]");
    const fields = Array.from(box.querySelectorAll("input"), (field) => [field.value, field.checked]);
    const focus = Array.from(box.querySelectorAll("*")).indexOf(document.activeElement);
    return JSON.stringify([box.outerHTML, fields, focus, box.getBoundingClientRect()]);
}"""


async def half_fill(page: Page) -> None:
    await button(page, "1号 我要报名").click()
    await page.get_by_role("textbox", name="手机号").fill(LI)
    await page.get_by_label("怎么称呼您").fill("欧阳明")
    await expect(page.get_by_role("checkbox")).to_be_visible()
    await still(page)


async def push_while_the_form_is_open(console: Page, viewer: Page) -> None:
    """The form stays as it was, to the letter; then the host takes the push back."""
    await half_fill(viewer)
    before = await viewer.evaluate(FORM)
    await push(console, "2")
    await expect(viewer.locator(".viewer-pill")).to_contain_text("2号 包装工")
    assert await viewer.evaluate(FORM) == before
    await button(console.locator(".bars"), "撤销").click()
    await expect(console.locator(".stage-number")).to_have_text("1号")


async def send_form(page: Page) -> None:
    await page.get_by_role("checkbox").check()
    await button(page, "确认报名").click()
    await expect(sheet(page)).to_contain_text("报名成功")


# ── afterwards ────────────────────────────────────────────────────────────────────────────────────────────────


LIST = [
    ("称呼", "手机", "岗位"),
    ("", WANG, "1号 装配工"),
    ("", WANG, "2号 包装工"),
    ("欧阳明", LI, "1号 装配工"),
]
# Openings, visits, visitors, exposures, saw, opened, applications; and number, openings, saw, opened, applications.
CHANNELS = {"快手": ["1", "1", "1", "1", "1", "1", "2"], "城关镇驿站": ["1", "1", "1", "1", "1", "1", "1"]}
JOBS = {"装配工": ["1号", "20", "2", "2", "2"], "包装工": ["2号", "15", "1", "1", "1"]}


async def cells(page: Page, row: str) -> list[str]:
    """A row of the table that is open."""
    head = page.get_by_role("rowheader", name=row, exact=True)
    line = page.get_by_role("tabpanel").get_by_role("row").filter(has=head)
    return [text.strip() for text in await line.locator("th, td").all_inner_texts()]


async def counted_by_channel(page: Page) -> dict[str, list[str]]:
    await tab(page, "按渠道").click()
    rows = page.get_by_role("tabpanel").locator("tbody").get_by_role("rowheader")
    return {name: (await cells(page, name))[1:8] for name in await rows.all_inner_texts()}


async def counted_by_job(page: Page) -> dict[str, list[str]]:
    """Without how long it was on stage."""
    await tab(page, "按岗位").click()
    rows = {name: await cells(page, name) for name in JOBS}
    return {name: [row[0], row[2], *row[5:8]] for name, row in rows.items()}


async def report_agrees(page: Page) -> None:
    """Visits, visitors, who saw, who opened and applications are exactly what the two phones did."""
    await page.get_by_role("link", name="看报告").click()
    await expect(page.locator(".type-sentence")).to_contain_text("本页到访2人次、2人，收到报名3份、2人")

    async def all_counted() -> bool:
        """What the phones saw last may still be on its way."""
        if await counted_by_channel(page) == CHANNELS:
            return True
        await page.reload()
        return False

    with suppress(TimeoutError):
        await until(all_counted)
    assert await counted_by_channel(page) == CHANNELS
    await screenshot(page, "show_15_report_by_channel")
    assert await counted_by_job(page) == JOBS
    assert await axe_finds(page) == []


async def collect_list(page: Page) -> list[tuple[object, ...]]:
    """The employer's list as a file, once it is said who receives it: name, phone and job of each line."""
    await button(page, "移交名单").click()
    row = sheet(page).locator(".hand-over-row").filter(has_text=EMPLOYER)
    await expect(row).to_contain_text(f"{EMPLOYER} · 2人")
    await button(row, "生成名单").click()
    await sheet(page).get_by_label("接收人").fill("招聘部 刘主管")
    await screenshot(page, "show_16_hand_over")
    async with page.expect_download() as download:
        await button(page, "下载文件").click()
    content = (await (await download.value).path()).read_bytes()
    rows = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    await expect(sheet(page)).to_contain_text(re.compile(f"{EMPLOYER}.*移交给 招聘部 刘主管.*3份", re.DOTALL))
    return [row[1:4] for row in rows]


async def test_a_whole_show_from_workbook_to_hand_over(browser: Browser, demo: Demo) -> None:
    """Import, show, two viewers, a lost line, one report that agrees, one list with the right people in it."""
    async with (
        a_screen(browser, DESKTOP) as desk,
        a_screen(browser, PHONE) as phone,
        a_screen(browser, SMALL_PHONE) as small_phone,
        a_line(demo) as (line, near),
    ):
        page = await sign_in(desk, demo)
        await import_jobs(page)
        await verify_employer(page)
        await create_show(page)
        links = await add_channels(page)
        await start(page)
        await push(page, "1")
        host_pages = [page, *await other_host_pages(page, desk)]

        near_link = links.platform.replace(demo.base_url, near.partition("/b/")[0])
        wang = await arrive(phone, near_link, "show_08_viewer")
        li = await arrive(small_phone, links.station, "show_09_small_viewer")
        await apply_in_three_taps(wang)
        await apply_without_a_line(wang, line)
        await apply_again_for_the_first_job(wang)
        await push_while_the_form_is_open(page, li)
        await send_form(li)

        await expect(page.locator('[data-figure="applications"]').first).to_have_text("3")
        await expect(page.locator(".live-body")).to_contain_text("欧** 139****7002 → 1号")
        await screenshot(page, "show_13_console")
        await hold_no_phone(host_pages)
        await end(page)

        await report_agrees(page)
        assert await collect_list(page) == LIST
        await hold_no_phone([page])
