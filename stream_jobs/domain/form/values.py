"""What marks become: the figures and facts of one show, and of several together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from stream_jobs.domain.metrics import METRICS, Metric, Ratio, ShownAs, Unit


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time, shown in hours and minutes."""

    seconds: int

    def __str__(self) -> str:
        hours, minutes = divmod(self.seconds // 60, 60)
        return f"{hours}小时{minutes:02}分" if hours else f"{minutes}分{self.seconds % 60:02}秒"


# What a mark becomes: a number, a rate with both its terms, an average, text, or nothing where there is no such figure.
Value = int | Ratio | Decimal | Duration | str | None
# As it is counted, before it is shown.
Figure = int | Ratio | str | None
ONE_DECIMAL = Decimal("0.1")

# Added up over shows: each visit, application, event and card belongs to one show.
_ADDED_UNITS = frozenset({Unit.VISIT, Unit.APPLICATION, Unit.EVENT, Unit.CARD, Unit.OPENING})
# Lengths that add up; others, such as how long people waited, do not.
_ADDED = frozenset({"on_air_seconds", "on_stage_seconds", "on_air_ms", "watch_ms"})
# The highest of all shows.
_HIGHEST = frozenset({"peak"})
# Said by platforms, each for itself: whoever asks gives it.
_GIVEN = frozenset(key for key, metric in METRICS.items() if metric.unit is Unit.STATED)


@dataclass(frozen=True, slots=True)
class Filling:
    """Everything a form is filled with: of all shows together, and of each in its order."""

    whole: Mapping[str, Value]
    each: Sequence[Mapping[str, Value]] = field(default=())


def together(shows: Sequence[Mapping[str, Figure]], distinct: Mapping[str, int]) -> dict[str, Figure]:
    """The figures of several shows: sums where things are counted, distinct where devices, people or employers are.

    A figure that can be neither added nor is given in distinct has none for several shows: never a wrong one.
    """
    if len(shows) == 1:
        return {key: value for key, value in shows[0].items() if key in METRICS}
    counts: dict[str, int] = {}
    for metric in METRICS.values():
        if not metric.is_rate and (count := _together(metric, shows, distinct)) is not None:
            counts[metric.key] = count
    return {**counts, **_rates(counts, shows)}


def _together(metric: Metric, shows: Sequence[Mapping[str, Figure]], distinct: Mapping[str, int]) -> int | None:
    if metric.key in distinct:
        return distinct[metric.key]
    values = [value for show in shows if isinstance(value := show.get(metric.key), int)]
    if metric.key in _GIVEN or len(values) != len(shows):
        return None
    if metric.key in _HIGHEST:
        return max(values, default=0)
    return sum(values) if metric.key in _ADDED or metric.unit in _ADDED_UNITS else None


def _rates(counts: Mapping[str, int], shows: Sequence[Mapping[str, Figure]]) -> dict[str, Figure]:
    """Only rates a single show has; both terms must be known."""
    return {
        key: metric.ratio(counts[metric.numerator], counts[metric.denominator])
        for key, metric in METRICS.items()
        if metric.numerator
        and metric.denominator
        and {metric.numerator, metric.denominator} <= set(counts)
        and all(key in show for show in shows)
    }


def shown(key: str, figure: Figure) -> Value:
    """A figure as a form shows it: lengths in hours and minutes, averages to one decimal."""
    metric = METRICS.get(key)
    value = figure.value if isinstance(figure, Ratio) else figure
    if metric is None or value is None or isinstance(value, str) or isinstance(figure, str):
        return figure
    match metric.shown_as:
        case ShownAs.SECONDS:
            return Duration(int(value))
        case ShownAs.MILLISECONDS:
            return Duration(int(value) // 1000)
        case ShownAs.NUMBER if isinstance(figure, Ratio):
            return one_decimal(figure)
    return figure


def one_decimal(ratio: Ratio, *, times: int = 1) -> Decimal | None:
    """Rounded half up from the exact fraction; None when there was nothing to divide by."""
    if ratio.value is None:
        return None
    exact = Decimal(ratio.value.numerator * times) / Decimal(ratio.value.denominator)
    return exact.quantize(ONE_DECIMAL, ROUND_HALF_UP)


def as_text(value: Value) -> str:
    """Inside a sentence: 2,904, 26.4%, 2小时06分; – where there is none."""
    match value:
        case None:
            return "–"
        case int():
            return f"{value:,}"
        case Ratio():
            percent = one_decimal(value, times=100)
            return "–" if percent is None else f"{percent}%"
        case _:
            return str(value)
