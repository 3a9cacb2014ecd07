"""Lists of people in a real browser: collected by link and code on a phone, brought back; people of a platform."""

import csv
import io
import re

import openpyxl
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, ViewportSize, expect

from tests.e2e.phone import button, sheet
from tests.e2e.support import Demo, axe_finds, screenshot

PHONE: ViewportSize = {"width": 390, "height": 844}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def test_an_employer_collects_on_a_phone_and_brings_the_list_back(browser: Browser, demo: Demo) -> None:
    """From the organiser's report to the employer's phone and back; then people who applied on a platform."""
    office = await browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    phone = await browser.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport=PHONE,
        accept_downloads=True,
    )
    for context in (office, phone):
        context.set_default_timeout(20_000)
    try:
        report = await at_report(office, demo)
        url, code = await makes_a_link(report)
        await collects(await phone.new_page(), url, code)
        await sees_it_came_back(report)
        await imports_people_of_a_platform(report)
    finally:
        await office.close()
        await phone.close()


async def at_report(context: BrowserContext, demo: Demo) -> Page:
    login, password = demo.accounts["organiser"]
    await context.request.post(f"{demo.base_url}/api/v1/sign-in", data={"login": login, "password": password})
    page = await context.new_page()
    await page.goto(f"{demo.base_url}/organiser/broadcasts/{demo.broadcast_id}/report")
    await button(page, "移交名单").first.click()
    return page


async def makes_a_link(page: Page) -> tuple[str, str]:
    """The code is shown once, beside the link."""
    await sheet(page).get_by_role("button", name=re.compile("^(生成名单|再生成一份)$")).first.click()
    await sheet(page).get_by_label("接收人").fill("张经理 示例企业")
    await button(sheet(page), "生成链接和提取码").click()
    await expect(button(sheet(page), "复制链接")).to_be_focused()
    url = await sheet(page).locator("[data-link]").inner_text()
    said = await sheet(page).get_by_text("提取码").first.inner_text()
    await screenshot(page, "collection_link_made")
    assert await axe_finds(page) == []
    await button(sheet(page), "好了").click()
    await expect(sheet(page)).to_contain_text("打开 0 / 3 次")
    return url, said.removeprefix("提取码 ")


async def collects(page: Page, url: str, code: str) -> None:
    await page.goto(url)
    await expect(page.get_by_label("提取码")).to_be_visible()
    await screenshot(page, "collect_code_phone")
    assert await axe_finds(page) == []
    await page.get_by_label("提取码").fill(f"{(int(code) + 1) % 1_000_000:06}")
    await button(page, "打开名单").click()
    await expect(page.get_by_text("打不开：提取码不对")).to_be_visible()
    await page.get_by_label("提取码").fill(code)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("还可以打开 2 次")).to_be_visible()
    await screenshot(page, "collect_list_phone")
    assert await axe_finds(page) == []
    async with page.expect_download() as download:
        await button(page, "下载表格").click()
    content = (await (await download.value).path()).read_bytes()
    await page.locator("#people-list").set_input_files(
        FilePayload(name="名单.xlsx", mimeType=XLSX, buffer=filled(content))
    )
    await expect(page.get_by_role("tab", name=re.compile("^有错 1"))).to_be_visible()
    async with page.expect_download() as corrected:
        await button(page, "下载有错的行").click()
    workbook = io.BytesIO((await (await corrected.value).path()).read_bytes())
    wrong = openpyxl.load_workbook(workbook).worksheets[0]
    assert [wrong["A2"].value, wrong["H1"].value] == ["9999", "错误原因"]
    await page.get_by_role("link", name="上传填好的名单").click()
    await screenshot(page, "collect_preview_phone")
    assert await axe_finds(page) == []
    await page.get_by_role("button", name=re.compile("^确认导入")).click()
    await expect(page.get_by_text(re.compile("已导入 1条"))).to_be_visible()
    await screenshot(page, "collect_done_phone")


def filled(content: bytes) -> bytes:
    """One result that is understood, one that is not."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    page.append(["9999", "", "", "", "", "已联系", ""])
    page["F2"] = "打通了，约周三面试"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def sees_it_came_back(page: Page) -> None:
    await button(sheet(page), "上传填好的名单").click()
    await expect(sheet(page)).to_contain_text("企业凭链接上传")
    await sheet(page).get_by_role("button", name=re.compile("^查看")).first.click()
    await expect(sheet(page)).to_contain_text("约面试")
    await screenshot(page, "returned_list_desktop")
    assert await axe_finds(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")


async def imports_people_of_a_platform(page: Page) -> None:
    """How they agreed is asked first, and the job of who names none, which stands only once the list was read with it.

    An undone list leaves nothing behind.
    """
    await button(page, "报名名单").first.click()
    await button(sheet(page), "导入报名").click()
    rows = (("姓名", "手机号", "意向岗位"), ("孙师傅", "13900000001", ""), ("钱师傅", "1390000", "1号"))
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file = FilePayload(name="快聘线索.csv", mimeType="text/csv", buffer=text.getvalue().encode("gb18030"))
    await sheet(page).locator("#people-list").set_input_files(file)
    await expect(sheet(page).get_by_role("alert")).to_contain_text("请先选这些人怎么同意的")
    await sheet(page).get_by_label("在平台表单里勾选同意").check()
    await screenshot(page, "applicants_import_desktop")
    assert await axe_finds(page) == []
    await sheet(page).locator("#people-list").set_input_files(file)
    await expect(sheet(page).get_by_role("tab", name=re.compile("^有错 2"))).to_be_visible()
    await expect(sheet(page)).to_contain_text("1行没写岗位")
    await expect(sheet(page)).to_contain_text("请先选岗位")
    assert await axe_finds(page) == []
    job = sheet(page).get_by_label("没写岗位的，都算报")
    await page.route(re.compile(r"people-imports\?.*job_id="), lambda route: route.abort(), times=1)
    await job.select_option(index=1)
    await expect(sheet(page).get_by_role("alert")).to_be_visible()
    await expect(job).to_have_value("")
    await expect(job).to_be_focused()
    await job.select_option(index=1)
    await expect(sheet(page).get_by_role("tab", name=re.compile("^有错 1"))).to_be_visible()
    await screenshot(page, "applicants_import_job")
    await button(sheet(page), "确认导入 1条").click()
    await expect(sheet(page)).to_contain_text("已导入 1条")
    await button(sheet(page), "撤销导入").click()
    await button(sheet(page), "撤销导入").click()
    await expect(sheet(page)).to_contain_text("已撤销导入")
    assert await axe_finds(page) == []
