"""The reports of several shows as they are taken along, a workbook and a CSV, read back beside the recounts."""

import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Literal

from openpyxl import load_workbook

from admin.export_files import ReportEncoder
from admin.files import Cell, Sheet, china_time
from admin.report_book import CUTS
from admin.report_tables import Part, table
from admin.words import Words
from stream_jobs.clock import utc_now
from stream_jobs.domain.metrics import METRICS, OF_LINES, Metric
from stream_jobs.ports import Report
from stream_jobs.ports.exports import ExportFormat
from stream_jobs.verify.book import Rows, plain, same_table
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.files import read_csv, said_rate, words_of
from stream_jobs.verify.several import Held

LANGUAGES: tuple[Literal["zh-CN", "en"], ...] = ("zh-CN", "en")
XLSX, CSV = "file shows.xlsx", "file shows.csv"


@dataclass(frozen=True, slots=True)
class Line:
    """What a metric is in a line: as a CSV says it, and the number that a workbook keeps."""

    said: str
    number: object


NOTHING = Line("", None)


async def check_shows_book(reports: Sequence[Report], shows: Sequence[Held], compared: Comparison) -> None:
    """A line for each show with every metric; the tables of all, as those that were compared by themselves."""
    encode = _encoder()
    for lang in LANGUAGES:
        words = words_of(lang)
        csv = b"".join([piece async for piece in encode(ExportFormat.CSV, lang, _one_by_one(reports))])
        _lines(CSV, read_csv(csv), shows, words, compared)
        content = b"".join([piece async for piece in encode(ExportFormat.XLSX, lang, _one_by_one(reports))])
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}
        book.close()
        _lines(XLSX, sheets[words.t("exports.column.broadcast")], shows, words, compared)
        for part in CUTS if reports else ():
            sheet = _of_all(reports, part, words)
            same_table(XLSX, part, sheet, sheets[words.t(f"organiser.report.part.{part.value}")], compared)


@cache
def _encoder() -> ReportEncoder:
    return ReportEncoder(utc_now)


async def _one_by_one(reports: Sequence[Report]) -> AsyncIterator[Report]:
    for report in reports:
        yield report


def _of_all(reports: Sequence[Report], part: Part, words: Words) -> Sheet:
    """The tables of the shows below each other, each line with its show and when that began."""
    tables = [table(report, part, words) for report in reports]
    rows: list[list[Cell]] = [
        [report.broadcast.title, china_time(report.broadcast.started_at), *row]
        for report, own in zip(reports, tables, strict=True)
        for row in own.rows
    ]
    return Sheet(part.value, [words.t("exports.column.broadcast"), words.t("common.when"), *tables[0].columns], rows)


def _lines(where: str, rows: Rows, shows: Sequence[Held], words: Words, compared: Comparison) -> None:
    """Each show once, in the order they were held, and each metric that a whole show has."""
    names = list(rows[0])
    places = {key: names.index(metric.name(words.lang)) for key, metric in METRICS.items() if key not in OF_LINES}
    compared.same(where, "shows", "together", [row[:2] for row in map(list, rows[1 : len(shows) + 1])],
                  [[show.title, china_time(show.started_at)] for show in shows])  # fmt: skip
    compared.same(where, "lines", "together", sum(bool(row[0]) for row in rows[1:]), len(shows))
    for row, show in zip(rows[1:], shows, strict=False):
        for key, place in places.items():
            line = _line(METRICS[key], show.numbers)
            wanted = line.said if where == CSV else line.number
            compared.same(where, key, f"show {show.id}", plain(row[place]) if where == XLSX else row[place], wanted)


def _line(metric: Metric, numbers: Mapping[str, int | str]) -> Line:
    """As a CSV says it, and as a number; a share is one between 0 and 1."""
    if not metric.is_rate:
        number = numbers.get(metric.key)
        return NOTHING if number is None else Line(str(number), number)
    above, below = (numbers.get(term or "") for term in (metric.numerator, metric.denominator))
    if not isinstance(above, int) or not isinstance(below, int) or not below:
        return NOTHING
    said = said_rate(metric, above, below)
    return Line(said, plain(float(Fraction(above, below) if said.endswith("%") else float(said))))
