"""Background work: done after what caused it was committed, again when it failed, and by others when a worker died."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pgqueuer.adapters.persistence.schema_ddl import render_install
from prometheus_client import CollectorRegistry

from storage.pool import Database
from storage.work import QUEUE, enqueue
from stream_jobs.background import Background, GiveUp, Handle, Patience
from stream_jobs.domain.errors import FilesUnavailable, StorageUnavailable
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports.work import DeleteObjects, TidyQueue, Work
from tests.builders import Store
from tests.clients import Forwarder, eventually

QUICK = Patience(
    first=timedelta(milliseconds=20),
    longest=timedelta(milliseconds=50),
    attempts=3,
    look=timedelta(seconds=1),
    away=timedelta(milliseconds=50),
    stale=timedelta(seconds=2),
)
WORK = DeleteObjects(keys=("a",))


class Done:
    """Handles work by remembering it, after failing as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.works: list[Work] = []
        self.orgs: list[OrgId | None] = []
        self.failures = failures

    async def __call__(self, org_id: OrgId | None, work: Work, asked_at: datetime) -> None:
        if self.failures:
            self.failures -= 1
            raise ValueError("13800000001")
        self.works.append(work)
        self.orgs.append(org_id)

    async def some(self) -> bool:
        return bool(self.works)


@asynccontextmanager
async def working(
    store: Store,
    url: str,
    handle: Handle,
    *,
    schedules: dict[str, Work] | None = None,
    give_up: GiveUp | None = None,
    patience: Patience = QUICK,
) -> AsyncIterator[Background]:
    background = Background(
        url,
        store.stores.work,
        handle,
        schedules or {},
        clock=lambda: datetime.now(UTC),
        registry=CollectorRegistry(),
        give_up=give_up,
        patience=patience,
    )
    task = asyncio.create_task(background.run())
    try:
        yield background
    finally:
        await background.drain(2)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _enqueue(store: Store, work: Work = WORK, **more: object) -> bool:
    async with store.database.transaction(store.org) as tx:
        return await enqueue(tx, store.org, work, at=store.clock(), **more)  # type: ignore[arg-type]  # as in enqueue


async def _queued(database: Database) -> list[tuple[str, int]]:
    async with database.transaction(None) as tx:
        rows = await tx.fetch("SELECT status::text, attempts FROM work.pgqueuer ORDER BY id")
    return [(row["status"], row["attempts"]) for row in rows]


def _empty(database: Database) -> Callable[[], Awaitable[bool]]:
    async def empty() -> bool:
        return await _queued(database) == []

    return empty


def test_the_migration_is_what_the_installed_queue_would_make() -> None:
    """A newer library with another schema needs a migration of its own, not a surprise."""
    migration = Path("storage/migrations/0008_work.sql").read_text("utf-8")

    assert render_install(QUEUE, create_schema=True).rstrip() in migration


def test_no_name_of_the_queue_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library reads CHANNEL, TRIGGER and others; a server's environment may hold them for something else."""
    for name in ("CHANNEL", "TRIGGER", "FUNCTION", "QUEUE_TABLE", "PGQUEUER_QUEUE_TABLE", "PGQUEUER_SCHEMA"):
        monkeypatch.setenv(name, "other")
    given = {name: getattr(QUEUE, name) for name in type(QUEUE).model_fields}

    assert type(QUEUE)(**given) == QUEUE


async def test_work_is_done_after_the_commit_that_caused_it(store: Store, database_url: str) -> None:
    """And whoever does it is told whose it is."""
    done = Done()
    async with working(store, database_url, done):
        await _enqueue(store)
        await eventually(done.some)
        await eventually(_empty(store.database))

    assert (done.works, done.orgs) == ([WORK], [store.org])


async def test_work_of_a_transaction_that_failed_is_never_done(store: Store, database_url: str) -> None:
    """It was never there."""
    done = Done()
    with pytest.raises(RuntimeError):
        async with store.database.transaction(store.org) as tx:
            await enqueue(tx, store.org, WORK, at=store.clock())
            raise RuntimeError
    await _enqueue(store, TidyQueue())

    async with working(store, database_url, done):
        await eventually(_empty(store.database))

    assert done.works == [TidyQueue()]


async def test_the_same_work_does_not_wait_twice(store: Store) -> None:
    """A button pressed twice, a schedule of several servers."""
    told = [await _enqueue(store, dedupe="x"), await _enqueue(store, dedupe="x"), await _enqueue(store, dedupe="y")]

    assert told == [True, False, True]
    assert len(await _queued(store.database)) == 2


async def test_work_that_fails_is_tried_again(store: Store, database_url: str) -> None:
    """Twice in vain, then done."""
    done = Done(failures=2)
    async with working(store, database_url, done):
        await _enqueue(store)
        await eventually(_empty(store.database))

    assert done.works == [WORK]


async def test_work_that_keeps_failing_is_held_until_somebody_releases_it(store: Store, database_url: str) -> None:
    """Nothing of the error's words is kept: they may quote somebody's number."""
    done = Done(failures=3)
    async with working(store, database_url, done):
        await _enqueue(store)
        await eventually(lambda: _is_held(store))
        (held,) = await store.stores.work.held()
        async with store.database.transaction(None) as tx:
            said = await tx.fetchval("SELECT string_agg(traceback::text, ' ') FROM work.pgqueuer_log")

        await store.stores.work.release([held.id])
        await eventually(_empty(store.database))

    assert held.kind == "delete_objects"
    assert "WorkFailed" in said and "13800000001" not in said
    assert done.works == [WORK]


