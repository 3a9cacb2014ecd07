"""Organisations: the tenants, and what each says of itself."""

from collections.abc import Mapping
from datetime import datetime

from storage.audit import write_audit
from storage.pool import Database, Transaction
from stream_jobs.domain.ids import OrgId
from stream_jobs.domain.programme import NameTaken
from stream_jobs.ports import By, NewOrganisation
from stream_jobs.ports.organisation import OrganisationBody

CHANGEABLE = ("name", "kind", "service_phone", "keeper_contact", "privacy_notice")


class OrganisationStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, organisation: NewOrganisation, at: datetime) -> None:
        async with self._database.transaction(organisation.id) as tx:
            await tx.execute(
                """
                INSERT INTO organisation
                    (id, top_id, kind, name, service_phone, keeper_contact, privacy_notice, created_at)
                VALUES ($1, $1, $2, $3, $4, $5, $6, $7)
                """,
                organisation.id,
                organisation.kind,
                organisation.name,
                organisation.service_phone,
                organisation.keeper_contact,
                organisation.privacy_notice,
                at,
            )

    async def named(self, name: str) -> OrgId | None:
        """The top-level organisation of that name."""
        async with self._database.transaction(None) as tx:
            id_ = await tx.fetchval("SELECT tenant_named($1)", name)
        return OrgId(id_) if id_ else None

    async def read(self, org_id: OrgId) -> OrganisationBody:
        async with self._database.transaction(org_id) as tx:
            return await _read(tx, org_id)

    async def change(self, org_id: OrgId, changes: Mapping[str, object], *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            # One after the other: what somebody else changed meanwhile is not put back.
            await tx.execute("SELECT FROM organisation WHERE id = $1 FOR NO KEY UPDATE", org_id)
            after = (await _read(tx, org_id)).model_copy(update=dict(changes))
            if "name" in changes:
                await _must_be_free(tx, org_id, after.name)
            await tx.execute(
                """
                UPDATE organisation
                SET name = $2, kind = $3, service_phone = $4, keeper_contact = $5, privacy_notice = $6 WHERE id = $1
                """,
                org_id,
                *(getattr(after, column) for column in CHANGEABLE),
            )
            # A contact may be somebody's own name and number: which fields were changed is told, not to what.
            detail = {"changed": sorted(changes)}
            await write_audit(
                tx,
                org_id,
                by=by,
                action="organisation_changed",
                subject=str(org_id),
                purpose="organisation",
                detail=detail,
                at=at,
            )


async def _read(tx: Transaction, org_id: OrgId) -> OrganisationBody:
    row = await tx.fetchrow(
        """
        SELECT name, kind, service_phone, keeper_contact, privacy_notice FROM organisation
        WHERE id = $1 AND parent_id IS NULL
        """,
        org_id,
    )
    if row is None:
        raise AssertionError("whoever asks belongs to an organisation")
    return OrganisationBody.model_validate(dict(row.items()))


async def _must_be_free(tx: Transaction, org_id: OrgId, name: str) -> None:
    """Neither a unit of its own has that name, nor another organisation: create-account finds them by it."""
    own = await tx.fetchval("SELECT id FROM organisation WHERE top_id = $1 AND name = $2 AND id <> $1", org_id, name)
    if own or await tx.fetchval("SELECT tenant_named($1)", name) not in (None, org_id):
        raise NameTaken(field="name")
