"""How a season's published figures fall on its shows; the same every time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from stream_jobs.domain.vetting import CHINA

FIRST_SHOW = datetime(2025, 3, 1, 19, 30, tzinfo=CHINA)
DAYS_APART = 3
# Applicants return: every tenth applied before, a show or more ago.
RETURNS_EVERY = 10
RETURNS_AFTER = 700
# Of a show's devices, how many were at an earlier one; and page loads a device, in hundredths.
KNOWN_SHARE = 0.2
VISITS_PER_HUNDRED = 125


@dataclass(frozen=True, slots=True)
class Season:
    """Sums over all shows. openings: people wanted; views: page loads."""

    shows: int
    cards: int
    openings: int
    views: int
    applications: int


# “广西就业” live series: 54 shows, 106,700 openings, 1,010,000 views, nearly 6,500 applications; some 35 cards a show
# are our guess (docs/decisions/0026).
PUBLISHED = Season(shows=54, cards=54 * 35, openings=106_700, views=1_010_000, applications=6_500)


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """One show's part. openings: by card; devices: numbers of those that watch; people: numbers of who applies."""

    nth: int
    starts_at: datetime
    openings: Sequence[int]
    visits: int
    devices: Sequence[int]
    people: Sequence[int]

    @property
    def dice(self) -> Random:
        return Random(f"season show {self.nth}")


def plans(season: Season) -> list[ShowPlan]:
    dice = Random("season")
    draw = [dice.lognormvariate(0, 0.5) for _ in range(season.shows)]
    cards = shared(season.cards, [1.0 + 0.2 * dice.random() for _ in range(season.shows)])
    visits, applications = shared(season.views, draw), shared(season.applications, draw)
    openings = shared(season.openings, [dice.lognormvariate(0, 0.8) for _ in range(season.cards)])
    made, card, device, person = [], 0, 0, 0
    for nth in range(season.shows):
        watching = _devices(dice, visits[nth], device)
        made.append(
            ShowPlan(
                nth + 1,
                FIRST_SHOW + timedelta(days=DAYS_APART * nth),
                openings[card : card + cards[nth]],
                visits[nth],
                watching,
                [_person(number) for number in range(person, person + applications[nth])],
            )
        )
        card, person, device = card + cards[nth], person + applications[nth], max([device - 1, *watching]) + 1
    return made


def sums(shows: Sequence[ShowPlan]) -> Season:
    return Season(
        shows=len(shows),
        cards=sum(len(show.openings) for show in shows),
        openings=sum(sum(show.openings) for show in shows),
        views=sum(show.visits for show in shows),
        applications=sum(len(show.people) for show in shows),
    )


def shared(total: int, weights: Sequence[float]) -> list[int]:
    """Whole parts that come to the total, each at least one, as near to the weights as can be."""
    rest, whole = total - len(weights), sum(weights)
    exact = [rest * weight / whole for weight in weights]
    parts = [1 + int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda nth: int(exact[nth]) - exact[nth])
    for nth in by_remainder[: total - sum(parts)]:
        parts[nth] += 1
    return parts


def _devices(dice: Random, visits: int, known: int) -> list[int]:
    """Some that were here before, and new ones with the next numbers."""
    wanted = max(1, visits * 100 // VISITS_PER_HUNDRED)
    returning = min(known, int(wanted * KNOWN_SHARE))
    return [*dice.sample(range(known), returning), *range(known, known + wanted - returning)]


def _person(number: int) -> int:
    return number - RETURNS_AFTER if number % RETURNS_EVERY == 0 and number >= RETURNS_AFTER else number
