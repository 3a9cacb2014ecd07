"""An applicant's own page: what their device did, and what is kept of whom."""

from datetime import datetime
from typing import Protocol

from pydantic import Field

from stream_jobs.domain.events import Body
from stream_jobs.domain.following import Told
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, PersonId, ViewerId
from stream_jobs.domain.priority import Priority, PriorityConsent, PriorityName


class OwnApplication(Body):
    """With a proven number as it stands; else as this device was told, and no more."""

    application_id: ApplicationId
    person: str = Field(description="Which of the people it is for")
    broadcast_id: BroadcastId
    broadcast: str
    card_label: str
    job_title: str
    employer: str
    number: str
    state: Told
    at: datetime
    recorded_by_staff: bool = False


class OwnPerson(Body):
    """Somebody this device applied for, or whose number it has proven."""

    ref: str = Field(description="Names this person to this device alone")
    name: str | None = Field(description="In full when the number is proven, else surname and stars")
    phone: str = Field(description="In full when the number is proven, else masked")
    verified: bool


class MyPage(Body):
    """Newest application first. asks_groups: whoever has proven their number may say to which groups they belong."""

    organiser: str
    keeper_contact: str | None = None
    asks_groups: bool = False
    people: tuple[OwnPerson, ...]
    applications: tuple[OwnApplication, ...]


class MyGroups(Body):
    """Which groups are asked about, which this person said to belong to, and what is agreed to with it."""

    asked: tuple[PriorityName, ...]
    said: tuple[Priority, ...]
    consent: PriorityConsent


class MyPages(Protocol):
    """Raises ApplicationNotFound or PersonNotFound for what is not this device's."""

    async def page(self, org_id: OrgId, viewer_id: ViewerId, at: datetime) -> MyPage: ...

    async def last_show(self, org_id: OrgId, viewer_id: ViewerId) -> tuple[BroadcastId, datetime] | None:
        """Where this device applied last, and when."""

    async def withdraw(
        self, org_id: OrgId, viewer_id: ViewerId, application_id: ApplicationId, at: datetime
    ) -> tuple[BroadcastId, datetime]:
        """Where it was made and when it was withdrawn; doing it again changes nothing."""

    async def person(self, org_id: OrgId, viewer_id: ViewerId, ref: str, at: datetime) -> tuple[PersonId, bool]:
        """Who that is, and whether this device has proven their number."""

    async def has_verified(self, org_id: OrgId, viewer_id: ViewerId, phone: str, at: datetime) -> bool:
        """Whether this device has proven to hold this phone (E.164)."""

    async def forget_here(
        self, org_id: OrgId, viewer_id: ViewerId, person_id: PersonId, at: datetime
    ) -> tuple[BroadcastId, ...]:
        """Takes back what this device did for this person and deletes what it typed; where that was.

        What other devices or staff recorded stays, and this device is not told whether there is any.
        """
