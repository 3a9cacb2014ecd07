"""One connection from the first byte to the last: letting in, keeping, closing, and who is counted as there."""

import asyncio
import json
import socket
from uuid import UUID, uuid4

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from realtime import figures, presence, room
from stream_jobs.domain.ids import BroadcastId, WorkerId
from stream_jobs.embedded import Servers
from tests.builders import BY, Store, a_broadcast, a_job, a_watcher, cards_of
from tests.clients import (
    PATIENCE,
    Running,
    a_connected,
    a_signal,
    a_socket,
    a_viewer,
    eventually,
    push_card,
    running_gateway,
)

# ── connecting ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_connecting_tells_when_the_token_ends_and_how_we_ping(store: Store, servers: Servers) -> None:
    """What SDKs need: client id, ttl, whole seconds between pings, and that a pong is wanted."""
    async with running_gateway(store, servers.valkey_url) as running, await a_socket(running) as viewer:
        broadcast = await a_broadcast(running.store)

        reply = await viewer.ask(connect={"token": running.token(broadcast, seconds=900)})

        connected = reply["connect"]
        assert (connected["ttl"], connected["expires"], connected["pong"]) == (900, True, True)
        assert isinstance(connected["ping"], int)
        assert UUID(connected["client"])


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("not json", 3501),
        ('{"id":1,"subscribe":{"channel":"broadcast:x"}}', 3501),
        ('{"id":1,"rpc":{"method":"mine"}}', 3501),
        ('{"id":1,"nonsense":{}}', 3501),
        ('{"connect":{"token":"x"}}', 3501),
        ('{"id":1,"connect":{"token":"x"}}', 3500),
        ('{"id":1,"connect":{}}', 3500),
        (b'{"id":1,"connect":{}}', 3501),
        ("x" * 1_000_000, 1009),
    ],
)
async def test_a_connection_that_starts_wrongly_is_closed_with_the_reason(
    store: Store, servers: Servers, sent: str | bytes, code: int
) -> None:
    """Malformed, too early, with a wrong token, binary or too big; each has its code, and a reason in words."""
    async with running_gateway(store, servers.valkey_url) as running, await a_socket(running) as viewer:
        await viewer.socket.send(sent)

        assert await viewer.close_code() == code
        assert viewer.socket.close_reason


async def test_an_expired_token_is_an_error_and_a_new_one_may_follow(store: Store, servers: Servers) -> None:
    """Error 109 makes the SDK ask its page for a token; what it sent along is not the end of it."""
    async with running_gateway(store, servers.valkey_url) as running, await a_socket(running) as viewer:
        broadcast = await a_broadcast(running.store)
        old = running.token(broadcast, seconds=60)
        store.clock.forward(seconds=60)

        refused = await viewer.ask(connect={"token": old})
        too_early = await viewer.ask(subscribe={"channel": f"broadcast:{broadcast}"})
        accepted = await viewer.ask(connect={"token": running.token(broadcast)})

        assert refused["error"]["code"] == 109
        assert too_early["error"]["code"] == 101
        assert "connect" in accepted


async def test_a_second_connect_is_a_bad_request(store: Store, servers: Servers) -> None:
    """One connection, one identity."""
    async with running_gateway(store, servers.valkey_url) as running:
        token = running.token(await a_broadcast(running.store))
        async with await a_connected(running, token) as viewer:
            await viewer.tell(connect={"token": token})

            assert await viewer.close_code() == 3501


async def test_a_silent_connection_is_closed(store: Store, servers: Servers) -> None:
    """Whoever does not connect in time only holds a descriptor."""
    impatient = running_gateway(store, servers.valkey_url, connect_seconds=0.1, ping_seconds=1)
    async with impatient as running, await a_socket(running) as viewer:
        assert await viewer.close_code() == 3502


