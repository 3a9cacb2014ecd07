"""The wall screen in a real browser: made by the organiser, read from afar, a second behind, gone when closed."""

import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.host_side import LANDSCAPE, Show, a_desk, a_screen
from tests.e2e.support import Demo, Staff, demo_show, screenshot, until

FOUR_K = {"width": 3840, "height": 2160}
ASKED = "**/api/v1/wall/*"
PHONES = [f"139{number:08}" for number in range(70_001, 70_010)]
# Every text that is smaller than can be read from five metres, in pixels of 1920 × 1080.
TOO_SMALL = """() => {
    const found = [];
    const texts = document.createTreeWalker(document.querySelector(".wall-stage"), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const place = texts.currentNode.parentElement;
        const size = parseFloat(getComputedStyle(place).fontSize);
        const text = texts.currentNode.data.trim();
        if (text && !place.closest(".wall-foot, .visually-hidden") && size < 40) found.push(text + " " + size);
    }
    return found;
}"""
# A font's own height is more than its line's, so a large figure always reaches below its line.
CUT_OFF = """() => Array.from(document.querySelectorAll(".wall-stage, .wall-head, .wall-panel, .wall-line"))
    .filter((box) => box.scrollWidth > box.clientWidth + 1
        || !box.matches(".wall-figure, .wall-line") && box.scrollHeight > box.clientHeight + 1)
    .map((box) => box.className + " " + box.innerText)"""
SCROLLS = """() => document.documentElement.scrollHeight > innerHeight
    || document.documentElement.scrollWidth > innerWidth"""
# When each figure last changed, by the browser's clock.
NOTE_CHANGES = """() => {
    window.changed = 0;
    const note = () => { window.changed = Date.now(); };
    const options = { subtree: true, characterData: true, childList: true };
    new MutationObserver(note).observe(document.querySelectorAll(".wall-number")[2], options);
}"""


async def legible(page: Page) -> list[str]:
    """What is too small, cut off or scrolls."""
    faults: list[str] = [*await page.evaluate(TOO_SMALL), *await page.evaluate(CUT_OFF)]
    return [*faults, *(["scrolls"] if await page.evaluate(SCROLLS) else [])]


def figure(page: Page, label: str | re.Pattern[str]) -> Any:
    return page.locator(".wall-figure", has_text=label).locator(".wall-number")


@asynccontextmanager
async def a_wall(browser: Browser, address: str, viewport: Mapping[str, int] = LANDSCAPE) -> AsyncIterator[Page]:
    """The screen of somebody who has nothing but the link."""
    async with a_screen(browser, dict(viewport)) as context:
        page = await context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        await page.goto(address)
        await page.wait_for_selector(".wall-foot")
        yield page
        assert faults == []


async def test_a_wall_is_made_read_behind_by_less_than_a_second_and_closed(
    browser: Browser, demo: Demo, show: Show
) -> None:
    """By the organiser, on the show's page; the screen has no cookie, no pointer and no scroll bar."""
    await show.act("push", "1号")
    async with a_desk(browser, demo, role="organiser") as desk:
        office = await desk.new_page()
        await office.goto(f"{demo.base_url}/organiser/broadcasts/{show.id}?tab=links")
        await office.get_by_role("button", name="生成大屏链接").click()
        address = await office.locator("[data-wall] .channel-link").inner_text()

        async with a_wall(browser, address) as page:
            await expect(figure(page, "已讲岗位")).to_have_text("1")
            assert await legible(page) == []
            assert await page.evaluate("getComputedStyle(document.body).cursor") == "none"
            assert await lags(page, show) < 1.0
            await expect(page.locator(".wall-lists li").first).to_contain_text("代录 → 1号")
            source = await page.content()
            assert not any(phone in source for phone in PHONES)

            await held_by_space(page)
            await figures_stay_while_the_line_is_lost(page)

            await office.get_by_role("button", name="停用").click()
            await office.get_by_role("dialog").get_by_role("button", name="停用").click()
            closed = time.monotonic()
            await expect(page.get_by_text("本页已停用。")).to_be_visible(timeout=5000)
            assert time.monotonic() - closed < 5
            await expect(office.locator("[data-wall]")).to_have_count(0)


async def lags(page: Page, show: Show) -> float:
    """Seconds from an application's commit until it is on the wall; the middle of three."""
    await page.evaluate(NOTE_CHANGES)
    behind: list[float] = []
    for nth, phone in enumerate(PHONES[:3], start=1):
        await show.record("1号", phone, "王师傅")
        stored = time.time() * 1000
        await expect(figure(page, "报名（份）")).to_have_text(str(nth))
        behind.append((await page.evaluate("window.changed") - stored) / 1000)
    return median(behind)


async def held_by_space(page: Page) -> None:
    await page.keyboard.press("Space")
    await expect(page.locator(".wall-held")).to_be_visible()
    await page.keyboard.press("Space")
    await expect(page.locator(".wall-held")).to_have_count(0)


