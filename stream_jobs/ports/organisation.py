"""The organisation itself: what its shows, consents and notices say of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import OrgId
from stream_jobs.domain.units import UnitKind
from stream_jobs.ports.bus import By


class OrganisationBody(Body):
    """keeper_contact: how to reach who keeps applicants' data; the service phone stands in for it.

    privacy_notice: its own words beside what every show says about data.
    """

    name: str
    kind: UnitKind
    service_phone: str | None = None
    keeper_contact: str | None = None
    privacy_notice: str | None = None


class NoticeBody(Body):
    """How to reach who keeps what applicants give, and what they say about it in their own words."""

    keeper_contact: str | None = None
    notice: str | None = None


class Organisations(Protocol):
    async def read(self, org_id: OrgId) -> OrganisationBody: ...

    async def change(self, org_id: OrgId, changes: Mapping[str, object], *, by: By, at: datetime) -> None:
        """What is left out stays. Audited by the names of the fields. Raises NameTaken."""
