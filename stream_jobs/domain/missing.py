"""People who are missing from two sums that everyone sees, and how many of them could be worked out from those sums."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

# Back along people who lead from one sum to another go as many as one likes.
ANY = 1 << 62


@dataclass(slots=True)
class Missing:
    """By the sums they are missing from, people lead from one to the other: forward no more than they are, back any.

    Whatever can be worked out is of people who lead from some sums to the rest, and are all that do, with none who lead
    back. Sums that no fewer than the limit part are one from then on, so that little is left to look at.
    """

    _limit: int
    _on: dict[Hashable, dict[Hashable, int]] = field(default_factory=dict)
    _back: dict[Hashable, set[Hashable]] = field(default_factory=dict)
    _within: dict[Hashable, Hashable] = field(default_factory=dict)

    def add(self, one: Hashable, other: Hashable, people: int) -> None:
        start, end = self._sum(one), self._sum(other)
        if start != end:
            on = self._on.setdefault(start, {})
            on[end] = on.get(end, 0) + people
            self._back.setdefault(end, set()).add(start)

    def join(self, one: Hashable, other: Hashable) -> None:
        """Neither of two sums is told any more, or none can be told from the other: they are one."""
        gone, kept = sorted((self._sum(one), self._sum(other)), key=self._width)
        if kept == gone:
            return
        self._within[gone] = kept
        for end, people in self._on.pop(gone, {}).items():
            self._back[end].discard(gone)
            self.add(kept, end, people)
        for start in self._back.pop(gone, set()):
            if (people := self._on[start].pop(gone, 0)) > 0:
                self.add(start, kept, people)

    def protects(self, one: Hashable, other: Hashable) -> bool:
        """Whether as many people as the limit lead from one sum to the other, however one goes."""
        start, end = self._sum(one), self._sum(other)
        if start == end or self._lead(start, end):
            self.join(start, end)
            return True
        return False

    def _sum(self, one: Hashable) -> Hashable:
        while one in self._within:
            one = self._within[one]
        return one

    def _width(self, one: Hashable) -> int:
        return len(self._on.get(one, ())) + len(self._back.get(one, ()))

    def _lead(self, start: Hashable, end: Hashable) -> bool:
        """As the most that flows there (Ford and Fulkerson)."""
        came = self._on.get(start, {}).get(end, 0)
        flowing = {(start, end): came, (end, start): -came}
        while came < self._limit:
            way = self._way(start, end, flowing)
            if not way:
                return False
            more = min(room for _, _, room in way)
            came += more
            for here, beyond, _ in way:
                flowing[here, beyond] = flowing.get((here, beyond), 0) + more
                flowing[beyond, here] = flowing.get((beyond, here), 0) - more
        return True

    def _way(
        self, start: Hashable, end: Hashable, flowing: dict[tuple[Hashable, Hashable], int]
    ) -> list[tuple[Hashable, Hashable, int]]:
        """Along which more people come through, and how many have room; empty when there is none."""
        came_from: dict[Hashable, tuple[Hashable, int]] = {start: (start, 0)}
        waiting = [start]
        for here in waiting:
            for beyond, most in self.beyond(here):
                room = most - flowing.get((here, beyond), 0)
                if room > 0 and beyond not in came_from:
                    came_from[beyond] = here, room
                    if beyond == end:
                        return _back_along(came_from, end)
                    waiting.append(beyond)
        return []

    def beyond(self, here: Hashable) -> Iterator[tuple[Hashable, int]]:
        """Sums that people lead to from here, and how many may go."""
        on, back = self._on.get(here, {}), self._back.get(here, ())
        for start in back:
            yield start, ANY
        for end, people in on.items():
            if end not in back:
                yield end, people


def _back_along(came_from: dict[Hashable, tuple[Hashable, int]], end: Hashable) -> list[tuple[Hashable, Hashable, int]]:
    way = []
    while (step := came_from[end])[0] != end:
        way.append((step[0], end, step[1]))
        end = step[0]
    return way