async def test_who_waits_for_held_work_is_told_why_before_it_is_held(store: Store, database_url: str) -> None:
    """While they cannot be told, it is tried again rather than forgotten."""
    told: list[tuple[OrgId | None, Work, str]] = []

    async def give_up(org_id: OrgId | None, work: Work, why: str) -> bool:
        told.append((org_id, work, why))
        if len(told) == 1:
            raise StorageUnavailable
        return True

    async def away(*_: object) -> None:
        raise FilesUnavailable

    async with working(store, database_url, away, give_up=give_up):
        await _enqueue(store)
        await eventually(lambda: _is_held(store))

    assert told == [(store.org, WORK, "files_unavailable")] * 2
    assert (await store.stores.work.held())[0].attempts == QUICK.attempts


async def test_work_that_waits_for_the_store_of_files_is_never_held(store: Store, database_url: str) -> None:
    """A store that was away for an hour left files unchecked for good, and nobody knew."""
    tries = 0

    async def away_for_long(*_: object) -> None:
        nonlocal tries
        tries += 1
        if tries <= 2 * QUICK.attempts:
            raise FilesUnavailable

    async def nobody_waits(*_: object) -> bool:
        return False

    async with working(store, database_url, away_for_long, give_up=nobody_waits):
        await _enqueue(store)
        await eventually(_empty(store.database))

    assert tries == 2 * QUICK.attempts + 1
    assert Patience().delay(1_000_000) == Patience().longest


async def _is_held(store: Store) -> bool:
    return (await store.stores.work.figures(store.clock())).held == 1


async def test_a_stopping_worker_leaves_what_it_cannot_finish_to_the_next(store: Store, database_url: str) -> None:
    """The queue forgets cancelled work; ours is put back."""
    begun = asyncio.Event()

    async def endless(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with working(store, database_url, endless) as background:
        await _enqueue(store)
        await begun.wait()
        await background.drain(0.05)
    assert await _queued(store.database) == [("queued", 1)]

    done = Done()
    async with working(store, database_url, done):
        await eventually(done.some)


async def test_work_goes_on_after_postgres_was_away(store: Store, database_url: str) -> None:
    """Nothing is lost, and nobody has to start anything again."""
    address = urlsplit(database_url)
    folder = parse_qs(address.query)["host"][0]
    line = Forwarder(lambda: asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432"))
    await line.mend()
    done = Done()
    url = f"postgresql://stream_jobs@127.0.0.1:{line.port}{address.path}?sslmode=disable"
    async with working(store, url, done):
        await _enqueue(store)
        await eventually(done.some)
        await eventually(_empty(store.database))
        await line.cut()
        await _enqueue(store, TidyQueue())
        await line.mend()
        await eventually(_empty(store.database))
    await line.cut()

    assert done.works == [WORK, TidyQueue()]


async def test_work_that_cannot_be_put_back_is_taken_again_instead_of_held(store: Store, database_url: str) -> None:
    """The library takes a failed statement of its own, as of a frozen database, for the work's last failure."""
    async with store.database.maintenance() as tx:
        await tx.execute(f"ALTER DATABASE {urlsplit(database_url).path[1:]} SET lock_timeout = '100ms'")
    tried = asyncio.Event()
    works: list[Work] = []

    async def failing_once(_: OrgId | None, work: Work, __: datetime) -> None:
        works.append(work)
        if len(works) == 1:
            tried.set()
            await locked.wait()
            raise StorageUnavailable

    locked = asyncio.Event()
    async with working(store, database_url, failing_once):
        await _enqueue(store)
        await tried.wait()
        async with store.database.transaction(None) as tx:
            await tx.fetch("SELECT id FROM work.pgqueuer FOR UPDATE")
            locked.set()
            await eventually(lambda: _blocked(store, True))
            await eventually(lambda: _blocked(store, False))
        await eventually(_empty(store.database))

    assert works == [WORK, WORK]


async def _blocked(store: Store, wanted: bool) -> bool:
    async with store.database.maintenance() as tx:
        return wanted is await tx.fetchval(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%execute_after%')
            """
        )


async def test_a_schedule_is_kept_once_whoever_is_there(store: Store, database_url: str) -> None:
    """Two servers with the same calendar do the day's work once."""
    done = Done()
    always: dict[str, Work] = {"* * * * * *": TidyQueue()}
    async with (
        working(store, database_url, done, schedules=always),
        working(store, database_url, done, schedules=always),
    ):
        await eventually(done.some)

    async with store.database.transaction(None) as tx:
        assert await tx.fetchval("SELECT count(*) FROM work.pgqueuer_schedules") == 1


async def test_a_hundred_pieces_of_work_are_each_done_once_by_three_workers(store: Store, database_url: str) -> None:
    """Workers share a queue without asking each other."""
    done = Done()
    async with store.database.transaction(store.org) as tx:
        for n in range(100):
            await enqueue(tx, store.org, DeleteObjects(keys=(str(n),)), at=store.clock())

    async with (
        working(store, database_url, done),
        working(store, database_url, done),
        working(store, database_url, done),
    ):
        await eventually(_empty(store.database))

    assert sorted(int(work.keys[0]) for work in done.works if isinstance(work, DeleteObjects)) == list(range(100))


def test_the_queue_changes_nothing_for_the_rest_of_the_process() -> None:
    """No event loop policy, no handler on the root logger, no warning when it is imported."""
    code = (
        "import asyncio, logging, sys; before = asyncio.get_event_loop_policy();"
        "import storage.work, stream_jobs.background;"
        "assert asyncio.get_event_loop_policy() is before and not logging.getLogger().handlers;"
        "assert 'uvloop' not in sys.modules"
    )
    run = [sys.executable, "-X", "dev", "-W", "error", "-c", code]

    subprocess.run(run, check=True, timeout=60)
