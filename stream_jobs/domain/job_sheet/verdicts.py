"""What an import says about each row of a workbook."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from stream_jobs.domain.job_sheet.columns import Layout
from stream_jobs.domain.job_sheet.fields import Field
from stream_jobs.domain.job_sheet.grid import Cell
from stream_jobs.domain.job_sheet.headcount import Headcount
from stream_jobs.domain.pay import Pay
from stream_jobs.domain.wording import Finding


class Fault(StrEnum):
    """What is wrong with a cell."""

    REQUIRED = "required"
    UNPARSEABLE = "unparseable"
    RANGE_REVERSED = "range_reversed"
    NOT_POSITIVE = "not_positive"
    DATE_CELL = "date_cell"


class SkipReason(StrEnum):
    """Why a row or a whole sheet is no data."""

    TITLE = "title"
    HEADER = "header"
    REPEATED_HEADER = "repeated_header"
    BLANK = "blank"
    TOTAL = "total"
    FOOTER = "footer"
    SECTION = "section"
    EXAMPLE = "example"
    EMPTY_SHEET = "empty_sheet"
    HIDDEN_SHEET = "hidden_sheet"
    NO_HEADER = "no_header"
    NO_PHONE = "no_phone"


@dataclass(frozen=True, slots=True)
class CellFault:
    """One thing to correct; cell is None where the sheet has no column for the field."""

    field: Field
    code: Fault
    cell: str | None


@dataclass(frozen=True, slots=True)
class JobDraft:
    """A job as a row states it; None for what was not written.

    typed holds each field's text as it stands in the sheet; taken_from says which other field a fact was read
    out of (包吃住 in the benefits fills meals and dorm).
    """

    employer: str
    title: str
    headcount: Headcount
    pay: Pay
    workplace: str
    shift: str | None = None
    rest: str | None = None
    meals: str | None = None
    dorm: str | None = None
    age: str | None = None
    education: str | None = None
    gender: str | None = None
    benefits: str | None = None
    requirements: str | None = None
    duties: str | None = None
    valid_until: date | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    source: str | None = None
    remark: str | None = None
    typed: Mapping[Field, str] = field(default_factory=dict)
    taken_from: Mapping[Field, Field] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowRef:
    """A row of the workbook, as a person finds it."""

    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class ExistingJob:
    """A job imported earlier, by its id."""

    id: str


@dataclass(frozen=True, slots=True)
class Imports:
    """The row becomes a job; a blocking finding keeps it from being pushed."""

    row: int
    draft: JobDraft
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Faulty:
    """The row is rejected with all that is wrong.

    typed is what stands in its cells; values (by column) are that once 同上 is replaced by what it stands for.
    """

    row: int
    errors: tuple[CellFault, ...]
    typed: Mapping[Field, str]
    values: Mapping[int, Cell]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Same employer, title, pay and workplace as an earlier row or a job that exists."""

    row: int
    of: RowRef | ExistingJob
    draft: JobDraft


@dataclass(frozen=True, slots=True)
class Skipped:
    """The row is no data."""

    row: int
    reason: SkipReason


Verdict = Imports | Faulty | Duplicate | Skipped


@dataclass(frozen=True, slots=True)
class SheetReading:
    """One sheet: a verdict for every row, in order; or why the whole sheet was skipped, and then none."""

    name: str
    skipped: SkipReason | None = None
    layouts: tuple[Layout, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What an import would do with a workbook."""

    sheets: tuple[SheetReading, ...]

    def __iter__(self) -> Iterator[tuple[str, Verdict]]:
        """Every row of every sheet that was read, with its sheet's name."""
        return ((sheet.name, verdict) for sheet in self.sheets for verdict in sheet.verdicts)

    def count(self, kind: type[Verdict]) -> int:
        return sum(isinstance(verdict, kind) for _, verdict in self)
