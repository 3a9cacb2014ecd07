"""A viewer's phone: its page opened, and what people do on it."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, ViewportSize, expect

from tests.e2e.support import ELSEWHERE, Console, Demo, still

PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 15_000
CATALOGUES = Path(__file__).resolve().parents[2] / "admin" / "static" / "i18n"
LONG_TITLE = "数控机床操作工兼夜班设备维护与质量巡检员（可带薪培训）南门厂"

expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def a_device(browser: Browser, **more: Any) -> AsyncIterator[BrowserContext]:
    """A phone with its own memory."""
    context = await browser.new_context(viewport=more.pop("viewport", PHONE), timezone_id=ELSEWHERE, **more)
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context
    finally:
        await context.close()


async def opened(context: BrowserContext, url: str) -> Page:
    """The page once its script has taken over; a fault in it fails the test."""
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    await page.goto(url)
    await expect(page.get_by_role("tablist")).to_be_visible()
    await still(page)
    assert faults == []
    return page


class Words:
    """The pages' sentences in one language, as their catalogues have them."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._copy: dict[str, str] = {}
        for part in CATALOGUES.glob(f"*.{language}.json"):
            self._copy |= json.loads(part.read_text(encoding="utf-8"))

    def __call__(self, key: str, **params: object) -> str:
        return re.sub(r"\{(\w+)\}", lambda name: str(params.get(name[1], name[0])), self._copy[key])


CHINESE = Words("zh-CN")


def button(within: Page | Locator, name: str) -> Locator:
    return within.get_by_role("button", name=name, exact=True)


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab", name=re.compile(f"^{name}"))


def sheet(page: Page) -> Locator:
    return page.get_by_role("dialog").last


async def open_job(page: Page, number: int, words: Words = CHINESE) -> None:
    """By its number in 全部岗位, as someone does who heard it said."""
    await page.locator("#viewer-tab-jobs").click()
    await page.get_by_role("searchbox").fill(str(number))
    await page.get_by_role("searchbox").press("Enter")
    await expect(sheet(page)).to_contain_text(words("common.card.label_job", number=number))


async def open_form(page: Page, number: int, words: Words = CHINESE) -> None:
    """The apply sheet of that job, with its consent there to read."""
    await open_job(page, number, words)
    await button(sheet(page), words("common.job.apply")).click()
    await expect(page.get_by_role("checkbox")).to_be_visible()


async def fill(page: Page, phone: str, name: str = "", words: Words = CHINESE) -> None:
    await page.get_by_role("textbox", name=words("viewer.apply.phone")).fill(phone)
    await page.get_by_label(words("viewer.apply.name")).fill(name)
    await page.get_by_role("checkbox").check()


async def send(page: Page, words: Words = CHINESE) -> None:
    await button(page, words("viewer.apply.confirm")).click()
    await expect(sheet(page)).to_contain_text(words("viewer.apply.done"))


async def on_stage(page: Page, label: str) -> None:
    await expect(page.locator("article h2")).to_have_text(label)


async def show_that_is(console: Console, demo: Demo, status: str) -> str:
    """The address of a demo show in that state."""
    for broadcast_id in await console.shows():
        if (await console.snapshot(broadcast_id))["broadcast"]["status"] == status:
            return demo.page(broadcast_id)
    raise AssertionError(f"the demo has no {status} show")


@asynccontextmanager
async def a_tray_of(context: BrowserContext, url: str, cards: int) -> AsyncIterator[None]:
    """The page as it would be with that many cards, the second of them with a title of thirty characters."""

    async def fill_up(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=_crowded(await answer.text(), cards))

    await context.route(url, fill_up)
    try:
        yield
    finally:
        await context.unroute(url)


def _crowded(page_source: str, cards: int) -> str:
    block = re.compile(r'(<script type="application/json" id="boot">)(.*?)(</script>)', re.DOTALL)
    found = block.search(page_source)
    assert found
    boot = json.loads(found[2])
    tray = boot["tray"]["cards"]
    jobs = [card for card in tray if card["kind"] == "job"]
    more = [_again(jobs[number % len(jobs)], number) for number in range(len(jobs) + 1, cards + 1)]
    jobs[1]["job"]["title"] = LONG_TITLE
    boot["tray"]["cards"] = [*jobs, *more]
    return block.sub(lambda match: match[1] + json.dumps(boot).replace("<", "\\u003c") + match[3], page_source)


def _again(card: dict[str, Any], number: int) -> dict[str, Any]:
    """The same job under another number."""
    return {**card, "id": f"00000000-0000-7000-8000-{number:012}", "number": number, "label": f"{number}号"}
