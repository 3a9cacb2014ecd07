"""How often something may be done: some at once, then one by one; kept in one number (GCRA, ITU-T I.371 annex A)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Pace:
    """`at_once` from rest, then one every `interval_seconds`."""

    at_once: int
    interval_seconds: float

    @classmethod
    def per_minute(cls, count: int) -> Self:
        """That many at once, and as many again in a minute."""
        return cls(count, 60 / count)

    @classmethod
    def at_most(cls, count: int, seconds: float) -> Self:
        """Never more than that many in any such stretch of time: half of them at once, the others one by one."""
        at_once = (count + 1) // 2
        return cls(at_once, seconds / (count - at_once + 1))

    def one_more(self, until: float, now: float) -> tuple[float, float]:
        """When the credit is whole again if one more is done now, and how long that one must wait (0: not at all).

        `until` is when the credit would have been whole without it; times are seconds of one clock.
        """
        until = max(until, now) + self.interval_seconds
        return until, max(0.0, until - now - self.at_once * self.interval_seconds - ROUNDING)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of request may cost each of those it is counted for, such as its device and its address."""

    name: str
    paces: Mapping[str, Pace]
