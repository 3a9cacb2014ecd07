"""A show beside earlier ones, of its series where it has one: the same figures, their median, best and worst card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from statistics import median
from typing import Literal
from uuid import UUID

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.metrics import METRICS, Ratio
from stream_jobs.domain.report import CardLine, Figures

MOST_EARLIER = 5
# A card that fewer devices saw says more about chance than about the card.
FEWEST_WHO_SAW = 20


class Compared(Body):
    """One figure of a show, and the median of the earlier ones that have it."""

    metric: str
    value: Ratio
    median: Ratio | None


class ComparedCard(Body):
    """A card by how many of those who saw it applied."""

    label: str
    title: str
    rate: Ratio


class EarlierShow(Body):
    """The figures of one earlier show, in the order of the comparison."""

    broadcast_id: BroadcastId
    title: str
    started_at: datetime | None
    values: tuple[Ratio, ...]


Among = Literal["series", "unit", "organisation"]


@dataclass(frozen=True, slots=True)
class ShowGroup:
    """What a show is compared within: its series, its unit or the organisation, the first that held one before it.

    series: the show's own, whichever it is compared within.
    """

    kind: Among
    series_id: UUID | None
    series: str | None
    unit: str | None


class Comparison(Body):
    """among: what the earlier shows are of; unit is named where they are of one, series where the show is in one.

    earlier has the last first and is empty for the first show. card_median: of the cards of the earlier shows, the rate
    by which best and worst are measured.
    """

    among: Among
    series_id: UUID | None = None
    series: str | None = None
    unit: str | None = None
    earlier: tuple[EarlierShow, ...] = ()
    figures: tuple[Compared, ...] = ()
    card_median: Ratio | None = None
    best: ComparedCard | None = None
    worst: ComparedCard | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """What is compared of a show."""

    id: BroadcastId
    title: str
    started_at: datetime | None
    figures: Figures
    cards: Sequence[CardLine]


def compare(show: Show, earlier: Sequence[Show], group: ShowGroup) -> Comparison:
    """The last five of the earlier shows, given last first, are what a show is measured by."""
    earlier = earlier[:MOST_EARLIER]
    values = {other.id: _values(other.figures) for other in earlier}
    cards = sorted(_cards(show), key=lambda card: _value(card.rate))
    return Comparison(
        among=group.kind,
        series_id=group.series_id,
        series=group.series,
        unit=group.unit if group.kind == "unit" else None,
        earlier=tuple(
            EarlierShow(
                broadcast_id=other.id,
                title=other.title,
                started_at=other.started_at,
                values=tuple(values[other.id].values()),
            )
            for other in earlier
        ),
        figures=tuple(
            Compared(metric=key, value=value, median=_median([values[other.id][key] for other in earlier]))
            for key, value in _values(show.figures).items()
        ),
        card_median=_median([card.rate for other in earlier for card in _cards(other)]),
        best=cards[-1] if cards else None,
        worst=cards[0] if len(cards) > 1 else None,
    )


def _values(figures: Figures) -> dict[str, Ratio]:
    """The five figures at the head of a report; a count is a ratio over one."""
    applied = figures.applied
    return {
        "visitors": _count(figures.visitors),
        "applications": _count(applied.applications),
        "applications_per_thousand": _rate("applications_per_thousand", applied.applications, figures.visits),
        "peak": _count(figures.peak),
        "contacted_rate": _rate("contacted_rate", applied.contacted or 0, applied.applicants),
    }


def _cards(show: Show) -> list[ComparedCard]:
    return [
        ComparedCard(
            label=card.label,
            title=card.title,
            rate=_rate("seen_apply_rate", card.reached.appliers, card.reached.impressions),
        )
        for card in show.cards
        if card.kind == "job" and card.pushes and card.reached.impressions >= FEWEST_WHO_SAW
    ]


def _rate(metric: str, above: int, below: int) -> Ratio:
    return METRICS[metric].ratio(above, below)


def _count(number: int) -> Ratio:
    return Ratio(numerator=number, denominator=1)


def _value(ratio: Ratio) -> Fraction:
    return ratio.value or Fraction(0)


def _median(ratios: Sequence[Ratio]) -> Ratio | None:
    """The exact middle value; the mean of the two in the middle of an even number. None where nothing has a value."""
    known = [ratio.value for ratio in ratios if ratio.value is not None]
    if not known:
        return None
    middle = median(known)
    return Ratio(numerator=middle.numerator, denominator=middle.denominator)
