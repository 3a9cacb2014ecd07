"""What figures belong to, and the figures of a recount by place and metric."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

Place = tuple[str, UUID | int | None]
"""Of a kind (show, card, employer, region, priority, channel, last_channel, stretch, bucket, push …), and which."""

SHOW: Place = ("show", None)
NOBODY = UUID(int=0)
"""The whole show among cards; no link among channels."""
NOWHERE = 1_000_000
"""Behind every region's code: a workplace that names none."""


@dataclass(slots=True)
class Figures:
    """Whole numbers by place and metric, zero where nothing was counted; and the moments that go with some."""

    _numbers: Counter[tuple[Place, str]] = field(default_factory=Counter)
    moments: dict[tuple[Place, str], datetime] = field(default_factory=dict)

    def add(self, place: Place, metric: str, by: int = 1) -> None:
        self._numbers[place, metric] += by

    def put(self, place: Place, metric: str, number: int) -> None:
        self._numbers[place, metric] = number

    def of(self, place: Place, metric: str) -> int:
        return self._numbers[place, metric]

    def earliest(self, place: Place, metric: str, at: datetime) -> None:
        known = self.moments.get((place, metric))
        self.moments[place, metric] = at if known is None else min(known, at)

    def latest(self, place: Place, metric: str, at: datetime) -> None:
        known = self.moments.get((place, metric))
        self.moments[place, metric] = at if known is None else max(known, at)

    def moment(self, place: Place, metric: str) -> datetime | None:
        return self.moments.get((place, metric))

    def places(self, kind: str) -> set[Place]:
        """Those of a kind of which anything was counted."""
        return {place for (place, _), number in self._numbers.items() if place[0] == kind and number}


def said(place: Place) -> str:
    kind, which = place
    return kind if which is None else f"{kind} {which}"
