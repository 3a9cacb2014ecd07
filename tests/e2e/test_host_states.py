"""Every state of console, remote, prompter and overlay, at every size: whole, legible, the main action in sight."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.host_side import (
    BLOCKED,
    DESKTOP,
    LANDSCAPE,
    LOW,
    PHONE,
    PORTRAIT,
    Show,
    Viewport,
    a_desk,
    a_screen,
    a_show,
    asks,
    next_button,
    visited,
)
from tests.e2e.support import Demo, Staff, a_line, axe_finds, screenshot

TABLET = {"width": 768, "height": 1024}
SMALL_PHONE = {"width": 360, "height": 560}
CONSOLE_SIZES = (LOW, DESKTOP, LANDSCAPE, TABLET, PHONE)
REMOTE_SIZES = (PHONE, SMALL_PHONE)
PROMPTER_SIZES = ({"width": 1024, "height": 768}, LOW, LANDSCAPE)
OVERLAY_SIZES = (PORTRAIT, LANDSCAPE)
WIDE = 1101
"""From this width on the console is one screen; below it is one column that scrolls."""

SCHEMES: Sequence[Literal["light", "dark"]] = ("light", "dark")
LONG_TITLE = "新能源汽车动力电池模组装配与检测操作工（长白班包吃住可预支）"
MANY = 200

# What is not wholly on the screen, or lies under something else.
OUT_OF_SIGHT = """(selectors) => selectors.filter((selector) => {
    const node = document.querySelector(selector);
    if (!node) return true;
    const box = node.getBoundingClientRect();
    const whole = box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight + 1 && box.right <= innerWidth + 1;
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return !(whole && hit && (node.contains(hit) || hit.contains(node)));
})"""
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# Boxes whose end is reached by scrolling alone.
CUT_OFF = """(selectors) => selectors.filter((selector) => {
    const node = document.querySelector(selector);
    return node && node.scrollHeight > node.clientHeight + 1;
})"""


# ── the console ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Studio:
    """What a state is made of: the demo, its browser and its organiser."""

    browser: Browser
    demo: Demo
    organiser: Staff

    async def an_empty_show(self, jobs: Sequence[str] = ()) -> Show:
        """A show of its own, with these jobs in its tray."""
        wanted = {
            "title": "就业暖心季·东莞专场",
            "starts_at": datetime.now(UTC).isoformat(),
            "tray": {"jobs": list(jobs)},
            "service_phone": "0000-1200000",
        }
        show = await self.organiser.ask("POST", "/api/v1/broadcasts", wanted)
        tray = await self.organiser.ask("GET", f"/api/v1/broadcasts/{show['id']}/tray")
        return Show(show["id"], self.organiser, {card["label"]: card for card in tray["cards"]})

    async def a_job(self, title: str, pay: str = "面议") -> str:
        employer = (await self.organiser.ask("GET", "/api/v1/employers"))["employers"][0]["id"]
        facts = {"employer_id": employer, "title": title, "pay_text": pay, "workplace": "东莞长安"}
        return str((await self.organiser.ask("POST", "/api/v1/jobs", facts))["id"])

    async def a_show(self) -> Show:
        """Twenty-four jobs, three policies, and one job that may not be pushed."""
        return await a_show(self.organiser)

    async def with_a_long_title(self, show: Show) -> str:
        """The label of a job with thirty characters and no pay said, added to the show's tray."""
        await self.organiser.ask("POST", f"{show.path}/cards", {"jobs": [await self.a_job(LONG_TITLE)]})
        tray = await self.organiser.ask("GET", f"{show.path}/tray")
        show.cards.update({card["label"]: card for card in tray["cards"]})
        titled = (card for card in tray["cards"] if card["job"] and card["job"]["title"] == LONG_TITLE)
        return str(next(titled)["label"])

    @asynccontextmanager
    async def at_a_desk(self, show: Show, base: str | None = None) -> AsyncIterator[Page]:
        async with a_desk(self.browser, self.demo, LOW, reduced_motion="reduce") as context:
            page = await context.new_page()
            await page.goto(f"{base or self.demo.base_url}/host/{show.id}")
            await connected(page, len(show.cards))
            yield page


