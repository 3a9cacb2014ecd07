"""Which places' outcomes a report must not tell: those of few people, and of each sum with such a place one more."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from uuid import UUID

from stream_jobs.verify.places import Figures, Place

Ends = tuple[Place, Place]
"""The sums of an employer and of a region that cards which are not told are missing from."""

TOO_MUCH = 10_000
"""Of such pairs, times the regions."""


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
    # A place of these is a pair whose second part is an id, or a time: the common type does not say so.
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
    way, or if those are hidden already that of any card that is not told, or the last. Where there is too much to look
    at all of them do.
    """
    regions = sorted((place for place in figures.places("region") if figures.of(place, "applicants")), key=_which)
    hidden = {region for region in regions if figures.of(region, "applicants") < limit}
    missing = sorted((card for card in figures.places("card") if card in found), key=_which)
    if missing and any(len(people) > 1 for people in owners.values()):
        return set(regions)
    between: Counter[Ends] = Counter()
    for card in missing:
        which = UUID(str(card[1]))
        ends: Ends = ("employer", next(iter(owners[which]))), ("region", region_of[which])
        between[ends] += figures.of(card, "applicants")
    if len(between) * len(regions) > TOO_MUCH:
        return set(regions)
    covered: set[Ends] = set()
    while left := [region for region in regions if region not in hidden]:
        ways = _Ways(between, found, hidden)
        bare = None
        for employer, region in between:
            if (employer, region) in covered or (bare and region in hidden):
                continue
            if ways.lead(employer, region, limit):
                covered.add((employer, region))
            else:
                bare = region
                if region not in hidden:
                    break
        if bare is None:
            break
        own = (bare, *(region for _, region in between))
        hidden.add(next((region for region in own if region not in hidden), left[-1]))
    return hidden


class _Ways:
    """From sum to sum by cards that are not told; all employers that are not told are missing from one sum, and so are
    all regions."""

    def __init__(self, between: Mapping[Ends, int], found: set[Place], hidden: set[Place]) -> None:
        self._hidden = found | hidden
        self._people: Counter[Ends] = Counter()
        self._beyond: dict[Place, set[Place]] = defaultdict(set)
        for (employer, region), people in between.items():
            ends = self._sum(employer), self._sum(region)
            self._people[ends] += people
            self._beyond[ends[0]].add(ends[1])
            self._beyond[ends[1]].add(ends[0])

    def _sum(self, place: Place) -> Place:
        return (place[0], None) if place in self._hidden else place

    def lead(self, employer: Place, region: Place, limit: int) -> bool:
        """Whether as many people as the limit find a way from the one's sum to the other's.

        Through the cards go no more than their people, net of those who went back through them.
        """
        through: Counter[Ends] = Counter()
        came = 0
        while came < limit:
            more = self._go(self._sum(employer), self._sum(region), limit - came, through, set())
            if not more:
                return False
            came += more
        return True

    def _go(self, here: Place, goal: Place, most: int, through: "Counter[Ends]", been: set[Place]) -> int:
        """How many more come from here to there by one way; those before may be sent another."""
        if here == goal:
            return most
        been.add(here)
        for beyond in self._beyond[here] - been:
            is_on = here[0] == "employer"
            ends = (here, beyond) if is_on else (beyond, here)
            room = min(most, self._people[ends] - through[ends]) if is_on else most
            if beyond not in been and room and (more := self._go(beyond, goal, room, through, been)):
                through[ends] += more if is_on else -more
                return more
        return 0


def _which(place: Place) -> UUID | int:
    return place[1] if place[1] is not None else 0