async def test_a_page_of_another_site_is_refused_before_the_upgrade(store: Store, servers: Servers) -> None:
    """A 403, not a socket; our own origin is let in."""
    async with running_gateway(store, servers.valkey_url) as running:
        with pytest.raises(InvalidStatus) as refused:
            await connect(running.socket_url, additional_headers={"Origin": "https://evil.example"})
        assert refused.value.response.status_code == 403

        async with connect(running.socket_url, additional_headers={"Origin": running.http_url}) as socket:
            assert socket.state.name == "OPEN"


async def test_an_upgrade_on_a_reused_connection_becomes_a_socket(store: Store, servers: Servers) -> None:
    """Some proxies keep a connection to us and send everyone's requests over it."""
    async with running_gateway(store, servers.valkey_url) as running:
        token = running.token(await a_broadcast(running.store))
        reader, writer = await asyncio.open_connection(running.host, running.port)
        writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(18) == b'{"hello": "world"}'

            writer.write(_upgrade("x"))
            assert b"101 Switching Protocols" in await reader.readuntil(b"\r\n\r\n")
            writer.write(_masked(json.dumps({"id": 1, "connect": {"token": token}}).encode()))
            assert b'"connect"' in await reader.read(1000)
        writer.close()


async def test_http_and_sockets_share_a_port_however_the_bytes_are_cut(store: Store, servers: Servers) -> None:
    """A request line in pieces still reaches HTTP, an upgrade in pieces the gateway."""
    async with running_gateway(store, servers.valkey_url) as running:
        for request, answer in (
            (b"GET /connection/websocket HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 426"),
            (b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 200"),
            (_upgrade("x"), b"HTTP/1.1 101"),
        ):
            reader, writer = await asyncio.open_connection(running.host, running.port)
            for piece in (request[:10], request[10:40], request[40:]):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE):
                assert (await reader.read(1000)).startswith(answer)
            writer.close()


