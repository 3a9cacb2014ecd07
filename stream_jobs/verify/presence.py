"""Who watched when: moments at which devices came and went, walked through in their order."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

Span = tuple[datetime, datetime]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000


def ticks(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - EPOCH) // MICROSECOND


class Presence:
    """Devices on the line; eight bytes for each coming and going, so that a million of them fit."""

    def __init__(self) -> None:
        self._turns: dict[int, array[int]] = {}
        self.devices = 0
        self.microseconds = 0

    def add(self, spans: Iterable[Span]) -> None:
        """One device's connections, which may overlap; empty ones are none."""
        joined = united([(ticks(low), ticks(high)) for low, high in spans])
        self.devices += bool(joined)
        for low, high in joined:
            self.microseconds += high - low
            # The lowest bit says whether it came or went.
            for turn in (low * 2 + 1, high * 2):
                self._turns.setdefault(turn // 2 // MINUTE, array("q")).append(turn)

    @property
    def milliseconds(self) -> int:
        """Rounded half up."""
        return (self.microseconds + 500) // 1_000

    def levels(self) -> Iterator[tuple[int, int]]:
        """Each moment at which somebody came or went, in order, and how many were there from then on."""
        there = 0
        for minute in sorted(self._turns):
            for at, turns in groupby(sorted(self._turns[minute]), key=lambda turn: turn >> 1):
                there += sum(1 if turn & 1 else -1 for turn in turns)
                yield at, there

    def peak(self) -> tuple[int, datetime | None]:
        """The most at one moment, and the first such moment."""
        most, when = 0, None
        for at, there in self.levels():
            if there > most:
                most, when = there, at
        return most, None if when is None else EPOCH + when * MICROSECOND

    def highest(self, starts: Sequence[datetime]) -> list[int]:
        """The most at any moment from each start to the next; the last goes on for ever."""
        begins, found, there = [ticks(start) for start in starts], [0] * len(starts), 0
        nth = -1
        for at, after in self.levels():
            while nth + 1 < len(begins) and begins[nth + 1] <= at:
                nth += 1
                # Whoever comes or goes at its very beginning leaves no moment of it at the level before.
                found[nth] = there if begins[nth] < at else after
            there = after
            if nth >= 0:
                found[nth] = max(found[nth], there)
        for rest in range(nth + 1, len(begins)):
            found[rest] = there
        return found


def united(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same time without overlaps."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(span for span in spans if span[0] < span[1]):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined
