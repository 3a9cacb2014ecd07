"""A whole show by HTTP and an unmodified centrifuge-python, from a workbook to a report that agrees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, CookieJar
from centrifuge import Client, PublicationContext, SubscribedContext, SubscriptionEventHandler
from openpyxl import Workbook

from tests.e2e.support import Demo, Line, a_demo

PATIENCE = 10


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    async with a_demo(tmp_path_factory.mktemp("sdk")) as running:
        yield running


@dataclass
class Organiser:
    """Someone who prepares and runs a show over the API alone."""

    base: str
    client: ClientSession

    async def ask(self, method: str, path: str, body: object = None, *, data: bytes | None = None) -> Any:
        headers = {"Idempotency-Key": str(uuid4()), "Origin": self.base}
        more: dict[str, Any] = {"data": data} if data is not None else {"json": body}
        async with self.client.request(method, f"{self.base}/api/v1{path}", headers=headers, **more) as response:
            assert response.status < 400, (path, response.status, await response.text())
            return await response.json() if response.content_type == "application/json" else await response.read()


@asynccontextmanager
async def _organiser(demo: Demo) -> AsyncIterator[Organiser]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        organiser = Organiser(demo.base_url, client)
        login, password = demo.accounts["organiser"]
        await organiser.ask("POST", "/sign-in", {"login": login, "password": password})
        yield organiser


def _workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["示例·春风行动岗位表"],
        ["企业名称", "岗位", "人数", "工资", "工作地点"],
        ["示例·新晨电子", "普工", "20", "5500-7000元/月", "东莞长安"],
        ["同上", "质检员", "5", "４５００", "东莞长安"],
        ["同上", "仓管", "", "面议", "东莞长安"],
    ):
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@dataclass
class Watching(SubscriptionEventHandler):  # type: ignore[misc]  # the SDK has no types
    """What one viewer's page was told."""

    snapshot: dict[str, Any] = field(default_factory=dict)
    seen: list[int] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    recovered: list[bool] = field(default_factory=list)
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        if ctx.data:
            self.snapshot = ctx.data
        if ctx.was_recovering:
            self.recovered.append(ctx.recovered)
        self._told.set()

    async def on_publication(self, ctx: PublicationContext) -> None:
        body = ctx.pub.data
        if "seq" in body:
            self.seen.append(body["seq"])
        if body["type"] == "card_pushed":
            self.cards.append(body["card"]["label"])
        self._told.set()

    async def until(self, holds: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds(self):
                self._told.clear()
                await self._told.wait()


@dataclass
class Phone:
    """A viewer: its device cookie, its line, its client and what it was told."""

    client: Client
    told: Watching
    line: Line
    base: str
    http: ClientSession

    async def call(self, method: str, **data: object) -> Any:
        return (await self.client.rpc(method, {"method": method, **data})).data


@asynccontextmanager
async def _phone(demo: Demo, broadcast: str, channel: str | None = None) -> AsyncIterator[Phone]:
    """A device that came through a channel's link, over a line that can be cut."""
    line = Line(int(demo.base_url.rpartition(":")[2]))
    way = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    port = way.sockets[0].getsockname()[1]
    visit = str(uuid4())
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:

        async def token() -> str:
            path = f"{demo.base_url}/api/v1/broadcasts/{broadcast}/connection-token"
            async with http.post(path, json={"visit_id": visit, "channel": channel}) as response:
                return str((await response.json())["token"])

        told = Watching()
        address = f"ws://127.0.0.1:{port}/connection/websocket"
        client = Client(address, get_token=token, min_reconnect_delay=0.1, max_reconnect_delay=0.5)
        await client.connect()
        await client.new_subscription(f"broadcast:{broadcast}", told).subscribe()
        await told.until(lambda watching: watching.snapshot)
        try:
            yield Phone(client, told, line, demo.base_url, http)
        finally:
            await client.disconnect()
            way.close()


async def test_a_whole_show_by_the_api_and_an_unmodified_sdk(server: Demo) -> None:
    """From a bureau's workbook to a report that counts what happened, through a lost line."""
    async with _organiser(server) as organiser:
        broadcast, channel, cards = await _prepare(organiser)
        path = f"/broadcasts/{broadcast}"
        await organiser.ask("POST", f"{path}/start")
        async with (
            _phone(server, broadcast, channel["link"].rpartition("/")[2]) as first,
            _phone(server, broadcast) as second,
        ):
            await organiser.ask("POST", f"{path}/push", {"card_id": cards["1号"]["id"]})
            await first.told.until(lambda told: told.cards == ["1号"])
            key, job = str(uuid4()), cards["1号"]["job"]["id"]
            consent = await organiser.ask("GET", f"{path}/consent?job_id={job}")
            wanted = {
                "key": key,
                "job_id": job,
                "push_seq": first.told.seen[-1],
                "contact": {"phone": "138 0000 0001", "name": "王师傅"},
                "consent": {"text_sha256": consent["text_sha256"]},
            }
            stored = await first.call("apply", **wanted)

            first.line.cut()
            await organiser.ask("POST", f"{path}/push", {"card_id": cards["2号"]["id"]})
            await organiser.ask("POST", f"{path}/push", {"card_id": cards["3号"]["id"]})
            first.line.mend()
            await first.told.until(lambda told: told.cards == ["1号", "2号", "3号"])
            again = await first.call("apply", **wanted)
            await second.told.until(lambda told: told.cards == ["1号", "2号", "3号"])
            signal = {
                "event_id": str(uuid4()),
                "step": "impression",
                "card_id": cards["2号"]["id"],
                "push_seq": second.told.seen[-2],
                "at": (await organiser.ask("GET", f"{path}/desk"))["last_action"]["at"],
            }
            counted = await second.call("report", signals=[signal])
            await second.call("report", signals=[signal])

        await organiser.ask("POST", f"{path}/end")
        report = (await organiser.ask("GET", f"{path}/report"))["report"]

    assert first.told.seen == sorted(set(first.told.seen))
    assert first.told.recovered == [True]
    assert (again["application_id"], again["repeated"]) == (stored["application_id"], True)
    assert counted["event_ids"] == [signal["event_id"]]
    assert [step["count"] for step in report["funnel"]] == [2, 2, 1, 1, 1]
    by_channel = {line["name"]: line["applied"]["applications"] for line in report["channels"]}
    assert by_channel == {"快手": 1, None: 0}


async def _prepare(organiser: Organiser) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Imports the workbook, verifies its employer, makes a show of it and a link for 快手."""
    done = await organiser.ask("POST", "/imports?name=jobs.xlsx", data=_workbook())
    rows = await organiser.ask("GET", f"/imports/{done['id']}/rows?verdict=faulty")
    assert [row["reasons"] for row in rows["rows"]] != []
    await organiser.ask("POST", f"/imports/{done['id']}/confirm")
    employers = await organiser.ask("GET", "/employers")
    employer = next(one for one in employers["employers"] if one["name"] == "示例·新晨电子")
    await organiser.ask("POST", f"/employers/{employer['id']}/verify", {})
    by_hand = {"employer_id": employer["id"], "title": "仓管", "pay_text": "面议", "workplace": "东莞长安"}
    jobs = await organiser.ask("POST", "/jobs", by_hand)
    show = await organiser.ask(
        "POST",
        "/broadcasts",
        {
            "title": "示例·接口专场",
            "starts_at": "2026-11-28T14:00:00+08:00",
            "tray": {"import_id": done["id"], "jobs": [jobs["id"]]},
        },
    )
    channel = await organiser.ask("POST", f"/broadcasts/{show['id']}/channels", {"kind": "platform", "name": "快手"})
    tray = await organiser.ask("GET", f"/broadcasts/{show['id']}/tray")
    return show["id"], channel, {card["label"]: card for card in tray["cards"]}
