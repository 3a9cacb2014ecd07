"""Which master key wraps: the database says so, and nobody goes on with the one before once it was replaced."""

import asyncio
from contextlib import suppress

import asyncpg

from storage.pool import Database, Transaction
from storage.vault import Vault
from stream_jobs.domain.errors import KeysMismatch, StorageUnavailable
from stream_jobs.keys import Keys

# Another lock than those of places.py and sealed.py.
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended('wrapping', 2))"
# Who shares the lock queues up behind who waits to have it alone: an applicant behind a rotation behind a long list.
WAIT_MILLISECONDS = 200
PAUSE_SECONDS = 1.0
TRIES = 600
REPLACED_ELSEWHERE = "Another machine has replaced the master key: bring its keys folder here, then run this again"


async def share_wrapping(tx: Transaction, vault: Vault) -> int:
    """The version that wraps until the transaction ends; to be asked for before any row is locked.

    Raises StorageUnavailable where the keys folder lacks it.
    """
    return vault.version_of(await tx.fetchval("SELECT share_wrapping()"))


async def wrap_with(database: Database, keys: Keys) -> None:
    """From now on the newest of these wraps: what was wrapped with another is committed, and none will be.

    Nobody who applies meanwhile waits longer than a fifth of a second for this. Raises StorageUnavailable where
    somebody was wrapping at every look, and KeysMismatch where a key wraps that is not among these: another machine's.
    """
    for _ in range(TRIES):
        with suppress(asyncpg.LockNotAvailableError):
            await _wrap_with(database, keys)
            return
        await asyncio.sleep(PAUSE_SECONDS)
    raise StorageUnavailable(retry_after_seconds=60)


async def _wrap_with(database: Database, keys: Keys) -> None:
    """Raises LockNotAvailableError, KeysMismatch."""
    async with database.maintenance() as tx:
        await tx.execute(f"SET LOCAL lock_timeout = {WAIT_MILLISECONDS}")
        await tx.execute(_HOLD)
        if not await tx.fetchval(
            """
            INSERT INTO installation (keys_fingerprint) VALUES ($1)
            ON CONFLICT (one) DO UPDATE SET keys_fingerprint = excluded.keys_fingerprint
                WHERE installation.keys_fingerprint = ANY($2::bytea[])
            RETURNING true
            """,
            keys.fingerprint,
            list(keys.fingerprints.values()),
        ):
            raise KeysMismatch(REPLACED_ELSEWHERE, field="keys")