State = Callable[[Studio], AbstractAsyncContextManager[Page]]


async def connected(page: Page, cards: int) -> None:
    await expect(page.locator(".foot-line")).to_contain_text(re.compile("连接正常|Connected"))
    await expect(page.locator(".tray-row")).to_have_count(cards)
    await expect(page.locator('[data-figure="applications"]')).not_to_have_text("–")


@asynccontextmanager
async def before(studio: Studio) -> AsyncIterator[Page]:
    async with studio.at_a_desk(await studio.a_show()) as page:
        await expect(page.locator(".check-fine").first).to_be_visible()
        yield page


@asynccontextmanager
async def live(studio: Studio) -> AsyncIterator[Page]:
    """Somebody watches, asked and applied."""
    show = await studio.a_show()
    await show.act("start")
    async with a_screen(studio.browser, PHONE) as phone, studio.at_a_desk(show) as page:
        await visited(phone, studio.demo.page(show.id), "[role=tablist]")
        await show.act("push", "2号")
        await show.act("push", "3号")
        for kind in ("couple_room", "pay_day", "travel"):
            await asks(studio.demo, show, "2号", kind)
            await asks(studio.demo, show, "3号", kind)
        for applicant in range(1, 5):
            await show.record("3号", f"1390000700{applicant}", "王师傅")
        await expect(page.locator(".stage-delivered")).to_have_attribute("data-tone", "tone-ok")
        await expect(page.locator('[data-figure="applications"]')).to_have_text("4")
        yield page


@asynccontextmanager
async def nothing_on_stage_and_nobody_there(studio: Studio) -> AsyncIterator[Page]:
    show = await studio.a_show()
    await show.act("start")
    async with studio.at_a_desk(show) as page:
        await expect(page.locator(".live-nobody")).to_be_visible()
        yield page


@asynccontextmanager
async def offline(studio: Studio) -> AsyncIterator[Page]:
    """With two pushes that wait."""
    show = await studio.a_show()
    await show.act("start")
    await show.act("push", "3号")
    async with a_line(studio.demo) as (line, near), studio.at_a_desk(show, near.partition("/b/")[0]) as page:
        line.cut()
        await expect(page.locator(".foot-line")).to_contain_text("正在重连")
        await next_button(page).click()
        await expect(page.locator("[data-waiting]")).to_be_visible()
        yield page


@asynccontextmanager
async def ended(studio: Studio) -> AsyncIterator[Page]:
    show = await studio.a_show()
    await show.act("start")
    await show.act("push", "3号")
    await show.act("end")
    async with studio.at_a_desk(show) as page:
        yield page


@asynccontextmanager
async def empty_tray(studio: Studio) -> AsyncIterator[Page]:
    async with studio.at_a_desk(await studio.an_empty_show()) as page:
        await expect(page.locator(".console-tray")).to_contain_text("还没有岗位。")
        yield page


@asynccontextmanager
async def two_hundred_cards(studio: Studio) -> AsyncIterator[Page]:
    jobs = [await studio.a_job(f"电子厂普工（第{number}组）", "5500-7000元/月") for number in range(MANY)]
    show = await studio.an_empty_show(jobs)
    await show.act("start")
    await show.act("push", "120号")
    async with studio.at_a_desk(show) as page:
        await expect(page.locator('.tray-row [aria-current="true"]')).to_be_in_viewport()
        yield page


@asynccontextmanager
async def long_title_and_no_pay_said(studio: Studio) -> AsyncIterator[Page]:
    show = await studio.an_empty_show([await studio.a_job(LONG_TITLE)])
    await show.act("start")
    await show.act("push", "1号")
    async with studio.at_a_desk(show) as page:
        await expect(page.locator(".stage-pay")).to_contain_text("面议")
        yield page


