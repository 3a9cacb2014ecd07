"""Lists of people that come in as workbooks: what became of applicants, and people who applied elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

from stream_jobs.domain.events import Body
from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.ids import (
    AccountId,
    ApplicationId,
    BroadcastId,
    ChannelId,
    CollectionId,
    EmployerId,
    JobId,
    OrgId,
    PeopleImportId,
    ReceiptId,
)
from stream_jobs.domain.people_sheet.columns import Kind
from stream_jobs.domain.people_sheet.matching import Candidate, JobChoice
from stream_jobs.domain.people_sheet.results import Done
from stream_jobs.ports.bus import By
from stream_jobs.ports.imports import SkippedSheet, VerdictKind

Given = Literal["on_platform", "by_telephone", "in_person"]


@dataclass(frozen=True, slots=True)
class ListScope:
    """Whose lists somebody brings: of one employer, or, without one, of all that have no recruiter account.

    collection_id: by which link they came; only lists of that link are theirs.
    """

    org_id: OrgId
    broadcast_id: BroadcastId
    by: By
    employer_id: EmployerId | None = None
    collection_id: CollectionId | None = None


class PeopleFaultBody(Body):
    """One cell to correct."""

    field: str
    code: str
    cell: str | None = None


class PeopleImportRow(Body):
    """One row of a list: as typed, as understood, and what would or did become of it.

    typed is masked, and empty once the import's key is gone. number and stands: of the application it
    speaks of, as it was. repeats: what it repeats; result: what became of it when it was written.
    """

    nth: int
    sheet: str
    row: int
    verdict: VerdictKind
    typed: Mapping[str, str] = {}
    state: State | None = None
    reason: Reason | None = None
    done: Done | None = None
    day: date | None = None
    applied_at: datetime | None = None
    job: str | None = None
    number: str | None = None
    stands: State | None = None
    faults: tuple[PeopleFaultBody, ...] = ()
    repeats: str | None = None
    same_sheet: str | None = None
    same_row: int | None = None
    skipped: str | None = None
    result: str | None = None


class PeopleTotals(Body):
    """Rows by verdict; refused: those that could not be written any more; kept: those an undo had to leave.

    without_job: faulty ones that name no job, while none is chosen for the whole list.
    """

    imports: int
    faulty: int
    duplicate: int
    skipped: int
    refused: int = 0
    kept: int = 0
    without_job: int = 0


class PeopleImportBody(Body):
    """An uploaded list; done counts the rows that were written."""

    id: PeopleImportId
    kind: Kind
    file_name: str
    state: Literal["previewed", "writing", "confirmed", "undone", "expired"]
    totals: PeopleTotals
    sheets: tuple[SkippedSheet, ...] = ()
    done: int
    given: Given | None = None
    channel: str | None = None
    by_link: bool = False
    can_confirm: bool = False
    can_undo: bool = False
    can_take_faulty: bool = False
    by: str
    at: datetime
    confirmed_at: datetime | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class NewPeopleRow:
    """A row on its way to storage: body names nobody, said is sealed there; phone finds the person."""

    nth: int
    sheet: str
    row: int
    verdict: VerdictKind
    body: Mapping[str, object]
    said: Mapping[str, object]
    key: UUID
    phone: str | None = None
    application_id: ApplicationId | None = None
    lacks_job: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class NewPeopleImport:
    id: PeopleImportId
    kind: Kind
    file_name: str
    content: bytes
    totals: PeopleTotals
    sheets: Sequence[SkippedSheet]
    rows: Sequence[NewPeopleRow]
    channel_id: ChannelId | None = None
    given: Given | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ApplicantRow:
    """Somebody of a list, to be recorded; in clear."""

    nth: int
    key: UUID
    job_id: JobId
    phone: str
    name: str | None


@dataclass(frozen=True, slots=True, repr=False)
class ApplicantRows:
    """Some that are still to be recorded; account_id: who uploaded the list."""

    rows: Sequence[ApplicantRow]
    account_id: AccountId | None
    channel_id: ChannelId | None
    given: Given


@dataclass(frozen=True, slots=True)
class RowWritten:
    """What became of a row: its receipt, or the code of a refusal."""

    nth: int
    receipt_id: ReceiptId | None
    code: str | None = None


class NotTaken(NamedTuple):
    """A row that was faulty, or refused when it was written: which, and what is to correct."""

    sheet: str
    row: int
    faults: tuple[PeopleFaultBody, ...]


@dataclass(frozen=True, slots=True, repr=False)
class FaultyList:
    """A list as it was brought, and its rows that were not taken, in its order; at: when it came."""

    kind: Kind
    file_name: str
    content: bytes
    at: datetime
    rows: Sequence[NotTaken]


class PeopleMatching(Protocol):
    """Whom and what a list may speak of."""

    async def candidates(
        self, scope: ListScope, numbers: Sequence[int], phones: Sequence[str], *, everyone: bool = False
    ) -> Sequence[Candidate]:
        """Applications of the show that have one of these numbers or phones; everyone: of any employer."""

    async def jobs(self, scope: ListScope, at: datetime) -> Sequence[JobChoice]:
        """All of the show."""

    async def has_channel(self, scope: ListScope, channel_id: ChannelId) -> bool: ...


class PeopleImports(Protocol):
    """Each raises ImportNotFound for an import that is not in the scope."""

    async def add(self, scope: ListScope, new: NewPeopleImport, at: datetime) -> None: ...

    async def listed(self, scope: ListScope, at: datetime) -> Sequence[PeopleImportBody]:
        """Newest first."""

    async def one(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> PeopleImportBody: ...

    async def rows(
        self, scope: ListScope, import_id: PeopleImportId, verdict: VerdictKind | None, offset: int, limit: int
    ) -> Sequence[PeopleImportRow]:
        """In the workbook's order."""

    async def begin(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> Kind:
        """From then on it is written, once. Raises ImportDone once it is confirmed, undone or expired."""

    async def write_outcomes(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> None:
        """Moves and notes, with the import as their source, all or none. A second time changes nothing."""

    async def next_applicants(self, scope: ListScope, import_id: PeopleImportId, limit: int) -> ApplicantRows:
        """Empty when all are recorded."""

    async def wrote(
        self, scope: ListScope, import_id: PeopleImportId, written: Sequence[RowWritten], at: datetime
    ) -> None: ...

    async def finish(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> None: ...

    async def undo(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> None:
        """Takes back what nothing has followed. Raises ImportDone unless it is confirmed, UndoOver after a day."""

    async def faulty(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> FaultyList:
        """In clear, for whoever brought it; recorded first. Raises NotAllowed, ImportDone once its key is gone."""

    async def expire(self, at: datetime) -> int:
        """Makes what was typed in lists older than a day unreadable; how many lists."""
