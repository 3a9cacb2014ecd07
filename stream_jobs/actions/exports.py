"""Taking lists of applications out of the system: masked unless a purpose is given, recorded, and gone after a day."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from stream_jobs.domain.ids import ExportId, OrgId
from stream_jobs.ports import By, Clock
from stream_jobs.ports.exports import ExportBody, Exports, ExportWanted, ReportsWanted

KEPT_FOR = timedelta(hours=24)


class ExportActions:
    def __init__(self, exports: Exports, clock: Clock) -> None:
        self._exports = exports
        self._clock = clock

    async def ask(self, org: OrgId, wanted: ExportWanted, by: By) -> ExportBody:
        """Has it written in the background; see `Exports.ask`."""
        now = self._clock()
        return await self._exports.ask(org, wanted, by=by, at=now, expires_at=now + KEPT_FOR)

    async def ask_reports(self, org: OrgId, wanted: ReportsWanted, by: By) -> ExportBody:
        """Has the reports of several shows written in the background; see `Exports.ask_reports`."""
        now = self._clock()
        return await self._exports.ask_reports(org, wanted, by=by, at=now, expires_at=now + KEPT_FOR)

    async def listed(self, org: OrgId, by: By) -> Sequence[ExportBody]:
        """Those this account asked for, newest first."""
        return await self._exports.listed(org, by, self._clock())

    async def fetch(self, org: OrgId, export: ExportId, by: By) -> tuple[ExportBody, AsyncIterator[bytes]]:
        """Its bytes, for the account that asked for it alone. Raises ExportNotFound, ExportNotReady."""
        return await self._exports.fetch(org, export, by=by, at=self._clock())

    async def again(self, org: OrgId, export: ExportId, by: By) -> ExportBody:
        """Has one that failed written anew; doing it again changes nothing. Raises ExportNotFound."""
        now = self._clock()
        return await self._exports.again(org, export, by=by, at=now, expires_at=now + KEPT_FOR)

    async def destroy(self, org: OrgId, export: ExportId, by: By) -> None:
        """Nobody can read it any more. Raises ExportNotFound."""
        await self._exports.destroy(org, export, by=by, at=self._clock())
