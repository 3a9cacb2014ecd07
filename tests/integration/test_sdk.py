"""An unmodified SDK of the client protocol, over lines that break."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from centrifuge import (
    Client,
    ClientEventHandler,
    ClientState,
    DisconnectedContext,
    PublicationContext,
    SubscribedContext,
    Subscription,
    SubscriptionEventHandler,
)

from stream_jobs.domain.ids import BroadcastId
from stream_jobs.embedded import Servers
from stream_jobs.ports import Topic
from tests.builders import Store, a_broadcast, a_long_log, a_watcher
from tests.clients import PATIENCE, Forwarder, Running, eventually, push_card, running_gateway


class _Page(SubscriptionEventHandler, ClientEventHandler):  # type: ignore[misc]  # the SDK is not typed
    """What a page would know: how it was subscribed each time, and every stage event."""

    def __init__(self) -> None:
        self.subscribed: list[SubscribedContext] = []
        self.seqs: list[int] = []
        self.disconnected: list[DisconnectedContext] = []

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        self.subscribed.append(ctx)

    async def on_publication(self, ctx: PublicationContext) -> None:
        if "seq" in ctx.pub.data:
            assert ctx.pub.offset == ctx.pub.data["seq"]
            self.seqs.append(ctx.pub.data["seq"])

    async def on_disconnected(self, ctx: DisconnectedContext) -> None:
        self.disconnected.append(ctx)


@asynccontextmanager
async def _an_sdk(
    running: Running, broadcast: BroadcastId, page: _Page, port: int
) -> AsyncIterator[tuple[Client, Subscription]]:
    watcher = a_watcher()

    async def get_token() -> str:
        return running.token(broadcast, watcher=watcher)

    client = Client(
        f"ws://127.0.0.1:{port}/connection/websocket",
        events=page,
        get_token=get_token,
        min_reconnect_delay=0.05,
        max_reconnect_delay=0.1,
    )
    subscription = client.new_subscription(f"broadcast:{broadcast}", events=page)
    await client.connect()
    await subscription.subscribe()
    await subscription.ready(PATIENCE)
    try:
        yield client, subscription
    finally:
        await client.disconnect()


async def test_the_sdk_sees_every_card_once_through_a_broken_line(store: Store, servers: Servers) -> None:
    """First the snapshot, then live cards, then those it missed, in order."""
    async with running_gateway(store, servers.valkey_url) as running:
        line = Forwarder(lambda: asyncio.open_connection(running.host, running.port))
        await line.mend()
        broadcast, page = await a_broadcast(running.store), _Page()
        async with _an_sdk(running, broadcast, page, line.port) as (client, _):
            assert page.subscribed[0].data["broadcast"]["title"] == "就业暖心季·东莞专场"
            pushed = [await push_card(running, broadcast, 0)]
            await eventually(lambda: _has(page.seqs, pushed))

            await line.cut()
            await eventually(lambda: _is(client, ClientState.CONNECTING))
            pushed += [await push_card(running, broadcast, card) for card in (1, 2)]
            await line.mend()
            await eventually(lambda: _has(page.seqs, pushed))

            pushed.append(await push_card(running, broadcast, 0))
            await eventually(lambda: _has(page.seqs, pushed))
            again = page.subscribed[1]
            assert (again.was_recovering, again.recovered) == (True, True)
        await line.cut()


async def test_the_sdk_is_brought_forward_over_more_than_an_answer_holds(store: Store, servers: Servers) -> None:
    """Half of it in the answer, the rest as it reads; breaking off in the middle it goes on from where it was."""
    async with running_gateway(store, servers.valkey_url, max_queued_bytes=16_384) as running:
        line = Forwarder(lambda: asyncio.open_connection(running.host, running.port))
        await line.mend()
        broadcast, page = await a_broadcast(running.store), _Page()
        async with _an_sdk(running, broadcast, page, line.port) as (client, _):
            first = await push_card(running, broadcast, 0)
            await eventually(lambda: _has(page.seqs, [first]))

            await line.cut()
            await eventually(lambda: _is(client, ClientState.CONNECTING))
            last = await a_long_log(store, broadcast, 700, 300)
            await running.bus.announce(broadcast, Topic.STAGE)
            await line.mend()
            await eventually(lambda: _has_come_to(page.seqs, 300))
            await line.cut()
            await line.mend()
            await eventually(lambda: _has_come_to(page.seqs, last))

            assert page.seqs == list(range(first, last + 1))
            assert all(again.recovered for again in page.subscribed[1:])
            assert len(page.subscribed) >= 3
        await line.cut()


async def test_the_sdk_calls_and_asks(store: Store, servers: Servers) -> None:
    """Answers, refusals, presence and history come through it as they are."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, page = await a_broadcast(running.store), _Page()
        async with _an_sdk(running, broadcast, page, running.port) as (client, subscription):
            seq = await push_card(running, broadcast, 0)

            mine = await client.rpc("mine", {})
            refused = await client.rpc("apply", {"key": "x"})
            history = await subscription.history(limit=1, reverse=True)
            stats = await subscription.presence_stats()

            assert mine.data == {"type": "mine", "applications": []}
            assert (refused.data["type"], refused.data["code"], refused.data["field"]) == (
                "refused",
                "bad_input",
                "key",
            )
            assert [publication.offset for publication in history.publications] == [seq]
            assert (stats.num_clients, stats.num_users) == (1, 1)


async def test_the_sdk_comes_back_after_a_shutdown_and_not_after_a_terminal_close(
    store: Store, servers: Servers
) -> None:
    """3001 means come back, 3501 means do not."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, page = await a_broadcast(running.store), _Page()
        async with _an_sdk(running, broadcast, page, running.port) as (client, _):
            await running.gateway.drain(2)
            await eventually(lambda: _is(client, ClientState.CONNECTING))
            assert page.disconnected == []

    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, page = await a_broadcast(running.store), _Page()
        async with _an_sdk(running, broadcast, page, running.port) as (client, _):
            assert client._conn is not None
            await client._conn.send("not json")
            await eventually(lambda: _is(client, ClientState.DISCONNECTED))
            assert [(ctx.code, ctx.reason) for ctx in page.disconnected] == [(3501, "bad request")]


async def _has(seqs: list[int], expected: list[int]) -> bool:
    return seqs == expected


async def _has_come_to(seqs: list[int], seq: int) -> bool:
    return seqs[-1] >= seq


async def _is(client: Client, state: ClientState) -> bool:
    return client.state is state
