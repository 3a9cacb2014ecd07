"""Who comes to a replayed show, how long they stay, what they look at and whether they apply."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import NamedTuple
from uuid import UUID

from stream_jobs.domain.events import Signal, SignalStep, Watcher
from stream_jobs.domain.ids import CardId, ChannelId, ViewerId, VisitId
from stream_jobs.replay.season import ShowPlan

LONG = timedelta(hours=2)
MEDIAN_SECONDS = 390.0
LEAST_SECONDS = 4.0
# Half a card in view for a second, some seconds after it came on stage.
GLANCE = timedelta(seconds=3)
ATTENTIVE = 0.85
OPENS, BEGINS = 0.08, 0.15


class Window(NamedTuple):
    """A card on stage."""

    card_id: CardId
    seq: int
    start: datetime
    end: datetime


@dataclass(slots=True)
class Stay:
    """One page load and how long it was connected."""

    watcher: Watcher
    came: datetime
    left: datetime


@dataclass(frozen=True, slots=True)
class Applying:
    """A person applies on a device for the card that is on stage."""

    person: int
    stay: Stay
    window: Window
    at: datetime


class Dice(Random):
    """Ids are thrown too, so that a show played twice is the same show."""

    def id(self, at: datetime) -> UUID:
        """A UUIDv7."""
        chance = self.getrandbits(74)
        return UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | (chance >> 62) << 64 | 2 << 62 | chance % 2**62)


def device(number: int) -> ViewerId:
    """The same device in every show it watches."""
    return ViewerId(UUID(int=0x5EA50000_0000_4000_8000_000000000000 + number))


@cache
def arrivals() -> Sequence[int]:
    """By minute of a show, how many of a hundred thousand page loads come in it, added up.

    From the joins of a quiet public live stream of four hours (1,891 of them; whose is not known), smoothed over nine
    minutes and pressed into two hours.
    """
    lines = files("stream_jobs.replay").joinpath("arrivals.csv").read_text(encoding="utf-8").splitlines()
    return list(accumulate(int(row["share"]) for row in csv.DictReader(lines)))


def stays(dice: Dice, plan: ShowPlan, start: datetime, channels: Sequence[ChannelId]) -> list[Stay]:
    """Every device once, some again, in order of arrival."""
    again = dice.choices(plan.devices, k=plan.visits - len(plan.devices))
    minutes = dice.choices(range(len(arrivals())), cum_weights=arrivals(), k=plan.visits)
    came = [start + timedelta(minutes=minute, milliseconds=dice.randrange(60_000)) for minute in minutes]
    through = {number: channels[number % len(channels)] for number in plan.devices}
    made = [
        Stay(Watcher(device(number), VisitId(dice.id(at)), through[number]), at, _left(dice, at, start + LONG))
        for number, at in zip([*plan.devices, *again], came, strict=True)
    ]
    return sorted(made, key=lambda stay: stay.came)


def _left(dice: Dice, came: datetime, end: datetime) -> datetime:
    stayed = max(LEAST_SECONDS, MEDIAN_SECONDS * dice.lognormvariate(0, 0.9))
    return min(came + timedelta(seconds=stayed), end)


def applying(dice: Dice, plan: ShowPlan, there: Sequence[Stay], windows: Sequence[Window]) -> list[Applying]:
    """Each person on a device of their own, in order of time; a stay that is too short becomes longer."""
    by_device = {stay.watcher.viewer_id: stay for stay in there if stay.came < windows[-1].start}
    chosen = dice.sample(sorted(by_device.values(), key=lambda stay: stay.came), len(plan.people))
    made = [_applying(dice, person, stay, windows) for person, stay in zip(plan.people, chosen, strict=True)]
    return sorted(made, key=lambda one: one.at)


def _applying(dice: Dice, person: int, stay: Stay, windows: Sequence[Window]) -> Applying:
    """For the first card that comes on stage while they are there."""
    window = next(window for window in windows if window.start >= stay.came)
    at = window.start + (window.end - window.start) * dice.uniform(0.5, 0.9)
    stay.left = max(stay.left, at + timedelta(seconds=20))
    return Applying(person, stay, window, at)


def signals(
    dice: Dice, there: Sequence[Stay], windows: Sequence[Window], applied: Sequence[Applying]
) -> list[tuple[Watcher, Signal]]:
    """What was seen, opened and begun, in order of time; whoever applies saw, opened and began."""
    said = [one for stay in there for one in _looks(dice, stay, windows)]
    said += [one for applying in applied for one in _before(dice, applying)]
    return sorted(said, key=lambda one: one[1].at)


def _looks(dice: Dice, stay: Stay, windows: Sequence[Window]) -> Iterator[tuple[Watcher, Signal]]:
    for window in windows:
        at = max(stay.came, window.start) + GLANCE
        if at < min(stay.left, window.end) and dice.random() < ATTENTIVE:
            yield _said(dice, stay, SignalStep.IMPRESSION, window, at)
            if dice.random() < OPENS:
                yield _said(dice, stay, SignalStep.CLICK, window, at + GLANCE)
                if dice.random() < BEGINS:
                    yield _said(dice, stay, SignalStep.APPLY_START, window, at + 2 * GLANCE)


def _before(dice: Dice, one: Applying) -> Iterator[tuple[Watcher, Signal]]:
    steps = SignalStep.IMPRESSION, SignalStep.CLICK, SignalStep.APPLY_START
    for step, before in zip(steps, (40, 32, 20), strict=True):
        yield _said(dice, one.stay, step, one.window, one.at - timedelta(seconds=before))


def _said(dice: Dice, stay: Stay, step: SignalStep, window: Window, at: datetime) -> tuple[Watcher, Signal]:
    signal = Signal(event_id=dice.id(at), step=step, card_id=window.card_id, push_seq=window.seq, at=at)
    return stay.watcher, signal


def watching(there: Sequence[Stay], at: datetime) -> int:
    """Distinct devices."""
    return len({stay.watcher.viewer_id for stay in there if stay.came <= at < stay.left})
