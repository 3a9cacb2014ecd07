"""Priority groups that applicants said to belong to: kept so that only this installation knows which, and counted."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from storage.keeper import Moving
from storage.locking import hold_people
from storage.pool import Database, Transaction
from storage.priority_tags import PriorityTags
from stream_jobs.domain.errors import PersonNotFound
from stream_jobs.domain.ids import BroadcastId, OrgId, PersonId
from stream_jobs.domain.priority import Priority, PriorityConsent, consent_to_count

if TYPE_CHECKING:
    from storage.vault import Vault

# Of whom nothing was erased, and those who were.
COUNT = """
    SELECT priority, sum(people)::bigint AS people FROM (
        SELECT priority, count(DISTINCT p.counted_as) AS people
        FROM application p JOIN vault.priority_group g ON g.person_id = p.person_id
        CROSS JOIN unnest(g.groups) AS priority
        WHERE p.broadcast_id = $1 GROUP BY priority
        UNION ALL
        SELECT priority, people FROM priority_group_left WHERE broadcast_id = $1
    ) AS said GROUP BY priority
"""

# Sorted, like all sums: two who are erased at once never wait for each other.
LEAVE = """
    INSERT INTO priority_group_left (broadcast_id, priority, org_id, people)
    SELECT p.broadcast_id, priority, $2, count(DISTINCT p.counted_as)
    FROM application p JOIN vault.priority_group g ON g.person_id = p.person_id
    CROSS JOIN unnest(g.groups) AS priority
    WHERE p.person_id = $1 AND p.org_id = $2 GROUP BY p.broadcast_id, priority ORDER BY p.broadcast_id, priority
    ON CONFLICT (broadcast_id, priority) DO UPDATE SET people = priority_group_left.people + excluded.people
"""


class PriorityStore:
    def __init__(self, database: Database, vault: "Vault") -> None:
        self._database = database
        self._tags = vault.priorities

    async def consent(self, org_id: OrgId) -> PriorityConsent:
        async with self._database.transaction(org_id) as tx:
            return consent_to_count(await tx.fetchval("SELECT name FROM organisation WHERE id = $1", org_id))

    async def declared(self, org_id: OrgId, person_id: PersonId) -> frozenset[Priority]:
        async with self._database.transaction(org_id) as tx:
            return await declared(tx, self._tags, org_id, person_id)

    async def declare(
        self, org_id: OrgId, person_id: PersonId, groups: Collection[Priority], consent: PriorityConsent, at: datetime
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await hold_people(tx, [person_id])
            if not await tx.fetchval("SELECT true FROM keys.person_key WHERE person_id = $1", person_id):
                raise PersonNotFound
            sha256 = bytes.fromhex(consent.sha256)
            await tx.execute(
                "INSERT INTO consent_text (sha256, text) VALUES ($1, $2) ON CONFLICT DO NOTHING", sha256, consent.text
            )
            await tx.execute(
                """
                INSERT INTO vault.priority_group (person_id, org_id, groups, text_sha256, at)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (person_id) DO UPDATE
                SET groups = excluded.groups, text_sha256 = excluded.text_sha256, at = excluded.at
                """,
                person_id,
                org_id,
                self._tags.tags(org_id, groups),
                sha256,
                at,
            )

    async def take_back(self, org_id: OrgId, person_id: PersonId) -> None:
        async with self._database.transaction(org_id) as tx:
            await hold_people(tx, [person_id])
            await _delete(tx, org_id, person_id)


async def declared(tx: Transaction, tags: PriorityTags, org_id: OrgId, person_id: PersonId) -> frozenset[Priority]:
    found = await tx.fetchval(
        "SELECT groups FROM vault.priority_group WHERE person_id = $1 AND org_id = $2", person_id, org_id
    )
    return tags.groups(org_id, found or ())


async def forget(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
    """How many there were stays, and not who."""
    await tx.execute(LEAVE, person_id, org_id)
    await _delete(tx, org_id, person_id)


async def move(tx: Transaction, org_id: OrgId, moving: Moving) -> None:
    """What either of the two said, with the newer consent."""
    await tx.execute(
        """
        INSERT INTO vault.priority_group (person_id, org_id, groups, text_sha256, at)
        SELECT $2, org_id, groups, text_sha256, at FROM vault.priority_group WHERE person_id = $1 AND org_id = $3
        ON CONFLICT (person_id) DO UPDATE SET
            groups = ARRAY(SELECT unnest(priority_group.groups) UNION SELECT unnest(excluded.groups) ORDER BY 1),
            text_sha256 = CASE WHEN excluded.at > priority_group.at THEN excluded.text_sha256
                ELSE priority_group.text_sha256 END,
            at = greatest(priority_group.at, excluded.at)
        """,
        moving.old,
        moving.new,
        org_id,
    )
    await _delete(tx, org_id, moving.old)


async def _delete(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
    await tx.execute("DELETE FROM vault.priority_group WHERE person_id = $1 AND org_id = $2", person_id, org_id)


async def priority_people(
    tx: Transaction, tags: PriorityTags, org_id: OrgId, broadcast_id: BroadcastId
) -> Mapping[Priority, int]:
    """How many of a show's applicants said that they belong to each group, those erased since included."""
    rows = {row["priority"]: row["people"] for row in await tx.fetch(COUNT, broadcast_id)}
    return {one: rows.get(tag, 0) for one, tag in tags.of_tenant(org_id).items()}
