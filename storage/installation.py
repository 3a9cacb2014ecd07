"""Which keys a database was written with."""

from storage.pool import Database
from stream_jobs.domain.errors import KeysMismatch
from stream_jobs.keys import Keys


async def claim(database: Database, keys: Keys) -> None:
    """Remembers the keys of an empty database. Raises KeysMismatch when it was written with others."""
    async with database.maintenance() as tx:
        await tx.execute(
            "INSERT INTO installation (keys_fingerprint) VALUES ($1) ON CONFLICT DO NOTHING", keys.fingerprint
        )
        if await tx.fetchval("SELECT keys_fingerprint FROM installation") not in keys.fingerprints.values():
            raise KeysMismatch
