"""The queue of background work, on pgqueuer: what is enqueued commits with what caused it, or not at all."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import asyncpg
from pgqueuer import AsyncpgDriver, Job, Queries
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.domain.models import TracebackRecord
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel, JobId

from storage.pool import STATEMENT_SECONDS, Database, Transaction, our_errors
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports.work import HeldWork, Order, Work, WorkFigures

# Every name, so that none is taken from the environment, where the library also looks for CHANNEL, TRIGGER and others.
QUEUE = DBSettings(
    prefix="",
    db_schema="work",
    channel=Channel("stream_jobs_work"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.balanced,
    widen_id=False,
)


async def enqueue(
    tx: Transaction,
    org_id: OrgId | None,
    work: Work,
    *,
    at: datetime,
    after: timedelta = timedelta(0),
    dedupe: str | None = None,
) -> bool:
    """Has the work done once this transaction has committed, `after` that at the earliest; False when it waits already.

    at: when it was asked for, by the action's clock. dedupe: two of the same name never wait at once; org_id is part
    of it. Never while storing applications: the queue tells its workers by NOTIFY, whose commits queue up behind a
    lock of the whole server.
    """
    order = Order(org_id=org_id, at=at, work=work)
    ids = await _queries(_InTransaction(tx)).enqueue(
        work.kind,
        order.model_dump_json().encode(),
        execute_after=after,
        dedupe_key=dedupe and f"{org_id}:{work.kind}:{dedupe}",
        on_conflict="skip",
    )
    return ids != [None]


@asynccontextmanager
async def open_queue(url: str) -> AsyncIterator[Queries]:
    """A connection of its own to take work from: listening holds it for good, and a lost one is simply replaced.

    Raises StorageUnavailable, from inside the block too.
    """
    with our_errors():
        # Nothing prepared is kept: behind a connection pooler it would be gone the next time.
        connection = await asyncpg.connect(url, timeout=5, command_timeout=STATEMENT_SECONDS, statement_cache_size=0)
        try:
            yield _queries(AsyncpgDriver(connection))
        finally:
            # Closing politely would wait for a server that may be frozen; nothing of ours is open on it.
            connection.terminate()


class WorkStore:
    """What whoever runs the server looks at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue(self, org_id: OrgId | None, work: Work, *, at: datetime, dedupe: str | None = None) -> bool:
        """Work that nothing but the clock caused."""
        async with self._database.transaction(org_id) as tx:
            return await enqueue(tx, org_id, work, at=at, dedupe=dedupe)

    async def figures(self, at: datetime) -> WorkFigures:
        async with self._database.transaction(None) as tx:
            row = await tx.fetchrow(
                """
                SELECT count(*) FILTER (WHERE status = 'queued' AND execute_after <= $1) AS waiting,
                    min(execute_after) FILTER (WHERE status = 'queued' AND execute_after <= $1) AS oldest_at,
                    count(*) FILTER (WHERE status = 'failed') AS held
                FROM work.pgqueuer
                """,
                at,
            )
        if row is None:
            raise AssertionError("a sum is always one row")
        return WorkFigures(row["waiting"], row["oldest_at"], row["held"])

    async def held(self) -> Sequence[HeldWork]:
        """Oldest first."""
        async with self._database.transaction(None) as tx:
            rows = await tx.fetch(
                "SELECT id, entrypoint, attempts, updated FROM work.pgqueuer WHERE status = 'failed' ORDER BY id"
            )
        return [HeldWork(row["id"], row["entrypoint"], row["attempts"], row["updated"]) for row in rows]

    async def release(self, ids: Sequence[int]) -> None:
        """Held work is tried again, as if for the first time."""
        async with self._database.transaction(None) as tx:
            await _queries(_InTransaction(tx)).requeue_jobs([JobId(id_) for id_ in ids])

    async def forget_log(self, before: datetime) -> int:
        """The queue's own log of what was done when; returns how many lines went."""
        async with self._database.transaction(None) as tx:
            await tx.execute("DELETE FROM work.pgqueuer_statistics WHERE created < $1", before)
            return len(await tx.fetch("DELETE FROM work.pgqueuer_log WHERE created < $1 RETURNING id", before))


class _Queries(Queries):
    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        """One that cannot be put back now keeps its claim; the claim goes stale, and somebody takes it again.

        The library would take the failed statement for the work's last failure.
        """
        try:
            await super().retry_job(job, delay, traceback_record)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return


class _InTransaction(AsyncpgDriver):
    """The library over a connection that is ours."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx)  # type: ignore[arg-type]  # the pool's stand-in for a connection will do

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Enqueues: headers, the last argument, are none; as JSON text our codec would make a string of them."""
        return await super().fetch(query, *args[:-1], [None])


def _queries(driver: AsyncpgDriver) -> Queries:
    return _Queries(
        driver, qbe=QueryBuilderEnvironment(QUEUE), qbq=QueryQueueBuilder(QUEUE), qbs=QuerySchedulerBuilder(QUEUE)
    )
