"""Which places' outcomes a report must not tell: those of few people, and of each sum with such a place one more."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from stream_jobs.verify.places import Figures, Place


def untold(figures: Figures, owners: Mapping[UUID, UUID], limit: int) -> frozenset[Place]:
    """owners: by card, the employer it is told beside."""
    found: set[Place] = set()
    for kind in ("employer", "channel", "stretch"):
        found |= _few_and_one(figures.places(kind), figures, limit)
    cards = figures.places("card")
    for employer in figures.places("employer"):
        own = {card for card in cards if owners.get(UUID(str(card[1]))) == employer[1]}
        found |= own if employer in found else _few_and_one(own, figures, limit)
    return frozenset(place for place in found if figures.of(place, "applicants"))


def _few_and_one(places: Iterable[Place], figures: Figures, limit: int) -> set[Place]:
    """The one more is that of the highest id, or the latest."""
    people = {place: figures.of(place, "applicants") for place in places}
    few = {place for place, count in people.items() if 1 <= count < limit}
    many = [place for place, count in people.items() if count >= limit]
    return few | {max(many, key=lambda place: place[1])} if few and many else few  # type: ignore[arg-type,return-value]
