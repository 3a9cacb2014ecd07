"""The files of a report as they are taken along, read back cell by cell beside the recount."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from openpyxl import load_workbook

from admin.assets import STATIC
from admin.files import csv_file, xlsx_file
from admin.report_tables import Part, form, table
from admin.words import LANGUAGES, Words
from stream_jobs.domain.metrics import METRICS, OF_LINES, Metric, Unit
from stream_jobs.ports import Report
from stream_jobs.verify.applicants import OUTCOMES
from stream_jobs.verify.book import check_book
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.devices import FRAUD
from stream_jobs.verify.places import NOBODY, NOWHERE, SHOW, Place, said
from stream_jobs.verify.priorities import limit_of, told
from stream_jobs.verify.recount import Recount
from stream_jobs.verify.report import COUNTED, PACE, REACHED
from stream_jobs.verify.untold import untold

TO_HAND_OVER = ("to_hand_over", "people_to_hand_over", "since_hand_over")
GROUP = ("exposures", *REACHED, "click_rate", "apply_rate", *COUNTED, *OUTCOMES)
# What each table must have a column of. The summary has a row for each metric of the whole show instead.
COLUMNS = {
    Part.CARDS: ("openings", "pushes", "on_stage_seconds", "connected", "delivered", "calls", *GROUP),
    Part.EMPLOYERS: ("cards", "openings", "presented", *GROUP, *TO_HAND_OVER),
    Part.CHANNELS: ("scans", "visits", "visitors", *GROUP, "last_applications"),
    Part.REGIONS: ("cards", "openings", "presented", *COUNTED, *OUTCOMES),
    Part.PRIORITIES: ("applicants",),
    Part.TIMES: ("presented", "visits", "new_visitors", "peak", *COUNTED, *OUTCOMES),
}
SUMMED_OVER_CARDS = ("pushes", "connected", "delivered", "on_stage_seconds")
# What a platform says, what is told line by line, and what several shows are told by stand in places of their own.
STATED = tuple(key for key, metric in METRICS.items() if metric.unit is Unit.STATED)
NOT_IN_SUMMARY = (*STATED, *OF_LINES, "shows")
# The form's own words for some metrics.
IN_THE_FORM = {
    "企业数": "employers",
    "岗位条数": "cards",
    "岗位数": "openings",
    "到访人次": "visits",
    "到访人数": "visitors",
    "报名份数": "applications",
    "报名人数": "applicants",
    "联系": "contacted",
    "录用": "offered",
    "入职": "hired",
    "政策宣讲条数": "presented_policies",
}


class FileCheck:
    """Every table and the workbook in both languages, and the form."""

    def __init__(self, report: Report, counted: Recount, compared: Comparison, small_group: int) -> None:
        self._small_group = small_group
        self._untold = untold(counted.figures, counted.owners, counted.region_of, small_group)
        self._told_groups = told(counted.figures, small_group, counted.show, report.as_of)
        self._report = report
        self._counted = counted
        self._figures = counted.figures
        self._compared = compared

    def check(self, at: datetime) -> None:
        for lang in LANGUAGES:
            words = words_of(lang)
            for part in Part:
                rows = read_csv(csv_file(table(self._report, part, words)))
                if not self._report.counted:
                    self._same(part, SHOW, "rehearsal", len(rows), 1)
                elif part is Part.SUMMARY:
                    self._summary(rows, words)
                elif part in COLUMNS:
                    self._table(part, rows, words)
            check_book(self._report, self._counted, words, at, self._compared)
        self._form(at)

    # ── a row for each metric ─────────────────────────────────────────────────────────────────────────────────

    def _summary(self, rows: Sequence[Sequence[str]], words: Words) -> None:
        shown = {row[0]: row[1:4] for row in rows[1:]}
        for key, metric in METRICS.items():
            if key in NOT_IN_SUMMARY or (key in PACE and key not in self._counted.pace):
                continue
            cells = shown.get(metric.name(words.lang))
            terms = (metric.numerator, metric.denominator)
            wanted = [self._said(SHOW, key), *(str(self._of(SHOW, term)) if term else "" for term in terms)]
            self._same(Part.SUMMARY, SHOW, key, cells and list(cells), wanted)
        for key in ("visitors", *REACHED):
            name = f"{METRICS['implied'].name(words.lang)}：{METRICS[key].name(words.lang)}"
            implied = str(self._figures.of(SHOW, f"implied {key}"))
            self._same(Part.SUMMARY, SHOW, f"implied {key}", shown.get(name, [""])[0], implied)

    # ── a row for each place ──────────────────────────────────────────────────────────────────────────────────

    def _table(self, part: Part, rows: Sequence[Sequence[str]], words: Words) -> None:
        names = {metric.name(words.lang): key for key, metric in METRICS.items()}
        keys = [names.get(column.removesuffix("（秒）").removesuffix(" (seconds)")) for column in rows[0]]
        places = self._places(part)
        self._same(part, SHOW, "rows", len(rows) - 1, len(places))
        self._same(part, SHOW, "columns", sorted(set(COLUMNS[part]) - set(filter(None, keys))), [])
        for place, row in zip(places, rows[1:], strict=False):
            for key, cell in zip(keys, row, strict=True):
                if key is not None:
                    self._same(part, place, key, cell, self._said(place, key, words))

    def _places(self, part: Part) -> list[Place]:
        """In the order of the report's lines."""
        match part:
            case Part.CARDS:
                return [("card", line.card_id) for line in self._report.cards]
            case Part.EMPLOYERS:
                return [("employer", line.employer_id) for line in self._report.employers]
            case Part.CHANNELS:
                return [("channel", line.channel_id or NOBODY) for line in self._report.channels]
            case Part.REGIONS:
                codes = (line.code for line in self._report.regions)
                return [("region", int(code) if code else NOWHERE) for code in codes]
            case Part.PRIORITIES:
                return [("priority", nth) for nth in range(len(self._report.priorities))]
            case _:
                return [("stretch", nth) for nth in range(len(self._report.times))]

    def _said(self, place: Place, key: str, words: Words | None = None) -> str:
        """The cell as it must be."""
        metric = METRICS[key]
        if metric.numerator and metric.denominator:
            return said_rate(metric, self._of(place, metric.numerator), self._of(place, metric.denominator))
        if place[0] == "priority" and place[1] not in self._told_groups:
            return words.t("organiser.report.few", n=limit_of(self._small_group)) if words else ""
        if place in self._untold and key in OUTCOMES:
            few = self._of(place, "applicants") < self._small_group
            said_so = "organiser.report.small_group" if few else "organiser.report.beside_small"
            return words.t(said_so, n=self._small_group) if words else ""
        if place[0] == "card" and key == "openings":
            openings = self._counted.openings.get(UUID(str(place[1])))
            return "" if openings is None else str(openings)
        if (key == "peak" and place in self._off_air()) or (key == "scans" and place not in self._linked()):
            return ""
        return str(self._of(place, key))

    def _off_air(self) -> list[Place]:
        """Before and after the show nobody watches it."""
        return [("stretch", nth) for nth, line in enumerate(self._report.times) if line.kind in ("before", "after")]

    def _linked(self) -> list[Place]:
        """What came through no link opened none."""
        return [("channel", row["id"]) for row in self._counted.channels]

    def _of(self, place: Place, key: str) -> int:
        if key == "last_applications":
            return self._figures.of(("last_channel", place[1]), "applications")
        return number_of(self._counted, key) if place == SHOW else self._figures.of(place, key)

    # ── the form ──────────────────────────────────────────────────────────────────────────────────────────────

    def _form(self, at: datetime) -> None:
        """Its one row, found below the heading that holds all its columns."""
        content = xlsx_file(form([self._report], ""), at)
        book = load_workbook(io.BytesIO(content), read_only=True)
        rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        book.close()
        head = next((row for row in rows if set(IN_THE_FORM) <= set(row)), None)
        self._same("form", SHOW, "columns", head is not None, True)
        below = rows[rows.index(head) + 1 :] if head else []
        self._same("form", SHOW, "rows", len(below), int(self._report.counted))
        for row in below:
            cells = dict(zip(head or [], row, strict=False))
            for heading, key in IN_THE_FORM.items():
                self._same("form", SHOW, key, cells.get(heading), self._of(SHOW, key))

    def _same(self, where: str, place: Place, metric: str, shown: object, counted: object) -> None:
        self._compared.same(f"file {where}", metric, said(place), shown, counted)


