"""Builds the parts and runs them in one task group: open, build, run, close, top to bottom."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, GCCollector, PlatformCollector, ProcessCollector

from admin.auth import is_own_origin
from admin.ops import build_ops_app
from admin.parts import Draining, Parts
from admin.server import build_app
from realtime.bus import ValkeyBus
from realtime.front_door import front_door, take_over
from realtime.gateway import Gateway
from realtime.ring import quickest_way
from realtime.shared_limits import SharedLimits
from realtime.valkey import check_address
from storage.installation import claim
from storage.migrate import check_migrated
from storage.objects import open_objects
from storage.pool import Database, open_database
from storage.stores import Stores
from stream_jobs.actions import Actions
from stream_jobs.actions.phones import PhoneActions
from stream_jobs.assembly import actions_over, purging_over
from stream_jobs.background import Background
from stream_jobs.clock import utc_now
from stream_jobs.custody import keep_copy, keep_erasures, keep_holds, keep_notes
from stream_jobs.database import bring_to_this_version
from stream_jobs.domain.errors import DatabaseNotMigrated, StorageUnavailable
from stream_jobs.domain.ids import WorkerId, uuid7
from stream_jobs.embedded import Servers, embedded_servers
from stream_jobs.handlers import SCHEDULES, Handlers
from stream_jobs.keys import Keys, load_keys
from stream_jobs.limits import Quotas
from stream_jobs.listening import Addresses, addresses, bound
from stream_jobs.notebooks import ErasureNotebook
from stream_jobs.notices import notices_of
from stream_jobs.settings import Settings
from stream_jobs.stopping import SEEING_OUT, end_by_force
from stream_jobs.tokens import Tokens
from stream_jobs.upkeep import keep_summed, keep_tidy, make_searchable

logger = logging.getLogger(__name__)

Serving = TypeVar("Serving", bound=Addresses)

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NEW_OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""Python's 700 would look through thousands of viewers again and again: a quarter of the time of a busy server."""
LAST_REQUEST_SECONDS = 0.25
"""Whoever was let in just before the port was closed says what it wants."""
GOODBYE_SECONDS = 1.0
"""For whoever asks after the health of a server that ends."""
IDLE_SECONDS = 15.0
"""A browser keeps connections it may need again, and every viewer has one."""
IDLE_BEHIND_PROXY_SECONDS = 3630.0
"""Longer than proxies keep theirs: one that is closed while a request is on its way is an error to somebody."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a server stands on: a database of this version, that belongs to these keys."""

    settings: Settings
    servers: Servers
    keys: Keys
    database: Database


@dataclass(frozen=True, slots=True)
class App(Addresses):
    """A server that listens. worker_id: what its rows are signed with."""

    settings: Settings
    servers: Servers
    keys: Keys
    database: Database
    stores: Stores
    actions: Actions
    gateway: Gateway
    worker_id: WorkerId


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[App]:
    """The whole server, listening, until the block ends; then it drains."""
    async with prepared(settings) as ground, _listening(ground, shared=False) as app:
        yield app


@asynccontextmanager
async def running_beside_others(settings: Settings) -> AsyncIterator[App]:
    """The same on a port that is reserved, for a supervisor, who does the chores."""
    async with prepared(settings) as ground, _listening(ground, shared=True) as app:
        yield app


async def serve(
    settings: Settings,
    ready: Callable[[Serving], Awaitable[None]],
    how: Callable[[Settings], AbstractAsyncContextManager[Serving]],
) -> None:
    """Runs until a signal of STOPPING, and to a second SIGINT drops everything; `how` is `running`, or like it.

    `ready` is told when the server listens, and runs for as long as it likes. SIGHUP stays ignored where it was.
    """
    gc.set_threshold(NEW_OBJECTS_BETWEEN_COLLECTIONS)
    stop = _told_to_stop(settings.drain_seconds)
    async with how(settings) as serving, asyncio.TaskGroup() as group:
        beside = group.create_task(_beside(serving, ready))
        await stop.wait()
        beside.cancel()


def _told_to_stop(drain_seconds: float) -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def told() -> None:
        # SIGTERM may come twice for one reason: from a service manager to all its processes, and from our supervisor.
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if not stop.is_set():
            end_by_force(drain_seconds)
        stop.set()

    for number in STOPPING:
        if number is not signal.SIGHUP or hears_hangup():
            loop.add_signal_handler(number, told)
    return stop


def hears_hangup() -> bool:
    """Whether SIGHUP is for this process: not under nohup, which has it ignored."""
    return signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN


async def _beside(serving: Serving, ready: Callable[[Serving], Awaitable[None]]) -> None:
    with suppress(asyncio.CancelledError):
        await ready(serving)


@asynccontextmanager
async def prepared(settings: Settings) -> AsyncIterator[Ground]:
    """Raises whatever keeps a server from starting, but for ports; a Valkey of its own that is away does not."""
    async with needed_servers(settings) as servers:
        check_address(servers.valkey_url)
        keys = load_keys(settings.keys_folder)
        await bring_to_this_version(settings, servers.database_url)
        async with open_database(servers.database_url, size=settings.database_pool_size) as database:
            await claim(database, keys)
            yield Ground(settings, servers, keys, database)


