"""One demo and one browser for all tests here; every test has devices and lines of its own."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, CookieJar
from playwright.async_api import Browser, async_playwright

from tests.e2e.support import Console, Demo, a_demo, chromium


@pytest.fixture(scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """A demo without simulated viewers."""
    async with a_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def console(demo: Demo) -> AsyncIterator[Console]:
    """The operator of the live show; from the first push on the demo's own host is silent."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        console = Console(demo, client)
        await console.sign_in()
        yield console
