"""Cells as text: the small repairs every field needs."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta

from stream_jobs.domain.job_sheet.grid import Cell

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()}
_CJK = r"[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]"
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
_BLANK = re.compile(r"[-—–_/\\.、。·*]*|n/?a|null|none|暂无", re.IGNORECASE)
_FORMULA_ERROR = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|#+)")


def cell_text(value: Cell) -> str:
    """What a person reads in the cell, trimmed; whole numbers without a point."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return f"{value:.0f}" if value.is_integer() else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        case int() | date() | time() | timedelta():
            return str(value)
        case _:
            return (value if value.isprintable() else _INVISIBLE.sub("", value)).strip()


def one_line(value: Cell) -> str:
    """Text on one line: breaks inside the cell and full-width letters and digits repaired."""
    text = cell_text(value).translate(_WIDE).replace("\u3000", " ")
    text = re.sub(rf"(?<={_CJK})\s*[\r\n]+\s*(?={_CJK})", "", text)
    return re.sub(r"\s+", " ", text).strip()


def place_text(value: Cell) -> str:
    """A place: 郑州市 中原 is 郑州市中原."""
    return re.sub(rf"(?<={_CJK}) (?={_CJK})", "", one_line(value))


def lines(value: Cell) -> str:
    """Longer text with its lines, without blank ones."""
    text = cell_text(value).translate(_WIDE)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def is_blank(value: Cell) -> bool:
    """Nothing typed, or a mark that stands for nothing (-, /, 暂无)."""
    return value is None or (isinstance(value, str) and _BLANK.fullmatch(cell_text(value)) is not None)


def is_formula_error(value: Cell) -> bool:
    return isinstance(value, str) and _FORMULA_ERROR.fullmatch(value.strip()) is not None


def is_date(value: Cell) -> bool:
    """A cell that the spreadsheet program has turned into a date or a time."""
    return isinstance(value, date | time | timedelta)


def compact(text: str) -> str:
    """For comparing: no spaces, no width or case, one kind of brackets."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
