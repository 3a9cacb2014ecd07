"""Wall screens: public links that are made and closed, and figures that many screens may ask for all the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stream_jobs.actions.keeping import Fresh
from stream_jobs.domain.ids import OrgId, WallId, uuid7
from stream_jobs.domain.walls import Wall, WallCounts, WallCourse, WallHead
from stream_jobs.ports import By, Clock
from stream_jobs.ports.walls import NewWall, WallLink, WallOf, Walls
from stream_jobs.tokens import Tokens

# A screen asks every 400 ms: what was stored is on it well within a second. However many screens ask, counting takes at
# most a quarter of the time, and the curve, which costs most, a tenth.
COUNTS_FOR = timedelta(milliseconds=250)
COUNTS_TIMES = 3
COURSE_FOR = timedelta(seconds=5)
COURSE_TIMES = 10
# A closed link shows nothing more after this long and the screen's next question.
LINK_FOR = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Opened:
    """A link, and what its address ends with."""

    link: WallLink
    code: str


class WallActions:
    def __init__(self, walls: Walls, tokens: Tokens, clock: Clock) -> None:
        self._walls = walls
        self._tokens = tokens
        self._clock = clock
        self._links: Fresh[WallId, WallOf] = Fresh(clock, at_least=LINK_FOR, times=0)
        self._counts: Fresh[WallOf, tuple[datetime, WallHead, WallCounts]] = Fresh(
            clock, at_least=COUNTS_FOR, times=COUNTS_TIMES
        )
        self._courses: Fresh[WallOf, WallCourse] = Fresh(clock, at_least=COURSE_FOR, times=COURSE_TIMES)

    async def open(self, of: WallOf, by: By) -> Opened:
        """A new link. Raises BroadcastNotFound, SeriesNotFound."""
        now = self._clock()
        return self._opened(await self._walls.add(NewWall(WallId(uuid7(now)), of), by=by, at=now))

    async def listed(self, of: WallOf) -> Sequence[Opened]:
        """Newest first, closed ones too. Raises BroadcastNotFound, SeriesNotFound."""
        return [self._opened(link) for link in await self._walls.listed(of)]

    async def close(self, org: OrgId, wall: WallId, by: By) -> Opened:
        """Closing a closed one changes nothing. Raises WallNotFound."""
        return self._opened(await self._walls.revoke(org, wall, by=by, at=self._clock()))

    async def shown(self, code: str) -> Wall:
        """What the screen behind a link shows now. Raises WallClosed."""
        wall = self._tokens.read_wall_code(code)

        async def link(_: datetime) -> WallOf:
            return await self._walls.opens(wall)

        of = await self._links.get(wall, link)
        as_of, head, counts = await self._counts.get(of, lambda at: self._count(of, at))
        course = await self._courses.get(of, lambda at: self._walls.course(of, at))
        return Wall(as_of=as_of, head=head, counts=counts, course=course)

    async def _count(self, of: WallOf, at: datetime) -> tuple[datetime, WallHead, WallCounts]:
        return at, *await self._walls.counts(of, at)

    def _opened(self, link: WallLink) -> Opened:
        return Opened(link, self._tokens.wall_code(WallId(link.id)))
