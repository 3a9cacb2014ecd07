"""A gateway on a free port, and a viewer in five lines."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from aiohttp import web
from prometheus_client import CollectorRegistry
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from admin.auth import is_own_origin
from realtime.bus import ValkeyBus
from realtime.front_door import front_door, take_over
from realtime.gateway import Gateway
from realtime.ring import quickest_way
from stream_jobs.assembly import actions_over
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import AccountId, BroadcastId, WorkerId
from stream_jobs.limits import LocalLimits, Quotas
from stream_jobs.settings import Settings, read_settings
from stream_jobs.tokens import Identity, Role
from tests.builders import BY, Store, a_watcher, cards_of, jobs_of

PATIENCE = 5.0


@dataclass(frozen=True)
class Running:
    """A gateway behind a real port, over real actions."""

    store: Store
    gateway: Gateway
    registry: CollectorRegistry
    bus: ValkeyBus
    worker_id: WorkerId
    host: str
    port: int

    @property
    def socket_url(self) -> str:
        return f"ws://{self.host}:{self.port}/connection/websocket"

    @property
    def http_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def token(
        self,
        broadcast: BroadcastId,
        role: Role = "viewer",
        *,
        watcher: Watcher | None = None,
        seconds: float = 900,
        session: str | None = None,
    ) -> str:
        return self.store.tokens.connection_token(
            self.identity(broadcast, role, watcher=watcher, seconds=seconds, session=session), self.store.clock()
        )

    def identity(
        self,
        broadcast: BroadcastId,
        role: Role = "viewer",
        *,
        watcher: Watcher | None = None,
        seconds: float = 900,
        session: str | None = None,
    ) -> Identity:
        if role == "viewer":
            watcher = watcher or a_watcher()
        return Identity(
            role=role,
            org_id=self.store.org,
            broadcast_id=broadcast,
            subject=str(watcher.viewer_id) if watcher else role,
            expires_at=self.store.clock() + timedelta(seconds=seconds),
            watcher=watcher,
            account_id=AccountId(uuid4()) if role == "host" else None,
            session=session,
        )


async def everyone_may(identity: Identity) -> bool:
    return True


@asynccontextmanager
async def running_gateway(
    store: Store,
    valkey_url: str,
    *,
    access: Callable[[Identity], Awaitable[bool]] = everyone_may,
    **changes: object,
) -> AsyncIterator[Running]:
    """Serves as long as the block lasts; settings can be changed by name."""
    bus, registry, worker_id = ValkeyBus(valkey_url), CollectorRegistry(), WorkerId(uuid4())
    store = replace(store, actions=actions_over(store.stores, bus, store.tokens, store.clock, Settings()))
    gateway = _gateway(store, bus, worker_id, registry, access, read_settings({}, **changes))
    async with _serving(gateway) as port, asyncio.TaskGroup() as group:
        tasks = [group.create_task(gateway.run()), group.create_task(store.actions.batcher.run())]
        yield Running(store, gateway, registry, bus, worker_id, "127.0.0.1", port)
        await gateway.drain(2)
        for task in tasks:
            task.cancel()


def _gateway(
    store: Store,
    bus: ValkeyBus,
    worker_id: WorkerId,
    registry: CollectorRegistry,
    access: Callable[[Identity], Awaitable[bool]],
    settings: Settings,
) -> Gateway:
    return Gateway(
        stage=store.actions.stage,
        applying=store.actions.applying,
        watching=store.actions.watching,
        tokens=store.tokens,
        phones=store.phones,
        access=access,
        limits=Quotas(settings, LocalLimits(), store.keys),
        bans=store.actions.bans,
        bus=bus,
        settings=settings,
        worker_id=worker_id,
        clock=store.clock,
        allowed_origins=lambda origin, host: origin is None or is_own_origin(origin, host or "", ""),
        registry=registry,
        write_to_each=quickest_way(allowed=settings.io_uring),
    )


@asynccontextmanager
async def _serving(gateway: Gateway) -> AsyncIterator[int]:
    """A real aiohttp server and the gateway on one port."""

    async def upgrade(request: web.Request) -> web.StreamResponse:
        return await taken_over(gateway, request)

    async def hello(request: web.Request) -> web.StreamResponse:
        return web.json_response({"hello": "world"})

    app = web.Application()
    app.router.add_get("/hello", hello)
    app.router.add_get("/connection/websocket", upgrade)
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server is not None
    server = await asyncio.get_running_loop().create_server(front_door(gateway, runner.server), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await runner.cleanup()


async def taken_over(gateway: Gateway, request: web.Request) -> web.StreamResponse:
    """What a server's own route does with an upgrade on a connection it has spoken HTTP on."""
    transport = request.transport
    assert transport is not None
    head = b"".join(b"%b: %b\r\n" % header for header in request.raw_headers)
    # HTTP forgets the connection without closing it.
    request.protocol.transport = None
    request.protocol.connection_lost(None)
    take_over(gateway, transport, b"GET %b HTTP/1.1\r\n%b\r\n" % (request.raw_path.encode(), head))
    return web.Response()


