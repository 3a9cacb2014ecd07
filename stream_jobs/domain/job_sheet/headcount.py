"""How many people a job asks for, as written: 10, 3-5人, 若干."""

import re
from dataclasses import dataclass
from decimal import Decimal

from stream_jobs.domain.job_sheet.grid import Cell
from stream_jobs.domain.job_sheet.text import cell_text, compact, is_date

# Above this a telephone number or a postcode slipped into the column.
MAX_PEOPLE = 100_000


@dataclass(frozen=True, slots=True)
class Headcount:
    """Openings of a job; both ends None when the employer did not commit to a number, max None for "at least"."""

    min: int | None = None
    max: int | None = None


class HeadcountFault(ValueError):
    """The headcount cannot be understood; args[0] is the code."""


_UNSPECIFIED = re.compile(
    r"(?:若干|不限)(?:名|人|个|位)?(?:人数)?|[数多几](?:名|人|个|位)|人数不限|不限人数|several|unlimited"
)
_ROUGHLY = r"(?:约|大约|预计|招|急招|各)?"
_COUNT = re.compile(
    rf"{_ROUGHLY}(?P<low>-?\d+(?:\.0+)?)(?:名|人|个|位)?(?:[-~—–至到]+(?P<high>\d+(?:\.0+)?))?(?:名|人|个|位)?"
    r"(?P<more>\+|以上|及以上|起|余人?)?(?:名|人|个|位|左右|people)?"
)
_BY_SEX = re.compile(r"男性?[:]?(\d+)(?:名|人)?[,、/;+和]?女性?[:]?(\d+)(?:名|人)?")
_DATE_TEXT = re.compile(
    r"\d{1,2}月\d{1,2}日?|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*|\d{1,2}-[a-z]{3}|[a-z]{3}-\d{1,2}|\d{1,2}/\d{1,2}(?:/\d{2,4})?"
)
_NUMERALS = dict(zip("零一二两三四五六七八九", (0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))


def read_headcount(value: Cell) -> Headcount:
    """Raises HeadcountFault with unparseable, date_cell, not_positive or range_reversed."""
    text = re.sub(r"[-‐‑‒–—−~〜]+", "-", compact(cell_text(value))).replace(",", "")
    if is_date(value) or _DATE_TEXT.fullmatch(text):
        raise HeadcountFault("date_cell")
    if isinstance(value, bool):
        raise HeadcountFault("unparseable")
    if _UNSPECIFIED.fullmatch(text):
        return Headcount()
    if both := _BY_SEX.fullmatch(text):
        return _checked(people := int(both[1]) + int(both[2]), people)
    return _counted(_arabic(text))


def _counted(text: str) -> Headcount:
    match = _COUNT.fullmatch(text)
    if match is None:
        raise HeadcountFault("unparseable")
    low = int(Decimal(match["low"]))
    if match["high"]:
        return _checked(low, int(Decimal(match["high"])))
    return _checked(low, None if match["more"] else low)


def _checked(low: int, high: int | None) -> Headcount:
    if low <= 0 or (high is not None and high <= 0):
        raise HeadcountFault("not_positive")
    if high is not None and low > high:
        raise HeadcountFault("range_reversed")
    if max(low, high or 0) > MAX_PEOPLE:
        raise HeadcountFault("unparseable")
    return Headcount(low, high)


def _arabic(text: str) -> str:
    """二十五名 is 25名; numbers up to 99 are written so."""
    match = re.match(r"([一二两三四五六七八九])?(十)?([一二两三四五六七八九])?(?=名|人|个|位|$)", text)
    if match is None or not match[0]:
        return text
    tens, ten, ones = match.groups()
    if not ten:
        return f"{_NUMERALS[match[0]]}{text[1:]}" if len(match[0]) == 1 else text
    number = (_NUMERALS[tens] if tens else 1) * 10 + (_NUMERALS[ones] if ones else 0)
    return f"{number}{text[match.end() :]}"