@asynccontextmanager
async def needed_servers(settings: Settings) -> AsyncIterator[Servers]:
    """Those named in the settings; embedded ones for whichever is not."""
    if settings.database_url and settings.valkey_url:
        yield Servers(settings.database_url, settings.valkey_url)
        return
    async with embedded_servers(settings.data) as started:
        yield Servers(settings.database_url or started.database_url, settings.valkey_url or started.valkey_url)


@asynccontextmanager
async def _listening(ground: Ground, *, shared: bool) -> AsyncIterator[App]:
    settings, servers, keys, database = ground.settings, ground.servers, ground.keys, ground.database
    public = bound(settings.host, settings.port, shared=shared)
    ops = bound(settings.ops_host, settings.ops_port)
    places = addresses(settings, public, ops)
    public_url = places.public_url

    registry = _registry()
    transactions = Gauge("stream_jobs_database_transactions", "Transactions begun", registry=registry)
    transactions.set_function(lambda: database.begun)
    bus = ValkeyBus(servers.valkey_url)
    tokens = Tokens(keys.signing)
    worker_id = WorkerId(uuid7(utc_now()))
    stores = stores_on(ground)
    notices = notices_of(settings)
    actions = actions_over(
        stores,
        bus,
        tokens,
        utc_now,
        settings,
        notices=notices,
        remember=ErasureNotebook.of(settings.data).remember,
    )
    shared_limits = SharedLimits(servers.valkey_url, registry)
    limits = Quotas(settings, shared_limits, keys)
    phones = PhoneActions(
        stores.phone_codes,
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
        worker_id=worker_id,
        clock=utc_now,
        allowed_origins=lambda origin, host: origin is None or is_own_origin(origin, host or "", public_url),
        registry=registry,
        write_to_each=quickest_way(allowed=settings.io_uring),
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
        actions=actions,
        phones=phones,
        limits=limits,
        broadcasts=stores.broadcasts,
        tokens=tokens,
        settings=settings,
        clock=utc_now,
        public_url=lambda: public_url,
        take_over=lambda transport, head: take_over(gateway, transport, head),
        visits_written=gateway.visits_written,
        registry=registry,
        checks={
            "database": database.ready,
            "valkey": _as_check(lambda: bus.healthy),
            "migrations": lambda: _migrated(servers.database_url),
        },
        draining=Draining(),
    )

    async with (
        at_work(
            gateway.run(),
            actions.batcher.run(),
            actions.scans.run(),
            shared_limits.run(),
            background.run(),
            *([] if shared else chores(stores, settings)),
        ),
        _answering(parts, gateway, background, public, ops),
    ):
        yield App(
            places.base_url,
            places.public_url,
            places.ops_url,
            settings,
            servers,
            keys,
            database,
            stores,
            actions,
            gateway,
            worker_id,
        )


def stores_on(ground: Ground) -> Stores:
    settings = ground.settings
    return Stores(
        ground.database,
        ground.keys,
        open_objects(settings.files_folder, settings.files_url),
        retention_days=settings.retention_days,
        effective_seconds=settings.effective_seconds,
        small_group=settings.small_group,
    )


def chores(stores: Stores, settings: Settings) -> list[Coroutine[object, object, None]]:
    """What one process of a machine does for all of them; several machines do it without harm."""
    return [
        keep_tidy(stores.upkeep, utc_now, event_months=settings.event_months),
        keep_summed(stores.presence, utc_now),
        make_searchable(stores.reindexing),
        keep_notes(stores, settings, utc_now),
        keep_erasures(stores, settings),
        keep_copy(settings.data, settings.backups),
        keep_holds(stores, settings, utc_now),
    ]


@asynccontextmanager
async def at_work(*work: Coroutine[object, object, None]) -> AsyncIterator[None]:
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
    seconds = SEEING_OUT * parts.settings.drain_seconds
    http = web.AppRunner(
        build_app(parts),
        access_log=None,
        handle_signals=False,
        # It waits for so long for requests, and for so long again once it has cancelled them.
        shutdown_timeout=seconds / 2,
        keepalive_timeout=IDLE_BEHIND_PROXY_SECONDS if parts.settings.trusted_proxies else IDLE_SECONDS,
    )
    health = web.AppRunner(
        build_ops_app(parts.registry, parts.checks, parts.draining), access_log=None, shutdown_timeout=GOODBYE_SECONDS
    )
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
        await _within(seconds, gateway.drain(seconds), background.drain(seconds), _end(http))
        await health.cleanup()


async def _end(http: web.AppRunner) -> None:
    await asyncio.sleep(LAST_REQUEST_SECONDS)
    await http.cleanup()


async def _within(seconds: float, *work: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await asyncio.gather(*work)
    except TimeoutError:
        logger.warning("what was under way did not end in time and is dropped")


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
