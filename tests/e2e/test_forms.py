"""An organiser in a real browser: the bureau's form filled in, and a platform's export brought beside our figures."""

import io
import re
from datetime import datetime
from typing import Any

import openpyxl
from playwright.async_api import Browser, Page, expect

from stream_jobs.domain.vetting import CHINA
from tests.e2e.support import Demo, axe_finds, demo_show, screenshot
from tests.e2e.test_import_and_create import a_file, an_organiser
from tests.form_workbooks import monthly_list, opened, saved
from tests.integration.test_platform_imports import an_export


def with_a_wrong_mark() -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(monthly_list()))
    book["月报"]["H5"] = "{{报名总人数}}"
    return saved(book)


async def asked(page: Page, demo: Demo, path: str) -> Any:
    return await (await page.request.get(f"{demo.base_url}/api/v1{path}")).json()


async def test_a_bureaus_form_is_uploaded_looked_at_mended_and_filled(browser: Browser, demo: Demo) -> None:
    """What each mark becomes is seen first; the unknown one is named; the file has the report's figures."""
    async with an_organiser(browser, demo, "/organiser/forms") as page:
        await page.set_input_files("#form-file", a_file(with_a_wrong_mark(), "市局月报.xlsx"))
        await page.wait_for_url(re.compile("/organiser/forms/[0-9a-f-]{36}"))
        await expect(page.get_by_role("heading", name="市局月报")).to_be_visible()
        first = page.get_by_role("row").nth(1)
        await expect(first).to_contain_text("月报 · H5")
        await expect(first).to_contain_text("不认识，会原样留下")
        await expect(first).to_contain_text("{{报名人数}}")
        assert await axe_finds(page) == []
        await screenshot(page, "form_preview")

        await page.set_input_files("#form-again", a_file(monthly_list(), "改好.xlsx"))
        await expect(page.get_by_text("不认识，会原样留下")).to_have_count(0, timeout=30_000)
        await page.get_by_role("button", name="一个系列").click()
        await expect(page.get_by_label("系列", exact=True)).to_be_visible()
        await page.get_by_role("button", name="一场", exact=True).click()
        ended = demo_show((await asked(page, demo, "/home"))["shows"], "ended")
        await page.get_by_label("场次", exact=True).select_option(ended)
        await expect(page.get_by_text("1场", exact=True)).to_be_visible(timeout=30_000)
        async with page.expect_download() as download:
            await page.get_by_role("link", name="下载填好的表").click()
        content = (await (await download.value).path()).read_bytes()
        report = (await asked(page, demo, f"/broadcasts/{ended}/report"))["report"]

        await page.goto(f"{demo.base_url}/organiser/forms")
        await expect(page.get_by_role("link", name="市局月报", exact=True)).to_be_visible()
        await page.get_by_text("可以写哪些标记").click()
        await expect(page.get_by_text("{{报名人数}}", exact=True)).to_be_visible()
        await page.get_by_role("button", name="导出 Excel").click()
        await expect(page.get_by_text(re.compile("^写好了"))).to_be_visible(timeout=20_000)
        assert await axe_finds(page) == []
        await screenshot(page, "forms_desktop")
        await page.set_viewport_size({"width": 390, "height": 844})
        await screenshot(page, "forms_phone")

    filled = opened(content)["月报"]
    assert filled["E4"].value == report["figures"]["applied"]["applicants"]
    assert filled["C4"].value == report["figures"]["visits"]


async def test_a_platforms_export_comes_beside_our_figures(browser: Browser, demo: Demo) -> None:
    """From the show's report to the file, the verdicts, the yes, and back to the dashed box with who and when."""
    async with an_organiser(browser, demo) as page:
        ended = demo_show((await asked(page, demo, "/home"))["shows"], "ended")
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{ended}/report")
        await page.get_by_role("tab", name="平台填报").click()
        await page.get_by_role("link", name="从平台文件导入").click()
        await page.get_by_label("平台", exact=True).fill("视频号")
        report = (await asked(page, demo, f"/broadcasts/{ended}/report"))["report"]
        began = datetime.fromisoformat(report["broadcast"]["started_at"]).astimezone(CHINA)
        rows = (("招工啦", f"{began:%Y-%m-%d %H:%M}", 31_007, 12_345, 99), ("别的", "2020-01-01 10:00", "2.1万", 5, 5))
        await page.set_input_files("#platform-file", a_file(an_export(*rows), "视频号数据.xlsx"))

        await page.wait_for_url(re.compile("/organiser/platform/[0-9a-f-]{36}"))
        await expect(page.get_by_role("tab", name="可写入 1")).to_be_visible()
        await page.get_by_role("tab", name="有错 1").click()
        await expect(page.get_by_text("是约数（如2.1万），请换成完整的数")).to_be_visible()
        assert await axe_finds(page) == []
        await screenshot(page, "platform_import")
        await page.get_by_role("button", name="写入1场的数据").click()
        await expect(page.get_by_text(re.compile("^✓ 已写入1场"))).to_be_visible()

        await page.goto(f"{demo.base_url}/organiser/broadcasts/{ended}/report")
        await page.get_by_role("tab", name="平台填报").click()
        await expect(page.get_by_text("31,007", exact=True)).to_be_visible()
        await expect(page.get_by_text("来自文件 视频号数据.xlsx").first).to_be_visible()
        after = (await asked(page, demo, f"/broadcasts/{ended}/report"))["report"]

    assert after["figures"]["visits"] == report["figures"]["visits"]
