"""The tree of units, and the report of one, in a real browser."""

from playwright.async_api import Browser, expect

from tests.e2e.host_side import a_desk
from tests.e2e.support import Demo


async def test_a_unit_is_added_moved_and_read_with_what_is_beneath_it(browser: Browser, demo: Demo) -> None:
    """A mistyped one is deleted; a base goes beneath a new city, whose report then holds its shows; days narrow it."""
    async with a_desk(browser, demo, role="organiser") as context:
        page = await context.new_page()
        await page.goto(f"{demo.base_url}/organiser/reports")
        await page.get_by_role("link", name="单位与基地").click()
        tree = page.locator(".unit-tree .row")
        base = tree.filter(has_text="县城直播间")
        await tree.first.get_by_role("button", name="加下级").click()
        await page.get_by_label("名称").fill("示例市")
        await page.get_by_label("类别").select_option("city")
        await page.get_by_role("button", name="保存").click()
        await expect(tree.filter(has_text="示例市")).to_be_visible()

        await tree.first.get_by_role("button", name="加下级").click()
        await page.get_by_label("名称").fill("示例巿")
        await page.get_by_role("button", name="保存").click()
        slip = tree.filter(has_text="示例巿")
        await slip.get_by_role("button", name="删除").click()
        await page.locator(".sheet").get_by_role("button", name="删除").click()
        await expect(slip).to_have_count(0)
        await expect(base.get_by_role("button", name="删除")).to_have_count(0)

        await base.get_by_role("button", name="修改").click()
        await page.get_by_label("上级").select_option(label="　示例市")
        await page.get_by_role("button", name="保存").click()

        city = tree.filter(has_text="示例市")
        await expect(city.locator("+ .row")).to_contain_text("县城直播间")
        await city.get_by_role("link", name="示例市").click()
        await expect(page.locator("h1")).to_have_text("示例市")
        await page.goto(f"{demo.base_url}/organiser/series/everything")
        rows = page.get_by_role("region", name="按单位").locator("tbody tr")
        await expect(rows.first).to_be_visible()
        await page.get_by_label("从", exact=True).fill("2099-01-01")
        await expect(page.locator(".empty")).to_contain_text("还没有开播过")
        await expect(page.get_by_role("button", name="导出整份报告")).to_be_disabled()
        await expect(page.locator(".series-files")).to_contain_text("没有可导出的")
        await page.get_by_role("button", name="不限日期").click()
        await expect(rows.first).to_be_visible()
