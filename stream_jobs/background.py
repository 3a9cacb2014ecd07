"""Does the background work: takes it from the queue, tries again what fails, holds what keeps failing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from pgqueuer import Job, PgQueuer, Queries, RetryRequested
from pgqueuer.core.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.models import Context, Schedule
from prometheus_client import CollectorRegistry, Counter, Gauge

from storage.work import QUEUE, WorkStore, open_queue
from stream_jobs.domain.errors import FilesUnavailable, StreamJobsError, Unavailable
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports import Clock
from stream_jobs.ports.work import Order, Work

logger = logging.getLogger(__name__)

# Does one piece of work, whose it is and when it was asked for. It may be done again after a crash: twice is once.
Handle = Callable[[OrgId | None, Work, datetime], Awaitable[None]]
# Told once the last attempt has failed, with the code of why: whoever waits for the work is to learn it. Whether
# anybody does.
GiveUp = Callable[[OrgId | None, Work, str], Awaitable[bool]]

KINDS: tuple[str, ...] = tuple(one.model_fields["kind"].default for one in get_args(Work))
# A few at a time: what cannot wait is not background work.
BATCH = 2
AT_ONCE = 4
# Of these kinds, in all processes together: a long workbook takes memory while it is made, a file while it is read.
SELDOM = {"write_export": 2, "check_file": 2}
FIGURES_SECONDS = 15.0
MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Patience:
    """How failing is met: tried again after first, twice that, and so on up to longest; held after so many attempts.

    Not held, but tried for as long as it takes: what the store of files alone is in the way of, and nobody is told of.

    look: how often the queue is looked at when nobody says there is work; away: between attempts to reach it.
    stale: a worker silent for so long has died, and its work is taken by another.
    """

    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(minutes=30)
    attempts: int = 10
    look: timedelta = timedelta(seconds=5)
    away: timedelta = timedelta(seconds=1)
    stale: timedelta = timedelta(seconds=30)

    def delay(self, attempt: int) -> timedelta:
        """After the attempt of this number, counted from 0."""
        return min(self.first * (1 << min(attempt, MOST_DOUBLINGS)), self.longest)


class WorkFailed(Exception):
    """The last attempt failed; says nothing else, because the queue writes it down."""


class Background:
    """One worker; any number of them, in any number of processes, share the queue."""

    def __init__(
        self,
        url: str,
        store: WorkStore,
        handle: Handle,
        schedules: Mapping[str, Work],
        *,
        clock: Clock,
        registry: CollectorRegistry,
        give_up: GiveUp | None = None,
        patience: Patience | None = None,
    ) -> None:
        """schedules: cron expressions, UTC, each with what it has done then, once, by whichever worker is there."""
        self._url = url
        self._store = store
        self._handle = handle
        self._give_up = give_up
        self._schedules = schedules
        self._clock = clock
        self._patience = patience or Patience()
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._queuer: PgQueuer | None = None
        self._figures = _Figures(registry)

    async def run(self) -> None:
        """Until drained or cancelled; PostgreSQL may go away and come back meanwhile."""
        try:
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(self._watch())
                while not self._stopping.is_set():
                    await self._take_work()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._patience.away.total_seconds()):
                            await self._stopping.wait()
                watching.cancel()
        finally:
            self._stopped.set()

    async def drain(self, seconds: float) -> None:
        """Takes no more work and lets what runs finish in this time; the rest is done by another worker."""
        self._stopping.set()
        if self._queuer:
            self._queuer.shutdown.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    async def _take_work(self) -> None:
        try:
            async with open_queue(self._url) as queries:
                self._queuer = self._over(queries)
                if not self._stopping.is_set():
                    await self._queuer.run(
                        dequeue_timeout=self._patience.look,
                        batch_size=BATCH,
                        max_concurrent_tasks=AT_ONCE,
                        heartbeat_timeout=self._patience.stale,
                    )
        except Unavailable:
            logger.warning("background work waits for PostgreSQL")
        except Exception:
            logger.warning("background work was interrupted; taking it up again", exc_info=True)
        finally:
            self._queuer = None

    def _over(self, queries: Queries) -> PgQueuer:
        queuer = PgQueuer(queries.driver, channel=QUEUE.channel, queries=queries)
        for kind in KINDS:
            executor = _Executor(kind, self._handle, self._give_up, self._patience, self._figures)
            queuer.qm.register_executor(kind, executor)
        for cron, work in self._schedules.items():
            queuer.schedule(work.kind, cron)(self._due(work))
        return queuer

    def _due(self, work: Work) -> Callable[[Schedule], Awaitable[None]]:
        async def due(_: Schedule) -> None:
            await self._store.enqueue(None, work, at=self._clock(), dedupe="schedule")

        return due

    async def _watch(self) -> None:
        while True:
            with suppress(Unavailable):
                now = self._clock()
                found = await self._store.figures(now)
                self._figures.waiting.set(found.waiting)
                self._figures.oldest.set((now - found.oldest_at).total_seconds() if found.oldest_at else 0)
                self._figures.held.set(found.held)
            await asyncio.sleep(FIGURES_SECONDS)


class _Figures:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.attempts = Counter(
            "stream_jobs_work_attempts", "Background work by how it went", ["kind", "outcome"], registry=registry
        )
        self.waiting = Gauge("stream_jobs_work_waiting", "Background work due and not begun", registry=registry)
        self.oldest = Gauge(
            "stream_jobs_work_oldest_seconds", "How long the oldest of it has waited", registry=registry
        )
        self.held = Gauge("stream_jobs_work_held", "Background work that failed too often", registry=registry)


async def _never(_: Job) -> None:
    raise AssertionError("the executor calls the handler itself")


class _Executor(AbstractEntrypointExecutor):
    """Runs the handler and decides what its failing means; nothing of an error's words reaches the queue's tables."""

    def __init__(
        self, kind: str, handle: Handle, give_up: GiveUp | None, patience: Patience, figures: _Figures
    ) -> None:
        limit = SELDOM.get(kind, 0)
        super().__init__(EntrypointExecutorParameters(concurrency_limit=limit, func=_never, on_failure="hold"))
        self._handle = handle
        self._give_up = give_up
        self._patience = patience
        self._figures = figures

    async def execute(self, job: Job, context: Context) -> None:
        try:
            failure = await self._attempt(job)
        except asyncio.CancelledError:
            # The library forgets work that was cancelled; what a stopping worker gives up is another's.
            self._count(job, "given_up")
            raise RetryRequested from None
        if failure:
            raise failure

    async def _attempt(self, job: Job) -> Exception | None:
        """What to tell the library: that it failed for good, is to be tried again, or nothing."""
        order = None
        try:
            order = Order.model_validate_json(job.payload or b"")
            await self._handle(order.org_id, order.work, order.at)
        except Exception as error:
            return await self._failed(job, order, error)
        self._count(job, "done")
        return None

    async def _failed(self, job: Job, order: Order | None, error: Exception) -> Exception:
        last = job.attempts + 1 >= self._patience.attempts and await self._to_be_held(order, error)
        self._count(job, "held" if last else "failed")
        logger.warning(
            "background work is held: it failed too often" if last else "background work failed; trying again later",
            extra={"kind": job.entrypoint, "job": job.id, "attempt": job.attempts + 1, "error": _named(error)},
            exc_info=None if isinstance(error, StreamJobsError) else error,
        )
        return WorkFailed() if last else RetryRequested(self._patience.delay(job.attempts))

    async def _to_be_held(self, order: Order | None, error: Exception) -> bool:
        """False while whoever waits for it cannot be told: then it is tried once more instead of being held."""
        endured = isinstance(error, FilesUnavailable)
        if order is None or self._give_up is None:
            return not endured
        try:
            told = await self._give_up(order.org_id, order.work, getattr(error, "code", "internal_error"))
        except Exception:
            logger.warning("cannot say that background work failed; trying it again later", exc_info=True)
            return False
        return told or not endured

    def _count(self, job: Job, outcome: str) -> None:
        self._figures.attempts.labels(job.entrypoint, outcome).inc()


def _named(error: Exception) -> str:
    return error.code if isinstance(error, StreamJobsError) else type(error).__name__
