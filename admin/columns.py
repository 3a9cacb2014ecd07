"""Tables made of columns: a heading and what stands beneath it in one place; metrics under their registered names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from operator import attrgetter
from typing import Any, NamedTuple

from admin.files import Cell, Share, Sheet
from admin.words import Words
from stream_jobs.domain.metrics import METRICS, Metric, Ratio, ShownAs

ONE_DECIMAL = Decimal("0.1")
Line = Any
Read = Callable[[Line], Cell]


class Column(NamedTuple):
    heading: str
    read: Read


def table_of(name: str, columns: Sequence[Column], lines: Iterable[Line]) -> Sheet:
    return Sheet(name, [one.heading for one in columns], [[one.read(line) for one in columns] for line in lines])


def figures(words: Words, *keys: str, of: Callable[[Line], Any] = lambda line: line) -> list[Column]:
    """Of each metric what the line, or that part of it, says; a rate is made of its two terms there."""

    def reading(key: str) -> Read:
        read = _reading(key)
        return lambda line: read(of(line))

    return [Column(heading(key, words), reading(key)) for key in keys]


def _reading(key: str) -> Read:
    metric = METRICS[key]
    if metric.numerator is None or metric.denominator is None:
        return attrgetter(key)
    terms = attrgetter(metric.numerator, metric.denominator)
    return lambda line: rate(metric, metric.ratio(*terms(line)))


def heading(key: str, words: Words) -> str:
    """A metric's registered name, with the unit where a bare number would not say it."""
    seconds = "（秒）" if words.lang != "en" else " (seconds)"
    return METRICS[key].name(words.lang) + (seconds if METRICS[key].shown_as is ShownAs.SECONDS else "")


def summary_of(name: str, told: Iterable[tuple[str, int | Ratio]], words: Words) -> Sheet:
    """A row for each metric: its value, both terms of a rate, and how it is counted."""
    zh = words.lang != "en"
    columns = (
        ["指标", "数值", "分子", "分母", "怎么算"] if zh else ["Metric", "Value", "Numerator", "Denominator", "How"]
    )
    rows: list[list[Cell]] = []
    for key, value in told:
        metric = METRICS[key]
        said = value if isinstance(value, int) else rate(metric, value)
        terms = [value.numerator, value.denominator] if isinstance(value, Ratio) else [None, None]
        rows.append([metric.name(words.lang), said, *terms, metric.definition(words.lang)])
    return Sheet(name, columns, rows)


def with_rates(counts: Mapping[str, int]) -> list[tuple[str, int | Ratio]]:
    """In the order of the registry: these counts, and every rate both of whose terms are among them."""
    rates = {
        key: metric.ratio(counts[metric.numerator], counts[metric.denominator])
        for key, metric in METRICS.items()
        if metric.numerator and metric.denominator and {metric.numerator, metric.denominator} <= counts.keys()
    }
    return [(key, counts[key] if key in counts else rates[key]) for key in METRICS if key in counts or key in rates]


def rate(metric: Metric, ratio: Ratio) -> Cell:
    """A share, a number to one decimal, or a length in whole units; None when there was nothing to divide by."""
    if ratio.value is None:
        return None
    match metric.shown_as:
        case ShownAs.PERCENT:
            return percent(ratio)
        case ShownAs.NUMBER:
            return Decimal(one_decimal(ratio) or 0)
        case _:
            return int(ratio.value)


def percent(ratio: Ratio) -> Share | None:
    """26.4%, rounded half up from the exact fraction; None when there was nothing to divide by."""
    rounded, exact = one_decimal(ratio, times=100), ratio.value
    return None if rounded is None or exact is None else Share(f"{rounded}%", exact)


def one_decimal(ratio: Ratio | None, *, times: int = 1) -> str | None:
    if ratio is None or ratio.value is None:
        return None
    exact = Decimal(ratio.value.numerator * times) / Decimal(ratio.value.denominator)
    return str(exact.quantize(ONE_DECIMAL, ROUND_HALF_UP))
