"""A show's time: the stretches figures are cut into, the steps of its curve, and how long each card was on stage."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from stream_jobs.domain.ids import CardId

MOST_BUCKETS = 300
MOST_SLICES = 24
BUCKET_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
SLICE_MINUTES = (15, 30, 60, 120, 360, 1440)

StretchKind = Literal["before", "slice", "job", "policy", "qa", "after"]


@dataclass(frozen=True, slots=True)
class OnAir:
    """From the start to the end of a show, or to now while it is live."""

    from_at: datetime
    to_at: datetime

    @property
    def length(self) -> timedelta:
        return self.to_at - self.from_at


@dataclass(frozen=True, slots=True)
class Segment:
    """A typed part of a show; ends at to_at, or where the next one begins."""

    kind: Literal["job", "policy", "qa"]
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time from from_at, inclusive, up to to_at; open where it is None."""

    kind: StretchKind
    from_at: datetime | None
    to_at: datetime | None


def stretches(on_air: OnAir | None, *, ended: bool, segments: Sequence[Segment] = ()) -> tuple[Stretch, ...]:
    """All of time, each moment once: before, the segments or equal slices of the show, and after its end."""
    if on_air is None:
        return (Stretch("before", None, None),)
    inside = _of_segments(on_air, segments) if segments else _of_slices(on_air)
    # While the show is live its last stretch holds all that happens from now on, too.
    last = on_air.to_at if ended else None
    tail = (Stretch("after", on_air.to_at, None),) if ended else ()
    return (
        Stretch("before", None, on_air.from_at),
        *inside[:-1],
        Stretch(inside[-1].kind, inside[-1].from_at, last),
        *tail,
    )


def _of_slices(on_air: OnAir) -> list[Stretch]:
    step = next((m for m in SLICE_MINUTES if on_air.length <= timedelta(minutes=m) * MOST_SLICES), SLICE_MINUTES[-1])
    starts = [on_air.from_at]
    while starts[-1] + timedelta(minutes=step) < on_air.to_at:
        starts.append(starts[-1] + timedelta(minutes=step))
    return _between([("slice", start) for start in starts], on_air.to_at)


def _of_segments(on_air: OnAir, segments: Sequence[Segment]) -> list[Stretch]:
    """The segments in their order; time in no segment is a slice of its own."""
    starts: list[tuple[StretchKind, datetime]] = []
    until = on_air.from_at
    for nth, segment in enumerate(ordered := sorted(segments, key=lambda s: s.from_at)):
        following = ordered[nth + 1].from_at if nth + 1 < len(ordered) else on_air.to_at
        start, end = max(segment.from_at, until), min(segment.to_at or following, following, on_air.to_at)
        if start < end:
            starts += [("slice", until)] if until < start else []
            starts.append((segment.kind, start))
            until = end
    starts += [("slice", until)] if until < on_air.to_at or not starts else []
    return _between(starts, on_air.to_at)


def _between(starts: Sequence[tuple[StretchKind, datetime]], end: datetime) -> list[Stretch]:
    ends = [start for _, start in starts[1:]] + [end]
    return [Stretch(kind, start, to_at) for (kind, start), to_at in zip(starts, ends, strict=True)]


# ── the curve ─────────────────────────────────────────────────────────────────────────────────────────────────


def bucket_seconds(length: timedelta) -> int:
    """The shortest round step that needs no more than 300 of them."""
    seconds = length.total_seconds()
    return next((step for step in BUCKET_SECONDS if seconds <= step * MOST_BUCKETS), BUCKET_SECONDS[-1])


def bucket_starts(on_air: OnAir) -> list[datetime]:
    step = timedelta(seconds=bucket_seconds(on_air.length))
    return [on_air.from_at + step * n for n in range(max(1, -(-on_air.length // step)))]


# ── presence, in cells ────────────────────────────────────────────────────────────────────────────────────────

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)


class Cell(NamedTuple):
    """Who came and who watched from from_at, inclusive, up to to_at; a report makes a thousand of them.

    highest: the most devices connected on air at any moment of it, first at highest_at. devices, newcomers: those for
    whom this was the first time on air, and the first visit. effective: visits that were long enough in this cell.
    """

    from_at: datetime
    to_at: datetime
    highest: int
    highest_at: datetime
    watch_microseconds: int
    devices: int
    effective: int
    visits: int
    newcomers: int


def cell_seconds(length: timedelta) -> int:
    """How long cells are when a show is so long: whatever step its curve takes then or later, cells fill it exactly."""
    step = bucket_seconds(length)
    return math.gcd(*(later for later in BUCKET_SECONDS if later >= step))


def cell_edges(on_air: OnAir, since: datetime, until: datetime, cuts: Collection[datetime] = ()) -> list[datetime]:
    """Where the cells of this part of a show begin, and until; cuts are edges too."""
    edges = {since, until, *(cut for cut in cuts if since < cut < until)}
    step = timedelta(seconds=cell_seconds(until - on_air.from_at))
    edge = max(on_air.from_at, on_air.from_at + (since - on_air.from_at) // step * step)
    while edge < min(until, on_air.to_at):
        edges.add(max(edge, since))
        edge += step
    return sorted(edges)


def whole_cells(on_air: OnAir, moment: datetime) -> datetime:
    """The last edge of a cell at or before that moment."""
    step = timedelta(seconds=cell_seconds(moment - on_air.from_at))
    return on_air.from_at + (moment - on_air.from_at) // step * step


def fitting(cells: Sequence[Cell], edges: Collection[datetime]) -> Sequence[Cell]:
    """As many of them, from the first on, as have every one of these edges that falls among them."""
    begins = {cell.from_at for cell in cells}
    missing = [edge for edge in edges if cells and cells[0].from_at < edge < cells[-1].to_at and edge not in begins]
    return [cell for cell in cells if not missing or cell.to_at <= min(missing)]


def by_step(cells: Sequence[Cell], starts: Sequence[datetime]) -> list[list[Cell]]:
    """The cells of each step; the first list holds those before all of them."""
    found: list[list[Cell]] = [[] for _ in range(len(starts) + 1)]
    for cell in cells:
        found[bisect_right(starts, cell.from_at)].append(cell)
    return found


def highest_of(cells: Iterable[Cell]) -> int:
    return max((cell.highest for cell in cells), default=0)


# ── the stage ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StageChange:
    """From this moment this card is on stage, or none."""

    at: datetime
    card_id: CardId | None


def times_on_stage(changes: Sequence[StageChange], until: datetime) -> Mapping[CardId, timedelta]:
    """How long each card was on stage; changes in their order, the last one lasting until then."""
    times: Counter[CardId] = Counter()
    ends = [*(change.at for change in changes[1:]), until]
    # Without changes there is one end and nothing that ends.
    for change, end in zip(changes, ends, strict=False):
        if change.card_id is not None:
            times[change.card_id] += max(0, (end - change.at) // timedelta(microseconds=1))
    return {card: timedelta(microseconds=time) for card, time in times.items()}
