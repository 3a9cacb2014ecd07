"""Who applied in a demo show, for which card, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from stream_jobs.demo.crowd import Stay, back, newcomer
from stream_jobs.domain.ids import ChannelId

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾"
STYLES = ("师傅", "女士", "先生", "姐", "哥")

Fate = Literal["contacted", "hired"]


def invented_name(number: int) -> str | None:
    """What a person is called, always the same; every ninth does not say."""
    if number % 9 == 0:
        return None
    return SURNAMES[(number - 1) % len(SURNAMES)] + STYLES[(number - 1) % len(STYLES)]


@dataclass(slots=True, eq=False)
class Applicant:
    """One person on one device; the first application, and later perhaps another."""

    number: int
    channel: ChannelId
    fate: Fate | None
    applications: "list[Applied]" = field(default_factory=list)

    @property
    def phone(self) -> str:
        return f"+861380000{self.number:04}"

    @property
    def name(self) -> str | None:
        return invented_name(self.number)


@dataclass(slots=True, eq=False)
class Applied:
    """One application: when, for which card, during which stay."""

    applicant: Applicant
    number: int
    at: datetime
    stay: Stay


@dataclass(frozen=True, slots=True)
class Crop:
    """How many people apply for a card: called by now, not called yet, after the show, and as their second."""

    contacted: int = 0
    waiting: int = 0
    late: int = 0
    second: int = 0
    hired: int = 0

    def first(self) -> list[tuple[bool, Fate | None]]:
        """(late, fate) of every first application."""
        called: list[Fate | None] = ["hired"] * self.hired
        called += ["contacted"] * (self.contacted - self.hired)
        called += [None] * self.waiting
        return [(False, fate) for fate in called] + [(True, None)] * self.late


# 58 applications by 52 people: 41 while live, 17 in the seven days after; 31 people contacted, 6 of them hired.
ENDED_SHOW: Mapping[int, Crop] = {
    1: Crop(contacted=9, waiting=1, late=3, hired=2),
    2: Crop(contacted=6, waiting=1, late=2, hired=1),
    3: Crop(contacted=2, waiting=1, late=1, second=1, hired=1),
    4: Crop(contacted=1, late=1, second=1),
    5: Crop(contacted=2, waiting=1, second=1, hired=1),
    6: Crop(contacted=1, waiting=1),
    7: Crop(contacted=1, second=1),
    8: Crop(contacted=1),
    9: Crop(contacted=1),
    10: Crop(waiting=1),
    11: Crop(contacted=1, late=1),
    12: Crop(second=1),
    13: Crop(contacted=1, late=1),
    14: Crop(contacted=1),
    15: Crop(contacted=1, second=1),
    16: Crop(waiting=1),
    18: Crop(contacted=1),
    20: Crop(contacted=1, late=1, hired=1),
    21: Crop(contacted=1, waiting=1),
    22: Crop(waiting=1),
    23: Crop(waiting=1),
    24: Crop(late=1),
}

# 27 applications by 25 devices so far; one more was recorded at a station.
LIVE_SHOW: Mapping[int, Crop] = {1: Crop(waiting=13), 2: Crop(waiting=7, second=2), 3: Crop(waiting=5)}


def applicants(
    rng: Random, crops: Mapping[int, Crop], channels: Sequence[ChannelId], numbers: Sequence[int]
) -> list[tuple[int, bool, Applicant]]:
    """(card, late, who) of every first application; channels and numbers are those of the people, one each."""
    wanted = [(card, late, fate) for card, crop in crops.items() for late, fate in crop.first()]
    shuffled = rng.sample(channels, len(channels))
    return [
        (card, late, Applicant(number, channel, fate))
        for (card, late, fate), channel, number in zip(wanted, shuffled, numbers, strict=True)
    ]


def arrives_to_apply(rng: Random, who: Applicant, number: int, at: datetime) -> Applied:
    """Comes some minutes before, stays a little after."""
    came = at - timedelta(seconds=rng.uniform(200, 480))
    stay = newcomer(came, at + timedelta(seconds=rng.uniform(20, 240)), who.channel, firm=True)
    return _applied(who, number, at, stay)


def comes_back_to_apply(rng: Random, who: Applicant, number: int, at: datetime) -> Applied:
    came = at - timedelta(seconds=rng.uniform(80, 180))
    stay = back(who.applications[0].stay, came, at + timedelta(seconds=rng.uniform(10, 60)))
    return _applied(who, number, at, stay)


def applies_again(who: Applicant, number: int, at: datetime) -> Applied:
    """For another card, in the same visit."""
    return _applied(who, number, at, who.applications[0].stay)


def _applied(who: Applicant, number: int, at: datetime, stay: Stay) -> Applied:
    applied = Applied(who, number, at, stay)
    who.applications.append(applied)
    return applied
