"""Every state of the viewer's page at every size, in light, dark, 大字 and English: looked at, and measured."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.e2e.phone import (
    Words,
    a_device,
    a_tray_of,
    button,
    fill,
    on_stage,
    open_form,
    open_job,
    opened,
    send,
    sheet,
    show_that_is,
)
from tests.e2e.support import Console, Demo, a_line, axe_finds, screenshot

MEASURE = (Path(__file__).parent / "measure.js").read_text(encoding="utf-8")
Size = tuple[int, int]
SMALL_PHONE: Size = (360, 560)
PHONE: Size = (390, 844)
PHONES = [SMALL_PHONE, PHONE]
SIZES = [*PHONES, (768, 1024), (1366, 650), (1440, 900), (1920, 1080)]
# On stage the button to apply is in sight at any size; elsewhere it may take a swipe.
APPLY = ".job-card .button-primary, .viewer-sticky .button-primary"
SHEET = ".sheet .button-primary"
ROW = "#viewer-panel-jobs .viewer-rows .row"
# Two walks on one demo are two people.
PHONE_OF = {"zh-CN": "13800000020", "en": "13800000021"}
FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"


@dataclass(frozen=True)
class Look:
    """How the page is drawn, at which sizes that is measured, and which of them are kept as pictures."""

    name: str
    sizes: list[Size]
    pictured: list[Size]
    scheme: Literal["light", "dark"] = "light"
    print: str = "normal"
    axe: bool = False


@dataclass(frozen=True)
class State:
    """The page as it stands now, and the action that matters most in it."""

    name: str
    page: Page
    main: str
    at_once: bool = False


QUICK = [
    Look("light", [SMALL_PHONE, PHONE, (1440, 900)], [PHONE], axe=True),
]
WHOLE = [
    Look("light", SIZES, SIZES, axe=True),
    Look("dark", PHONES, PHONES, scheme="dark", axe=True),
    Look("large", PHONES, PHONES, print="large"),
]
ENGLISH = [Look("en", PHONES, PHONES), Look("en_large", PHONES, PHONES, print="large")]


@dataclass(frozen=True)
class Walk:
    """One viewer through all states in turn."""

    context: BrowserContext
    page: Page
    demo: Demo
    console: Console
    words: Words

    async def states(self) -> AsyncIterator[State]:
        for part in (self.shows, self.stage, self.lists, self.sheets, self.offline):
            async for state in part():
                yield state

    async def go(self, url: str) -> None:
        await self.page.goto(url)
        await expect(self.page.get_by_role("tablist")).to_be_visible()

    def state(self, name: str, main: str, *, at_once: bool = False) -> State:
        return State(name, self.page, main, at_once)

    def heading(self, number: int) -> str:
        return self.words("common.card.job_heading", label=self.words("common.card.label_job", number=number))

    async def shows(self) -> AsyncIterator[State]:
        """Before, and after the end."""
        for status in ("scheduled", "ended"):
            await self.go(await show_that_is(self.console, self.demo, status))
            await expect(self.page.locator(".viewer-note")).to_be_visible()
            yield self.state(status, ".viewer-note .button, .viewer-rows .row", at_once=True)

    async def stage(self) -> AsyncIterator[State]:
        await self.console.push("3号")
        await self.go(self.demo.viewer_url)
        await on_stage(self.page, self.heading(3))
        await expect(self.page.locator(".viewer-watching")).to_be_visible()
        yield self.state("live", APPLY, at_once=True)
        await self.console.push("17号")
        await self.go(self.demo.viewer_url)
        yield self.state("negotiable", APPLY, at_once=True)
        await self.console.push("2号")
        async with a_tray_of(self.context, self.demo.viewer_url, cards=24):
            await self.go(self.demo.viewer_url)
        yield self.state("long_title", APPLY, at_once=True)
        await self.page.mouse.click(5, 400)
        await self.console.push("政1")
        await expect(self.page.locator(".viewer-pill")).to_be_visible()
        yield self.state("pill", ".viewer-pill", at_once=True)
        await self.page.locator(".viewer-pill").click()
        yield self.state("policy", ".job-card .button-primary")
        await button(self.page, self.words("common.policy.how_to")).click()
        yield self.state("policy_sheet", ".sheet .button-call")
        await self.console.withdraw("政1")
        await self.go(self.demo.viewer_url)
        yield self.state("nothing", ".viewer-note .button, .viewer-rows .row", at_once=True)

    async def lists(self) -> AsyncIterator[State]:
        await self.page.locator("#viewer-tab-mine").click()
        yield self.state("mine_empty", "#viewer-tab-jobs", at_once=True)
        await self.page.locator("#viewer-tab-jobs").click()
        yield self.state("cards_24", ROW)
        async with a_tray_of(self.context, self.demo.viewer_url, cards=200):
            await self.go(self.demo.viewer_url)
        await self.page.locator("#viewer-tab-jobs").click()
        await expect(self.page.locator(ROW)).to_have_count(200)
        yield self.state("cards_200", ROW)
        await self.page.get_by_role("searchbox").fill("200")
        yield self.state("found", ROW)

    async def sheets(self) -> AsyncIterator[State]:
        await self.go(self.demo.viewer_url)
        await open_job(self.page, 18, self.words)
        yield self.state("detail", SHEET, at_once=True)
        await button(self.page, self.words("common.job.report")).click()
        await expect(sheet(self.page)).to_contain_text("0000-1200000")
        yield self.state("report", ".sheet .button-call")
        await self.page.keyboard.press("Escape")
        await button(sheet(self.page), self.words("common.job.apply")).click()
        await expect(self.page.get_by_role("checkbox")).to_be_visible()
        yield self.state("sheet", SHEET)
        await button(self.page, self.words("viewer.apply.consent_details")).click()
        await expect(sheet(self.page)).to_contain_text(self.words("viewer.notice.agreed"))
        yield self.state("notice", ".sheet .button-icon", at_once=True)
        await self.page.keyboard.press("Escape")
        await self.page.get_by_role("textbox", name=self.words("viewer.apply.phone")).fill("1380000")
        await button(self.page, self.words("viewer.apply.confirm")).click()
        yield self.state("error", SHEET)
        await fill(self.page, PHONE_OF[self.words.language], words=self.words)
        await send(self.page, self.words)
        yield self.state("success", SHEET)
        await button(self.page, self.words("viewer.resume.add")).click()
        await expect(self.page.locator(".sheet textarea")).to_have_count(2)
        yield self.state("resume", SHEET)
        await self.page.keyboard.press("Escape")
        await button(self.page, self.words("viewer.apply.more")).click()
        await self.page.locator("#viewer-tab-mine").click()
        yield self.state("mine", "[data-application] .button-danger")
        await button(self.page, self.words("viewer.mine.withdraw")).click()
        yield self.state("withdraw", ".sheet .button-danger", at_once=True)
        await self.page.keyboard.press("Escape")

    async def offline(self) -> AsyncIterator[State]:
        await self.console.push("3号")
        async with a_line(self.demo) as (line, url):
            page = await opened(self.context, url)
            await page.locator("#viewer-tab-jobs").click()
            await expect(page.get_by_role("searchbox")).to_be_visible()
            await page.locator("#viewer-tab-live").click()
            await expect(page.locator(".viewer-watching")).to_be_visible()
            line.cut()
            await expect(page.locator(".quiet-bar")).to_be_visible()
            yield State("offline", page, APPLY, at_once=True)
            line.mend()
            await open_form(page, 11, self.words)
            await fill(page, "13800000022", words=self.words)
            line.cut()
            await button(page, self.words("viewer.apply.confirm")).click()
            await expect(sheet(page)).to_contain_text(self.words("viewer.apply.saved"))
            yield State("saved", page, SHEET)


async def looked_at(state: State, look: Look) -> list[str]:
    """What does not fit at each size, and what axe finds."""
    page, found = state.page, []
    await page.emulate_media(color_scheme=look.scheme)
    await page.evaluate("(size) => document.documentElement.setAttribute('data-print', size)", look.print)
    for size in look.sizes:
        width, height = size
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate(FRAMES)
        faults = await page.evaluate(MEASURE, {"main": state.main, "atOnce": state.at_once})
        found += [f"{look.name} {width}x{height}: {fault}" for fault in faults]
        if size in look.pictured:
            await screenshot(page, f"viewer_{state.name}_{look.name}_{width}x{height}")
    if look.axe:
        colours_alone = look.scheme == "dark"
        found += [f"{look.name} axe: {fault}" for fault in await axe_finds(page, colours_alone=colours_alone)]
    return found


async def back_to_the_phone(page: Page) -> None:
    width, height = PHONE
    await page.set_viewport_size({"width": width, "height": height})
    await page.emulate_media(color_scheme="light")
    await page.evaluate("document.documentElement.setAttribute('data-print', 'normal')")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("language", "looks"),
    [
        pytest.param("zh-CN", QUICK, id="measured"),
        pytest.param("zh-CN", WHOLE, id="zh", marks=pytest.mark.screenshots),
        pytest.param("en", ENGLISH, id="en", marks=pytest.mark.screenshots),
    ],
)
async def test_every_state_fits_every_screen(
    demo: Demo, console: Console, browser: Browser, language: str, looks: list[Look]
) -> None:
    """Nothing is wider than the screen, cut off or covered; what matters is in reach of a thumb; axe finds nothing."""
    found: dict[str, list[str]] = {}
    async with a_device(browser, reduced_motion="reduce") as device:
        page = await opened(device, f"{demo.viewer_url}?lang={language}")
        walk = Walk(device, page, demo, console, Words(language))

        async for state in walk.states():
            if faults := [fault for look in looks for fault in await looked_at(state, look)]:
                found[state.name] = faults
            await back_to_the_phone(state.page)

    assert found == {}
