"""The stage, told again from its log: what was pushed, and how long each card was on it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

CHANGES = ("card_pushed", "card_withdrawn", "undone", "broadcast_ended")


@dataclass(frozen=True, slots=True)
class Pushed:
    seq: int
    at: datetime
    card_id: UUID


@dataclass(frozen=True, slots=True)
class Told:
    """pushes in their order; seconds: whole ones on stage, by card."""

    pushes: tuple[Pushed, ...]
    seconds: Mapping[UUID, int]


def tell(log: Sequence[Any], until: datetime) -> Told:
    """Of a show's log, up to its end or to now."""
    pushes: list[Pushed] = []
    times: Counter[UUID] = Counter()
    here: tuple[UUID, datetime] | None = None
    for row in sorted(log, key=lambda row: row["seq"]):
        if row["kind"] not in CHANGES:
            continue
        if here:
            times[here[0]] += _between(here[1], row["at"])
        here = _on_stage_after(row)
        if row["kind"] == "card_pushed":
            pushes.append(Pushed(row["seq"], row["at"], row["card_id"]))
    if here:
        times[here[0]] += _between(here[1], until)
    return Told(tuple(pushes), {card: time // 1_000_000 for card, time in times.items()})


def _on_stage_after(row: Any) -> tuple[UUID, datetime] | None:
    if row["kind"] == "card_pushed":
        return row["card_id"], row["at"]
    if row["kind"] == "undone" and row["on_stage"]:
        return UUID(row["on_stage"]["card_id"]), row["at"]
    return None


def _between(since: datetime, until: datetime) -> int:
    """Microseconds; a clock that was set back makes no time less than none."""
    return max(0, (until - since) // timedelta(microseconds=1))
