"""A copy of the database: one moment of it to be dumped, room for it elsewhere, and what must differ there."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from storage.audit import write_audit
from storage.migrate import RESTORING
from storage.pool import Database, Transaction
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.ports import By, Erasure

# Counting and dropping go through everything.
LONG_SECONDS = 3600.0
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of the database that other connections can share by its name, and how many rows each table has."""

    name: str
    migrations: tuple[str, ...]
    counts: Mapping[str, int]


@asynccontextmanager
async def one_moment(database: Database) -> AsyncIterator[Moment]:
    """Stays as it is for as long as the block lasts, whatever is written meanwhile."""
    async with database.maintenance(one_moment=True) as tx:
        name = await tx.fetchval("SELECT pg_export_snapshot()")
        versions = await tx.fetch("SELECT version FROM schema_migrations ORDER BY version")
        yield Moment(name, tuple(row["version"] for row in versions), await _counts(tx))


async def counts(database: Database) -> Mapping[str, int]:
    async with database.maintenance(one_moment=True) as tx:
        return await _counts(tx)


async def _counts(tx: Transaction) -> dict[str, int]:
    """By table; partitions are counted with their whole."""
    tables = await tx.fetch(
        f"""
        SELECT format('%I.%I', n.nspname, c.relname) AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ({SCHEMAS}) ORDER BY 1
        """  # noqa: S608  # constants
    )
    return {
        row["name"]: await tx.fetchval(f"SELECT count(*) FROM {row['name']}", timeout=LONG_SECONDS)  # noqa: S608  # from pg_class
        for row in tables
    }


async def is_empty(database: Database) -> bool:
    """Whether nothing has ever been put into it."""
    async with database.maintenance() as tx:
        return await _is_empty(tx)


async def _is_empty(tx: Transaction) -> bool:
    return not await tx.fetchval(
        f"""
        SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                       WHERE c.relkind IN ('r', 'p') AND n.nspname IN ({SCHEMAS}))
        """  # noqa: S608  # constants
    )


async def erasures_so_far(database: Database) -> list[Erasure]:
    """Who has been erased from it, also when it is of an older version, or of nothing we know."""
    try:
        async with database.maintenance() as tx:
            rows = await tx.fetch("SELECT org_id, person_id, at FROM erasure")
    except asyncpg.UndefinedTableError:
        return []
    return [Erasure(OrgId(row["org_id"]), PersonId(row["person_id"]), row["at"]) for row in rows]


async def make_room(database: Database) -> None:
    """Takes everything away that it holds; until `settle` nobody is served from it (migrate.py)."""
    async with database.maintenance() as tx:
        if not await _is_empty(tx):
            names = ", ".join(f'"{row["nspname"]}"' for row in await tx.fetch(SCHEMAS))
            await tx.execute(f"DROP SCHEMA {names} CASCADE", timeout=LONG_SECONDS)
            await tx.execute("CREATE SCHEMA public")
        await tx.execute(f"CREATE SCHEMA IF NOT EXISTS {RESTORING}")


async def settle(database: Database, *, at: datetime, by: By) -> int:
    """What a restored database must not share with the one it was copied from; returns how many shows it has.

    Every stage log gets another epoch, so that whoever watches starts over; nobody stays signed in; each organisation's
    audit says that it was restored. From then on it may be served from.
    """
    async with database.maintenance() as tx:
        shows = [row["id"] for row in await tx.fetch("SELECT id FROM broadcast")]
        await tx.executemany(
            "UPDATE broadcast SET epoch = $2 WHERE id = $1", [(show, secrets.token_hex(4)) for show in shows]
        )
        await tx.execute("UPDATE session SET revoked_at = $1 WHERE revoked_at IS NULL", at)
        for row in await tx.fetch("SELECT id FROM organisation WHERE parent_id IS NULL ORDER BY id"):
            await write_audit(
                tx, row["id"], by=by, action="restore", subject="database", purpose=None, detail={}, at=at
            )
        await tx.execute(f"DROP SCHEMA IF EXISTS {RESTORING}")
    return len(shows)
