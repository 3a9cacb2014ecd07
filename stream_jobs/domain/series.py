"""What is read of several shows together: a series, a unit and all beneath it, or all of an organisation's."""

from datetime import date, datetime
from uuid import UUID

from stream_jobs.domain.errors import NotFound, Unavailable
from stream_jobs.domain.events import Body, Status
from stream_jobs.domain.ids import BroadcastId, UnitId
from stream_jobs.domain.metrics import Ratio
from stream_jobs.domain.units import UnitKind


class SeriesNotFound(NotFound):
    """There is no such series."""

    code = "series_not_found"


class StillCounting(Unavailable):
    """Other figures over several shows are being counted; try again soon."""

    code = "still_counting"


class SeriesFigures(Body):
    """Shows that were started, taken together.

    Employers, visitors and people count once however many of the shows they were in; the rest is added up.
    Outcomes are told however few applied, as a whole show's are.
    """

    shows: int = 0
    on_air_seconds: int = 0
    cards: int = 0
    openings: int = 0
    employers: int = 0
    visits: int = 0
    visitors: int = 0
    exposures: int = 0
    applications: int = 0
    applicants: int = 0
    valid: int = 0
    contacted: int = 0
    interview: int = 0
    offered: int = 0
    hired: int = 0
    retained_7d: int = 0
    retained_30d: int = 0


class SeriesStep(Body):
    """Distinct viewers who took a step in any of the shows; what is implied is told show by show."""

    metric: str
    count: int
    over_previous: Ratio | None = None
    over_first: Ratio | None = None


class ReportedFigure(Body):
    """What one platform stated of so many of the shows, added up; who typed it in, and when last."""

    platform: str
    metric: str
    value: int
    shows: int
    by: tuple[str, ...]
    at: datetime


class SeriesShow(Body):
    """One show. unit: who holds it, null for the organisation. stated_views: as each platform said."""

    broadcast_id: BroadcastId
    title: str
    status: Status
    started_at: datetime
    ended_at: datetime | None
    unit: str | None
    figures: SeriesFigures
    stated_views: dict[str, int]


class SeriesUnit(Body):
    """The shows of a unit and of everything beneath it; of those it holds itself alone (own) where both have some.

    depth: how far it is beneath what the report is of; own shows stand as deep as the units beneath.
    """

    unit_id: UnitId
    kind: UnitKind
    name: str
    depth: int
    own: bool
    figures: SeriesFigures


class SeriesHost(Body):
    """The shows of one host, by the name as written; null where none is named."""

    host: str | None
    figures: SeriesFigures


class SeriesReport(Body):
    """Everything counted of several shows at one moment.

    id: of the series, null for all shows of a unit (unit_id) and everything beneath it, or of the whole organisation.
    since, until: days of China's calendar on which they began, where only those were asked for. units: those with
    shows, each before what is beneath it.
    """

    id: UUID | None
    unit_id: UnitId | None = None
    name: str
    since: date | None = None
    until: date | None = None
    as_of: datetime
    figures: SeriesFigures
    funnel: tuple[SeriesStep, ...]
    shows: tuple[SeriesShow, ...]
    units: tuple[SeriesUnit, ...]
    hosts: tuple[SeriesHost, ...]
    reported: tuple[ReportedFigure, ...]


class SeriesRow(Body):
    """A series in a list: its shows that were started, and those on air."""

    id: UUID
    name: str
    shows: int
    live: int
    first_at: datetime | None
    last_at: datetime | None
