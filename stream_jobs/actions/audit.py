"""Reading what was done with the data of an organisation."""

from stream_jobs.domain.ids import OrgId
from stream_jobs.ports.audit import Audit, AuditEntry, AuditFilter


class AuditActions:
    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def listed(
        self, org: OrgId, wanted: AuditFilter, *, before: int | None, limit: int
    ) -> tuple[AuditEntry, ...]:
        """The newest first, those before a number where one is given."""
        return await self._audit.listed(org, wanted, before=before, limit=limit)
