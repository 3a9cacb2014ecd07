"""So many applications of one employer that no search opens them all, without the time that applying takes."""

from datetime import datetime

from storage.followed import OPENED_AT_MOST
from storage.pool import Database
from storage.vault import Vault
from stream_jobs.domain.ids import EmployerId
from stream_jobs.keys import Keys

CROWD = OPENED_AT_MOST + 1


async def a_crowd(database: Database, keys: Keys, employer: EmployerId, name: str, at: datetime) -> None:
    """Of erased people, where this employer has an application already; their hashes are still those of the name."""
    grams = Vault(keys).grams.of_application(employer, name, "+8613800009999")
    async with database.maintenance() as tx:
        await tx.execute(_CROWD, employer, CROWD, at, grams)


_CROWD = """
    WITH one AS (
        SELECT org_id, broadcast_id, job_id, card_id FROM application WHERE employer_id = $1 LIMIT 1
    ), someone AS (
        INSERT INTO person (id, org_id, phone_hmac, created_at)
        SELECT s.id, one.org_id, uuid_send(s.id), $3
        FROM one, (SELECT gen_random_uuid() AS id FROM generate_series(1, $2)) AS s RETURNING id
    ), applied AS (
        INSERT INTO application (id, org_id, broadcast_id, job_id, card_id, employer_id, person_id, viewer_id, number,
            first_channel_id, last_channel_id, state, at)
        SELECT s.id, one.org_id, one.broadcast_id, one.job_id, one.card_id, $1, s.id, s.id,
            100000 + row_number() OVER (), s.id, s.id, 'applied', $3
        FROM someone s, one RETURNING id, org_id
    )
    INSERT INTO vault.application (application_id, org_id, person_id, grams)
    SELECT id, org_id, id, $4::int4[] FROM applied
"""
