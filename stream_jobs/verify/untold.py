"""Which places' outcomes a report must not tell: those of few people, and of each sum with such a place one more."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from stream_jobs.verify.places import Figures, Place


def untold(
    figures: Figures, owners: Mapping[UUID, Mapping[UUID, int]], region_of: Mapping[UUID, int], limit: int
) -> frozenset[Place]:
    """owners: by card, the people of each employer it has applications of; region_of: where it is."""
    found: set[Place] = set()
    for kind in ("employer", "channel", "stretch"):
        found |= _few_and_one({place: figures.of(place, "applicants") for place in figures.places(kind)}, limit)
    for employer in figures.places("employer"):
        own: dict[Place, int] = {}
        for card, people in owners.items():
            if count := people.get(UUID(str(employer[1]))):
                own["card", card] = count
        found |= own.keys() if employer in found else _few_and_one(own, limit)
    found |= _regions(found, figures, owners, region_of, limit)
    return frozenset(place for place in found if figures.of(place, "applicants"))


def _few_and_one(people: Mapping[Place, int], limit: int) -> set[Place]:
    """The one more is that of the highest id, or the latest."""
    few = {place for place, count in people.items() if 1 <= count < limit}
    many = [place for place, count in people.items() if count >= limit]
    return few | {max(many, key=lambda place: place[1])} if few and many else few  # type: ignore[arg-type,return-value]


def _regions(
    found: set[Place],
    figures: Figures,
    owners: Mapping[UUID, Mapping[UUID, int]],
    region_of: Mapping[UUID, int],
    limit: int,
) -> set[Place]:
    """Those of few people; then as many as it takes until no few people can be worked out.

    A card that is not told is missing from its employer's sum and from its region's. From the one sum to the other must
    lead, by cards that are not told, as many people as the limit. Else the region of the first such card by id gives
    way, or if those are hidden already that of any card that is not told, or the last.
    """
    regions = sorted((place for place in figures.places("region") if figures.of(place, "applicants")), key=_which)
    hidden = {region for region in regions if figures.of(region, "applicants") < limit}
    missing = sorted((card for card in figures.places("card") if card in found), key=_which)
    if missing and any(len(people) > 1 for people in owners.values()):
        return set(regions)
    people = {card: figures.of(card, "applicants") for card in missing}
    while left := [region for region in regions if region not in hidden]:
        ends = {card: _ends(card, found, hidden, owners, region_of) for card in missing}
        bare = [card for card in missing if 1 <= people[card] < limit and not _lead(people, ends, card, limit)]
        if not bare:
            break
        own: list[Place] = [("region", region_of[UUID(str(card[1]))]) for card in (*bare, *missing)]
        hidden.add(next((region for region in own if region not in hidden), left[-1]))
    return hidden


def _ends(
    card: Place,
    found: set[Place],
    hidden: set[Place],
    owners: Mapping[UUID, Mapping[UUID, int]],
    region_of: Mapping[UUID, int],
) -> tuple[Place, Place]:
    """The two sums it is missing from; all employers that are not told are missing from one, and so are all regions."""
    which = UUID(str(card[1]))
    employer, region = ("employer", next(iter(owners[which]))), ("region", region_of[which])
    return ("employer", None) if employer in found else employer, ("region", None) if region in hidden else region


def _lead(people: Mapping[Place, int], ends: Mapping[Place, tuple[Place, Place]], card: Place, limit: int) -> bool:
    """Whether one person after the other, as many as the limit, finds a way from its employer's sum to its region's.

    Through each card go no more than its people, net of those who went back through it.
    """
    through: Counter[Place] = Counter()
    return all(_goes(*ends[card], people, ends, through, set()) for _ in range(limit))


def _goes(
    here: Place,
    goal: Place,
    people: Mapping[Place, int],
    ends: Mapping[Place, tuple[Place, Place]],
    through: "Counter[Place]",
    been: set[Place],
) -> bool:
    """One more from here to there, if there is a way; those before may be sent another."""
    if here == goal:
        return True
    been.add(here)
    for card, (employer, region) in ends.items():
        forward = here == employer and through[card] < people[card]
        beyond = region if forward else employer if here == region else None
        if beyond is not None and beyond not in been and _goes(beyond, goal, people, ends, through, been):
            through[card] += 1 if forward else -1
            return True
    return False


def _which(place: Place) -> UUID | int:
    return place[1] if place[1] is not None else 0
