"""Several shows read together: the report of a series, of everything, and a show beside the earlier ones."""

from datetime import date

from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Route, SignedIn
from stream_jobs.domain.comparison import Comparison
from stream_jobs.domain.errors import BadInput, BroadcastNotFound
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import SeriesId
from stream_jobs.domain.series import SeriesNotFound, SeriesReport, SeriesRow
from stream_jobs.ports import AccountRole
from stream_jobs.ports.series import ShowsOf

ORGANISER = (SignedIn(AccountRole.ORGANISER),)


# Days near the ends of the calendar have no day before or after them.
YEARS = range(2020, 2100)


class DaysQuery(Input):
    since: date | None = Field(default=None, description="Shows begun on this day of China's calendar or later")
    until: date | None = Field(default=None, description="Shows begun on this day or before")


class SeriesList(Body):
    """The one that had a show last first."""

    series: list[SeriesRow]


async def listed(call: Call) -> SeriesList:
    return SeriesList(series=list(await call.parts.series.listed(call.org)))


async def report(call: Call) -> SeriesReport:
    since, until = days_of(call)
    series = SeriesId(call.id("series_id", SeriesNotFound))
    return await call.parts.series.report(call.org, ShowsOf(series=series, since=since, until=until))


async def everything(call: Call) -> SeriesReport:
    since, until = days_of(call)
    return await call.parts.series.report(call.org, ShowsOf(since=since, until=until))


def days_of(call: Call) -> tuple[date | None, date | None]:
    """The first and the last day asked for, each where it is. Raises BadInput."""
    asked = call.query(DaysQuery)
    for name, day in (("since", asked.since), ("until", asked.until)):
        if day is not None and day.year not in YEARS:
            raise BadInput(field=name, expected=f"a day between {YEARS.start} and {YEARS.stop}")
    if asked.since and asked.until and asked.since > asked.until:
        raise BadInput(field="since", expected="a day before until")
    return asked.since, asked.until


async def comparison(call: Call) -> Comparison:
    return await call.parts.series.comparison(call.org, call.broadcast)


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/series",
        callers=ORGANISER,
        summary="The organisation's series",
        handler=listed,
        answer=SeriesList,
    ),
    Route(
        method="GET",
        path="/api/v1/series/{series_id}/report",
        callers=ORGANISER,
        summary="All shows of a series together, distinct where devices and people are counted, and a row for each",
        handler=report,
        query=DaysQuery,
        answer=SeriesReport,
        errors=(SeriesNotFound,),
    ),
    Route(
        method="GET",
        path="/api/v1/everything/report",
        callers=ORGANISER,
        summary="The same over all shows of the organisation",
        handler=everything,
        query=DaysQuery,
        answer=SeriesReport,
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/comparison",
        callers=ORGANISER,
        summary="A show beside the last five of its series before it",
        handler=comparison,
        answer=Comparison,
        errors=(BroadcastNotFound,),
    ),
)
