"""Telling employers' contacts what waits for them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, EmployerId, NoticeId, OrgId
from stream_jobs.ports.bus import By
from stream_jobs.ports.notices import Notices


class ReminderBody(Body):
    """The newest message about a list; sent_at: when the gateway took it; failure: why it did not, so far."""

    by: str
    asked_at: datetime
    sent_at: datetime | None
    failure: str | None


class UncollectedList(Body):
    """An employer with applications that it has not been given, and has no account to see them with.

    mobile: whether its contact has a number that a message can go to; text: the message, to copy.
    """

    employer_id: EmployerId
    employer: str
    people: int
    contact: str | None
    contact_phone: str | None
    mobile: bool
    text: str
    last: ReminderBody | None


class Reminders(Protocol):
    async def uncollected(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[UncollectedList]:
        """Most people first. Raises BroadcastNotFound."""

    async def ask(
        self, org_id: OrgId, broadcast_id: BroadcastId, employers: Collection[EmployerId], *, by: By, at: datetime
    ) -> int:
        """Has those of them told who can be, and were not within the last hour; returns how many."""

    async def ask_due(self, at: datetime) -> int:
        """The same for every employer with people due: nobody called them for a day, or the day to do so has come.

        At most once a day each; returns how many.
        """

    async def deliver(self, org_id: OrgId, notice_id: NoticeId, notices: Notices, at: datetime) -> None:
        """Sends it once; what the gateway refuses is written down. Raises NoticesUnavailable."""