@asynccontextmanager
async def blocked(studio: Studio) -> AsyncIterator[Page]:
    """Somebody types the number of a job that may not be pushed."""
    show = await studio.a_show()
    await show.act("start")
    label = next(label for label, card in show.cards.items() if card["job"] and BLOCKED in card["job"]["title"])
    async with studio.at_a_desk(show) as page:
        await page.keyboard.type(label.removesuffix("号"))
        await expect(page.locator(".tray-asked")).to_contain_text("不能推送")
        yield page


CONSOLE_STATES: Mapping[str, State] = {
    state.__name__: state
    for state in (
        before,
        live,
        nothing_on_stage_and_nobody_there,
        offline,
        ended,
        empty_tray,
        two_hundred_cards,
        long_title_and_no_pay_said,
        blocked,
    )
}
ALWAYS_IN_SIGHT = (".console-top h1", ".tray-find", ".button-next", ".live-buttons button", ".console-foot")


@pytest.fixture
def studio(browser: Browser, demo: Demo, organiser: Staff) -> Studio:
    return Studio(browser, demo, organiser)


async def faults_of(
    page: Page, viewport: Viewport, in_sight: Sequence[str] = (), whole: Sequence[str] = ()
) -> list[str]:
    """What is wrong with the page at this size."""
    await page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
    size = f"{viewport['width']}x{viewport['height']}"
    faults = [f"{size} {fault}" for fault in await axe_finds(page)]
    if await page.evaluate(TOO_WIDE):
        faults.append(f"{size} wider than the screen")
    faults += [f"{size} out of sight: {what}" for what in await page.evaluate(OUT_OF_SIGHT, list(in_sight))]
    faults += [f"{size} cut off: {what}" for what in await page.evaluate(CUT_OFF, list(whole))]
    return faults


async def faults_of_console(page: Page, viewport: Viewport) -> list[str]:
    if viewport["width"] < WIDE:
        return await faults_of(page, viewport)
    # The bar that a broken line adds takes its place from the talking points and the audience, which then scroll.
    line_is_whole = await page.locator(".console-lines .quiet-bar").count() == 0
    return await faults_of(page, viewport, ALWAYS_IN_SIGHT, (".stage-body", ".live-body") if line_is_whole else ())


async def in_english(page: Page, cards: int) -> None:
    await page.goto(f"{page.url.partition('?')[0]}?lang=en")
    await connected(page, cards)


@pytest.mark.parametrize("state", [name for name in CONSOLE_STATES if name != two_hundred_cards.__name__])
async def test_console_is_whole_in_every_state(studio: Studio, state: str) -> None:
    """Complete on the lowest screen promised, not broken on a tablet and a phone, in the dark too."""
    async with CONSOLE_STATES[state](studio) as page:
        found = await faults_of_console(page, LOW)
        await page.emulate_media(color_scheme="dark")
        found += await faults_of_console(page, PHONE)

    assert found == []


@pytest.mark.screenshots
@pytest.mark.timeout(600)
@pytest.mark.parametrize("state", CONSOLE_STATES)
async def test_pictures_of_the_console(studio: Studio, state: str) -> None:
    """Each state at each size, light and dark, in Chinese and English."""
    found = []
    async with CONSOLE_STATES[state](studio) as page:
        cards = await page.locator(".tray-row").count()
        for language in ("zh", "en"):
            if language == "en":
                if state == "offline":
                    break
                await in_english(page, cards)
            for viewport, scheme in product(CONSOLE_SIZES, SCHEMES):
                await page.emulate_media(color_scheme=scheme)
                found += [f"{language} {scheme} {fault}" for fault in await faults_of_console(page, viewport)]
                await screenshot(page, name_of("console", state, viewport, scheme, language))

    assert found == []


def name_of(kind: str, state: str, viewport: Viewport, scheme: str, language: str) -> str:
    return f"state_{kind}_{state}_{viewport['width']}x{viewport['height']}_{scheme}_{language}"


# ── the pages by link ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ByLink:
    """A page without signing in: what says that it stands, and what has to be seen of it."""

    name: str
    ready: str
    card: str
    sizes: Sequence[Viewport]
    in_sight: Sequence[str] = ()
    whole: Sequence[str] = ()


