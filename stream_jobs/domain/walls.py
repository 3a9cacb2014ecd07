"""What a wall screen shows of a show or a series: figures, and of an applicant a surname and a number."""

from datetime import datetime
from typing import Literal

from stream_jobs.domain.errors import NotFound
from stream_jobs.domain.events import Body, Status
from stream_jobs.domain.report import Curve


class WallNotFound(NotFound):
    """There is no such wall screen."""

    code = "wall_not_found"


class WallClosed(NotFound):
    """This wall screen was closed, or the link is not one of ours."""

    code = "wall_closed"


class WallHead(Body):
    """What is shown; of a series the times are those of the show on air, else of the next one, else of the last."""

    kind: Literal["show", "series"]
    title: str
    series: str | None = None
    status: Status
    starts_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    rehearsal: bool = False
    shows: int = 1
    live: int = 0


class WallStep(Body):
    """Distinct viewers who took a step; over a series one device counts once."""

    metric: str
    count: int


class WallApplication(Body):
    """An application: a surname with stars, or none where nobody was named, and the number of the card."""

    name: str
    label: str
    recorded: bool
    at: datetime


class WallJob(Body):
    """A job by its applications; label is null in a series, where numbers differ from show to show."""

    label: str | None
    title: str
    applications: int


class WallOrigin(Body):
    """Visits through a channel's link."""

    name: str
    visits: int


class WallCounts(Body):
    """Everything that is counted anew all the time. presented_openings: of the jobs presented so far."""

    watching: int
    visits: int
    applications: int
    presented: int
    presented_openings: int
    funnel: tuple[WallStep, ...]
    newest: tuple[WallApplication, ...]
    top: tuple[WallJob, ...]
    origins: tuple[WallOrigin, ...]


class WallShow(Body):
    """A show of a series, in the order they were held."""

    title: str
    started_at: datetime
    visits: int
    live: bool


class WallCourse(Body):
    """How it went so far: viewers at once over a show and the most of them, or visits show by show."""

    curve: Curve | None = None
    peak: int | None = None
    shows: tuple[WallShow, ...] = ()


class Wall(Body):
    """One moment's figures; the course may be some seconds older."""

    as_of: datetime
    head: WallHead
    counts: WallCounts
    course: WallCourse