def number_of(counted: Recount, key: str) -> int:
    """A count of the whole show, by its metric; how long things took must be known."""
    figures = counted.figures
    if key in SUMMED_OVER_CARDS:
        return sum(figures.of(("card", card), key) for card in counted.cards)
    if key == "presented_openings":
        return presented_openings(counted)
    if key in PACE:
        return counted.pace[key]
    if key == "watching" and counted.show["status"] != "live":
        return 0
    if key == "fraud":
        return sum(figures.of(SHOW, reason) for reason in FRAUD)
    return figures.of(SHOW, key)


def presented_openings(counted: Recount) -> int:
    pushed = {push.card_id for push in counted.stage.pushes}
    return sum(openings or 0 for card, openings in counted.openings.items() if card in pushed)


def numbers_of(counted: Recount) -> dict[str, int | str]:
    """Every metric of a show that is no rate, as far as there is one; platforms that say different things are text."""
    unknown = {key for key in PACE if key not in counted.pace}
    wanted = METRICS.keys() - unknown - set(NOT_IN_SUMMARY)
    numbers: dict[str, int | str] = {key: number_of(counted, key) for key in wanted if not METRICS[key].is_rate}
    for key in STATED:
        stated = sorted(
            (row["platform"], row["value"]) for row in counted.platform if f"platform_{row['metric']}" == key
        )
        if stated:
            both = "；".join(f"{platform} {value:,}" for platform, value in stated)
            numbers[key] = stated[0][1] if len(stated) == 1 else both
    return numbers


def said_rate(metric: Metric, above: int, below: int) -> str:
    """A share in per cent, an average to one decimal, a length in milliseconds; empty with nothing to divide by."""
    if metric.key == "average_watch_ms":
        return str(above // below) if below else ""
    if metric.key == "average_watching" or metric.per != 1:
        return tenths(above * metric.per, below)
    return percent(above, below)


def percent(numerator: int, denominator: int) -> str:
    one = tenths(numerator * 100, denominator)
    return one and f"{one}%"


def tenths(numerator: int, denominator: int) -> str:
    """One decimal, rounded half up, by whole numbers alone; empty when there is nothing to divide by."""
    if not denominator:
        return ""
    rounded = (20 * numerator + denominator) // (2 * denominator)
    return f"{rounded // 10}.{rounded % 10}"


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@cache
def words_of(lang: str) -> Words:
    catalogues = sorted((STATIC / "i18n").glob(f"*.{lang}.json"))
    return Words(lang, {key: text for path in catalogues for key, text in json.loads(path.read_text("utf-8")).items()})
