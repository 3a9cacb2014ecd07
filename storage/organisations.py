"""Organisations: the tenants and what is below them."""

from datetime import datetime

from storage.pool import Database
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports import NewOrganisation


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
