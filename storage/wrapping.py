"""Which master key wraps: the database says so, and nobody goes on with the one before once it was replaced."""

from storage.pool import Database, Transaction
from storage.vault import Vault
from stream_jobs.keys import Keys

# Another lock than those of places.py and sealed.py.
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended('wrapping', 2))"


async def share_wrapping(tx: Transaction, vault: Vault) -> int:
    """The version that wraps until the transaction ends; to be asked for before any row is locked.

    Raises StorageUnavailable where the keys folder lacks it.
    """
    return vault.version_of(await tx.fetchval("SELECT share_wrapping()"))


async def wrap_with(database: Database, keys: Keys) -> None:
    """From now on the newest of these wraps: what was wrapped with another is committed, and none will be."""
    async with database.maintenance() as tx:
        await tx.execute(_HOLD)
        await tx.execute(
            """
            INSERT INTO installation (keys_fingerprint) VALUES ($1)
            ON CONFLICT (one) DO UPDATE SET keys_fingerprint = excluded.keys_fingerprint
            """,
            keys.fingerprint,
        )
