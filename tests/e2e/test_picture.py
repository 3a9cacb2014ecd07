"""A show's own picture on a viewer's phone: nothing is asked before the tap, and then of its own host alone."""

import asyncio
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Request, Route, expect

from tests.e2e.support import Demo, axe_finds, screenshot
from tests.e2e.test_import_and_create import PHONE, signed_in

PICTURE = "https://picture.invalid/show/live.m3u8"


async def height_of(page: Page) -> float:
    box = await page.locator(".picture-frame").bounding_box()
    return box["height"] if box else 0


async def test_a_picture_is_fetched_at_a_tap_and_its_failure_harms_nothing(browser: Browser, demo: Demo) -> None:
    """hls.js comes only then; the policy lets the page ask the picture's host; jobs stay as they were."""
    async with signed_in(browser, demo) as context:
        changed = await context.request.patch(
            f"{demo.base_url}/api/v1/broadcasts/{demo.broadcast_id}/show", data={"picture_url": PICTURE}
        )
        assert changed.ok, await changed.text()
    phone = await browser.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]  # a plain dict
    asked: list[str] = []
    refused: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    try:
        page = await phone.new_page()
        # Chromium has learnt HLS since 77, the oldest promised.
        await page.add_init_script("HTMLMediaElement.prototype.canPlayType = () => ''")
        page.on("request", note)
        page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
        answered = asyncio.Event()

        async def late(route: Route) -> None:
            await answered.wait()
            await route.abort()

        await page.route("https://picture.invalid/**", late)
        await page.goto(demo.viewer_url)
        watch = page.get_by_role("button", name="看画面")
        await expect(watch).to_be_visible()
        assert not [url for url in asked if "hls.js" in url or "picture.invalid" in url]
        assert await height_of(page) == 72
        assert await axe_finds(page) == []
        await screenshot(page, "viewer_picture")

        await watch.click()

        await expect(page.locator("video")).to_be_visible()
        assert 200 < await height_of(page) <= 0.34 * PHONE["height"] + 1
        await page.get_by_role("tab", name="全部岗位").click()
        await expect(page.locator("#viewer-panel-jobs li").nth(20)).to_be_attached()
        await page.evaluate("scrollTo(0, 900)")
        await expect(page.locator(".picture-strip")).to_have_css("height", "72px")
        await page.evaluate("scrollTo(0, 0)")
        await expect(page.locator(".picture-strip")).to_have_count(0)
        await page.get_by_role("tab", name="直播", exact=True).click()
        answered.set()
        await expect(page.get_by_text("画面暂时打不开，岗位照常看、照常报名。")).to_be_visible(timeout=30_000)
        assert [url for url in asked if urlsplit(url).path.endswith("/vendor/hls.js")]
        assert PICTURE in asked
        assert refused == []
        await expect(page.locator(".job-card").first).to_be_visible()
        assert await axe_finds(page) == []
    finally:
        await phone.close()
        async with signed_in(browser, demo) as context:
            await context.request.patch(
                f"{demo.base_url}/api/v1/broadcasts/{demo.broadcast_id}/show", data={"picture_url": None}
            )