class Viewer:
    """Speaks the client protocol by hand, so that a test sees every frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.pushes: list[dict[str, Any]] = []
        self._lines: list[dict[str, Any]] = []
        self._ids = 0

    async def line(self) -> dict[str, Any]:
        """The next reply, push or ping."""
        while not self._lines:
            async with asyncio.timeout(PATIENCE):
                text = await self.socket.recv()
            self._lines = [json.loads(line) for line in str(text).split("\n")]
        return self._lines.pop(0)

    async def ask(self, **command: object) -> dict[str, Any]:
        """Sends a command and returns its reply; pushes that come before it are kept."""
        id_ = await self.tell(**command)
        while True:
            line = await self.line()
            if line.get("id") == id_:
                return line
            if "push" in line:
                self.pushes.append(line["push"])

    async def tell(self, **command: object) -> int:
        self._ids += 1
        await self.socket.send(json.dumps({"id": self._ids, **command}))
        return self._ids

    async def published(self, type_: str) -> dict[str, Any]:
        """The body of the next publication of this type, kept or yet to come; others are dropped."""
        return (await self.publication(type_))["data"]  # type: ignore[no-any-return]  # JSON

    async def publication(self, type_: str) -> dict[str, Any]:
        while True:
            push = self.pushes.pop(0) if self.pushes else (await self.line()).get("push")
            if push and push["pub"]["data"]["type"] == type_:
                return push["pub"]  # type: ignore[no-any-return]  # JSON

    async def rpc(self, method: str, **data: object) -> Any:
        """The answer of a call, or the whole reply when it failed."""
        reply = await self.ask(rpc={"method": method, "data": _plain(data)})
        return reply["rpc"]["data"] if "rpc" in reply else reply

    async def close_code(self) -> int | None:
        """Reads on until the server closes."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.socket.recv()
        return self.socket.close_code

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()


async def a_socket(running: Running) -> Viewer:
    """A connection that has said nothing yet."""
    return Viewer(await connect(running.socket_url, max_size=None, ping_interval=None))


async def a_connected(running: Running, token: str) -> Viewer:
    viewer = await a_socket(running)
    reply = await viewer.ask(connect={"token": token})
    assert "connect" in reply, reply
    return viewer


async def a_viewer(running: Running, broadcast: BroadcastId, *, watcher: Watcher | None = None) -> Viewer:
    """Connected and subscribed to the stage."""
    viewer = await a_connected(running, running.token(broadcast, watcher=watcher))
    reply = await viewer.ask(subscribe={"channel": f"broadcast:{broadcast}"})
    assert "subscribe" in reply, reply
    return viewer


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits until something holds, and fails when it does not within a few seconds."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110  # what is waited for lives in a database
            await asyncio.sleep(0.02)


def _plain(value: object) -> Any:
    match value:
        case dict():
            return {key: _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case UUID():
            return str(value)
    return value


class Forwarder:
    """A line that can be cut and mended, between a client and a server."""

    def __init__(self, target: Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._speaks = asyncio.Event()
        self._speaks.set()
        self.port = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Every connection breaks, and no new one comes through."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    def silence(self) -> None:
        """Every connection stays, and nothing comes through."""
        self._speaks.clear()

    def speak(self) -> None:
        self._speaks.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await self._target()
        self._writers |= {writer, there_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, there_writer))
                group.create_task(self._pump(there_reader, writer))
        finally:
            self._writers -= {writer, there_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._speaks.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


async def push_card(running: Running, broadcast: BroadcastId, card: int = 0) -> int:
    """Its seq."""
    cards = await cards_of(running.store, broadcast)
    entry = await running.store.actions.stage.push(running.store.org, broadcast, cards[card], BY, uuid4())
    assert entry is not None
    return entry.seq


async def a_signal(running: Running, broadcast: BroadcastId, step: str = "impression") -> dict[str, object]:
    card = (await cards_of(running.store, broadcast))[0]
    return {"event_id": str(uuid4()), "step": step, "card_id": str(card), "at": running.store.clock().isoformat()}


async def apply_by_socket(
    running: Running, broadcast: BroadcastId, viewer: Viewer, **changes: object
) -> dict[str, object]:
    """The answer to an application for the first job, as a page sends it."""
    job = (await jobs_of(running.store, broadcast))[0]
    consent = await running.store.actions.applying.consent(running.store.org, broadcast, job)
    application = {
        "key": uuid4(),
        "job_id": job,
        "contact": {"phone": "138 0000 0001", "name": "王师傅"},
        "consent": {"text_sha256": consent.text_sha256},
        **changes,
    }
    answer: dict[str, object] = await viewer.rpc("apply", **application)
    return answer
