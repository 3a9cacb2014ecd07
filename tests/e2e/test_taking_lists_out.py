"""The report's lists in a real browser: an export from asking to file, and reminders without a gateway."""

import csv
import io
import re

from playwright.async_api import Browser, Page, expect

from tests.e2e.phone import button, sheet
from tests.e2e.support import Demo, axe_finds, demo_show, screenshot


async def test_an_organiser_exports_a_list_and_finds_whom_to_remind(browser: Browser, demo: Demo) -> None:
    """Masked by default, in full with a purpose, ready within seconds, destroyed when asked."""
    context = await browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", accept_downloads=True)
    context.set_default_timeout(20_000)
    try:
        login, password = demo.accounts["organiser"]
        await context.request.post(f"{demo.base_url}/api/v1/sign-in", data={"login": login, "password": password})
        shows = (await (await context.request.get(f"{demo.base_url}/api/v1/home")).json())["shows"]
        ended = demo_show(shows, "ended")
        page = await context.new_page()
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{ended}/report")

        await reminds(page)
        masked = await exported(page, "不显示全（默认）")
        full = await exported(page, "显示全，用途：联系应聘者")
        await screenshot(page, "exports_desktop")
        assert await axe_finds(page) == []
        await page.set_viewport_size({"width": 390, "height": 844})
        await screenshot(page, "exports_phone")

        await sheet(page).get_by_role("button", name=re.compile("^销毁")).first.click()
        await expect(sheet(page).get_by_text("已销毁")).to_be_visible()
    finally:
        await context.close()

    assert len(masked) == len(full) > 0
    assert all("*" in row["手机"] for row in masked)
    assert any(re.fullmatch(r"1\d{10}", row["手机"]) for row in full)


async def reminds(page: Page) -> None:
    """Without a gateway it says so, and gives the text."""
    remind = button(page, "提醒")
    await expect(button(page, "移交名单").first).to_be_visible()
    if await remind.count() == 0:
        return
    await remind.click()
    await expect(sheet(page)).to_contain_text("还没有配置短信网关")
    await expect(sheet(page).get_by_role("button", name=re.compile("^复制文字")).first).to_be_visible()
    await screenshot(page, "reminders_desktop")
    assert await axe_finds(page) == []
    await page.keyboard.press("Escape")


async def exported(page: Page, shown: str) -> list[dict[str, str]]:
    if await page.get_by_role("dialog").count() == 0:
        await button(page, "报名名单").click()
        await button(sheet(page), "导出").click()
    await sheet(page).get_by_label("CSV", exact=True).check()
    await sheet(page).get_by_label(shown, exact=True).check()
    before = await sheet(page).get_by_role("link", name=re.compile("^下载")).count()
    await button(sheet(page), "开始导出").click()
    await expect(sheet(page).get_by_role("link", name=re.compile("^下载"))).to_have_count(before + 1)
    async with page.expect_download() as download:
        await sheet(page).get_by_role("link", name=re.compile("^下载")).first.click()
    content = (await (await download.value).path()).read_bytes()
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
