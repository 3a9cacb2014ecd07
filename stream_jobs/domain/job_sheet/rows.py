"""One row of a job sheet: its cells into a draft, or into faults."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from stream_jobs.domain.job_sheet.columns import Column, Layout
from stream_jobs.domain.job_sheet.dates import DateFault, read_closing_date
from stream_jobs.domain.job_sheet.facts import stated, yes_or_no
from stream_jobs.domain.job_sheet.fields import Field
from stream_jobs.domain.job_sheet.grid import Cell, Grid, cell_name
from stream_jobs.domain.job_sheet.headcount import Headcount, HeadcountFault, read_headcount
from stream_jobs.domain.job_sheet.text import (
    cell_text,
    compact,
    is_blank,
    is_date,
    is_formula_error,
    lines,
    one_line,
    place_text,
)
from stream_jobs.domain.job_sheet.verdicts import CellFault, Fault, JobDraft
from stream_jobs.domain.pay import (
    Pay,
    PayNotPositive,
    PayRangeReversed,
    PayUnit,
    PayUnparseable,
    parse_pay,
    show_pay,
)
from stream_jobs.domain.wording import Finding, check_wording

DITTO = re.compile(r"同上|同前|同上行|[〃々″＂\"]|''|′′|ditto")


@dataclass(frozen=True, slots=True)
class Above:
    """Values of the last data row by column, for 同上."""

    values: Mapping[int, Cell]


class FaultFound(Exception):
    """A cell that cannot be understood; stays inside the reading of a row."""

    def __init__(self, code: Fault) -> None:
        self.code = code
        super().__init__(code.value)


@dataclass(frozen=True, slots=True)
class RowCells:
    """A row under its header, merges and 同上 replaced by what they stand for; said leaves blank cells out.

    marks are the 同上 and 〃 themselves, by column.
    """

    row: int
    layout: Layout
    values: Mapping[int, Cell]
    said: Mapping[Column, Sequence[tuple[int, Cell]]]
    marks: Mapping[int, str]

    def value(self, column: Column) -> Cell:
        """The first filled cell of the columns of one kind."""
        return self.said[column][0][1] if column in self.said else None

    def joined(self, column: Column, read: Callable[[Cell], str]) -> str:
        """All filled cells of the columns of one kind, one under the other."""
        return "\n".join(read(value) for _, value in self.said.get(column, ()))

    def name(self, column: Column) -> str | None:
        """The cell to point at: the first filled one, else the first."""
        number = self.said[column][0][0] if column in self.said else self.layout.first(column)
        return cell_name(self.row, number) if number else None


def read_cells(grid: Grid, row: int, layout: Layout, above: Above) -> RowCells:
    values: dict[int, Cell] = {}
    said: dict[Column, list[tuple[int, Cell]]] = {}
    marks: dict[int, str] = {}
    for column, numbers in layout.columns.items():
        for number in numbers:
            value = grid.value(row, number)
            if isinstance(value, str) and len(value) < 20 and DITTO.fullmatch(compact(value)):
                marks[number] = value
                value = above.values.get(number)
            values[number] = value
            if not is_blank(value):
                said.setdefault(column, []).append((number, value))
    return RowCells(row, layout, values, said, marks)


@dataclass(frozen=True, slots=True)
class RowReading:
    """A draft, or the faults that keep it from being one; findings and typed either way."""

    draft: JobDraft | None
    faults: tuple[CellFault, ...]
    typed: Mapping[Field, str]
    findings: tuple[Finding, ...]


_ONE_LINE = (Field.SHIFT, Field.REST, Field.MEALS, Field.DORM, Field.AGE, Field.EDUCATION, Field.GENDER, Field.SOURCE)
_LINES = (Field.BENEFITS, Field.REQUIREMENTS, Field.DUTIES, Field.REMARK)
_FACTS = (Field.SHIFT, Field.REST, Field.MEALS, Field.DORM, Field.AGE)
_FACT_SOURCES = (Field.BENEFITS, Field.TITLE, Field.REQUIREMENTS, Field.DUTIES, Field.REMARK)


def read_row(cells: RowCells, today: date) -> RowReading:
    texts = _texts(cells)
    taken_from = _fill_facts(texts)
    core, faults = _core(cells, today)
    findings = tuple(check_wording(_advertisement(core, texts), texts.get(Field.GENDER)))
    typed = _typed(cells)
    if faults:
        return RowReading(None, tuple(faults), typed, findings)
    named = {field.value: text for field, text in texts.items()}
    draft = JobDraft(**core, **named, typed=typed, taken_from=taken_from)  # type: ignore[arg-type]  # by field name
    return RowReading(draft, (), typed, findings)


def _texts(cells: RowCells) -> dict[Field, str]:
    texts = {field: one_line(cells.value(Column(field.value))) for field in _ONE_LINE}
    texts |= {field: cells.joined(Column(field.value), lines) for field in _LINES}
    texts |= _contact(cells)
    board = one_line(cells.value(Column.BOARD))
    for field in (Field.MEALS, Field.DORM):
        texts[field] = yes_or_no(field, texts[field] or stated(field, board) or board)
    return {field: text for field, text in texts.items() if text}


_PHONE = re.compile(
    r"(?:\+?86[- ]?)?(?:1\d{2}[- ]?\d{4}[- ]?\d{4}|\(?0\d{2,3}\)?[- ]?\d{7,8}(?:-\d{1,6})?|400[- ]?\d{3}[- ]?\d{4})"
)


def _contact(cells: RowCells) -> dict[Field, str]:
    name = one_line(cells.value(Column.CONTACT_NAME))
    phone = one_line(cells.value(Column.CONTACT_PHONE))
    both = one_line(cells.value(Column.CONTACT))
    found = [match[0] for match in _PHONE.finditer(both)]
    rest = _PHONE.sub(" ", both)
    return {
        Field.CONTACT_NAME: name or re.sub(r"[\s:：,，;；/、()（）]+", " ", rest).strip(),
        Field.CONTACT_PHONE: phone or " ".join(found),
    }


def _fill_facts(texts: dict[Field, str]) -> dict[Field, Field]:
    """Facts without a column of their own, from the first text that states them plainly."""
    taken: dict[Field, Field] = {}
    for fact in _FACTS:
        for source in _FACT_SOURCES:
            if fact not in texts and source in texts and (words := stated(fact, texts[source])):
                texts[fact] = words
                taken[fact] = source
    return taken


def _core(cells: RowCells, today: date) -> tuple[dict[str, object], list[CellFault]]:
    readers: Mapping[Field, Callable[[RowCells], object]] = {
        Field.EMPLOYER: lambda c: _name(c, Column.EMPLOYER, one_line),
        Field.TITLE: lambda c: _name(c, Column.TITLE, one_line),
        Field.HEADCOUNT: _headcount,
        Field.PAY: _pay,
        Field.WORKPLACE: lambda c: _name(c, Column.WORKPLACE, place_text),
        Field.VALID_UNTIL: lambda c: _valid_until(c, today),
    }
    core: dict[str, object] = {}
    faults = []
    for field, read in readers.items():
        try:
            core[field.value] = read(cells)
        except FaultFound as fault:
            faults.append(CellFault(field, fault.code, cells.name(_pointed_at(field, cells))))
    return core, faults


def _pointed_at(field: Field, cells: RowCells) -> Column:
    column = Column(field.value)
    has_pay = Column.PAY in cells.layout.columns
    return Column.PAY_MIN if column is Column.PAY and not has_pay else column


def _name(cells: RowCells, column: Column, read: Callable[[Cell], str]) -> str:
    value = cells.value(column)
    text = read(value)
    if not text or text == "无":
        raise FaultFound(Fault.REQUIRED)
    if is_formula_error(value):
        raise FaultFound(Fault.UNPARSEABLE)
    return text


def _headcount(cells: RowCells) -> Headcount:
    value = cells.value(Column.HEADCOUNT)
    if value is None:
        raise FaultFound(Fault.REQUIRED)
    try:
        return read_headcount(value)
    except HeadcountFault as fault:
        raise FaultFound(Fault(fault.args[0])) from fault


def _pay(cells: RowCells) -> Pay:
    low, high = cells.value(Column.PAY_MIN), cells.value(Column.PAY_MAX)
    value = cells.value(Column.PAY)
    if any(is_date(cell) for cell in (value, low, high)):
        raise FaultFound(Fault.DATE_CELL)
    text = cell_text(value) or _pay_range(cell_text(low), cell_text(high))
    if not text or text == "无":
        raise FaultFound(Fault.REQUIRED)
    base = cell_text(cells.value(Column.PAY_BASE))
    if any(character.isdigit() for character in base):
        text = f"{text}，{base if '薪' in base else f'底薪{base}'}"
    return _parsed(text, cells.layout.pay_unit, cells.layout.pay_scale)


def _pay_range(low: str, high: str) -> str:
    if low and high:
        return low if low == high else f"{low}-{high}"
    return f"{low}以上" if low else f"{high}以下" if high else ""


def _parsed(text: str, unit: PayUnit | None, scale: int) -> Pay:
    try:
        return _self_contained(parse_pay(text, unit, scale))
    except PayNotPositive as error:
        raise FaultFound(Fault.NOT_POSITIVE) from error
    except PayRangeReversed as error:
        raise FaultFound(Fault.RANGE_REVERSED) from error
    except PayUnparseable as error:
        raise FaultFound(Fault.UNPARSEABLE) from error


def _self_contained(pay: Pay) -> Pay:
    """The text says by itself what the heading (日薪, 万元/年) said for the column."""
    try:
        alone = parse_pay(pay.text)
    except (PayNotPositive, PayRangeReversed, PayUnparseable):
        alone = None
    return pay if alone == pay else replace(pay, text=show_pay(pay))


def _valid_until(cells: RowCells, today: date) -> date | None:
    try:
        return read_closing_date(cells.value(Column.VALID_UNTIL), today)
    except DateFault as error:
        raise FaultFound(Fault.UNPARSEABLE) from error


_TYPED_AS: Mapping[Column, tuple[Field, ...]] = {
    **{Column(field.value): (field,) for field in Field},
    Column.PAY_MIN: (Field.PAY,),
    Column.PAY_MAX: (Field.PAY,),
    Column.PAY_BASE: (Field.PAY,),
    Column.BOARD: (Field.MEALS, Field.DORM),
    Column.CONTACT: (Field.CONTACT_NAME, Field.CONTACT_PHONE),
}


def _typed(cells: RowCells) -> dict[Field, str]:
    typed: dict[Field, str] = {}
    for column, fields in _TYPED_AS.items():
        if column in cells.said:
            text = "\n".join(cells.marks.get(number) or cell_text(value) for number, value in cells.said[column])
            typed |= {field: f"{typed[field]} – {text}" if field in typed else text for field in fields}
    return typed


def _advertisement(core: Mapping[str, object], texts: Mapping[Field, str]) -> str:
    """Everything the public would read, one field a line."""
    pay = core.get(Field.PAY.value)
    parts = [str(core.get(Field.TITLE.value, "")), pay.text if isinstance(pay, Pay) else ""]
    parts += [f"年龄：{texts[Field.AGE]}" if Field.AGE in texts else ""]
    parts += [
        texts.get(field, "") for field in (*_LINES, Field.EDUCATION, Field.SHIFT, Field.REST, Field.MEALS, Field.DORM)
    ]
    return "\n".join(filter(None, parts))


def job_key(employer: str, title: str, pay: Pay, workplace: str) -> str:
    """Equal for jobs that are the same to a reader; pay counts as understood, not as typed."""
    amounts = (pay.min_fen, pay.max_fen, pay.unit.value, pay.months, pay.negotiable)
    return "\x1f".join([compact(employer), compact(title), compact(workplace), *map(str, amounts)])
