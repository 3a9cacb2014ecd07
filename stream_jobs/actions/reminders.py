"""Reminding employers of lists they have not collected."""

from collections.abc import Collection, Sequence

from stream_jobs.domain.errors import NoGateway
from stream_jobs.domain.ids import BroadcastId, EmployerId, OrgId
from stream_jobs.ports import By, Clock
from stream_jobs.ports.notices import Notices
from stream_jobs.ports.reminders import Reminders, UncollectedList


class ReminderActions:
    def __init__(self, reminders: Reminders, notices: Notices, clock: Clock) -> None:
        self._reminders = reminders
        self._notices = notices
        self._clock = clock

    @property
    def can_send(self) -> bool:
        """Whether there is a gateway; without one, the texts are there to copy."""
        return self._notices.reaches_phones

    async def uncollected(self, org: OrgId, broadcast: BroadcastId) -> Sequence[UncollectedList]:
        """Employers whose list nobody collected, with the text of a reminder and when the last one went."""
        return await self._reminders.uncollected(org, broadcast)

    async def remind(self, org: OrgId, broadcast: BroadcastId, employers: Collection[EmployerId], by: By) -> int:
        """Has them told in the background; returns how many. Raises NoGateway."""
        if not self.can_send:
            raise NoGateway
        return await self._reminders.ask(org, broadcast, employers, by=by, at=self._clock())
