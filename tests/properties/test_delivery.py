"""Whoever watches gets every card once, in order, however pushes, joins, losses and reconnects fall."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream_jobs.domain.ids import BroadcastId
from stream_jobs.embedded import Servers
from tests.builders import BY, Store, a_broadcast, a_watcher, cards_of
from tests.clients import Running, Viewer, a_connected, running_gateway

WATCHERS = 3
STEPS = st.lists(
    st.tuples(st.sampled_from(["push", "push", "join", "lose", "read"]), st.integers(0, WATCHERS - 1)),
    min_size=12,
    max_size=25,
)


@dataclass
class Page:
    """What a viewer's page keeps: the last seq and epoch, and the cards it has shown."""

    running: Running
    broadcast: BroadcastId
    token: str
    socket: Viewer | None = None
    seq: int = 0
    epoch: str | None = None
    shown: list[int] = field(default_factory=list)

    async def join(self) -> None:
        """Connects, and asks for what it missed when it has been here before."""
        if self.socket is not None:
            return
        self.socket = await a_connected(self.running, self.token)
        wanted: dict[str, Any] = {"channel": f"broadcast:{self.broadcast}"}
        if self.epoch is not None:
            wanted |= {"recover": True, "epoch": self.epoch, "offset": self.seq}
        reply = (await self.socket.ask(subscribe=wanted))["subscribe"]
        self.epoch = reply["epoch"]
        if reply.get("recovered"):
            for publication in reply.get("publications", []):
                self._show(publication["data"])
        else:
            self._start_from(reply["data"])

    async def lose(self) -> None:
        if self.socket is not None:
            self.socket.socket.transport.abort()
            self.socket = None

    async def read_to(self, seq: int) -> None:
        """Takes publications until the head is reached."""
        while self.socket is not None and self.seq < seq:
            push = self.socket.pushes.pop(0) if self.socket.pushes else (await self.socket.line()).get("push")
            if push:
                self._show(push["pub"]["data"])

    def _start_from(self, snapshot: dict[str, Any]) -> None:
        self.shown = [push["seq"] for push in snapshot["pushes"]]
        self.seq = snapshot["seq"]

    def _show(self, body: dict[str, Any]) -> None:
        if "seq" not in body:
            return
        # Strict on purpose: a page would forgive a repeat, the server must not make one.
        assert body["seq"] == self.seq + 1, (body["seq"], self.seq)
        self.seq = body["seq"]
        if body["type"] == "card_pushed":
            self.shown.append(body["seq"])


@asynccontextmanager
async def _pages(running: Running, broadcast: BroadcastId) -> AsyncIterator[list[Page]]:
    pages = [Page(running, broadcast, running.token(broadcast, watcher=a_watcher())) for _ in range(WATCHERS)]
    async with AsyncExitStack() as stack:
        for page in pages:
            stack.push_async_callback(page.lose)
        yield pages


async def _head(running: Running, broadcast: BroadcastId) -> int:
    return (await running.store.actions.stage.snapshot(running.store.org, broadcast)).seq


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_every_viewer_gets_every_card_once_in_order(
    store: Store, servers: Servers, steps: list[tuple[str, int]]
) -> None:
    """Each page holds the server to the next seq at every publication, and ends with all pushes of the log."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        cards = await cards_of(running.store, broadcast)
        async with _pages(running, broadcast) as pages:
            for step, number in steps:
                match step:
                    case "push":
                        await running.store.actions.stage.push(store.org, broadcast, cards[number], BY, uuid4())
                    case "join":
                        await pages[number].join()
                    case "lose":
                        await pages[number].lose()
                    case "read":
                        await pages[number].read_to(await _head(running, broadcast))
            head = await running.store.actions.stage.snapshot(store.org, broadcast)
            for page in pages:
                await page.join()
                await page.read_to(head.seq)

            assert all(page.shown == [push.seq for push in head.pushes] for page in pages)
