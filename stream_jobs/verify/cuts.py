"""Several shows by job, employer, place of work and channel: each device and person once, beside what is shown."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from stream_jobs.domain.cuts import CutLine, Cuts
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.devices import BITS, METRIC, up_to
from stream_jobs.verify.places import NOBODY
from stream_jobs.verify.recount import Recount

Key = tuple[str, str]
"""A line: job, employer, workplace or channel, and which."""
Row = Any

KINDS = ("job", "employer", "workplace", "channel")
ADDED = ("shows", "cards", "openings", "visits", "exposures", "applications")


@dataclass(frozen=True, slots=True)
class Part:
    """One show's: its cards and channels by line, what adds up, and the lines of each application by person."""

    cards: Mapping[UUID, tuple[Key, ...]]
    channels: Mapping[UUID, Key]
    added: Mapping[Key, Counter[str]]
    applied: Sequence[tuple[UUID, tuple[Key, ...]]]


def part_of(counted: Recount) -> Part:
    cards = {card: _lines_of(counted, card) for card, row in counted.cards.items() if row["job_id"]}
    channels: dict[UUID, Key] = {row["id"]: ("channel", f"{row['kind']} {row['name']}") for row in counted.channels}
    if any(card == channel == NOBODY and step <= max(BITS.values()) for card, channel, step in counted.sums):
        channels[NOBODY] = ("channel", "")
    added: dict[Key, Counter[str]] = defaultdict(Counter)
    for card, lines in cards.items():
        seen = counted.figures.of(("card", card), "exposures")
        for line in lines:
            added[line].update(cards=1, openings=counted.openings[card] or 0, exposures=seen)
    for channel, line in channels.items():
        for name in ("visits", "exposures"):
            added[line][name] += counted.figures.of(("channel", channel), name)
    applied = []
    for person, card, employer, channel in counted.applied:
        own = {line for line in cards.get(card, ()) if line[0] != "employer"}
        own |= {("employer", str(employer)), channels.get(channel, ("channel", ""))} & {*added}
        for line in own:
            added[line].update(applications=1)
        applied.append((person, tuple(own)))
    for line in added:
        added[line]["shows"] = 1
    return Part(cards, channels, added, applied)


def _lines_of(counted: Recount, card: UUID) -> tuple[Key, ...]:
    job = counted.jobs[counted.cards[card]["job_id"]]
    return ("job", str(job["id"])), ("employer", str(job["employer_id"])), ("workplace", job["workplace"])


@dataclass(slots=True)
class Devices:
    """By line and step, given one device at a time; parts: of each show that counts."""

    parts: Mapping[UUID, Part]
    counted: Counter[tuple[Key, int]] = field(default_factory=Counter)

    def add(self, events: Iterable[Row], first_channels: Mapping[UUID, UUID]) -> None:
        """What it did, and by show the channel that brought it first."""
        took: dict[Key, int] = defaultdict(int)
        for event in events:
            show, bit = event["broadcast_id"], BITS[event["step"]]
            if show in self.parts:
                part = self.parts[show]
                first = part.channels[first_channels.get(show, NOBODY)]
                for line in (*part.cards.get(event["card_id"], ()), first):
                    took[line] |= bit
        for line, steps in took.items():
            for bit in BITS.values():
                self.counted[line, bit] += bool(up_to(steps, visits=line[0] == "channel") & bit)


def check_cuts(cuts: Cuts, devices: Devices, compared: Comparison, where: str) -> None:
    """Each line there is, once, and all its figures."""
    added: dict[Key, Counter[str]] = defaultdict(Counter)
    people: dict[Key, set[UUID]] = defaultdict(set)
    for part in devices.parts.values():
        for line, numbers in part.added.items():
            added[line].update(numbers)
        for person, lines in part.applied:
            for line in lines:
                people[line].add(person)
    compared.same(where, "shows", "cuts", cuts.shows, len(devices.parts))
    for kind in KINDS:
        shown: tuple[CutLine, ...] = getattr(cuts, f"{kind}s")
        listed = sorted(which for of, which in added if of == kind)
        compared.same(where, f"{kind}s listed", "cuts", sorted(line.key for line in shown), listed)
        for told in shown:
            key, place = (kind, told.key), f"{kind} {told.key}"
            wanted = {name: added[key][name] for name in ADDED} | {"applicants": len(people[key])}
            wanted |= {metric: devices.counted[key, bit] for bit, metric in METRIC.items()}
            for name, number in wanted.items():
                compared.same(where, name, place, getattr(told, name), number)
