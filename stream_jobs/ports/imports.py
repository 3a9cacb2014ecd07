"""Job workbooks: their rows and verdicts, and the jobs made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from stream_jobs.domain.events import Body, PayBody
from stream_jobs.domain.ids import BroadcastId, ImportId, JobId, OrgId
from stream_jobs.ports.bus import By
from stream_jobs.ports.jobs import JobFacts
from stream_jobs.ports.postings import FindingBody

VerdictKind = Literal["imports", "faulty", "duplicate", "skipped"]


class ImportFault(Body):
    """One cell to correct; cell is null where the sheet has no column for the field."""

    field: str
    code: str
    cell: str | None = None


class ImportDraft(Body):
    """A row as it was understood."""

    employer: str
    facts: JobFacts
    pay: PayBody
    contact_name: str | None = None
    contact_phone: str | None = None


class ImportRow(Body):
    """One row of a workbook and what would become of it.

    typed holds what stands in its cells by field, draft what was understood; duplicate_job or duplicate_row say what
    it repeats.
    """

    nth: int
    sheet: str
    row: int
    verdict: VerdictKind
    typed: Mapping[str, str] = {}
    draft: ImportDraft | None = None
    faults: tuple[ImportFault, ...] = ()
    findings: tuple[FindingBody, ...] = ()
    duplicate_job: JobId | None = None
    duplicate_sheet: str | None = None
    duplicate_row: int | None = None
    skipped: str | None = None


class SkippedSheet(Body):
    sheet: str
    reason: str


class ImportTotals(Body):
    """Rows by verdict; blocked are those that import and may not be pushed for their wording."""

    imports: int
    faulty: int
    duplicate: int
    skipped: int
    blocked: int
    new_employers: tuple[str, ...]


class ImportBody(Body):
    """An uploaded workbook; imported counts the jobs that were made of it."""

    id: ImportId
    file_name: str
    state: Literal["previewed", "confirmed", "undone"]
    totals: ImportTotals
    sheets: tuple[SkippedSheet, ...] = ()
    imported: int
    # Null while it can be undone or was never confirmed; else why it cannot.
    used: Literal["pushed", "applied"] | None = None
    by: str
    created_at: datetime
    confirmed_at: datetime | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewImport:
    id: ImportId
    org_id: OrgId
    file_name: str
    content: bytes
    today: date
    totals: ImportTotals
    sheets: Sequence[SkippedSheet]
    rows: Sequence[ImportRow]


@dataclass(frozen=True, slots=True)
class KeptWorkbook:
    """The file as it was uploaded, and what counted as today when it was read."""

    file_name: str
    content: bytes
    today: date


class Imports(Protocol):
    """Each raises ImportNotFound when the organisation has no such import."""

    async def add(self, new: NewImport, *, at: datetime, by: By) -> None: ...

    async def listed(self, org_id: OrgId) -> Sequence[ImportBody]:
        """Newest first."""

    async def one(self, org_id: OrgId, import_id: ImportId) -> ImportBody: ...

    async def rows(
        self, org_id: OrgId, import_id: ImportId, verdict: VerdictKind | None, offset: int, limit: int
    ) -> Sequence[ImportRow]:
        """In the workbook's order."""

    async def workbook(self, org_id: OrgId, import_id: ImportId) -> KeptWorkbook: ...

    async def employer_names(self, org_id: OrgId) -> Sequence[str]:
        """Short and full names of every employer."""

    async def confirm(self, org_id: OrgId, import_id: ImportId, *, at: datetime, by: By) -> int:
        """Makes the jobs, and employers that are new, unverified; how many jobs, without those that came meanwhile.

        All or nothing. Raises ImportDone.
        """

    async def undo(self, org_id: OrgId, import_id: ImportId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        """Takes its jobs, and employers nothing else needs, back; the broadcasts whose trays changed.

        Raises ImportDone unless it is confirmed, ImportUsed once a job of it was pushed or applied for.
        """
