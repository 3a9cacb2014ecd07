"""Builds the parts and runs them in one task group: open, build, run, close, top to bottom."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from redis.asyncio import Redis
from redis.exceptions import RedisError

from admin.auth import is_own_origin
from admin.ops import build_ops_app
from admin.parts import Draining, Parts
from admin.server import build_app
from realtime.bus import ValkeyBus
from realtime.codes import ValkeyCodes
from realtime.front_door import front_door, take_over
from realtime.gateway import Gateway
from realtime.shared_limits import SharedLimits
from storage.installation import claim
from storage.migrate import check_migrated
from storage.objects import open_objects
from storage.pool import Database, open_database
from storage.stores import Stores, stores_over
from stream_jobs.actions.phones import PhoneActions
from stream_jobs.assembly import Actions, actions_over, purging_over
from stream_jobs.background import Background
from stream_jobs.clock import utc_now
from stream_jobs.custody import keep_holds, keep_notes
from stream_jobs.database import bring_to_this_version
from stream_jobs.domain.errors import DatabaseNotMigrated, PortTaken, StorageUnavailable, ValkeyUnreachable
from stream_jobs.domain.ids import WorkerId, uuid7
from stream_jobs.embedded import Servers, embedded_servers
from stream_jobs.handlers import SCHEDULES, Handlers
from stream_jobs.keys import Keys, load_keys
from stream_jobs.limits import Quotas
from stream_jobs.notebooks import ErasureNotebook
from stream_jobs.notices import notices_of
from stream_jobs.settings import Settings
from stream_jobs.tokens import Tokens
from stream_jobs.upkeep import keep_summed, keep_tidy, make_searchable

logger = logging.getLogger(__name__)

VALKEY_SECONDS = 3.0
NEW_OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""Python's 700 would look through thousands of viewers again and again: a quarter of the time of a busy server."""


@dataclass(frozen=True, slots=True)
class App:
    """A server that listens; `base_url` is where, `public_url` what the world calls it."""

    settings: Settings
    servers: Servers
    keys: Keys
    database: Database
    stores: Stores
    actions: Actions
    gateway: Gateway
    base_url: str
    public_url: str
    ops_url: str

    @property
    def socket_url(self) -> str:
        return self.base_url.replace("http", "ws", 1) + "/connection/websocket"


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[App]:
    """The whole server, listening, until the block ends; then it drains."""
    async with needed_servers(settings) as servers:
        keys = load_keys(settings.keys_folder)
        await bring_to_this_version(settings, servers.database_url)
        async with open_database(servers.database_url, size=settings.database_pool_size) as database:
            await claim(database, keys)
            await check_valkey(servers.valkey_url)
            async with _listening(settings, servers, keys, database) as app:
                yield app


async def serve(settings: Settings, ready: Callable[[App], Awaitable[None]]) -> None:
    """Runs until SIGINT or SIGTERM; `ready` is told when the server listens, and runs for as long as it likes."""
    gc.set_threshold(NEW_OBJECTS_BETWEEN_COLLECTIONS)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(settings) as app, asyncio.TaskGroup() as group:
        beside = group.create_task(_beside(app, ready))
        await stop.wait()
        beside.cancel()


async def _beside(app: App, ready: Callable[[App], Awaitable[None]]) -> None:
    with suppress(asyncio.CancelledError):
        await ready(app)


@asynccontextmanager
async def needed_servers(settings: Settings) -> AsyncIterator[Servers]:
    """Those named in the settings; embedded ones for whichever is not."""
    if settings.database_url and settings.valkey_url:
        yield Servers(settings.database_url, settings.valkey_url)
        return
    async with embedded_servers(settings.data) as started:
        yield Servers(settings.database_url or started.database_url, settings.valkey_url or started.valkey_url)


async def check_valkey(url: str) -> None:
    valkey = Redis.from_url(url, socket_connect_timeout=VALKEY_SECONDS, socket_timeout=VALKEY_SECONDS)
    try:
        await valkey.ping()
    except (RedisError, OSError, TimeoutError) as error:
        raise ValkeyUnreachable from error
    finally:
        await valkey.aclose()


