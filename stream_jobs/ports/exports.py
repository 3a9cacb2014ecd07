"""Lists of applications taken out of the system: asked for, written in the background, fetched, gone after a day."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, EmployerId, ExportId, OrgId
from stream_jobs.ports.bus import By
from stream_jobs.ports.reports import Report


class ExportFormat(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"


class ExportScope(StrEnum):
    """This show's applications, those of all shows of its series, or all there are; rehearsals only by themselves."""

    BROADCAST = "broadcast"
    SERIES = "series"
    EVERYTHING = "everything"


class ExportState(StrEnum):
    WAITING = "waiting"
    WRITING = "writing"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class ExportWanted:
    """purpose: why names and numbers are to stand in it in full; None: masked."""

    broadcast_id: BroadcastId
    scope: ExportScope
    employer_id: EmployerId | None
    format: ExportFormat
    purpose: str | None
    language: Literal["zh-CN", "en"]


@dataclass(frozen=True, slots=True)
class ReportsWanted:
    """The reports of a series' shows, or of these days'; the language is the file's."""

    series: str | None
    since: date
    until: date
    format: ExportFormat
    language: Literal["zh-CN", "en"]


class ExportBody(Body):
    """An export as whoever asked for it sees it; title: the show or series, null for everything, or for days.

    rows: of applications, or of shows whose reports it holds.
    """

    id: ExportId
    title: str | None
    employer: str | None
    format: ExportFormat
    purpose: str | None
    state: ExportState
    rows_done: int
    rows_total: int | None
    bytes: int | None
    failure: str | None
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime
    what: Literal["applications", "reports"] = "applications"
    since: date | None = None
    until: date | None = None


class ExportLine(NamedTuple):
    """One application, masked unless the export may show it in full; in clear: never to be logged or kept."""

    broadcast: str
    starts_at: datetime
    number: str
    name: str
    phone: str
    card: str
    job: str
    employer: str
    channel: str | None
    state: str
    at: datetime
    recorded_by: str | None


# Makes a file of batches of lines, piece by piece; raises ExportTooLong.
Encode = Callable[[ExportFormat, Literal["zh-CN", "en"], AsyncIterator[Sequence[ExportLine]]], AsyncIterator[bytes]]

EncodeReports = Callable[[ExportFormat, Literal["zh-CN", "en"], AsyncIterator[Report]], AsyncIterator[bytes]]


class Exports(Protocol):
    async def ask(
        self, org_id: OrgId, wanted: ExportWanted, *, by: By, at: datetime, expires_at: datetime
    ) -> ExportBody:
        """Recorded in the audit and enqueued in one transaction; what is waiting already is answered again.

        Raises BroadcastNotFound, EmployerNotFound, BadInput for a series where there is none.
        """

    async def ask_reports(
        self, org_id: OrgId, wanted: ReportsWanted, *, by: By, at: datetime, expires_at: datetime
    ) -> ExportBody:
        """The same for reports of shows. Raises BadInput for a series there is none of."""

    async def listed(self, org_id: OrgId, by: By, at: datetime) -> Sequence[ExportBody]:
        """This account's, newest first, of the last days."""

    async def fetch(
        self, org_id: OrgId, export_id: ExportId, *, by: By, at: datetime
    ) -> tuple[ExportBody, AsyncIterator[bytes]]:
        """The clear bytes, once it is recorded. Raises ExportNotFound, also for another account; ExportNotReady."""

    async def destroy(self, org_id: OrgId, export_id: ExportId, *, by: By, at: datetime) -> None:
        """Unreadable at once; doing it again changes nothing. Raises ExportNotFound."""

    async def write(
        self, org_id: OrgId, export_id: ExportId, encode: Encode, encode_reports: EncodeReports, at: datetime
    ) -> None:
        """Reads, encrypts and stores it; what is ready, or was destroyed meanwhile, is left alone."""

    async def give_up(self, org_id: OrgId, export_id: ExportId, why: str, at: datetime) -> None:
        """Writing it failed too often: whoever asked reads why, and nothing of it stays."""

    async def again(
        self, org_id: OrgId, export_id: ExportId, *, by: By, at: datetime, expires_at: datetime
    ) -> ExportBody:
        """One that failed is written anew, of what there is now; recorded. Any other stays. Raises ExportNotFound."""

    async def expire(self, at: datetime) -> int:
        """Those whose day is over lose their key, and what nobody can read its bytes; returns how many were over."""
