"""Two organisers at the same show and the same job: neither undoes what the other did."""

import asyncio
from typing import Any

from playwright.async_api import APIRequestContext, Browser, Route, expect

from tests.e2e.support import Demo
from tests.e2e.test_import_and_create import signed_in, upload
from tests.job_workbooks import a_row, a_workbook


async def ask(request: APIRequestContext, method: str, path: str, body: object = None) -> Any:
    answer = await request.fetch(path, method=method, data=body)
    assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
    return await answer.json() if "json" in answer.headers.get("content-type", "") else None


async def a_show(request: APIRequestContext, base: str) -> tuple[str, list[str]]:
    """Three jobs in its tray; its id and their titles."""
    jobs = (await ask(request, "GET", f"{base}/api/v1/jobs?state=pushable&limit=3"))["jobs"]
    body = {
        "title": "两个人",
        "starts_at": "2030-01-01T14:00:00+08:00",
        "tray": {"jobs": [job["id"] for job in jobs]},
    }
    show = await ask(request, "POST", f"{base}/api/v1/broadcasts", body)
    return show["id"], [job["facts"]["title"] for job in jobs]


async def test_saving_a_show_keeps_what_somebody_else_saved_meanwhile(browser: Browser, demo: Demo) -> None:
    """Only what was changed on the page is sent."""
    async with signed_in(browser, demo) as context:
        show, _ = await a_show(context.request, demo.base_url)
        page = await context.new_page()
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{show}?tab=about")
        await page.get_by_label("标题 *").fill("两个人的专场")
        api = f"{demo.base_url}/api/v1/broadcasts/{show}/show"
        await ask(context.request, "PATCH", api, {"service_phone": "0000-1999999"})

        await page.get_by_role("button", name="保存", exact=True).click()

        await expect(page.get_by_role("heading", name="两个人的专场")).to_be_visible()
        assert (await ask(context.request, "GET", api))["service_phone"] == "0000-1999999"


async def test_quick_moves_arrive_in_order_and_a_card_put_back_has_its_points(browser: Browser, demo: Demo) -> None:
    """The first of two requests was held up and overtook the second; an undo lost the talking points."""
    async with signed_in(browser, demo) as context:
        show, (first, second, third) = await a_show(context.request, demo.base_url)
        base = f"{demo.base_url}/api/v1/broadcasts/{show}"
        cards = (await ask(context.request, "GET", f"{base}/tray-cards"))["cards"]
        await ask(context.request, "PUT", f"{base}/cards/{cards[0]['card']['id']}/points", {"points": "周一发车"})
        page = await context.new_page()
        held = asyncio.Event()
        sent: list[str] = []

        async def hold_the_first(route: Route) -> None:
            sent.append(route.request.url)
            if len(sent) == 1:
                await held.wait()
            await route.continue_()

        await page.route("**/cards/order", hold_the_first)
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{show}")
        await page.get_by_role("button", name=f"下移 1号 {first}").click()
        await page.get_by_role("button", name=f"下移 2号 {first}").click()
        titles = page.locator(".tray-row .grow > p:first-child")
        await expect(titles).to_have_text([second, third, first])
        assert len(sent) == 1
        async with page.expect_response(lambda answer: answer.url.endswith("/cards/order") and len(sent) == 2):
            held.set()

        await page.get_by_role("button", name=f"移出 3号 {first}").click()
        await expect(titles).to_have_text([second, third])
        await page.get_by_role("button", name="撤销", exact=True).click()

        await expect(titles).to_have_text([second, third, first])
        await expect(page.locator(".tray-row").nth(2)).to_contain_text("讲解要点：周一发车")


async def test_letting_a_job_through_covers_only_what_the_page_showed(browser: Browser, demo: Demo) -> None:
    """Somebody else wrote something worse into it meanwhile, which nobody has read yet; and their words are kept."""
    async with signed_in(browser, demo) as context:
        page = await context.new_page()
        await page.goto(f"{demo.base_url}/organiser/imports")
        await upload(page, a_workbook(a_row(employer="示例·两人公司", title="两人导购", requirements="限女性")))
        await page.get_by_role("button", name="确认导入 1 条").click()
        await page.get_by_role("link", name="看这些岗位").click()
        await page.get_by_role("link", name="两人导购").click()
        await expect(page.get_by_role("button", name="写明理由后放行")).to_be_visible()
        job = page.url.rsplit("/", 1)[1]
        api = f"{demo.base_url}/api/v1/jobs/{job}"
        before = await ask(context.request, "GET", api)
        worse = {**before["facts"], "employer_id": before["employer_id"], "duties": "入职须交押金500元"}
        await ask(context.request, "PUT", api, worse)

        await page.get_by_label("放行理由").fill("企业已书面说明")
        await page.get_by_role("button", name="写明理由后放行").click()

        await expect(page.get_by_text("押金", exact=False).first).to_be_visible()
        after = await ask(context.request, "GET", api)
        shown = {one["rule_id"] or one["code"] for one in before["blocked"]}
        assert {one["rule_id"] or one["code"] for one in after["blocked"]}
        assert set(after["override"]["covers"]) == shown
        await page.get_by_label("工作地点 *").fill("东莞虎门")
        await page.get_by_role("button", name="保存", exact=True).click()
        await expect(page.get_by_role("status").filter(has_text="已保存")).to_be_visible()
        kept = (await ask(context.request, "GET", api))["facts"]
        assert (kept["workplace"], kept["duties"]) == ("东莞虎门", "入职须交押金500元")
