"""Opens the pool, sets codecs and the organisation of each transaction, turns driver errors into ours."""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from stream_jobs.domain.errors import DatabaseNotDurable, DatabaseTooOld, DatabaseUnreachable, StorageUnavailable
from stream_jobs.domain.ids import OrgId

logger = logging.getLogger(__name__)

Transaction: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

OLDEST_POSTGRES = 18
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
# The role that requests run as: bound by row-level security, and owner of nothing.
TENANT = "stream_jobs_tenant"
SET_ORGANISATION = "SELECT set_config('app.org', $1, true), set_config('role', $2, true)"
AS_TENANT = f"set_config('role', '{TENANT}', true)"
ACQUIRE_SECONDS = 2.0
STATEMENT_SECONDS = 10.0
CLOSE_SECONDS = 2.0
KEPT = 2
"""Connections that are not given back between two transactions: for the driver's pool that is a task each time."""
# Sets processes apart on a connection that a pooler has them share: the driver counts its names from 1 in each.
_PROCESS = secrets.token_hex(4)

# What the driver raises when the server is away, refusing, full or shutting down, or gave way to another transaction.
# Only a commit on its way may have happened all the same: what is sent again carries its key.
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.CannotConnectNowError,
    asyncpg.TransactionRollbackError,
)


@contextmanager
def our_errors() -> Iterator[None]:
    """Raises StorageUnavailable for what the driver raises when PostgreSQL is away; values never travel with it."""
    try:
        yield
    except _AWAY as error:
        raise StorageUnavailable(retry_after_seconds=1) from error


class _Pooled(ConnectionError):
    """A connection pooler stands between: the next transaction may meet another connection of PostgreSQL's.

    Of a database that was reached directly until now it is away: whoever prepared statements there is to start anew.
    """


class _Connection(asyncpg.Connection):
    """Says the first statement of a transaction together with its BEGIN: one journey to the server for both."""

    __slots__ = ("_first",)

    def begin_with(self, statement: str) -> None:
        """Of the next transaction; it takes no arguments."""
        self._first = statement

    def must_have_said(self) -> None:
        """Raises AssertionError unless the statement went with BEGIN: without it a transaction is no tenant's.

        How the driver begins a transaction is promised to nobody.
        """
        if getattr(self, "_first", ""):
            raise AssertionError("the driver began a transaction in another way: nobody said whose it is")

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109  # theirs
        if query.startswith("BEGIN") and (first := getattr(self, "_first", "")):
            self._first = ""
            query += first
        return await super().execute(query, *args, timeout=timeout)

    def _get_unique_id(self, prefix: str) -> str:
        return f"{super()._get_unique_id(prefix)}{_PROCESS}"  # type: ignore[misc]  # the driver's own


class Database:
    """A pool whose only door is a transaction that has set its organisation.

    pooled: a connection pooler stands between, so nothing but a transaction is sure to stay on one connection.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, pooled: bool = False) -> None:
        self._pool = pool
        self._kept: list[PoolConnectionProxy] = []
        self._keeping = KEPT
        self._awaited = 0
        self.pooled = pooled
        self.begun = 0
        """How many transactions were begun."""

    @asynccontextmanager
    async def transaction(
        self, org_id: OrgId | None, *, one_moment: bool = False, first: str = ""
    ) -> AsyncIterator[Transaction]:
        """One transaction as this organisation: no other's rows can be seen or written, whatever a query forgets.

        None, to find out whose a login, session or link is, sees nobody's rows: there are functions that tell.
        one_moment: every query reads the database as it was at the first one.
        first: a statement without arguments, whose answer nobody wants: it goes out with what begins the transaction.
        Raises StorageUnavailable, from inside the block too.
        """
        async with self._begun(one_moment, f"{_as(org_id)}; {first}") as tx:
            yield tx

    async def finds(self, org_id: OrgId, question: str) -> bool:
        """Whether this organisation has a row that a query without arguments asks for: one journey to the server.

        Statements that are said together are one transaction. Raises StorageUnavailable.
        """
        self.begun += 1
        with our_errors():
            async with self._connection() as connection:
                return await connection.execute(f"{_as(org_id)}; {question}") != "SELECT 0"

    @asynccontextmanager
    async def maintenance(self, *, one_moment: bool = False) -> AsyncIterator[Transaction]:
        """One transaction over every organisation, as the database's owner: to keep it in order, never for a request.

        Raises StorageUnavailable, from inside the block too.
        """
        async with self._begun(one_moment, "SELECT set_config('app.maintenance', 'on', true)") as tx:
            yield tx

    @asynccontextmanager
    async def _begun(self, one_moment: bool, first: str) -> AsyncIterator[Transaction]:
        self.begun += 1
        with our_errors():
            async with self._connection() as connection:
                connection.begin_with(first)  # type: ignore[attr-defined]  # ours, behind the pool's proxy
                async with connection.transaction(isolation="repeatable_read" if one_moment else "read_committed"):
                    connection.must_have_said()  # type: ignore[attr-defined]  # ours too
                    yield connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PoolConnectionProxy]:
        """One that was kept, else of the pool's; where anything went wrong it goes back there to be looked after."""
        connection = await self._kept_one() or await self._pooled_one()
        try:
            yield connection
        except BaseException:
            await self._pool.release(connection)
            raise
        if self._awaited or len(self._kept) >= self._keeping:
            await self._pool.release(connection)
        else:
            self._kept.append(connection)

    async def _kept_one(self) -> PoolConnectionProxy | None:
        while self._kept:
            # In turns: whatever stands between drops a line that is never used.
            connection = self._kept.pop(0)
            if _is_open(connection):
                return connection
            await self._pool.release(connection)
        return None

    async def _pooled_one(self) -> PoolConnectionProxy:
        # Whoever waits in the pool does not see what is kept.
        self._awaited += 1
        try:
            return await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        finally:
            self._awaited -= 1

    async def close(self) -> None:
        """Waits for whoever is in a transaction."""
        self._keeping = 0
        try:
            # It waits for PostgreSQL as well; when it is cut short it drops the connections.
            async with asyncio.timeout(CLOSE_SECONDS):
                while self._kept:
                    await self._pool.release(self._kept.pop())
                await self._pool.close()
        except TimeoutError:
            logger.warning("PostgreSQL does not answer a goodbye; its connections are dropped")
            self._pool.terminate()

    async def tenants(self) -> list[OrgId]:
        """Every organisation at the top of its tree, for what is done to one after the other."""
        async with self.transaction(None) as tx:
            return [OrgId(row["id"]) for row in await tx.fetch("SELECT tenants() AS id")]

    @asynccontextmanager
    async def moment(self) -> AsyncIterator["Moment"]:
        """The database as it is now, for as long as the block lasts, whatever is written meanwhile.

        Raises StorageUnavailable, from inside the block too.
        """
        async with self._begun(True, "SET TRANSACTION READ ONLY") as tx:
            yield Moment(tx)

    async def ready(self) -> bool:
        """Whether PostgreSQL answers now."""
        try:
            async with self.transaction(None) as tx:
                return bool(await tx.fetchval("SELECT true"))
        except StorageUnavailable:
            return False


