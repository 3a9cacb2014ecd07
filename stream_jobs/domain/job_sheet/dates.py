"""Closing dates as people type them."""

import re
from datetime import date, datetime

from stream_jobs.domain.job_sheet.grid import Cell
from stream_jobs.domain.job_sheet.text import cell_text, compact

_FULL = re.compile(r"(?P<year>20\d{2})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?")
_SPAN_END = re.compile(r".*?[-~—–至到]+(?P<rest>(?:20\d{2}年?[-/.]?)?\d{1,2}[-/.月]\d{1,2}日?)")
_NO_YEAR = re.compile(r"(?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?")
_NEVER = re.compile(r"长期.*|永久.*|招满为止|不限|常年.*|longterm|open")


class DateFault(ValueError):
    """Neither a date nor a word for none."""


def read_closing_date(value: Cell, today: date) -> date | None:
    """None for 长期有效; a date without a year is the next such day, a span counts by its end.

    Raises DateFault.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = re.sub(r"(?:截止|有效期|前|止|之前|日期|[:])", "", compact(cell_text(value)))
    if not text or _NEVER.fullmatch(text):
        return None
    fulls = list(_FULL.finditer(text))
    if fulls and fulls[-1].end() == len(text):
        return _date(int(fulls[-1]["year"]), fulls[-1])
    span = _SPAN_END.fullmatch(text)
    match = _NO_YEAR.fullmatch(span["rest"] if span else text)
    if match is None:
        raise DateFault
    year = int(fulls[0]["year"]) if fulls else today.year
    found = _date(year, match)
    return found if fulls or found >= today else _date(year + 1, match)


def _date(year: int, match: re.Match[str]) -> date:
    try:
        return date(year, int(match["month"]), int(match["day"]))
    except ValueError as error:
        raise DateFault from error
