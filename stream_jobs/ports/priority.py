"""The priority groups that people said to belong to."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.domain.priority import Priority, PriorityConsent


class Priorities(Protocol):
    async def consent(self, org_id: OrgId) -> PriorityConsent:
        """As it is agreed to now."""

    async def declared(self, org_id: OrgId, person_id: PersonId) -> frozenset[Priority]: ...

    async def declare(
        self, org_id: OrgId, person_id: PersonId, groups: Collection[Priority], consent: PriorityConsent, at: datetime
    ) -> None:
        """These and no others, with this consent. Raises PersonNotFound."""

    async def take_back(self, org_id: OrgId, person_id: PersonId) -> None:
        """Nothing of it is kept, and it counts nowhere any more; doing it again changes nothing."""
