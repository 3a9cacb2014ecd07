"""A platform's export of its figures: rows with verdicts, and the figures written once somebody says yes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, OrgId, PlatformImportId
from stream_jobs.domain.platform_sheet.matching import Show
from stream_jobs.ports.broadcasts import PlatformMetric
from stream_jobs.ports.bus import By
from stream_jobs.ports.imports import ImportFault, SkippedSheet, VerdictKind


class FigureWanted(Body):
    """One figure of a row; before: what stands there of this platform, typed or from another file."""

    metric: PlatformMetric
    value: int
    before: int | None = None


class PlatformImportRow(Body):
    """One row of the file: as typed, which show of ours it is about, and what it would write."""

    nth: int
    sheet: str
    row: int
    verdict: VerdictKind
    broadcast_id: BroadcastId | None = None
    show: str | None = None
    started_at: datetime | None = None
    typed: Mapping[str, str] = {}
    figures: tuple[FigureWanted, ...] = ()
    faults: tuple[ImportFault, ...] = ()
    same_row: int | None = None
    skipped: str | None = None


class PlatformTotals(Body):
    """Rows by verdict; replaces: figures that would take another's place."""

    imports: int
    faulty: int
    duplicate: int
    skipped: int
    replaces: int


class PlatformImportBody(Body):
    """An uploaded export; by uploaded it, confirmed_by stands with each figure it wrote."""

    id: PlatformImportId
    file_name: str
    platform: str
    broadcast_id: BroadcastId | None = None
    state: Literal["previewed", "confirmed", "undone"]
    totals: PlatformTotals
    sheets: tuple[SkippedSheet, ...] = ()
    by: str
    created_at: datetime
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewPlatformImport:
    id: PlatformImportId
    file_name: str
    platform: str
    broadcast_id: BroadcastId | None
    totals: PlatformTotals
    sheets: Sequence[SkippedSheet]
    rows: Sequence[PlatformImportRow]


class PlatformImports(Protocol):
    """Each raises ImportNotFound when the organisation has no such import."""

    async def shows(self, org_id: OrgId, platform: str) -> Sequence[Show]:
        """Shows that have begun, never a rehearsal, with what stands of this platform."""

    async def add(self, org_id: OrgId, new: NewPlatformImport, *, by: By, at: datetime) -> None:
        """Raises BroadcastNotFound for a show of another organisation."""

    async def listed(self, org_id: OrgId) -> Sequence[PlatformImportBody]:
        """Newest first."""

    async def one(self, org_id: OrgId, import_id: PlatformImportId) -> PlatformImportBody: ...

    async def rows(
        self, org_id: OrgId, import_id: PlatformImportId, verdict: VerdictKind | None, after: int, limit: int
    ) -> Sequence[PlatformImportRow]:
        """In the file's order, those after the nth."""

    async def confirm(self, org_id: OrgId, import_id: PlatformImportId, *, by: By, at: datetime) -> None:
        """Writes the figures, all or none. Raises ImportDone."""

    async def undo(self, org_id: OrgId, import_id: PlatformImportId, at: datetime) -> None:
        """What stood before stands again, unless somebody has changed it since. Raises ImportDone."""
