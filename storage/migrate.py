"""Applies the numbered SQL files, forward only, under an advisory lock; dbmate reads the same files."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from storage.pool import our_errors
from stream_jobs.domain.errors import DatabaseNotMigrated, DatabaseUnreachable, MigrationFailed

# Any number will do, as long as every version of the server takes the same one.
LOCK = 0x5745_414D
# A table of a file that came later is walled as well.
RAISE_WALLS = "DO $$ BEGIN IF to_regproc('raise_walls') IS NOT NULL THEN PERFORM raise_walls(); END IF; END $$"


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


async def migrate(url: str) -> list[str]:
    """Applies what is missing and returns the names; raises MigrationFailed, and then that one changed nothing."""
    with our_errors():
        connection = await _connect(url)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            applied = await _applied(connection)
            behind = [m for m in migrations() if m.version not in applied]
            # Those that write rows see every organisation's.
            await connection.execute("SELECT set_config('app.maintenance', 'on', false)")
            for migration in behind:
                await _apply(connection, migration)
            if behind:
                await connection.execute(RAISE_WALLS)
            return [m.name for m in behind]
        finally:
            await connection.close()


async def missing(url: str) -> list[str]:
    """The names of what `migrate` would apply."""
    with our_errors():
        connection = await _connect(url)
        try:
            applied = await _applied(connection)
        finally:
            await connection.close()
    return [m.name for m in migrations() if m.version not in applied]


async def check_migrated(url: str) -> None:
    """Raises DatabaseNotMigrated when the database is behind, or ahead, or differs from these files."""
    with our_errors():
        connection = await _connect(url)
        try:
            applied = await _applied(connection)
        finally:
            await connection.close()
    if applied != {m.version: m.checksum for m in migrations()}:
        raise DatabaseNotMigrated


async def _connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnreachable from error


def _read(name: str, text: str) -> Migration:
    up = text.partition("-- migrate:up")[2].partition("-- migrate:down")[0]
    return Migration(name.partition("_")[0], name, up, hashlib.sha256(up.encode()).digest())


async def _applied(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, bytes]:
    await connection.execute(
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) PRIMARY KEY, checksum bytea)
        """
    )
    rows = await connection.fetch("SELECT version, checksum FROM schema_migrations ORDER BY version")
    return {row["version"]: row["checksum"] for row in rows}


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.up)
            await connection.execute(
                "INSERT INTO schema_migrations (version, checksum) VALUES ($1, $2)",
                migration.version,
                migration.checksum,
            )
    except asyncpg.PostgresError as error:
        raise MigrationFailed(f"{migration.name} failed and was rolled back: {error.sqlstate} {error}") from error
