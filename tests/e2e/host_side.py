"""What tests of the host's side share: a show of one's own, someone signed in at a desk, and the pages by link."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.support import ELSEWHERE, Demo, Staff

DESKTOP = {"width": 1440, "height": 900}
LOW = {"width": 1366, "height": 650}
PHONE = {"width": 390, "height": 844}
TABLET = {"width": 1280, "height": 800}
PORTRAIT = {"width": 1080, "height": 1920}
LANDSCAPE = {"width": 1920, "height": 1080}
BLOCKED = "前台文员"
PATIENCE = 15_000

Viewport = dict[str, int]


@dataclass
class Show:
    """A show with the demo's jobs and policies, and one job that may not be pushed."""

    id: str
    organiser: Staff
    cards: dict[str, dict[str, Any]]

    @property
    def path(self) -> str:
        return f"/api/v1/broadcasts/{self.id}"

    async def act(self, command: str, label: str | None = None) -> None:
        body = {"card_id": self.cards[label]["id"]} if label else {}
        await self.organiser.ask("POST", f"{self.path}/{command}", body)

    async def pushed(self) -> list[str]:
        """Labels of all pushes, in order."""
        names = {card["id"]: label for label, card in self.cards.items()}
        snapshot = await self.organiser.ask("GET", self.path)
        return [names[push["card_id"]] for push in snapshot["pushes"]]

    async def status(self) -> str:
        return str((await self.organiser.ask("GET", self.path))["broadcast"]["status"])

    async def links(self) -> dict[str, str]:
        links: dict[str, str] = await self.organiser.ask("GET", f"{self.path}/links")
        return links

    async def record(self, label: str, phone: str, name: str) -> None:
        """An application for someone who agreed."""
        contact = {"phone": phone, "name": name}
        body = {"job_id": self.cards[label]["job"]["id"], "contact": contact, "consent_given": "in_person"}
        await self.organiser.ask("POST", f"{self.path}/staff-applications", body)


async def a_show(organiser: Staff) -> Show:
    """Not on air yet."""
    blocked = await organiser.ask("GET", f"/api/v1/jobs?state=blocked&q={BLOCKED}")
    wanted = {
        "title": "就业暖心季·东莞专场",
        "starts_at": datetime.now(UTC).isoformat(),
        "like": organiser.demo.broadcast_id,
        "tray": {"jobs": [job["id"] for job in blocked["jobs"]]},
    }
    show = await organiser.ask("POST", "/api/v1/broadcasts", wanted)
    tray = await organiser.ask("GET", f"/api/v1/broadcasts/{show['id']}/tray")
    return Show(show["id"], organiser, {card["label"]: card for card in tray["cards"]})


_sessions: dict[tuple[str, str], str] = {}


async def signed_in(context: BrowserContext, demo: Demo, role: str) -> None:
    """One session a role for all tests: how often one account may sign in is limited."""
    kept = (demo.base_url, role)
    if kept not in _sessions:
        login, password = demo.accounts[role]
        await context.request.post(f"{demo.base_url}/api/v1/sign-in", data={"login": login, "password": password})
        cookies = await context.cookies()
        _sessions[kept] = next(cookie["value"] for cookie in cookies if cookie["name"] == "session")
    await context.add_cookies([{"name": "session", "value": _sessions[kept], "url": demo.base_url}])


@asynccontextmanager
async def a_screen(browser: Browser, viewport: Viewport, **more: Any) -> AsyncIterator[BrowserContext]:
    """A device with a memory of its own."""
    context = await browser.new_context(viewport=viewport, timezone_id=ELSEWHERE, **more)  # type: ignore[arg-type]  # a plain dict
    context.set_default_timeout(PATIENCE)
    try:
        yield context
    finally:
        await context.close()


@asynccontextmanager
async def a_desk(
    browser: Browser, demo: Demo, viewport: Viewport = DESKTOP, role: str = "operator", **more: Any
) -> AsyncIterator[BrowserContext]:
    """A computer with someone signed in."""
    async with a_screen(browser, viewport, **more) as context:
        await signed_in(context, demo, role)
        yield context


async def opened(context: BrowserContext, show: Show, *, base: str | None = None, query: str = "") -> Page:
    """The console once it is connected and has its tray."""
    page = await context.new_page()
    await page.goto(f"{base or show.organiser.demo.base_url}/host/{show.id}{query}")
    await expect(page.locator(".foot-line")).to_contain_text(re.compile("连接正常|Connected"))
    await expect(page.locator(".tray-row")).to_have_count(len(show.cards))
    return page


def next_button(page: Page) -> Locator:
    return page.locator(".button-next")


def on_stage(page: Page) -> Locator:
    return page.locator(".stage-number")


def bar(page: Page) -> Locator:
    return page.locator(".bars")


def button(page: Page | Locator, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def row(page: Page, title: str) -> Locator:
    return page.locator(".tray-row", has=page.locator(".tray-title", has_text=title))


async def rested(page: Page) -> None:
    """A push rests for 800 ms before the next one is taken."""
    await expect(next_button(page)).not_to_have_attribute("aria-busy", "true")


async def type_number(page: Page, digits: str) -> None:
    await rested(page)
    await page.keyboard.type(digits)
    await page.keyboard.press("Enter")


async def asks(demo: Demo, show: Show, label: str, kind: str) -> None:
    """A viewer taps a question."""
    async with ClientSession() as client:
        origin = {"Origin": demo.base_url}
        async with client.post(
            f"{demo.base_url}{show.path}/connection-token", json={"visit_id": str(uuid4())}, headers=origin
        ) as answer:
            token = (await answer.json())["token"]
        async with client.post(
            f"{demo.base_url}{show.path}/questions",
            json={"card_id": show.cards[label]["id"], "kind": kind},
            headers={"Authorization": f"Bearer {token}", **origin},
        ) as answer:
            assert answer.status == 200


async def visited(context: BrowserContext, address: str, ready: str) -> Page:
    page = await context.new_page()
    await page.goto(address)
    await expect(page.locator(ready)).to_be_visible()
    return page
