"""A show beside the earlier ones, as its report tells it, and the same from the recounts of them all."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from uuid import UUID

from stream_jobs.domain.comparison import MOST_EARLIER, ComparedCard
from stream_jobs.domain.comparison import Comparison as Beside
from stream_jobs.domain.metrics import METRICS
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.several import Held

BESIDE = "comparison"
FIGURES = ("visitors", "applications", "applications_per_thousand", "peak", "contacted_rate")
Row = Any


def earlier_of(show: Held, every: Sequence[Row]) -> tuple[str, list[UUID]]:
    """The last five that had ended and began before it, of its series, else its unit, else any; last first."""
    before = [row for row in every if row["status"] == "ended" and not row["rehearsal"] and row["id"] != show.id]
    before = [row for row in before if row["started_at"] < show.started_at]
    before.sort(key=lambda row: (row["started_at"], row["id"]), reverse=True)
    of_series = [row["id"] for row in before if show.series and row["series_id"] == show.series]
    of_unit = [row["id"] for row in before if row["unit_id"] == show.unit]
    for among, its in (("series", of_series), ("unit", of_unit)):
        if its:
            return among, its[:MOST_EARLIER]
    return "organisation", [row["id"] for row in before][:MOST_EARLIER]


def check_beside_earlier(beside: Beside, show: Held, earlier: Sequence[Held], compared: Comparison) -> None:
    """Every figure of each, the medians, and the best and the worst card, exactly."""

    def same(metric: str, place: str, shown: object, counted: object) -> None:
        compared.same(BESIDE, metric, place, shown, counted)

    same("series", "show", beside.series_id, show.series)
    same("unit", "show", beside.unit, show.unit_name if beside.among == "unit" else None)
    same("earlier", "show", [one.broadcast_id for one in beside.earlier], [one.id for one in earlier])
    for other, its in zip(beside.earlier, earlier, strict=False):
        values = [ratio.value for ratio in other.values]
        same("values", f"earlier show {its.id}", values, [_value(its, key) for key in FIGURES])
    for key, figure in zip(FIGURES, beside.figures, strict=True):
        same(key, "show", (figure.metric, figure.value.value), (key, _value(show, key)))
        shown = figure.median.value if figure.median else None
        same(key, "median", shown, _middle([_value(its, key) for its in earlier]))
    rates = [rate for its in earlier for rate in its.cards.values()]
    same("card median", "show", beside.card_median.value if beside.card_median else None, _middle(rates))
    rates = list(show.cards.values())
    same("best card", "show", _told(beside.best, show), max(rates, default=None))
    same("worst card", "show", _told(beside.worst, show), min(rates) if len(rates) > 1 else None)


def _value(show: Held, key: str) -> Fraction | None:
    metric = METRICS[key]
    if metric.numerator is None or metric.denominator is None:
        return Fraction(show.numbers[key])
    below = int(show.numbers[metric.denominator])
    return Fraction(int(show.numbers[metric.numerator]) * metric.per, below) if below else None


def _middle(values: Sequence[Fraction | None]) -> Fraction | None:
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2


def _told(card: ComparedCard | None, show: Held) -> Fraction | None:
    """Where two are as good, either may be named; what is named must be one of this show's, with its own rate."""
    if card is None:
        return None
    return card.rate.value if card.rate.value == show.cards.get(card.label) else Fraction(-1)
