"""What browser tests share: a demo in a process of its own, someone at its console, and a line that can be cut."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession
from playwright.async_api import Page

from stream_jobs.bench.server import PROGRAM, Server, environment_of

ARTEFACTS = Path(__file__).resolve().parents[2] / "artefacts"
# Drawing costs as much as the test around it: only for whoever asked.
PICTURED = "SCREENSHOTS" in os.environ
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
# A device whose zone is set wrong: pages tell China's time all the same.
ELSEWHERE = "America/Lima"


def chromium() -> str:
    """The browser named by CHROMIUM, else the first one installed."""
    names = (os.environ.get("CHROMIUM", ""), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        raise AssertionError("the browser tests need Chromium: run scripts/find-browser")
    return found


@dataclass(frozen=True)
class Demo:
    """A running `stream-jobs demo`: what its ready line says."""

    base_url: str
    viewer_url: str
    broadcast_id: str
    accounts: dict[str, tuple[str, str]]
    data: Path
    database_url: str
    valkey_url: str

    @property
    def newest_code(self) -> str:
        """The one-time code that went out last, where the demo was started."""
        said: list[str] = re.findall(r"验证码(\d{6})", self.data.with_name(f"{self.data.name}.log").read_text())
        return said[-1]

    def page(self, broadcast_id: str) -> str:
        return f"{self.base_url}/b/{broadcast_id}"


@asynccontextmanager
async def a_demo(data: Path) -> AsyncIterator[Demo]:
    words = ("demo", "--viewers", "0", "--data", str(data))
    log = data.with_name(f"{data.name}.log")
    server = Server([sys.executable, *PROGRAM, *words], environment_of({}), log)
    try:
        said = await server.start()
        accounts = {one["role"]: (one["login"], one["password"]) for one in said["accounts"]}
        servers = (data, said["database_url"], said["valkey_url"])
        yield Demo(said["base_url"], said["viewer_url"], said["broadcast_id"], accounts, *servers)
    finally:
        await server.stop()


class Staff:
    """Someone who can sign in, over HTTP."""

    def __init__(self, demo: Demo, client: ClientSession) -> None:
        self.demo = demo
        self._client = client

    async def sign_in_as(self, role: str) -> None:
        login, password = self.demo.accounts[role]
        await self.ask("POST", "/api/v1/sign-in", {"login": login, "password": password})

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Idempotency-Key": str(uuid4()), "Origin": self.demo.base_url}
        async with self._client.request(method, self.demo.base_url + path, json=body, headers=headers) as response:
            if response.status >= 400:
                raise AssertionError(f"{method} {path}: {response.status} {await response.text()}")
            return await response.json() if response.content_type == "application/json" else None


class Console(Staff):
    """The operator of the demo's live show."""

    def __init__(self, demo: Demo, client: ClientSession) -> None:
        super().__init__(demo, client)
        self.cards: dict[str, dict[str, Any]] = {}

    async def sign_in(self) -> None:
        await self.sign_in_as("operator")
        tray = await self.ask("GET", f"{self._show}/tray")
        self.cards = {card["label"]: card for card in tray["cards"]}

    async def push(self, label: str) -> None:
        await self._act("push", {"card_id": self.cards[label]["id"]})

    async def withdraw(self, label: str) -> None:
        await self._act("withdraw", {"card_id": self.cards[label]["id"]})

    async def answer(self, label: str, kind: str, answer: str) -> None:
        body = {"card_id": self.cards[label]["id"], "kind": kind, "answer": answer}
        await self.ask("POST", f"{self._show}/questions/answer", body)

    async def desk(self) -> Any:
        return await self.ask("GET", f"{self._show}/desk")

    async def snapshot(self, broadcast_id: str) -> Any:
        return await self.ask("GET", f"/api/v1/broadcasts/{broadcast_id}")

    async def shows(self) -> list[str]:
        """Ids of all shows on the home page."""
        async with self._client.get(self.demo.base_url + "/") as response:
            return re.findall(r'href="/b/([0-9a-f-]{36})"', await response.text())

    @property
    def _show(self) -> str:
        return f"/api/v1/broadcasts/{self.demo.broadcast_id}"

    async def _act(self, command: str, body: dict[str, Any]) -> None:
        await self.ask("POST", f"{self._show}/{command}", body)


class Line:
    """The way from a phone to the server, which a test may cut and mend."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._whole = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._phones: set[asyncio.StreamWriter] = set()

    def say(self, data: bytes) -> None:
        """To every phone, as if the server had said it."""
        for phone in self._phones:
            phone.write(data)

    def cut(self) -> None:
        self._whole = False
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, onward_writer}
        self._phones.add(writer)
        try:
            await asyncio.gather(_copy(reader, onward_writer), _copy(onward_reader, writer))
        finally:
            self._writers -= {writer, onward_writer}
            self._phones.discard(writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@asynccontextmanager
async def a_line(demo: Demo) -> AsyncIterator[tuple[Line, str]]:
    """A line to the demo and the viewer's address at its near end."""
    line = Line(int(demo.base_url.rsplit(":", 1)[1]))
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield line, f"http://127.0.0.1:{port}/b/{demo.broadcast_id}"
    finally:
        line.cut()
        server.close()
        await server.wait_closed()


async def still(page: Page) -> None:
    """Waits for what moves on the page to have arrived."""
    await page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    """Asks until it is so; the page's own policy forbids the browser driver's way of waiting."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110  # nobody tells us: the page has to be asked
            await asyncio.sleep(0.05)


async def axe_finds(page: Page, *, colours_alone: bool = False) -> list[str]:
    """What axe says against the page as it stands; empty when it has nothing to say."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    await still(page)
    options = {"runOnly": ["color-contrast"]} if colours_alone else {"resultTypes": ["violations"]}
    found: list[str] = await page.evaluate(
        """async (options) => {
            const answer = await axe.run(document, options);
            return answer.violations.flatMap((fault) => fault.nodes.map((node) => `${fault.id}: ${node.target}`));
        }""",
        options,
    )
    return found


async def screenshot(page: Page, name: str) -> None:
    if not PICTURED:
        return
    ARTEFACTS.mkdir(exist_ok=True)
    await still(page)
    await page.screenshot(path=ARTEFACTS / f"{name}.png")


def demo_show(shows: Sequence[Mapping[str, Any]], status: str) -> str:
    """The id of the demo's own show of this status: other tests made theirs later, and ids begin with their time."""
    return min(str(row["broadcast"]["id"]) for row in shows if row["broadcast"]["status"] == status)
