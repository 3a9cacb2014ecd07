"""Policy notices: who gets what, and how to claim it."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime

from storage.pool import Database, Transaction
from storage.tray_changes import take_out_of_trays, tell_trays
from stream_jobs.domain.ids import BroadcastId, OrgId, PolicyId
from stream_jobs.domain.programme import PolicyNotFound
from stream_jobs.ports import By, PolicyFacts, PolicyRow


class PolicyStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, org_id: OrgId) -> Sequence[PolicyRow]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT p.id, p.title, p.who, p.how_much, p.how_to_claim, p.phone,
                    (SELECT count(*) FROM card c WHERE c.policy_id = p.id) AS shows
                FROM policy p WHERE p.org_id = $1 AND p.removed_at IS NULL ORDER BY p.created_at, p.id
                """,
                org_id,
            )
        return [PolicyRow(**dict(row.items())) for row in rows]

    async def edit(
        self, org_id: OrgId, policy_id: PolicyId, facts: PolicyFacts, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            await _locked(tx, org_id, policy_id)
            await tx.execute(
                """
                UPDATE policy SET title = $3, who = $4, how_much = $5, how_to_claim = $6, phone = $7, changed_at = $2
                WHERE id = $1
                """,
                policy_id,
                at,
                *astuple(facts),
            )
            return await tell_trays(tx, org_id, "policy", [policy_id], at=at, by=by)

    async def remove(self, org_id: OrgId, policy_id: PolicyId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            await _locked(tx, org_id, policy_id)
            await tx.execute("UPDATE policy SET removed_at = $2 WHERE id = $1", policy_id, at)
            return await take_out_of_trays(tx, org_id, "policy", [policy_id], at=at, by=by)


async def _locked(tx: Transaction, org_id: OrgId, policy_id: PolicyId) -> None:
    found = await tx.fetchval(
        "SELECT id FROM policy WHERE id = $1 AND org_id = $2 AND removed_at IS NULL FOR NO KEY UPDATE",
        policy_id,
        org_id,
    )
    if found is None:
        raise PolicyNotFound