PAGES = {
    page.name: page
    for page in (
        ByLink(
            "remote",
            ".tile >> nth=0",
            ".remote-number",
            REMOTE_SIZES,
            (".remote-top", ".remote-stage", ".tile", ".button-next", ".button-pair button:first-child"),
            (".remote-stage",),
        ),
        ByLink(
            "prompter",
            ".prompter-side",
            ".prompter-number",
            PROMPTER_SIZES,
            (".prompter-main", ".prompter-side"),
            (".prompter-main", ".prompter-side"),
        ),
        ByLink("overlay", "h1", ".overlay-panel", OVERLAY_SIZES),
    )
}
LONGEST_NOTE = "说一下周一有专车，八点半在就业中心门口集合"


async def states_of(page: Page, by_link: ByLink, show: Show, studio: Studio) -> AsyncIterator[str]:
    """Leads the show from before its start to after its end and names each state once the page shows it."""
    long = await studio.with_a_long_title(show)
    yield "before"
    await show.act("start")
    await expect(page.locator("body")).not_to_contain_text("即将开播")
    yield "nothing"
    await show.organiser.ask("PUT", f"{show.path}/note", {"note": LONGEST_NOTE})
    points = {"points": "就业中心专车周一发车，带身份证；夫妻可以住一间"}
    await show.organiser.ask("PUT", f"{show.path}/cards/{show.cards['3号']['id']}/points", points)
    for kind in ("couple_room", "pay_day", "travel"):
        await asks(studio.demo, show, "3号", kind)
    await show.act("push", "1号")
    await show.act("push", "3号")
    await expect(page.locator(by_link.card)).to_have_text(re.compile("3"))
    if by_link.name == "prompter":
        await expect(page.locator(".prompter-points")).to_contain_text("带身份证")
        await expect(page.locator(".prompter-side li")).to_have_count(3)
    yield "live"
    await show.act("push", "政1")
    await expect(page.locator(by_link.card)).to_have_text(re.compile("政1|Policy 1"))
    yield "policy"
    await show.act("push", long)
    await expect(page.locator(by_link.card)).to_have_text(re.compile(long.removesuffix("号")))
    yield "long"
    await show.act("end")
    await expect(page.locator(by_link.card)).to_have_count(0)
    await expect(page.locator(".prompter-next, .tile-next")).to_have_count(0)
    yield "ended"


@pytest.mark.parametrize("name", PAGES)
async def test_page_by_link_is_whole_in_every_state(studio: Studio, name: str) -> None:
    """From before the show to after its end, on its smallest and on its largest screen."""
    by_link, show, found = PAGES[name], await studio.a_show(), []
    async with a_screen(studio.browser, by_link.sizes[0], reduced_motion="reduce") as screen:
        page = await visited(screen, (await show.links())[name], by_link.ready)
        async for state in states_of(page, by_link, show, studio):
            for viewport in by_link.sizes:
                faults = await faults_of(page, viewport, by_link.in_sight, by_link.whole)
                found += [f"{state} {fault}" for fault in faults]

    assert found == []


@pytest.mark.screenshots
@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", PAGES)
async def test_pictures_of_a_page_by_link(studio: Studio, name: str, language: str) -> None:
    """Each state at each size, light and dark."""
    by_link, show, found = PAGES[name], await studio.a_show(), []
    async with a_screen(studio.browser, by_link.sizes[0], reduced_motion="reduce", locale=language) as screen:
        page = await visited(screen, f"{(await show.links())[name]}?lang={language}", by_link.ready)
        async for state in states_of(page, by_link, show, studio):
            for viewport, scheme in product(by_link.sizes, SCHEMES):
                await page.emulate_media(color_scheme=scheme)
                faults = await faults_of(page, viewport, by_link.in_sight, by_link.whole)
                found += [f"{language} {state} {scheme} {fault}" for fault in faults]
                await screenshot(page, name_of(name, state, viewport, scheme, language[:2]))

    assert found == []
