"""Several shows as they are taken along, read back beside the report and the cuts that were compared by themselves."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from openpyxl import load_workbook

from admin.files import csv_file, harmless
from admin.series_book import part_name, series_book
from admin.series_tables import OF_CUTS, OF_REPORT, SeriesPart
from admin.words import LANGUAGES, Words
from stream_jobs.domain.cuts import Cuts
from stream_jobs.domain.metrics import METRICS
from stream_jobs.domain.series import SeriesFigures, SeriesReport
from stream_jobs.verify.book import HEAD_LINES, STEPS, Rows, same_table
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.files import percent, read_csv, tenths, words_of

XLSX, CSV = "file report.xlsx together", "file report.csv together"
SEEN = ("exposures", "impressions", "clicks", "apply_starts", "appliers", "click_rate", "apply_rate")
CAME = (*SEEN, "applications", "applicants")
OWN = tuple(name for name in SeriesFigures.model_fields if name != "shows")
# What each table must have a column of.
COLUMNS: Mapping[SeriesPart, Sequence[str]] = {
    SeriesPart.SHOWS: OWN,
    SeriesPart.UNITS: ("shows", *OWN),
    SeriesPart.HOSTS: ("shows", *OWN),
    SeriesPart.JOBS: ("shows", "cards", "openings", *CAME),
    SeriesPart.EMPLOYERS: ("shows", "cards", "openings", *CAME),
    SeriesPart.WORKPLACES: ("shows", "cards", "openings", *CAME),
    SeriesPart.CHANNELS: ("shows", "visits", "visitors", *CAME),
}
NAMED = {
    SeriesPart.SHOWS: "title",
    **dict.fromkeys((SeriesPart.JOBS, SeriesPart.EMPLOYERS, SeriesPart.WORKPLACES), "name"),
}


def check_series_files(report: SeriesReport, cuts: Cuts, at: datetime, compared: Comparison) -> None:
    """Every table and the workbook, in both languages."""
    for lang in LANGUAGES:
        _Check(report, cuts, words_of(lang), compared).check(at)


@dataclass(frozen=True, slots=True)
class _Check:
    report: SeriesReport
    cuts: Cuts
    words: Words
    compared: Comparison

    def check(self, at: datetime) -> None:
        tables = {part: table(self.report, self.words) for part, table in OF_REPORT.items()}
        tables |= {part: table(self.cuts, self.words) for part, table in OF_CUTS.items()}
        content = series_book(self.report, self.cuts, self.words, at)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheets = {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}
        finally:
            book.close()
        for part, table in tables.items():
            rows = sheets[part_name(part, self.words)]
            same_table(XLSX, part, table, rows[HEAD_LINES if part is SeriesPart.SUMMARY else 0 :], self.compared)
            self._csv(part, read_csv(csv_file(table)))
        self._funnel(sheets[self.words.t("organiser.report.funnel")])

    def _csv(self, part: SeriesPart, rows: Rows) -> None:
        match part:
            case SeriesPart.SUMMARY:
                self._summary(rows)
            case SeriesPart.PLATFORM:
                stated = [[one.platform, str(one.value), str(one.shows)] for one in self.report.reported]
                self._same(CSV, "stated", part, [[row[0], *row[2:4]] for row in rows[1:]], stated)
            case _:
                self._table(part, rows)

    def _summary(self, rows: Rows) -> None:
        """A row for each metric that several shows have, and no other."""
        figures = self.report.figures
        numbers = {name: getattr(figures, name) for name in SeriesFigures.model_fields}
        numbers |= {step.metric: step.count for step in self.report.funnel}
        wanted = [[METRICS[key].name(self.words.lang), *said] for key, said in _every(numbers)]
        self._same(CSV, "metrics", "whole", [list(row[:4]) for row in rows[1:]], wanted)

    def _table(self, part: SeriesPart, rows: Rows) -> None:
        names = {metric.name(self.words.lang): key for key, metric in METRICS.items()}
        keys = [names.get(str(column).removesuffix("（秒）").removesuffix(" (seconds)")) for column in rows[0]]
        lines = getattr(self.report if part in OF_REPORT else self.cuts, part)
        self._same(CSV, "rows", part, len(rows) - 1, len(lines))
        self._same(CSV, "columns", part, sorted(set(COLUMNS[part]) - set(filter(None, keys))), [])
        for nth, (line, row) in enumerate(zip(lines, rows[1:], strict=False), start=1):
            if part in NAMED:
                self._same(CSV, "name", f"{part} {nth}", row[0], harmless(getattr(line, NAMED[part])))
            of = line.figures if part in OF_REPORT else line
            for key, cell in zip(keys, row, strict=True):
                if key and key in COLUMNS[part]:
                    self._same(CSV, key, f"{part} {nth}", cell, _said(key, attrgetter(*_terms(key))(of)))

    def _funnel(self, rows: Rows) -> None:
        """Devices step by step, then people."""
        steps = {step.metric: step.count for step in self.report.funnel}
        self._same(XLSX, "steps", "funnel", [row[1] for row in rows[1 : len(STEPS) + 1]], [steps[key] for key in STEPS])
        figures = self.report.figures
        people = [getattr(figures, key) for key in ("applicants", *OWN[OWN.index("valid") :])]
        self._same(XLSX, "people", "funnel", [row[1] for row in rows[len(STEPS) + 3 :]], people)

    def _same(self, where: str, metric: str, place: str, shown: object, wanted: object) -> None:
        self.compared.same(where, metric, place, shown, wanted)


def _terms(key: str) -> tuple[str, ...]:
    metric = METRICS[key]
    return (metric.numerator, metric.denominator) if metric.numerator and metric.denominator else (key,)


def _said(key: str, found: Any) -> str:
    """A count as it is, a share in per cent."""
    return percent(*found) if METRICS[key].is_rate else str(found)


def _every(numbers: Mapping[str, int]) -> Iterator[tuple[str, list[str]]]:
    """In the order of the registry: what is said of each count, and of each rate that can be made of them."""
    for key, metric in METRICS.items():
        if key in numbers:
            yield key, [str(numbers[key]), "", ""]
        elif metric.is_rate and (terms := _terms(key)) and set(terms) <= numbers.keys():
            above, below = (numbers[term] for term in terms)
            said = percent(above, below) if metric.per == 1 else tenths(above * metric.per, below)
            yield key, [said, str(above), str(below)]
