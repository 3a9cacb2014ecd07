"""From sheets of cells to what each row says of somebody."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from stream_jobs.domain.errors import PhoneInvalid
from stream_jobs.domain.job_sheet.errors import WorkbookTooLong
from stream_jobs.domain.job_sheet.grid import Cell, Grid, Sheet, cell_name
from stream_jobs.domain.job_sheet.reading import total_or_footer
from stream_jobs.domain.job_sheet.text import cell_text, compact, is_blank, one_line
from stream_jobs.domain.job_sheet.verdicts import SkipReason
from stream_jobs.domain.people_sheet.columns import Field, Kind, Layout, find_layout
from stream_jobs.domain.people_sheet.comments import Said, said_in
from stream_jobs.domain.people_sheet.phones import read_phone
from stream_jobs.domain.people_sheet.results import Result, is_nothing_yet, read_result
from stream_jobs.domain.text import clean_name
from stream_jobs.domain.vetting import CHINA

MAX_PEOPLE = 5_000
NAME_CHARACTERS = 40
NOTE_CHARACTERS = 1_000
# A day further away than this was mistyped.
LONGEST_AGO, FURTHEST_AHEAD = timedelta(days=400), timedelta(days=90)


@dataclass(frozen=True, slots=True)
class PeopleFault:
    """One thing to correct; cell is None where no cell is to blame. code is worded in reasons.py."""

    field: Field
    code: str
    cell: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class PersonRow:
    """What a row says; typed holds what stands in its cells. nothing_yet: nobody has done anything about them.

    comment: what they wrote, where no cell names the job.
    """

    sheet: str
    row: int
    typed: Mapping[Field, str]
    number: int | None = None
    phone: str | None = None
    name: str | None = None
    job: str = ""
    comment: str = ""
    employer: str = ""
    result: Result | None = None
    nothing_yet: bool = False
    day: date | None = None
    applied_at: datetime | None = None
    said: str | None = None
    faults: tuple[PeopleFault, ...] = ()
    cells: Mapping[Field, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoPerson:
    """A row or, where row is 0, a whole sheet that is no data; typed: of a comment without a number."""

    sheet: str
    row: int
    reason: SkipReason
    typed: Mapping[Field, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class PeopleReading:
    """Everything of a workbook in its order; layouts by sheet."""

    rows: tuple[PersonRow | NoPerson, ...]
    layouts: Mapping[str, tuple[Layout, ...]]


def read_people(sheets: Sequence[Sheet], kind: Kind, today: date) -> PeopleReading:
    """Raises WorkbookTooLong above MAX_PEOPLE rows of people."""
    layouts: dict[str, list[Layout]] = {}
    rows: list[PersonRow | NoPerson] = []
    people = 0
    for sheet in sheets:
        for row in _sheet_rows(sheet, kind, today, layouts.setdefault(sheet.name, [])):
            people += isinstance(row, PersonRow)
            if people > MAX_PEOPLE:
                raise WorkbookTooLong(field="file", expected=f"at most {MAX_PEOPLE} rows of people")
            rows.append(row)
    return PeopleReading(tuple(rows), {name: tuple(found) for name, found in layouts.items()})


def _sheet_rows(sheet: Sheet, kind: Kind, today: date, layouts: list[Layout]) -> Iterator[PersonRow | NoPerson]:
    grid = Grid(sheet)
    if sheet.hidden or not any(grid.filled(row) for row in range(1, grid.height + 1)):
        yield NoPerson(sheet.name, 0, SkipReason.HIDDEN_SHEET if sheet.hidden else SkipReason.EMPTY_SHEET)
        return
    if not any(find_layout(grid, row, kind) for row in range(1, min(grid.height, 50) + 1)):
        yield NoPerson(sheet.name, 0, SkipReason.NO_HEADER)
        return
    for row in range(1, grid.height + 1):
        layout = find_layout(grid, row, kind, layouts[-1] if layouts else None)
        if layout is not None:
            layouts.append(layout)
            yield NoPerson(sheet.name, row, SkipReason.HEADER if len(layouts) == 1 else SkipReason.REPEATED_HEADER)
        elif reason := _no_person(grid, row, layouts):
            yield NoPerson(sheet.name, row, reason)
        else:
            person = _Row(grid, row, layouts[-1], kind, today).read()
            yield _skipped(person) if _says_nothing(person, layouts[-1]) else person


def _says_nothing(person: PersonRow, layout: Layout) -> bool:
    """Where numbers have a column of their own, an empty one is to correct."""
    return layout.of_comments and Field.PHONE not in layout.columns and Field.PHONE not in person.typed


def _skipped(person: PersonRow) -> NoPerson:
    return NoPerson(person.sheet, person.row, SkipReason.NO_PHONE, person.typed)


def _no_person(grid: Grid, row: int, layouts: Sequence[Layout]) -> SkipReason | None:
    filled = [number for number in grid.filled(row) if not is_blank(grid.typed(row, number))]
    if not filled:
        return SkipReason.BLANK
    if not layouts:
        return SkipReason.TITLE
    known = {number for numbers in layouts[-1].columns.values() for number in numbers}
    if not known & set(filled):
        return SkipReason.BLANK
    if layouts[-1].of_comments:
        return None
    return total_or_footer(compact(cell_text(grid.typed(row, filled[0])))) if len(filled) <= 4 else None


class _Row:
    """Reads the cells of one row; what cannot be understood becomes a fault."""

    def __init__(self, grid: Grid, row: int, layout: Layout, kind: Kind, today: date) -> None:
        self._grid, self._row, self._layout, self._kind, self._today = grid, row, layout, kind, today
        self._faults: list[PeopleFault] = []

    def read(self) -> PersonRow:
        said = {name: text for name in Field if (text := self._text(name))}
        comment = said_in(said.get(Field.COMMENT, ""))
        if comment.phone:
            said = {Field.PHONE: comment.phone, **said}
        result, nothing_yet = self._result(said)
        number = self._number(said.get(Field.NUMBER, ""))
        phone = self._phone(said.get(Field.PHONE, ""), needed=number is None)
        return PersonRow(
            sheet=self._grid.sheet.name,
            row=self._row,
            typed=said,
            number=number,
            phone=phone,
            name=(clean_name(said.get(Field.NAME)) or "")[:NAME_CHARACTERS] or None,
            job=self._job(said.get(Field.JOB, ""), comment),
            comment="" if Field.JOB in said else said.get(Field.COMMENT, ""),
            employer=said.get(Field.EMPLOYER, ""),
            result=result,
            nothing_yet=nothing_yet,
            day=self._day() if self._kind == "outcomes" else None,
            applied_at=read_moment(self._value(Field.APPLIED_AT), self._today),
            said=said.get(Field.NOTE, "")[:NOTE_CHARACTERS] or None,
            faults=tuple(self._faults),
            cells={name: cell for name in Field if (cell := self._cell(name))},
        )

    def _value(self, name: Field) -> Cell:
        cells = [self._grid.value(self._row, number) for number in self._layout.columns.get(name, ())]
        return next((cell for cell in cells if not is_blank(cell)), None)

    def _text(self, name: Field) -> str:
        cells = [one_line(self._grid.value(self._row, number)) for number in self._layout.columns.get(name, ())]
        return " ".join(cell for cell in cells if not is_blank(cell) and cell)

    def _cell(self, name: Field) -> str | None:
        numbers = self._layout.columns.get(name, ())
        if not numbers and name in (Field.PHONE, Field.JOB):
            numbers = self._layout.columns.get(Field.COMMENT, ())
        return cell_name(self._row, numbers[0]) if numbers else None

    def _fault(self, name: Field, code: str) -> None:
        self._faults.append(PeopleFault(name, code, self._cell(name)))

    def _result(self, said: Mapping[Field, str]) -> tuple[Result | None, bool]:
        typed = said.get(Field.RESULT, "")
        if self._kind == "applicants":
            return None, False
        if not typed or is_nothing_yet(typed):
            return None, True
        result = read_result(typed, said.get(Field.REASON, ""))
        if result is None:
            self._fault(Field.RESULT, "result_unclear")
        return result, False

    def _number(self, typed: str) -> int | None:
        if not typed or self._kind == "applicants":
            return None
        digits = re.fullmatch(r"(?:no\.?|#|第)?(\d{1,7})(?:号)?", compact(typed))
        if digits is None:
            self._fault(Field.NUMBER, "number_invalid")
            return None
        return int(digits[1])

    def _phone(self, typed: str, *, needed: bool) -> str | None:
        try:
            if typed and "*" not in typed and "＊" not in typed:
                return read_phone(typed)
        except PhoneInvalid:
            self._fault(
                Field.PHONE, "phone_rounded" if re.fullmatch(r"\d\.\d+e\+?\d+", compact(typed)) else "phone_invalid"
            )
            return None
        if needed and not self._faults:
            self._fault(Field.PHONE, "phone_masked" if typed else "who_missing")
        return None

    def _job(self, typed: str, comment: Said) -> str:
        """What the cell names, else the comment. Of several none: each is an application of its own."""
        named = typed or comment.job
        if re.fullmatch(r"\d+号(?: \d+号)+", named):
            self._fault(Field.JOB, "several_jobs")
            return ""
        if comment.unclear and not typed:
            self._fault(Field.JOB, "job_unclear")
            return ""
        return named

    def _day(self) -> date | None:
        value = self._value(Field.DAY)
        if value is None:
            return None
        moment = read_moment(value, self._today)
        if moment is None:
            self._fault(Field.DAY, "day_unclear")
            return None
        day = moment.astimezone(CHINA).date()
        if not self._today - LONGEST_AGO <= day <= self._today + FURTHEST_AHEAD:
            self._fault(Field.DAY, "day_unlikely")
        return day


_WHEN = re.compile(
    r"(?:(?P<year>20\d{2})\s*[-/.年]\s*)?(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[ T]*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?(?:[:分]\d{0,2}秒?)?)?"
)


def read_moment(value: Cell, today: date) -> datetime | None:
    """A day or a time of China's; a day without its year is the nearest. None for what is none."""
    match value:
        case datetime():
            return value.replace(tzinfo=CHINA)
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=CHINA)
    found = _WHEN.fullmatch(one_line(value).replace("：", ":"))
    if found is None:
        return None
    part = {name: int(text) for name, text in found.groupdict().items() if text}
    years = [part["year"]] if "year" in part else [today.year - 1, today.year, today.year + 1]
    moments = [moment for year in years if (moment := _moment(year, part)) is not None]
    return min(moments, key=lambda moment: abs((moment.date() - today).days), default=None)


def _moment(year: int, part: Mapping[str, int]) -> datetime | None:
    try:
        return datetime(year, part["month"], part["day"], part.get("hour", 0), part.get("minute", 0), tzinfo=CHINA)
    except ValueError:
        return None
