"""Erasing a person."""

from datetime import datetime
from typing import Protocol

from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.ports.bus import By
from stream_jobs.ports.person import WhyErased


class Erasing(Protocol):
    async def erase_person(
        self, org_id: OrgId, person_id: PersonId, *, by: By, reason: WhyErased, at: datetime
    ) -> None:
        """Unreadable at once, everywhere; statistics stay. Doing it again changes nothing."""
