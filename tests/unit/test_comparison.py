"""A show beside the earlier ones of its series."""

from typing import Any
from uuid import uuid4

import pytest

from stream_jobs.domain.comparison import FEWEST_WHO_SAW, Comparison, Show, ShowGroup, compare
from stream_jobs.domain.ids import BroadcastId, CardId
from stream_jobs.domain.metrics import METRICS, Ratio
from stream_jobs.domain.report import Applied, CardLine, Figures, Reached

NOTHING: dict[str, Any] = dict.fromkeys(Figures.model_fields, 0) | {
    "applied": Applied(),
    "peak_at": None,
    "waiting_since": None,
}


def a_card(number: int, *, saw: int, applied: int, pushes: int = 1, kind: str = "job") -> CardLine:
    line: dict[str, Any] = {"card_id": CardId(uuid4()), "kind": kind, "number": number, "label": f"{number}号"}
    line |= {
        "title": f"岗位{number}",
        "pushes": pushes,
        "on_stage_seconds": 0,
        "connected": 0,
        "delivered": 0,
        "calls": 0,
    }
    return CardLine(**line, reached=Reached(impressions=saw, appliers=applied), applied=Applied())


def a_show(*cards: CardLine, **figures: Any) -> Show:
    return Show(BroadcastId(uuid4()), "专场", None, Figures(**{**NOTHING, **figures}), cards)


def compared(show: Show, *earlier: Show) -> Comparison:
    return compare(show, earlier, ShowGroup("series", uuid4(), "系列", "基地"))


def median_of(comparison: Comparison, metric: str) -> Ratio | None:
    return next(figure.median for figure in comparison.figures if figure.metric == metric)


@pytest.mark.parametrize(("visitors", "median"), [((10, 30, 20), (20, 1)), ((10, 30, 20, 25), (45, 2)), ((7,), (7, 1))])
def test_median_is_exact_for_odd_and_even_numbers_of_shows(visitors: tuple[int, ...], median: tuple[int, int]) -> None:
    """The middle one, or the mean of the two in the middle; never a float."""
    comparison = compared(a_show(), *(a_show(visitors=count) for count in visitors))

    assert median_of(comparison, "visitors") == Ratio(numerator=median[0], denominator=median[1])


def test_only_the_last_five_are_compared_with() -> None:
    """Given last first; what was long ago is not what one is measured by."""
    comparison = compared(a_show(), *(a_show(visitors=count) for count in (1, 2, 3, 4, 5, 600, 700)))

    assert len(comparison.earlier) == 5
    assert median_of(comparison, "visitors") == Ratio(numerator=3, denominator=1)


def test_median_of_a_rate_is_of_the_rates_and_leaves_out_shows_without_one() -> None:
    """Two shows of which one had no applicant: there is one rate to take the middle of."""
    with_some = a_show(applied=Applied(applications=4, applicants=4, contacted=3))

    comparison = compared(a_show(), with_some, a_show())

    assert median_of(comparison, "contacted_rate") == Ratio(numerator=3, denominator=4)
    assert median_of(comparison, "applications_per_thousand") is None


def test_best_and_worst_card_are_those_of_the_show_by_who_saw_them() -> None:
    """A card that hardly anybody saw, a policy, and one never presented are neither."""
    cards = (
        a_card(1, saw=100, applied=10),
        a_card(2, saw=100, applied=2),
        a_card(3, saw=FEWEST_WHO_SAW - 1, applied=FEWEST_WHO_SAW - 1),
        a_card(4, saw=100, applied=90, pushes=0),
        a_card(5, saw=100, applied=0, kind="policy"),
    )

    comparison = compared(a_show(*cards), a_show(a_card(1, saw=50, applied=1), a_card(2, saw=50, applied=3)))

    assert comparison.best and comparison.worst
    assert (comparison.best.label, comparison.worst.label) == ("1号", "2号")
    assert comparison.card_median == Ratio(numerator=1, denominator=25)


def test_a_single_card_is_best_and_nothing_is_worst() -> None:
    """Nobody is both."""
    comparison = compared(a_show(a_card(1, saw=100, applied=1)))

    assert comparison.best and comparison.worst is None and comparison.card_median is None


def test_everything_compared_is_a_metric() -> None:
    """Under the registered names, in the order of the five figures."""
    keys = [figure.metric for figure in compared(a_show()).figures]

    assert set(keys) <= set(METRICS) and len(keys) == 5
