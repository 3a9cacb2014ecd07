"""A bureau's own form with a mark for every metric, as it is filled in, read back beside the recounts of its shows."""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from openpyxl import Workbook, load_workbook

from admin.form.figures import Asker, filling
from admin.form.filling import fill_form
from stream_jobs.actions.forms import Counted
from stream_jobs.domain.metrics import METRICS, OF_LINES, Metric, Unit
from stream_jobs.ports import Report
from stream_jobs.verify.applicants import OUTCOMES
from stream_jobs.verify.book import plain
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.devices import BITS, METRIC
from stream_jobs.verify.files import tenths
from stream_jobs.verify.series import Distinct
from stream_jobs.verify.several import NOT_ADDED, Held

WHERE = "file bureau form"
MARKED = tuple(key for key in METRICS if key not in OF_LINES)
OF_ONE = tuple(key for key in MARKED if key != "shows")
ADDED_UNITS = (Unit.VISIT, Unit.APPLICATION, Unit.EVENT, Unit.CARD, Unit.OPENING)
ADDED_LENGTHS = ("on_air_seconds", "on_stage_seconds", "on_air_ms", "watch_ms")
NONE_TO_DIVIDE_BY = "–"
Numbers = Mapping[str, int | str]


def check_bureau_form(
    reports: Sequence[Report],
    distinct: Mapping[str, int],
    shows: Sequence[Held],
    devices: Distinct,
    at: datetime,
    compared: Comparison,
) -> None:
    """Of all shows together, and of each in a row of its own."""
    content = fill_form(_form(), filling(Counted(reports, distinct), Asker("", "", at)))
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    whole, each = ([*book[name].iter_rows(values_only=True)] for name in ("whole", "each"))
    book.close()
    numbers = _together(shows, devices)
    for key, row in zip(MARKED, whole, strict=True):
        _same(key, "together", row[1], numbers, compared)
    # Of no show the row stands once, with nothing in it.
    compared.same(WHERE, "rows", "together", len(each), max(1, len(shows)))
    for show, row in zip(shows, each, strict=False):
        for key, cell in zip(OF_ONE, row, strict=True):
            _same(key, f"show {show.id}", cell, show.numbers, compared)


@cache
def _form() -> bytes:
    """As a bureau writes its marks, by their Chinese names."""
    book = Workbook()
    whole = book.active or book.create_sheet()
    whole.title = "whole"
    for key in MARKED:
        whole.append([key, f"{{{{{METRICS[key].zh}}}}}"])
    book.create_sheet("each").append([f"{{{{每场.{METRICS[key].zh}}}}}" for key in OF_ONE])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _same(key: str, place: str, cell: object, numbers: Numbers, compared: Comparison) -> None:
    shown = round(cell.total_seconds()) if isinstance(cell, timedelta) else plain(cell)
    compared.same(WHERE, key, place, shown, _wanted(METRICS[key], numbers))


def _wanted(metric: Metric, numbers: Numbers) -> object:
    """A number, a share between 0 and 1, an average to one decimal, a length in seconds, or nothing."""
    if metric.numerator is None or metric.denominator is None:
        number = numbers.get(metric.key)
        return number // 1_000 if metric.unit is Unit.MILLISECOND and isinstance(number, int) else number
    above, below = numbers.get(metric.numerator), numbers.get(metric.denominator)
    if not isinstance(above, int) or not isinstance(below, int):
        return None
    if not below:
        return NONE_TO_DIVIDE_BY
    if metric.key == "average_watch_ms":
        return above // below // 1_000
    if metric.key == "average_watching" or metric.per != 1:
        return float(tenths(above * metric.per, below))
    return plain(above / below)


def _together(shows: Sequence[Held], devices: Distinct) -> Numbers:
    """Sums of what belongs to one show, and devices, people and employers once; of one show, what it has."""
    if len(shows) == 1:
        return {**shows[0].numbers, "shows": 1}
    numbers: dict[str, int | str] = {"shows": len(shows), "employers": len(set().union(*(s.employers for s in shows)))}
    for key in OF_ONE:
        if METRICS[key].unit in ADDED_UNITS or key in ADDED_LENGTHS:
            numbers[key] = sum(_number(show, key) for show in shows)
    numbers["peak"] = max((_number(show, "peak") for show in shows), default=0)
    came = {METRIC[bit]: devices.steps[bit] for bit in BITS.values()}
    return {**numbers, **_people(shows), **came, **_stated(shows)}


def _number(show: Held, key: str) -> int:
    return int(show.numbers[key])


def _people(shows: Sequence[Held]) -> Mapping[str, int]:
    """Each once; waiting whom nobody has called about any application, of which one is open."""
    people: dict[object, frozenset[str]] = defaultdict(frozenset)
    for show in shows:
        for person, outcomes in show.people.items():
            people[person] |= outcomes
    every = people.values()
    return {
        "applicants": len(people),
        "waiting": sum("open" in outcomes and "contacted" not in outcomes for outcomes in every),
        **{name: sum(name in outcomes for outcomes in every) for name in OUTCOMES},
    }


def _stated(shows: Sequence[Held]) -> Numbers:
    """Sums, and the highest peak, by platform; nobody knows who watched several shows there."""
    stated: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for show in shows:
        for (platform, metric), value in show.stated.items():
            if metric not in NOT_ADDED or metric == "peak":
                stated[f"platform_{metric}"][platform].append(value)
    said: dict[str, int | str] = {}
    for key, platforms in stated.items():
        told = {one: max(its) if key == "platform_peak" else sum(its) for one, its in sorted(platforms.items())}
        one_alone = len(told) == 1
        said[key] = next(iter(told.values())) if one_alone else "；".join(f"{a} {b:,}" for a, b in told.items())
    return said
