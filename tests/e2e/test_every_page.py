"""Every page there is, in both languages, light and dark, on a phone and on a desk: whole, quiet and legible."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, StorageState, ViewportSize

from tests.e2e.support import AXE, PICTURED, Demo, axe_finds, demo_show, screenshot

Sizes = dict[str, ViewportSize]

SIZES: Sizes = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1440, "height": 900}}
# The overlay is drawn over a picture of one of these sizes, on no other screen.
WALLS: Sizes = {"1080p": {"width": 1920, "height": 1080}}
PICTURES: Sizes = {"phone": {"width": 1080, "height": 1920}, "desktop": {"width": 1920, "height": 1080}}
LANGUAGES = {"zh": "zh-CN", "en": "en"}
TABS_AT_ONCE = 2
PATIENCE_MS = 15_000
NOWHERE = "00000000-0000-7000-8000-000000000000"

# Text that is a key of a catalogue and not its sentence.
RAW_KEY = re.compile(
    r"\b(?:common|shell|viewer|me|host|organiser|programme|exports|lists|desk|wall|series|organisation)\.[a-z_]+(?:\.[a-z_]+)*\b"
)
NOTED = """() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
}"""
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@dataclass(frozen=True)
class Place:
    """A page, and what stands on it once its script has drawn it."""

    name: str
    path: str
    ready: str = "h1"
    status: int = 200
    sizes: Sizes = field(default_factory=lambda: SIZES)


@dataclass
class Complaints:
    """What a page does that it must not."""

    host: str
    heard: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        page.on("console", self._said)
        page.on("request", self._asked)

    def but_for(self, status: int) -> list[str]:
        """All that was heard, without what the browser says of a page that was meant to be missing."""
        heard, self.heard = self.heard, []
        return [said for said in heard if status < 400 or f"status of {status}" not in said]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        where = urlsplit(request.url)
        if where.scheme not in ("data", "blob") and where.netloc != self.host:
            self.heard.append(f"request to {where.netloc}")


@dataclass(frozen=True)
class Site:
    """The demo with what stands in it, and the session of its organiser."""

    demo: Demo
    session: StorageState
    places: tuple[Place, ...]


@pytest.fixture(scope="session")
async def site(demo: Demo, browser: Browser) -> Site:
    context = await browser.new_context()
    login, password = demo.accounts["organiser"]
    await context.request.post(f"{demo.base_url}/api/v1/sign-in", data={"login": login, "password": password})
    try:
        return Site(demo, await context.storage_state(), await every_place(context, demo))
    finally:
        await context.close()


async def every_place(context: BrowserContext, demo: Demo) -> tuple[Place, ...]:
    async def ask(path: str) -> Any:
        return await (await context.request.get(f"{demo.base_url}/api/v1{path}")).json()

    shows = (await ask("/home"))["shows"]
    ids = {status: demo_show(shows, status) for status in ("live", "scheduled", "ended")}
    links = await ask(f"/broadcasts/{demo.broadcast_id}/links")
    made = await context.request.post(f"{demo.base_url}/api/v1/walls", data={"broadcast_id": ids["live"]})
    wall = await made.json()
    job = (await ask("/jobs?state=blocked&limit=1"))["jobs"][0]["id"]
    employer = (await ask("/employers"))["employers"][0]["id"]
    return (
        Place("home", "/", "main .row >> nth=0"),
        Place("login", "/login", "#password"),
        Place("host_shows", "/host", "main .row >> nth=0"),
        *(Place(f"viewer_{status}", f"/b/{ids[status]}", "[role=tablist]") for status in ids),
        Place("console_before", f"/host/{ids['scheduled']}", ".check-fine >> nth=0"),
        Place("console_live", f"/host/{ids['live']}", ".button-next"),
        Place("remote", urlsplit(links["remote"]).path, ".tile >> nth=0"),
        Place("prompter", urlsplit(links["prompter"]).path, ".prompter-side"),
        Place("overlay", urlsplit(links["overlay"]).path, "h1", sizes=PICTURES),
        Place("report_ended", f"/organiser/broadcasts/{ids['ended']}/report", ".report-table >> nth=0"),
        Place("report_live", f"/organiser/broadcasts/{ids['live']}/report", ".report-table >> nth=0"),
        Place("report_before", f"/organiser/broadcasts/{ids['scheduled']}/report", ".report-table >> nth=0"),
        *organiser_places(ids, job, employer),
        Place("me", f"/me?show={ids['live']}", "#me-prove"),
        Place("wall", urlsplit(wall["url"]).path, ".wall-foot", sizes=WALLS),
        Place("collect", "/collect/no-such-link", "form"),
        Place("wrong_link", f"/b/{NOWHERE}", status=404),
        Place("wrong_channel", "/s/no-such-code", status=404),
        Place("wrong_page_link", "/r/no-such-code", status=404),
        Place("not_found", "/no-such-page", status=404),
    )


def organiser_places(ids: dict[str, str], job: str, employer: str) -> tuple[Place, ...]:
    show = f"/organiser/broadcasts/{ids['scheduled']}"
    return (
        Place("organiser_home", "/organiser", ".show-row >> nth=0"),
        Place("organiser_shows", "/organiser/shows", ".show-row >> nth=0"),
        Place("organiser_show_new", "/organiser/shows/new", "form"),
        Place("organiser_show", show, ".tray-row >> nth=0"),
        Place("organiser_channels", f"{show}?tab=channels", "#show-panel-channels form"),
        Place("organiser_poster", f"{show}/poster", "img"),
        Place("organiser_jobs", "/organiser/jobs", "main .row >> nth=0"),
        Place("organiser_job", f"/organiser/jobs/{job}", "form >> nth=0"),
        Place("organiser_job_new", "/organiser/jobs/new", "form"),
        Place("organiser_employers", "/organiser/employers", "main .row >> nth=0"),
        Place("organiser_employer", f"/organiser/employers/{employer}", "form >> nth=0"),
        Place("organiser_employer_new", "/organiser/employers/new", "form"),
        Place("organiser_imports", "/organiser/imports", "#workbook + label"),
        Place("organiser_policies", "/organiser/policies", "main dl >> nth=0"),
        Place("organiser_units", "/organiser/units", ".unit-tree .row >> nth=0"),
        Place("organiser_reports", "/organiser/reports", ".show-row >> nth=0"),
        Place("series", "/organiser/series/everything", ".series-headline"),
        Place("definitions", "/organiser/definitions", ".definition >> nth=0"),
        Place("organiser_forms", "/organiser/forms", "#form-file + label"),
        Place("organiser_platform", "/organiser/platform", "#platform-file + label"),
        Place("organiser_organisation", "/organiser/organisation", "form"),
        Place("organiser_audit", "/organiser/audit", "main .row >> nth=0"),
        Place("organiser_accounts", "/organiser/accounts", "main .row >> nth=0"),
        Place("desk_employers", "/desk", ".desk-employer >> nth=0"),
        Place("organiser_lost", "/organiser/no-such-place", ".organiser-title"),
    )


@asynccontextmanager
async def a_visitor(browser: Browser, site: Site, language: str) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport=SIZES["phone"],
        locale=LANGUAGES[language],
        timezone_id="Asia/Shanghai",
        storage_state=site.session,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    await context.add_cookies([{"name": "lang", "value": LANGUAGES[language], "url": site.demo.base_url}])
    await context.add_init_script(f"({NOTED})()")
    await context.add_init_script(path=AXE)
    try:
        yield context
    finally:
        await context.close()


async def faults_of(page: Page, place: Place) -> list[str]:
    """What the page as drawn has wrong, apart from what axe finds."""
    faults = [f"CSP: {rule}" for rule in await page.evaluate("window.violations")]
    if await page.evaluate(TOO_WIDE):
        faults.append("wider than the screen")
    text = await page.locator("body").inner_text()
    faults += [f"raw key: {key}" for key in RAW_KEY.findall(text)]
    if not text.strip() and place.name != "overlay":
        faults.append("empty")
    return faults


async def in_light_and_dark(page: Page, place: Place, name: str) -> list[str]:
    """A picture of each; in the light all that axe knows, in the dark what the colours change."""
    await page.emulate_media(color_scheme="light")
    await screenshot(page, name.replace("*", "light"))
    found = await faults_of(page, place)
    # What is said of a page, and its colours, are the same at every size: on a desk the one, on a phone the other.
    if PICTURED or "phone" not in name:
        found += await axe_finds(page)
    if "desktop" in name and not PICTURED:
        return found
    await page.emulate_media(color_scheme="dark")
    await screenshot(page, name.replace("*", "dark"))
    return [*found, *(f"dark {fault}" for fault in await axe_finds(page, colours_alone=True))]


@dataclass(frozen=True)
class Tab:
    """Kept from page to page: a new one costs more than most pages do."""

    page: Page
    complaints: Complaints

    @classmethod
    async def of(cls, context: BrowserContext, base: str) -> "Tab":
        tab = cls(await context.new_page(), Complaints(urlsplit(base).netloc))
        tab.complaints.listen(tab.page)
        return tab

    async def visit(self, base: str, place: Place, language: str) -> list[str]:
        """Opens the page on a phone and widens it to a desk, as a turned tablet or a dragged window does."""
        found: list[str] = []
        await self.page.set_viewport_size(SIZES["phone"])
        answer = await self.page.goto(base + place.path)
        await self.page.wait_for_selector(place.ready, state="attached")
        if answer is None or answer.status != place.status:
            found.append(f"status {answer and answer.status}")
        for size, viewport in place.sizes.items():
            await self.page.set_viewport_size(viewport)
            seen = await in_light_and_dark(self.page, place, f"page_{place.name}_{size}_*_{language}")
            found += [f"{size} {fault}" for fault in seen]
        return found + self.complaints.but_for(place.status)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.screenshots)])
async def test_every_page_is_whole_quiet_and_legible(browser: Browser, site: Site, language: str) -> None:
    """Axe finds nothing, nothing is complained of, no request leaves the host, nothing is wider than the screen."""
    found: dict[str, list[str]] = {}
    queue = list(site.places)

    async def walk(context: BrowserContext) -> None:
        tab = await Tab.of(context, site.demo.base_url)
        while queue:
            place = queue.pop(0)
            if faults := await tab.visit(site.demo.base_url, place, language):
                found[place.name] = faults

    async with a_visitor(browser, site, language) as context:
        await asyncio.gather(*(walk(context) for _ in range(TABS_AT_ONCE)))

    assert found == {}
