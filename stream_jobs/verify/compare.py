"""What was shown beside what was counted again, and where the two differ."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

MOST = 1_000
"""Differences told one by one; beyond them only how many."""


@dataclass(frozen=True, slots=True)
class Difference:
    """broadcast: or a series, or an organisation; where: what shows it; place: what it belongs to there."""

    broadcast: UUID
    where: str
    metric: str
    place: str
    shown: object
    recounted: object

    def __str__(self) -> str:
        return (
            f"{self.broadcast} {self.where}: {self.metric} of {self.place} is {self.shown}, counted again it is "
            f"{self.recounted}"
        )


@dataclass(slots=True)
class Comparison:
    """Of one broadcast, of a series, or of everything."""

    broadcast: UUID
    compared: int = 0
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)

    def same(self, where: str, metric: str, place: str, shown: object, recounted: object) -> None:
        """Counts one comparison, and remembers it when the two are not equal."""
        self.compared += 1
        if shown == recounted:
            return
        self.differing += 1
        if len(self.differences) < MOST:
            self.differences.append(Difference(self.broadcast, where, metric, place, shown, recounted))


@dataclass(frozen=True, slots=True)
class Partly:
    """A series, or an organisation's everything, some of whose shows cannot be counted again.

    since: the day from which all of them can; None when none of those that cannot had begun.
    """

    of: UUID
    dropped: int
    since: date | None

    def __str__(self) -> str:
        rest = f"shows since {self.since}" if self.since else "shows that began"
        return (
            f"{self.of}: the events of {self.dropped:,} of its shows were dropped; its report, lines and files are "
            f"compared over {rest} alone, its sums and wall screen not at all"
        )


@dataclass(frozen=True, slots=True)
class Verified:
    """How many figures were compared, of how many shows, and which of them differed.

    gone: shows whose raw rows were dropped, and when: nothing of them can be counted again; partly: what they were part
    of.
    """

    shows: int
    compared: int
    differing: int
    differences: tuple[Difference, ...]
    gone: Mapping[UUID, datetime]
    partly: tuple[Partly, ...]

    @property
    def right(self) -> bool:
        return not self.differing

    def as_dict(self) -> Mapping[str, Any]:
        """more: differences beyond those that are told."""
        return {
            "shows": self.shows,
            "compared": self.compared,
            "differences": [asdict(one) for one in self.differences],
            "more": self.differing - len(self.differences),
            "gone": {str(show): at for show, at in self.gone.items()},
            "partly": [asdict(one) for one in self.partly],
        }

    def lines(self) -> list[str]:
        return [
            *(
                f"{show}: its events were dropped on {at:%Y-%m-%d}; they cannot be counted"
                for show, at in self.gone.items()
            ),
            *map(str, self.partly),
            *map(str, self.differences),
            f"{self.compared:,} figures of {self.shows:,} broadcasts compared, {self.differing:,} differ",
        ]


def all_of(
    comparisons: Iterable[Comparison], shows: int, gone: Mapping[UUID, datetime], partly: Iterable[Partly]
) -> Verified:
    every = list(comparisons)
    return Verified(
        shows,
        sum(one.compared for one in every),
        sum(one.differing for one in every),
        tuple(difference for one in every for difference in one.differences),
        gone,
        tuple(partly),
    )