def _upgrade(host: str) -> bytes:
    return (
        f"GET /connection/websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def _masked(payload: bytes) -> bytes:
    """A text frame as a browser sends it; a zero mask leaves the payload as it is."""
    return bytes((0x81, 0x80 | 126)) + len(payload).to_bytes(2, "big") + bytes(4) + payload


# ── being closed ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_flood_is_closed(store: Store, servers: Servers) -> None:
    """Ten at once are fine, many more are not."""
    async with running_gateway(store, servers.valkey_url) as running:
        token = running.token(await a_broadcast(running.store))
        async with await a_connected(running, token) as viewer:
            await viewer.socket.send("\n".join(["{}"] * 50))

            assert await viewer.close_code() == 3013


async def test_pings_are_answered_or_the_connection_is_closed(store: Store, servers: Servers) -> None:
    """A phone in a tunnel does not count as watching for long."""
    async with running_gateway(store, servers.valkey_url, ping_seconds=0.5, pong_seconds=0.2) as running:
        token = running.token(await a_broadcast(running.store))
        async with await a_connected(running, token) as alive, await a_connected(running, token) as dead:
            for _ in range(3):
                while await alive.line() != {}:
                    pass
                await alive.socket.send("{}")

            assert await dead.close_code() == 3012
            assert (await alive.rpc("mine"))["type"] == "mine"


async def test_a_token_is_refreshed_in_band_or_the_connection_ends(store: Store, servers: Servers) -> None:
    """With a fresh token of the same device it goes on; with another's it ends; without one it has its grace."""
    async with running_gateway(store, servers.valkey_url, ping_seconds=0.5) as running:
        broadcast, watcher = await a_broadcast(running.store), a_watcher()
        token = running.token(broadcast, watcher=watcher, seconds=60)
        async with (
            await a_connected(running, token) as refreshed,
            await a_connected(running, token) as stranger,
            await a_connected(running, token) as silent,
        ):
            fresh = running.token(broadcast, watcher=watcher, seconds=600)
            assert (await refreshed.ask(refresh={"token": fresh}))["refresh"]["ttl"] == 600
            await stranger.tell(refresh={"token": running.token(broadcast)})
            assert await stranger.close_code() == 3500
            store.clock.forward(seconds=60 + 26)

            assert await silent.close_code() == 3005
            assert (await refreshed.rpc("mine"))["type"] == "mine"


async def test_a_slow_reader_is_closed_and_the_others_are_untouched(store: Store, servers: Servers) -> None:
    """The slowest phone does not set the pace; it finds the reason when it reads again."""
    tight = running_gateway(store, servers.valkey_url, send_buffer_bytes=4096, max_queued_bytes=16_384)
    async with tight as running:
        broadcast = await a_broadcast(running.store)
        slow = await _a_viewer_that_does_not_read(running, broadcast)
        async with await a_viewer(running, broadcast) as quick:
            pushed: list[int] = []
            while not running.registry.get_sample_value("stream_jobs_slow_closes_total"):
                pushed.append(await push_card(running, broadcast, len(pushed) % 2))
                assert len(pushed) < 200

            assert [(await quick.published("card_pushed"))["seq"] for _ in pushed] == pushed
        with slow:
            received = await asyncio.to_thread(_read_all, slow)
        assert (3008).to_bytes(2, "big") + b"slow" in received


async def test_one_answer_larger_than_what_may_wait_is_no_reason_to_close(store: Store, servers: Servers) -> None:
    """Whoever comes back for it would be closed for it again."""
    tight = running_gateway(store, servers.valkey_url, send_buffer_bytes=4096, max_queued_bytes=16_384)
    async with tight as running:
        broadcast = await a_broadcast(running.store, jobs=0)
        job = await a_job(store, requirements="要" * 30_000)
        await store.stores.trays.add_cards(store.org, broadcast, [job], [], at=store.clock(), by=BY)
        await push_card(running, broadcast)
        with await _a_viewer_that_does_not_read(running, broadcast) as slow:
            received = b""
            while b"watching" not in received:
                received += await asyncio.to_thread(slow.recv, 4096)

        assert b"slow" not in received
        assert not running.registry.get_sample_value("stream_jobs_slow_closes_total")


async def _a_viewer_that_does_not_read(running: Running, broadcast: BroadcastId) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(PATIENCE)
    await asyncio.to_thread(sock.connect, (running.host, running.port))
    sock.sendall(_upgrade("x"))
    commands = [{"id": 1, "connect": {"token": running.token(broadcast)}}]
    commands.append({"id": 2, "subscribe": {"channel": f"broadcast:{broadcast}"}})
    sock.sendall(_masked("\n".join(map(json.dumps, commands)).encode()))
    return sock


def _read_all(sock: socket.socket) -> bytes:
    received = b""
    try:
        while b"slow" not in received and (data := sock.recv(65536)):
            received += data
    except ConnectionResetError:
        pass
    return received


async def test_a_draining_server_closes_everyone_and_lets_nobody_in(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Viewers are told, reports are answered, and it is written who left when, and that nobody is here any more."""
    monkeypatch.setattr(presence, "LOOK_SECONDS", 60)  # the next beat would say so too, if it came
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        viewers = [await a_viewer(running, broadcast) for _ in range(3)]
        report = await viewers[0].tell(
            rpc={"method": "report", "data": {"signals": [await a_signal(running, broadcast)]}}
        )
        await viewers[0].ask(presence_stats={"channel": f"broadcast:{broadcast}"})
        await running.store.actions.watching.beat(running.worker_id, {broadcast: 3})

        draining = asyncio.ensure_future(running.gateway.drain(5))

        lines = [await viewers[0].line() for _ in range(2)]
        assert report in [line.get("id") for line in lines]
        assert (await viewers[1].published("shutdown"))["type"] == "shutdown"
        assert [await viewer.close_code() for viewer in viewers] == [3001] * 3
        await draining
        assert await running.store.actions.watching.watching_elsewhere(broadcast, WorkerId(uuid4())) == 0
        with pytest.raises(InvalidStatus) as refused:
            await connect(running.socket_url)
        assert refused.value.response.status_code == 503
        async with store.database.transaction(store.org) as tx:
            rows = await tx.fetch("SELECT from_at, to_at FROM visit_interval WHERE broadcast_id = $1", broadcast)
        assert len(rows) == 3
        assert all(row["to_at"] is not None for row in rows)


# ── presence ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reconnect_is_another_interval_of_the_same_visit(store: Store, servers: Servers) -> None:
    """One page load is one visit, however often its line breaks."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast, watcher = await a_broadcast(running.store), a_watcher()
        for _ in range(2):
            async with await a_viewer(running, broadcast, watcher=watcher):
                store.clock.forward(seconds=30)
            store.clock.forward(seconds=5)

        async def written() -> bool:
            async with store.database.transaction(store.org) as tx:
                visits = await tx.fetchval("SELECT count(*) FROM visit WHERE broadcast_id = $1", broadcast)
                seconds = await tx.fetch(
                    "SELECT to_at - from_at AS long FROM visit_interval WHERE broadcast_id = $1", broadcast
                )
            return visits == 1 and [row["long"] and row["long"].total_seconds() for row in seconds] == [30, 30]

        await eventually(written)


async def test_the_connections_are_counted_by_role(store: Store, servers: Servers) -> None:
    """The gauge goes up and down with them."""
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)
        async with await a_viewer(running, broadcast):
            assert running.registry.get_sample_value("stream_jobs_connections", {"role": "viewer"}) == 1

        async def gone() -> bool:
            return running.registry.get_sample_value("stream_jobs_connections", {"role": "viewer"}) == 0

        await eventually(gone)


async def test_nobody_who_left_is_pinged_any_more(store: Store, servers: Servers) -> None:
    """Connections closed by either end would else be kept, and pinged in vain, for as long as the worker runs."""
    async with running_gateway(store, servers.valkey_url, max_frame_bytes=1024) as running:
        broadcast, heartbeat = await a_broadcast(running.store), running.gateway.heartbeat
        leaving, thrown_out = [await a_viewer(running, broadcast) for _ in range(2)]
        assert len(heartbeat) == 2

        async def held(count: int) -> bool:
            return len(heartbeat) == count

        await leaving.socket.close()
        await eventually(lambda: held(1))
        await thrown_out.socket.send("x" * 2048)
        await eventually(lambda: held(0))


async def test_viewers_of_other_workers_are_counted_too(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a page shows is everyone, wherever they are connected; a worker tells a change before its next beat."""
    monkeypatch.setattr(presence, "BEAT_SECONDS", 3600)
    monkeypatch.setattr(figures, "SECONDS_UNTIL_ELSEWHERE_IS_TOLD", 0.1)
    async with (
        running_gateway(store, servers.valkey_url) as here,
        running_gateway(store, servers.valkey_url) as there,
    ):
        broadcast = await a_broadcast(here.store)
        async with await a_viewer(here, broadcast) as near, await a_viewer(there, broadcast):
            while (await near.published("counts"))["watching"] != 2:
                pass


async def test_an_empty_room_goes_away_and_opens_again(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that runs for months holds only the shows somebody watches."""
    monkeypatch.setattr(room, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(room, "SWEEP_SECONDS", 0.05)
    async with running_gateway(store, servers.valkey_url) as running:
        broadcast = await a_broadcast(running.store)

        async def rooms(count: int) -> bool:
            return running.registry.get_sample_value("stream_jobs_rooms") == count

        for _ in range(2):
            async with await a_viewer(running, broadcast) as viewer:
                await eventually(lambda: rooms(1))
                seq = await push_card(running, broadcast)
                assert (await viewer.publication("card_pushed"))["offset"] == seq
            await eventually(lambda: rooms(0))
            await running.store.actions.stage.withdraw(
                store.org, broadcast, (await cards_of(running.store, broadcast))[0], BY, uuid4()
            )
