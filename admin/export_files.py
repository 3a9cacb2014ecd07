"""Exported lists as files: CSV as it is read, XLSX made in memory, as a temporary file would hold names in clear."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from admin.assets import Assets
from admin.files import BOM, Cell, china_time, harmless, new_workbook
from admin.report_book import ShowsBook, show_columns, show_line
from admin.words import Catalogues, Words
from stream_jobs.domain.errors import ExportTooLong
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import Clock, Report
from stream_jobs.ports.exports import ExportFormat, ExportLine

COLUMNS = (
    "number", "broadcast", "date", "name", "phone", "card", "job", "employer", "channel", "state", "at", "recorded_by",
)  # fmt: skip
WIDTHS = (8, 28, 12, 12, 16, 8, 28, 24, 16, 10, 18, 12)
# Each row takes 3.5 KB while the workbook is made, 180 MB for all; a CSV has no such end.
MOST_XLSX_ROWS = 50_000
PIECE_BYTES = 1 << 18


class Encoder:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._catalogues = Catalogues(Assets())

    def __call__(
        self, format_: ExportFormat, language: Literal["zh-CN", "en"], lines: AsyncIterator[Sequence[ExportLine]]
    ) -> AsyncIterator[bytes]:
        words = self._catalogues.words(language)
        return _csv(words, lines) if format_ == ExportFormat.CSV else self._xlsx(words, lines)

    async def _xlsx(self, words: Words, lines: AsyncIterator[Sequence[ExportLine]]) -> AsyncIterator[bytes]:
        content = io.BytesIO()
        book = new_workbook(content, self._clock())
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
        page = book.add_worksheet(words.t("exports.sheet"))
        for nth, (name, width) in enumerate(zip(_names(words), WIDTHS, strict=True)):
            page.write_string(0, nth, name, head)
            page.set_column(nth, nth, width, text)
        page.freeze_panes(1, 0)
        row = 0
        async for batch in lines:
            for line in batch:
                row += 1
                if row > MOST_XLSX_ROWS:
                    raise ExportTooLong
                for nth, cell in enumerate(_cells(line, words)):
                    page.write_string(row, nth, str(cell or ""), text)
        page.autofilter(0, 0, row, len(COLUMNS) - 1)
        await asyncio.to_thread(book.close)
        whole = content.getbuffer()
        for start in range(0, len(whole), PIECE_BYTES):
            yield bytes(whole[start : start + PIECE_BYTES])


class ReportEncoder:
    """Reports of several shows: a workbook with charts and every cut, or a CSV with a line for each show."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._catalogues = Catalogues(Assets())

    def __call__(
        self, format_: ExportFormat, language: Literal["zh-CN", "en"], reports: AsyncIterator[Report]
    ) -> AsyncIterator[bytes]:
        words = self._catalogues.words(language)
        return _show_lines(words, reports) if format_ == ExportFormat.CSV else self._xlsx(words, reports)

    async def _xlsx(self, words: Words, reports: AsyncIterator[Report]) -> AsyncIterator[bytes]:
        book = ShowsBook(words, self._clock())
        async for report in reports:
            book.add(report)
        whole = await asyncio.to_thread(book.close)
        for start in range(0, len(whole), PIECE_BYTES):
            yield whole[start : start + PIECE_BYTES]


async def _show_lines(words: Words, reports: AsyncIterator[Report]) -> AsyncIterator[bytes]:
    yield BOM + _written([show_columns(words)])
    async for report in reports:
        yield _written([show_line(report)])


async def _csv(words: Words, lines: AsyncIterator[Sequence[ExportLine]]) -> AsyncIterator[bytes]:
    yield BOM + _written([_names(words)])
    async for batch in lines:
        yield _written([_cells(line, words) for line in batch])


def _written(rows: Sequence[Sequence[Cell]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _names(words: Words) -> list[str]:
    return [words.t(f"exports.column.{name}") for name in COLUMNS]


def _cells(line: ExportLine, words: Words) -> list[Cell]:
    return [
        line.number,
        line.broadcast,
        f"{line.starts_at.astimezone(CHINA):%Y-%m-%d}",
        line.name,
        # As it is dialled in China; another country's keeps its code, with an apostrophe in a CSV.
        line.phone.removeprefix("+86"),
        line.card,
        line.job,
        line.employer,
        line.channel or words.t("organiser.report.unattributed"),
        words.t(f"desk.state.{line.state}"),
        china_time(line.at),
        line.recorded_by,
    ]