@asynccontextmanager
async def _listening(settings: Settings, servers: Servers, keys: Keys, database: Database) -> AsyncIterator[App]:
    public, ops = _bind(settings.host, settings.port), _bind(settings.ops_host, settings.ops_port)
    base_url = f"http://{_reachable(settings.host)}:{public.getsockname()[1]}"
    public_url = (settings.public_url or base_url).rstrip("/")

    registry = _registry()
    bus = ValkeyBus(servers.valkey_url)
    tokens = Tokens(keys.signing)
    objects = open_objects(settings.files_folder, settings.files_url)
    stores = stores_over(
        database,
        keys,
        objects,
        retention_days=settings.retention_days,
        effective_seconds=settings.effective_seconds,
        small_group=settings.small_group,
    )
    notices = notices_of(settings)
    actions = actions_over(
        stores,
        bus,
        tokens,
        utc_now,
        session_hours=settings.session_hours,
        notices=notices,
        remember=ErasureNotebook.of(settings.data).note,
        settings=settings,
    )
    shared_limits = SharedLimits(servers.valkey_url, registry)
    limits = Quotas(settings, shared_limits, keys)
    phones = PhoneActions(
        ValkeyCodes(servers.valkey_url, keys),
        notices,
        stores.verified_phones,
        utc_now,
        resend_seconds=settings.code_resend_seconds,
    )
    gateway = Gateway(
        stage=actions.stage,
        applying=actions.applying,
        watching=actions.watching,
        tokens=tokens,
        phones=phones,
        access=actions.accounts.still_allowed,
        bans=actions.bans,
        limits=limits,
        bus=bus,
        settings=settings,
        worker_id=WorkerId(uuid7(utc_now())),
        clock=utc_now,
        allowed_origins=lambda origin, host: origin is None or is_own_origin(origin, host or "", public_url),
        registry=registry,
    )
    handlers = Handlers(stores, notices, purging_over(stores, settings, utc_now), utc_now)
    background = Background(
        servers.database_url,
        stores.work,
        handlers.handle,
        SCHEDULES,
        clock=utc_now,
        registry=registry,
        give_up=handlers.give_up,
    )
    parts = Parts(
        stage=actions.stage,
        applying=actions.applying,
        recruiting=actions.recruiting,
        watching=actions.watching,
        accounts=actions.accounts,
        report=actions.report,
        forms=actions.forms,
        platform_imports=actions.platform_imports,
        postings=actions.postings,
        programme=actions.programme,
        segments=actions.segments,
        imports=actions.imports,
        exports=actions.exports,
        reminders=actions.reminders,
        bans=actions.bans,
        phones=phones,
        my_page=actions.my_page,
        limits=limits,
        files=actions.files,
        collecting=actions.collecting,
        people_imports=actions.people_imports,
        series=actions.series,
        walls=actions.walls,
        broadcasts=stores.broadcasts,
        tokens=tokens,
        settings=settings,
        clock=utc_now,
        public_url=lambda: public_url,
        take_over=lambda transport, head: take_over(gateway, transport, head),
        registry=registry,
        checks={
            "database": database.ready,
            "valkey": _as_check(lambda: bus.healthy),
            "migrations": lambda: _migrated(servers.database_url),
        },
        draining=Draining(),
    )

    async with (
        _at_work(
            gateway.run(),
            actions.batcher.run(),
            shared_limits.run(),
            keep_tidy(stores.upkeep, utc_now, event_months=settings.event_months),
            keep_summed(stores.presence, utc_now),
            background.run(),
            make_searchable(stores.reindexing),
            keep_notes(stores, settings, utc_now),
            keep_holds(stores, settings, utc_now),
        ),
        _answering(parts, gateway, background, public, ops),
    ):
        ops_url = f"http://{_reachable(settings.ops_host)}:{ops.getsockname()[1]}"
        yield App(settings, servers, keys, database, stores, actions, gateway, base_url, public_url, ops_url)


@asynccontextmanager
async def _at_work(*work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """What the server does by itself, until the block ends."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def _answering(
    parts: Parts, gateway: Gateway, background: Background, public: socket.socket, ops: socket.socket
) -> AsyncIterator[None]:
    """HTTP and sockets on the public port, health on the other; at the end everybody is told to come back."""
    half = parts.settings.drain_seconds / 2
    http = web.AppRunner(build_app(parts), access_log=None, handle_signals=False, shutdown_timeout=half)
    health = web.AppRunner(build_ops_app(parts.registry, parts.checks, parts.draining), access_log=None)
    await http.setup()
    await health.setup()
    await web.SockSite(health, ops).start()
    if http.server is None:
        raise AssertionError("the runner has been set up")
    door = front_door(gateway, http.server)
    server = await asyncio.get_running_loop().create_server(door, sock=public, backlog=4096)
    try:
        yield
    finally:
        parts.draining.begun = True
        server.close()
        await asyncio.gather(gateway.drain(half), background.drain(half))
        await http.cleanup()
        await health.cleanup()


def _bind(host: str, port: int) -> socket.socket:
    """Raises PortTaken; without SO_REUSEPORT, so that a second server is an error and not a rival."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"Port {port} cannot be listened on: {error.strerror}", field="port") from error
    listener.setblocking(False)
    return listener


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    return registry


def _as_check(holds: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return holds()

    return check


async def _migrated(url: str) -> bool:
    try:
        await check_migrated(url)
    except (DatabaseNotMigrated, StorageUnavailable):
        return False
    return True
