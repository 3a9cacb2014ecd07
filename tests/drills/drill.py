"""What a drill is: a promise, what is done to break it, and something wrong on purpose that must be found."""

import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.drills.place import Place

SEED = 20261122


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it. kept: whether the promise held; said: in figures, on one line.

    in_clear: where somebody's name or number was found.
    """

    trials: int
    kept: bool
    said: str
    in_clear: Sequence[str] = ()


@dataclass(slots=True)
class Bench:
    """What a drill is given: servers of its own, a folder of its own, how much to do, and dice that always fall alike.

    place opens PostgreSQL and Valkey that the drill may freeze, fill and kill; it must leave them working. What is left
    in the folder is searched afterwards; in_clear: what was found in what a drill had to take away before.
    """

    place: Callable[[], AbstractAsyncContextManager["Place"]]
    folder: Path
    quick: bool
    dice: random.Random = field(default_factory=lambda: random.Random(SEED))
    in_clear: list[str] = field(default_factory=list)

    def of(self, whole: int, quick: int) -> int:
        """How often, or how many: of the whole drill, or of the quick one."""
        return quick if self.quick else whole


Run = Callable[[Bench], Awaitable[Found]]


@dataclass(frozen=True, slots=True)
class Drill:
    """wrong: what is wrong with the control, which must not keep the promise. quick: short enough for `make test`."""

    name: str
    promise: str
    run: Run
    wrong: str
    control: Run
    quick: bool = False
    deadline_seconds: float = 180.0


class Skipped(Exception):
    """This machine cannot run the drill; the message says why."""
