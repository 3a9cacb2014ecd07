"""An organisation that somebody has just made, until its first show may go on air."""

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import Browser, BrowserContext, expect

from stream_jobs.bench.server import environment_of
from tests.e2e.host_side import DESKTOP, a_screen
from tests.e2e.support import Demo
from tests.program import done

PASSWORD = "newcomer-of-a-county"
NOTICE = "许可证：示例人服证字〔2026〕第1号"
JOBS = 3


async def sign_in(context: BrowserContext, demo: Demo) -> None:
    """By an account as whoever runs the server makes it."""
    places = {"database_url": demo.database_url, "valkey_url": demo.valkey_url}
    await done(
        *("create-account", "--login", "newcomer", "--name", "新来的", "--organisation", "示例·新县人社局"),
        *("--password-stdin", "--data", str(demo.data)),
        environment=environment_of(places),
        typed=f"{PASSWORD}\n",
    )
    await ask(context, demo, "/sign-in", {"login": "newcomer", "password": PASSWORD})


async def ask(context: BrowserContext, demo: Demo, path: str, body: object) -> Any:
    answer = await context.request.post(f"{demo.base_url}/api/v1{path}", data=body)
    assert answer.ok, await answer.text()
    return await answer.json()


async def a_show(context: BrowserContext, demo: Demo) -> str:
    """With jobs of employers nobody has verified, as after a workbook."""
    jobs = []
    for nth in range(JOBS):
        employer = await ask(context, demo, "/employers", {"name": f"示例·新厂{nth}"})
        job = {"employer_id": employer["id"], "title": "普工", "pay_text": "5000-6000元/月", "workplace": "东莞"}
        jobs.append((await ask(context, demo, "/jobs", job))["id"])
    show = {"title": "第一场", "starts_at": datetime.now(UTC).isoformat(), "tray": {"jobs": jobs}}
    return str((await ask(context, demo, "/broadcasts", show))["id"])


async def test_a_new_organisation_fills_in_what_the_checks_ask_for_and_reads_what_it_did(
    browser: Browser, demo: Demo
) -> None:
    """Each line that is not in order leads to where it is put right: the organisation's page, its employers."""
    async with a_screen(browser, DESKTOP) as context:
        await sign_in(context, demo)
        show = await a_show(context, demo)
        page = await context.new_page()
        checks = page.locator(".check-list")

        await page.goto(f"{demo.base_url}/host/{show}")
        await expect(page.get_by_role("link", name="去填写")).to_be_visible()
        await expect(page.locator(".tray-blocked").get_by_role("link", name="去核验企业")).to_have_count(JOBS)
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{show}")
        await expect(checks).to_contain_text("还没填：服务电话、信息保管人联系方式、信息保护说明")
        await checks.get_by_role("link", name="去填写").click()
        await page.get_by_label("服务电话").fill("0000-1200009")
        await page.get_by_label("信息保护说明").fill(NOTICE)
        await page.get_by_role("button", name="保存").click()
        await expect(page.get_by_text("已保存")).to_be_visible()

        await page.goto(f"{demo.base_url}/organiser/broadcasts/{show}")
        await checks.get_by_role("link", name="去核验企业").click()
        await page.get_by_role("button", name=f"全选没核验的{JOBS}家").click()
        await page.get_by_role("button", name=f"核验所选{JOBS}家").click()
        await page.get_by_label("营业执照").check()
        await page.get_by_label("有效期至").fill(f"{datetime.now(UTC) + timedelta(days=10):%Y-%m-%d}")
        await page.get_by_role("button", name="标为已核验").click()
        await expect(page.locator(".empty")).to_have_text("没有这样的企业。")
        await page.get_by_role("button", name="14天内到期").click()
        await page.get_by_role("button", name=f"全选快到期的{JOBS}家").click()
        await expect(page.get_by_role("button", name=f"核验所选{JOBS}家")).to_be_visible()

        await page.goto(f"{demo.base_url}/organiser/audit")
        await page.get_by_label("做了什么").select_option(label="核验企业")
        await expect(page.locator("main .row")).to_have_count(JOBS)
        await page.goto(f"{demo.base_url}/organiser/broadcasts/{show}")
        await expect(checks).to_contain_text("服务电话")
        await expect(checks).not_to_contain_text("还没填")
        await page.goto(f"{demo.base_url}/b/{show}")
        await page.route("**/notice", lambda route: route.abort(), times=1)
        await page.get_by_role("button", name="信息保护说明").click()
        await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("没有读到")
        await expect(page.get_by_role("dialog")).not_to_contain_text("保管，联系方式")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="信息保护说明").click()
        await expect(page.get_by_role("dialog")).to_contain_text("保管，联系方式：0000-1200009")
        await expect(page.get_by_role("dialog")).to_contain_text(NOTICE)
