"""Files to take along: CSV and XLSX that open right in Chinese Excel and WPS, and in which no cell is a formula."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from urllib.parse import quote

import xlsxwriter
from aiohttp import web

from admin.cell_size import row_points
from stream_jobs.domain.text import FORMULA_BEGINNINGS
from stream_jobs.domain.vetting import CHINA

Cell = str | int | Decimal | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Without it Excel takes Chinese for another encoding.
BOM = b"\xef\xbb\xbf"
WIDEST = 60


class Share(str):
    """A share as it is shown, 26.4%, that knows its exact value: a workbook keeps the number."""

    exact: Fraction

    def __new__(cls, said: str, exact: Fraction) -> "Share":
        share = super().__new__(cls, said)
        share.exact = exact
        return share


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: a heading above it where there is one, the names of its columns, its rows.

    choices: by column, words offered in its cells; anything else may be typed too.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    heading: str | None = None
    widths: Mapping[int, float] = field(default_factory=dict)
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)


def csv_file(sheet: Sheet) -> bytes:
    """RFC 4180 with CRLF, UTF-8 with a byte order mark."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in sheet.columns])
    writer.writerows([harmless(cell) for cell in row] for row in sheet.rows)
    return BOM + text.getvalue().encode()


def harmless(cell: Cell) -> Cell:
    """Text that would be read as a formula gets an apostrophe before it; numbers stay numbers."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_BEGINNINGS):
        return "'" + cell
    return cell


def new_workbook(content: io.BytesIO, made_at: datetime) -> xlsxwriter.Workbook:
    """Made in memory; text that looks like a formula, an address or a number stays text."""
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(content, options)
    book.set_properties({"created": made_at.astimezone(CHINA).replace(tzinfo=None)})
    return book


def xlsx_file(sheets: Sequence[Sheet], made_at: datetime) -> bytes:
    """Text is written as text: a name that begins with = stays a name."""
    content = io.BytesIO()
    with new_workbook(content, made_at) as book:
        styles = {
            "heading": book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}),
            "column": book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter"}),
            "cell": book.add_format({"border": 1, "text_wrap": True, "valign": "top"}),
            # As text, so that 0312 and 13800000001 stay as they are.
            "text": book.add_format({"border": 1, "text_wrap": True, "valign": "top", "num_format": "@"}),
        }
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, styles)
    return content.getvalue()


def _write(page: "xlsxwriter.worksheet.Worksheet", sheet: Sheet, styles: Mapping[str, object]) -> None:
    top = 0
    last = len(sheet.columns) - 1
    if sheet.heading:
        page.merge_range(0, 0, 0, last, sheet.heading, styles["heading"])
        page.set_row(0, 32)
        top = 1
    widths = [sheet.widths.get(nth, min(WIDEST, 2 * len(name) + 4)) for nth, name in enumerate(sheet.columns)]
    for nth, name in enumerate(sheet.columns):
        page.write_string(top, nth, name, styles["column"])
        page.set_column(nth, nth, widths[nth])
    page.set_row(top, row_points(zip(sheet.columns, widths, strict=True)))
    for line, row in enumerate(sheet.rows, start=top + 1):
        page.set_row(line, row_points(zip(row, widths, strict=True)))
        for nth, cell in enumerate(row):
            if isinstance(cell, int | Decimal):
                page.write_number(line, nth, cell, styles["cell"])
            else:
                page.write_string(line, nth, cell or "", styles["text"])
    for nth, words in sheet.choices.items():
        offered = {"validate": "list", "source": list(words), "show_error": False}
        page.data_validation(top + 1, nth, top + max(len(sheet.rows), 1), nth, offered)
    page.freeze_panes(top + 1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)


def download(content: bytes, name: str, media_type: str) -> web.Response:
    return web.Response(
        body=content,
        content_type=media_type,
        charset="utf-8" if media_type == "text/csv" else None,
        headers=attachment(name),
    )


async def begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, the first of them read: what is missing is told as such, not as a file that ends early."""
    return _after(await anext(pieces, b""), pieces)


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def attachment(name: str) -> dict[str, str]:
    """RFC 6266 and 8187: a plain name for old clients, the real one in UTF-8."""
    plain = "download" + name[name.rfind(".") :]
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
    }


def file_name(*parts: str, ending: str) -> str:
    """Parts joined with ·, without what a file system refuses."""
    said = "·".join(part for part in parts if part)
    return "".join("_" if c in '\\/:*?"<>|' or not c.isprintable() else c for c in said)[:100] + ending


def china_time(at: datetime | None) -> str | None:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}" if at else None