async def figures_stay_while_the_line_is_lost(page: Page) -> None:
    """The footer says since when they stand, and that all is well again."""
    await page.route(ASKED, lambda route: route.abort())
    await expect(page.locator(".wall-foot")).to_contain_text("正在重连")
    await expect(page.locator(".wall-foot")).to_contain_text("数据停在")
    await expect(figure(page, "报名（份）")).to_have_text("3")
    await page.unroute(ASKED)
    await expect(page.locator(".wall-foot")).to_contain_text("数据截至")


async def test_a_wall_of_a_series_shows_all_its_shows(browser: Browser, demo: Demo, organiser: Staff) -> None:
    """Visits show by show; at 3840 × 2160 the same, twice as large."""
    series = (await organiser.ask("GET", "/api/v1/series"))["series"][0]
    report = await organiser.ask("GET", f"/api/v1/series/{series['id']}/report")
    made = await organiser.ask("POST", "/api/v1/walls", {"series_id": series["id"]})

    async with a_wall(browser, made["url"], FOUR_K) as page:
        await expect(page.locator("h1")).to_have_text(series["name"])
        assert await legible(page) == []
        shown = await page.locator(".wall-bar").count()
        assert shown >= len(report["shows"]) >= 2
        drawn = await page.locator(".wall-figures").bounding_box()
        assert drawn and drawn["width"] == pytest.approx(2 * 1824, abs=2)


async def test_a_season_of_a_million_visits_fits_the_screen(browser: Browser, organiser: Staff, show: Show) -> None:
    """Figures of a whole province in the same boxes: smaller, or in three lines, never cut off nor under 40 px."""
    made = await organiser.ask("POST", "/api/v1/walls", {"broadcast_id": show.id})

    async def a_province(route: Route) -> None:
        answer = await route.fetch()
        wall = await answer.json()
        wall["head"] |= {"kind": "series", "title": "示例·" + "直播带岗就业暖心季" * 5, "shows": 54}
        wall["counts"] |= {"watching": 123_456, "visits": 1_010_000, "applications": 106_500, "presented": 1_890}
        wall["counts"] |= {
            "presented_openings": 106_700,
            "top": [{"label": None, "title": "普工" * 20, "applications": 9}],
        }
        for step in wall["counts"]["funnel"]:
            step["count"] = 1_010_000
        wall["course"] |= {
            "shows": [{"title": "专场", "started_at": wall["as_of"], "visits": n, "live": False} for n in range(54)]
        }
        await route.fulfill(response=answer, json=wall)

    async with a_screen(browser, LANDSCAPE) as context:
        page = await context.new_page()
        await page.route(ASKED, a_province)
        for language in ("zh-CN", "en"):
            await page.goto(f"{made['url']}?lang={language}")
            await expect(figure(page, re.compile("到访（人次）|^Visits"))).to_have_text("1,010,000")
            await expect(page.locator(".wall-bar")).to_have_count(54)
            assert await legible(page) == [], language
            await screenshot(page, f"wall_province_{language}")
        await page.unroute_all(behavior="wait")


# ── pictures ──────────────────────────────────────────────────────────────────────────────────────────────────


async def every_wall(organiser: Staff, waiting: Show) -> dict[str, str]:
    """Addresses: before, live, over, live with nothing yet, a series, closed."""
    home = await organiser.ask("GET", "/api/v1/home")
    series = (await organiser.ask("GET", "/api/v1/series"))["series"][0]["id"]
    of: dict[str, dict[str, str]] = {
        "before": {"broadcast_id": demo_show(home["shows"], "scheduled")},
        "live": {"broadcast_id": demo_show(home["shows"], "live")},
        "ended": {"broadcast_id": demo_show(home["shows"], "ended")},
        "nothing_yet": {"broadcast_id": waiting.id},
        "series": {"series_id": series},
    }
    made = {name: await organiser.ask("POST", "/api/v1/walls", wanted) for name, wanted in of.items()}
    return {name: str(wall["url"]) for name, wall in made.items()}


@pytest.mark.screenshots
@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_pictures_of_every_wall(browser: Browser, organiser: Staff, show: Show, language: str) -> None:
    """Each in 1080p and 4K, dark and light; each list; stale and closed."""
    faults: dict[str, list[str]] = {}
    for name, address in (await every_wall(organiser, show)).items():
        for size, viewport in (("1080", LANDSCAPE), ("4k", FOUR_K)):
            for theme in ("dark", "light"):
                async with a_wall(browser, f"{address}?theme={theme}&lang={language}", viewport) as page:
                    await screenshot(page, f"wall_{name}_{size}_{theme}_{language}")
                    faults[f"{name} {size} {theme}"] = await legible(page)
        if name == "live":
            async with a_wall(browser, f"{address}?lang={language}") as page:
                for nth in (1, 2):
                    await page.keyboard.press("ArrowRight")
                    await screenshot(page, f"wall_live_list_{nth}_{language}")
                    faults[f"list {nth}"] = await legible(page)
            async with a_wall(browser, f"{address}?lang={language}") as page:
                await page.route(ASKED, lambda route: route.abort())
                await until(lambda: page.locator(".wall-foot .tone-warn").is_visible())
                await screenshot(page, f"wall_stale_{language}")

    assert {name: found for name, found in faults.items() if found} == {}
