"""Holds the port, starts the workers, starts again what ends, answers for all, and does once what is done once.

SIGHUP has all workers started anew, one after the other.
"""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from socket import socket

from admin.parts import Draining
from storage.upkeep import UpkeepStore
from stream_jobs.app import Ground, at_work, chores, hears_hangup, prepared, stores_on
from stream_jobs.domain.errors import PortTaken, SettingInvalid, Unavailable
from stream_jobs.domain.ids import WorkerId
from stream_jobs.listening import Addresses, addresses, bound, reserved
from stream_jobs.settings import Settings
from stream_jobs.stopping import OF_SILENT_WORKERS, OF_WORKERS
from stream_jobs.workers.health import Health, answering
from stream_jobs.workers.worker import Worker, end

logger = logging.getLogger(__name__)

CONNECTIONS = 2
"""To the database: the chores wait for each other."""
LOOPBACK = "127.0.0.1"
PORT_SECONDS = 2.0
"""The workers of a supervisor that was killed are gone by then, and the port is free."""
AGAIN_SECONDS = 1.0
"""Between attempts to say that a worker ended, while PostgreSQL is away."""


def this_program() -> list[str]:
    """How this process was started, without the words that were meant for the program."""
    return [sys.executable, *sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]]


@asynccontextmanager
async def supervised(settings: Settings) -> AsyncIterator[Addresses]:
    """So many workers as the settings say, all listening, until the block ends; then they drain.

    Raises WorkerNotStarted and whatever keeps a single server from starting.
    """
    if sys.platform != "linux":
        raise SettingInvalid("Several workers share a port on Linux only", field="workers", expected="1")
    anew = asyncio.Event()
    if hears_hangup():
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, anew.set)
    with await _reserve(settings) as public, bound(settings.ops_host, settings.ops_port) as ops:
        places = addresses(settings, public, ops)
        async with prepared(settings.model_copy(update={"database_pool_size": CONNECTIONS})) as ground:
            stores = stores_on(ground)
            command, orders = [*this_program(), "serve", "--as-worker"], _orders(settings, ground, public)
            ended: asyncio.Queue[WorkerId] = asyncio.Queue()
            workers = [Worker(nth, command, orders, ended.put_nowait) for nth in range(1, settings.workers + 1)]
            by_itself = (*chores(stores, settings), empty_rooms(stores.upkeep, ended))
            async with at_work(*by_itself), _serving(workers, ops, anew, settings.drain_seconds):
                yield places


async def _reserve(settings: Settings) -> socket:
    deadline = time.monotonic() + PORT_SECONDS
    while True:
        try:
            return reserved(settings.host, settings.port)
        except PortTaken:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.05)


def _orders(settings: Settings, ground: Ground, public: socket) -> Settings:
    """The same for every worker: what the supervisor has found or started."""
    return settings.model_copy(
        update={
            "port": public.getsockname()[1],
            "ops_host": LOOPBACK,
            "ops_port": 0,
            "database_url": ground.servers.database_url,
            "valkey_url": ground.servers.valkey_url,
            "drain_seconds": OF_WORKERS * settings.drain_seconds,
        }
    )


async def empty_rooms(upkeep: UpkeepStore, ended: asyncio.Queue[WorkerId]) -> None:
    """Says of every worker that ended that it holds nobody, for as long as that takes; until cancelled."""
    while True:
        worker_id = await ended.get()
        if not await _emptied(upkeep, worker_id):
            ended.put_nowait(worker_id)
            await asyncio.sleep(AGAIN_SECONDS)


async def _emptied(upkeep: UpkeepStore, worker_id: WorkerId) -> bool:
    try:
        await upkeep.empty_rooms(worker_id)
    except Unavailable:
        logger.warning("cannot say that a worker ended; it is believed to live for some beats, or until it can be said")
        return False
    except Exception:
        logger.exception("saying that a worker ended failed")
        return False
    return True


@asynccontextmanager
async def _serving(
    workers: Sequence[Worker], ops: socket, anew: asyncio.Event, drain_seconds: float
) -> AsyncIterator[None]:
    draining = Draining()
    async with answering(workers, ops, draining) as health:
        try:
            async with asyncio.TaskGroup() as starting:
                for worker in workers:
                    starting.create_task(worker.start())
            async with at_work(
                *(worker.keep() for worker in workers),
                *(worker.must_answer(health.answers) for worker in workers),
                _renew(workers, anew, health),
            ):
                yield
        finally:
            draining.begun = True
            await end(workers, OF_SILENT_WORKERS * drain_seconds)


async def _renew(workers: Sequence[Worker], anew: asyncio.Event, health: Health) -> None:
    """Whenever it is told; each is ready before the next one drains, so that a version that cannot start stops here."""
    while True:
        await anew.wait()
        anew.clear()
        logger.info("starting all workers anew, one after the other")
        for worker in workers:
            await worker.renew(health.ready)
        logger.info("all workers were started anew")
