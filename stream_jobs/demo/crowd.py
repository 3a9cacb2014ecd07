"""Who watches a demo show, and when: arrivals, stays, returns; never more at once than the peak."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import ChannelId, ViewerId, VisitId, uuid7

LEAST_SECONDS = 4.0
A_MOMENT = timedelta(seconds=1)


@dataclass(slots=True, eq=False)
class Stay:
    """One visit from its opening to its end; a firm one is needed whole."""

    watcher: Watcher
    came: datetime
    left: datetime
    firm: bool = False

    @property
    def seconds(self) -> float:
        return (self.left - self.came).total_seconds()


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many watch a show between two moments.

    lean: below 1 most come early, above 1 late; median_seconds: half of all stays are shorter.
    """

    viewers: int
    visits: int
    peak: int
    opens: datetime
    closes: datetime
    lean: float
    median_seconds: float
    channels: Sequence[tuple[ChannelId, int]]


def audience(rng: Random, crowd: Crowd, firm: Sequence[Stay]) -> list[Stay]:
    """Exactly so many visits by so many devices, those of the firm stays among them, in order of arrival."""
    first = [_first(rng, crowd) for _ in range(crowd.viewers - len(firm))]
    again = _returns(rng, crowd, first, crowd.visits - crowd.viewers)
    return at_most(crowd.peak, sorted([*firm, *first, *again], key=lambda stay: stay.came))


def newcomer(came: datetime, left: datetime, channel: ChannelId, *, firm: bool = False) -> Stay:
    """A device that was never here before."""
    return Stay(Watcher(ViewerId(uuid7(came)), VisitId(uuid7(came)), channel), came, left, firm)


def back(stay: Stay, came: datetime, left: datetime) -> Stay:
    """The same device opens the page again, by the channel that brought it."""
    earlier = stay.watcher
    return Stay(Watcher(earlier.viewer_id, VisitId(uuid7(came)), earlier.channel_id), came, left)


def at_most(peak: int, stays: list[Stay]) -> list[Stay]:
    """Ends the oldest stay a moment before one too many comes; stays are in order of arrival."""
    present: deque[Stay] = deque()
    for stay in stays:
        if len(present) >= peak:
            present = deque(other for other in present if other.left >= stay.came)
        if len(present) >= peak:
            oldest = next(other for other in present if not other.firm)
            oldest.left = stay.came - A_MOMENT
            present.remove(oldest)
        present.append(stay)
    return stays


def watching_at(stays: Sequence[Stay], at: datetime) -> int:
    return sum(stay.came <= at < stay.left for stay in stays)


def busiest(stays: Sequence[Stay]) -> tuple[datetime, int]:
    """When most watched at once, and how many."""
    moves = sorted([(stay.left, -1) for stay in stays] + [(stay.came, 1) for stay in stays])
    now, most = 0, (moves[0][0], 0)
    for at, change in moves:
        now += change
        if now > most[1]:
            most = (at, now)
    return most


def _first(rng: Random, crowd: Crowd) -> Stay:
    span = crowd.closes - crowd.opens
    came = crowd.opens + span * rng.betavariate(1.5 * crowd.lean, 2.0)
    names, weights = zip(*crowd.channels, strict=True)
    return newcomer(came, _end(rng, crowd, came), rng.choices(names, weights)[0])


def _returns(rng: Random, crowd: Crowd, first: Sequence[Stay], wanted: int) -> list[Stay]:
    latest = crowd.closes - timedelta(minutes=2)
    early = [stay for stay in first if stay.left < latest - timedelta(minutes=1)]
    returns = []
    for stay in rng.sample(early, wanted):
        came = stay.left + (latest - stay.left) * rng.uniform(0.05, 0.9)
        returns.append(back(stay, came, _end(rng, crowd, came)))
    return returns


def _end(rng: Random, crowd: Crowd, came: datetime) -> datetime:
    stayed = timedelta(seconds=max(LEAST_SECONDS, crowd.median_seconds * rng.lognormvariate(0, 0.9)))
    return min(came + stayed, crowd.closes + timedelta(seconds=rng.uniform(1, 60)))