class Moment(Database):
    """One moment of a database: all its transactions are the same one, which writes nothing."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    @asynccontextmanager
    async def transaction(
        self, org_id: OrgId | None, *, one_moment: bool = False, first: str = ""
    ) -> AsyncIterator[Transaction]:
        await self._tx.execute(SET_ORGANISATION, str(org_id or ""), TENANT)
        if first:
            await self._tx.execute(first)
        yield self._tx

    async def finds(self, org_id: OrgId, question: str) -> bool:
        async with self.transaction(org_id) as tx:
            return await tx.execute(question) != "SELECT 0"

    @asynccontextmanager
    async def maintenance(self, *, one_moment: bool = False) -> AsyncIterator[Transaction]:
        raise AssertionError("what is read at one moment belongs to one organisation")
        yield self._tx


@asynccontextmanager
async def open_database(
    url: str, *, size: int, statement_seconds: float = STATEMENT_SECONDS
) -> AsyncIterator[Database]:
    """Raises DatabaseUnreachable, DatabaseTooOld, DatabaseNotDurable."""
    pooled = False
    try:
        try:
            pool = await _open_pool(url, size, statement_seconds, init=_set_codecs_if_direct)
        except _Pooled:
            pooled = True
            # A statement that was prepared is not there on another connection.
            pool = await _open_pool(url, size, statement_seconds, init=_set_codecs, statement_cache_size=0)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnreachable from error
    database = Database(pool, pooled=pooled)
    try:
        async with pool.acquire() as connection:
            await _check_server(connection)
        yield database
    finally:
        await database.close()


def _is_open(connection: PoolConnectionProxy) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        # It was lost, and the pool has it already.
        return False


async def _open_pool(url: str, size: int, statement_seconds: float, **more: Any) -> "asyncpg.Pool[asyncpg.Record]":
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=statement_seconds,
        timeout=5,
        connection_class=_Connection,
        reset=_nothing_to_undo,
        **more,
    )


def _as(org_id: OrgId | None) -> str:
    """Makes the rest of a transaction this organisation's. Raises ValueError for whatever is no id."""
    return f"SELECT set_config('app.org', '{plain(org_id) if org_id else ''}', true), {AS_TENANT}"


def plain(id_: UUID) -> str:
    """For a statement without arguments, between quotes. Raises ValueError for whatever is no id."""
    return str(UUID(str(id_)))


async def _nothing_to_undo(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """What a transaction sets ends with it, and there is no other door: the driver need not ask for a clean slate."""


async def _set_codecs_if_direct(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Raises _Pooled where another process answers than the one that greeted, before anything is prepared there."""
    pid = connection.get_server_pid()
    if await connection.execute(f"SELECT WHERE pg_backend_pid() = {pid}") == "SELECT 0":
        raise _Pooled
    await _set_codecs(connection)


async def _set_codecs(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    async with connection.transaction():
        await connection.set_type_codec(
            "jsonb", encoder=_encode, decoder=json.loads, schema="pg_catalog", format="text"
        )


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


async def _check_server(connection: Transaction) -> None:
    version = int(await connection.fetchval("SHOW server_version_num")) // 10_000
    if version < OLDEST_POSTGRES:
        raise DatabaseTooOld(f"PostgreSQL {version} found; {OLDEST_POSTGRES} or newer is needed")
    for setting in DURABLE:
        if await connection.fetchval("SELECT current_setting($1)", setting) == "off":
            raise DatabaseNotDurable(f"PostgreSQL runs with {setting} off; turn it on", field=setting, expected="on")
