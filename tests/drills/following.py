"""Viewers that follow the stage all day, and come back where they were when the line breaks."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from stream_jobs.bench.server import Server
from stream_jobs.domain.ids import BroadcastId
from tests.builders import BY, Store, cards_of
from tests.drills.crowd import ABNORMAL, a_line, a_token
from tests.drills.in_clear import keep_answer

AGAIN_SECONDS = (0.05, 0.3)


@dataclass
class Follower:
    """One viewer. seq: how far it was told; wrong: entries that came twice or after a gap; watching: as last told."""

    server: Server
    token: str
    broadcast: BroadcastId
    epoch: str | None = None
    seq: int = 0
    wrong: list[int] = field(default_factory=list)
    watching: int = 0
    there: bool = False
    closes: Counter[int] = field(default_factory=Counter)
    _socket: ClientConnection | None = None

    @property
    def broken(self) -> int:
        """Lines that broke without a word."""
        return self.closes[ABNORMAL]

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with a_line(self.server.socket_url, self.token) as self._socket:
                    await self._listen(self._socket)
            except ConnectionClosed as closed:
                self.closes[closed.rcvd.code if closed.rcvd else ABNORMAL] += 1
                keep_answer(str(closed))
            except (OSError, WebSocketException, TimeoutError):
                pass
            finally:
                self.there = False
            await asyncio.sleep(random.uniform(*AGAIN_SECONDS))  # so that they do not come as one

    def lose_line(self) -> None:
        """And come back."""
        if self._socket:
            self._socket.transport.abort()

    async def _listen(self, socket: ClientConnection) -> None:
        asked: dict[str, Any] = {"channel": f"broadcast:{self.broadcast}"}
        if self.epoch:
            asked |= {"recover": True, "epoch": self.epoch, "offset": self.seq}
        await socket.send(json.dumps({"id": 2, "subscribe": asked}))
        async for message in socket:
            for line in str(message).split("\n"):
                if line == "{}":
                    await socket.send("{}")
                else:
                    self._hear(json.loads(line))

    def _hear(self, heard: dict[str, Any]) -> None:
        if said := heard.get("subscribe"):
            if not said.get("recovered"):
                self.epoch, self.seq = said["epoch"], said.get("offset", 0)
            for publication in said.get("publications", ()):
                self._take(publication["data"])
            self.there = True
        self._take(heard.get("push", {}).get("pub", {}).get("data", {}))

    def _take(self, body: dict[str, Any]) -> None:
        self.watching = body.get("watching", self.watching)
        if seq := body.get("seq"):
            if seq != self.seq + 1:
                self.wrong.append(seq)
            self.seq = seq


@asynccontextmanager
async def following(
    store: Store, server: Server, broadcast: BroadcastId, *, count: int
) -> AsyncIterator[list[Follower]]:
    """That many, all there when the block begins."""
    followers = [Follower(server, a_token(store, broadcast), broadcast) for _ in range(count)]
    tasks = [asyncio.create_task(one.follow()) for one in followers]
    try:
        await until(lambda: all(one.there for one in followers))
        yield followers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Any, seconds: float = 60.0) -> float:
    """How long it took. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  # many tell, none in particular
            await asyncio.sleep(0.02)
    return loop.time() - began


async def push_next(store: Store, broadcast: BroadcastId, nth: int, valkey_url: str | None = None) -> int:
    """By another process than the server, which says so in that Valkey if it can; the seq."""
    cards = await cards_of(store, broadcast)
    entry = await store.actions.stage.push(store.org, broadcast, cards[nth % len(cards)], BY, uuid4())
    assert entry is not None
    if valkey_url:
        with suppress(Exception):
            async with Redis.from_url(valkey_url) as valkey:
                await valkey.publish("stream_jobs:look", f"{broadcast} stage")
    return entry.seq
