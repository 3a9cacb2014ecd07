"""Which places' outcomes a report must not tell: those of few people, and of each sum with such a place one more."""

from collections.abc import Mapping
from uuid import UUID

from stream_jobs.verify.places import Figures, Place


def untold(figures: Figures, owners: Mapping[UUID, Mapping[UUID, int]], limit: int) -> frozenset[Place]:
    """owners: by card, the people of each employer it has applications of."""
    found: set[Place] = set()
    for kind in ("employer", "channel", "stretch"):
        found |= _few_and_one({place: figures.of(place, "applicants") for place in figures.places(kind)}, limit)
    for employer in figures.places("employer"):
        own: dict[Place, int] = {}
        for card, people in owners.items():
            if count := people.get(UUID(str(employer[1]))):
                own["card", card] = count
        found |= own.keys() if employer in found else _few_and_one(own, limit)
    return frozenset(place for place in found if figures.of(place, "applicants"))


def _few_and_one(people: Mapping[Place, int], limit: int) -> set[Place]:
    """The one more is that of the highest id, or the latest."""
    few = {place for place, count in people.items() if 1 <= count < limit}
    many = [place for place, count in people.items() if count >= limit]
    return few | {max(many, key=lambda place: place[1])} if few and many else few  # type: ignore[arg-type,return-value]
