"""One demo and one browser for all tests here; every test has devices and lines of its own."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, CookieJar
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.e2e.host_side import Show, a_desk, a_show
from tests.e2e.support import Console, Demo, Staff, a_demo, chromium

# A page whose answer a test has changed counts as a page from elsewhere, which newer browsers keep from this machine.
ARGS = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]


@pytest.fixture(scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """A demo without simulated viewers."""
    async with a_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def console(demo: Demo) -> AsyncIterator[Console]:
    """The operator of the live show; from the first push on the demo's own host is silent."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        console = Console(demo, client)
        await console.sign_in()
        yield console


@pytest.fixture(scope="session")
async def organiser(demo: Demo) -> AsyncIterator[Staff]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        staff = Staff(demo, client)
        await staff.sign_in_as("organiser")
        yield staff


@pytest.fixture
async def waiting_show(organiser: Staff) -> Show:
    return await a_show(organiser)


@pytest.fixture
async def show(waiting_show: Show) -> Show:
    """On air, with nothing on stage."""
    await waiting_show.act("start")
    return waiting_show


@pytest.fixture
async def desk(browser: Browser, demo: Demo) -> AsyncIterator[BrowserContext]:
    async with a_desk(browser, demo) as context:
        yield context
