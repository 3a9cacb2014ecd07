"""Applies the numbered SQL files, forward only, under an advisory lock; dbmate reads the same files."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from storage.pool import our_errors
from stream_jobs.domain.errors import (
    DatabaseNotMigrated,
    DatabaseUnreachable,
    MigrationFailed,
    RestoreUnfinished,
)

# Any number will do, as long as every version of the server takes the same one.
LOCK = 0x5745_414D
# A table of a file that came later is walled as well.
RAISE_WALLS = "DO $$ BEGIN IF to_regproc('raise_walls') IS NOT NULL THEN PERFORM raise_walls(); END IF; END $$"
# A schema that is there while a restore is under way: no dump has it, none collides with it.
RESTORING = "restore_unfinished"
# Whether a table of organisations stands outside, where there are walls at all.
UNWALLED = """
    SELECT to_regproc('raise_walls') IS NOT NULL AND EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('org_id', 'top_id') AND NOT a.attisdropped
        WHERE n.nspname IN ('public', 'vault', 'keys') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND NOT (c.relrowsecurity AND EXISTS (
                SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant')))
"""


@dataclass(frozen=True, slots=True)
class Migration:
    version: str
    name: str
    up: str
    checksum: bytes


def migrations() -> list[Migration]:
    """All of them, in order."""
    found = [path for path in files("storage").joinpath("migrations").iterdir() if path.name.endswith(".sql")]
    return [_read(path.name, path.read_text("utf-8")) for path in sorted(found, key=lambda path: path.name)]


async def migrate(url: str, *, restoring: bool = False) -> list[str]:
    """Applies what is missing and returns the names; raises MigrationFailed, and then that one changed nothing.

    Every table of organisations is behind its wall afterwards, whatever the database was found like. Raises
    RestoreUnfinished, as all here do, unless it is the restore that asks (restoring).
    """
    done: list[str] = []
    async with _connected(url, restoring=restoring) as connection:
        ours = migrations()
        while name := await _apply_next(connection, ours):
            done.append(name)
        async with _alone(connection):
            if await connection.fetchval(UNWALLED):
                await connection.execute(RAISE_WALLS)
    return done


async def missing(url: str) -> list[str]:
    """The names of what `migrate` would apply."""
    async with _connected(url) as connection:
        applied = await _applied(connection)
    return [m.name for m in migrations() if m.version not in applied]


async def check_migrated(url: str) -> None:
    """Raises DatabaseNotMigrated when the database is behind, or ahead, or differs from these files, or lacks walls."""
    async with _connected(url) as connection:
        applied, unwalled = await _applied(connection), await connection.fetchval(UNWALLED)
    if unwalled or applied != {m.version: m.checksum for m in migrations()}:
        raise DatabaseNotMigrated


@asynccontextmanager
async def _connected(url: str, *, restoring: bool = False) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Raises RestoreUnfinished where a restore ended before its time: who was erased may be there again."""
    with our_errors():
        connection = await _connect(url)
        try:
            if not restoring and await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", RESTORING):
                raise RestoreUnfinished
            yield connection
        finally:
            await connection.close()


async def _connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        # Each is said once, and behind a connection pooler nothing that was prepared is there the next time.
        return await asyncpg.connect(url, timeout=5, statement_cache_size=0)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnreachable from error


@asynccontextmanager
async def _alone(connection: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[None]:
    """One transaction of whoever migrates, over every organisation's rows.

    The lock and the right end with it: behind a connection pooler another may get this connection next.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        await connection.execute("SELECT set_config('app.maintenance', 'on', true)")
        yield


def _read(name: str, text: str) -> Migration:
    up = text.partition("-- migrate:up")[2].partition("-- migrate:down")[0]
    return Migration(name.partition("_")[0], name, up, hashlib.sha256(up.encode()).digest())


async def _applied(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, bytes]:
    """None of a database in which nothing was ever made."""
    if await connection.fetchval("SELECT to_regclass('schema_migrations') IS NULL"):
        return {}
    rows = await connection.fetch("SELECT version, checksum FROM schema_migrations ORDER BY version")
    return {row["version"]: row["checksum"] for row in rows}


async def _apply_next(connection: "asyncpg.Connection[asyncpg.Record]", ours: Sequence[Migration]) -> str | None:
    """Its name; None when all are applied."""
    async with _alone(connection):
        await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) PRIMARY KEY, checksum bytea)
            """
        )
        applied = await _applied(connection)
        behind = next((migration for migration in ours if migration.version not in applied), None)
        if behind is None:
            return None
        try:
            await connection.execute(behind.up)
            if behind is ours[-1]:
                # With it, so that no database is ever at this version and open.
                await connection.execute(RAISE_WALLS)
            await connection.execute(
                "INSERT INTO schema_migrations (version, checksum) VALUES ($1, $2)", behind.version, behind.checksum
            )
        except asyncpg.PostgresError as error:
            raise MigrationFailed(f"{behind.name} failed and was rolled back: {error.sqlstate} {error}") from error
    return behind.name
