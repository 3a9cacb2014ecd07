"""Several shows read together: the report of a series, of everything, and a show beside the earlier ones."""

from admin.api.public import BROADCAST
from admin.call import Call
from admin.declare import Route, SignedIn
from stream_jobs.domain.comparison import Comparison
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import SeriesId
from stream_jobs.domain.series import SeriesNotFound, SeriesReport, SeriesRow
from stream_jobs.ports import AccountRole

ORGANISER = (SignedIn(AccountRole.ORGANISER),)


class SeriesList(Body):
    """The one that had a show last first."""

    series: list[SeriesRow]


async def listed(call: Call) -> SeriesList:
    return SeriesList(series=list(await call.parts.series.listed(call.org)))


async def report(call: Call) -> SeriesReport:
    return await call.parts.series.report(call.org, SeriesId(call.id("series_id", SeriesNotFound)))


async def everything(call: Call) -> SeriesReport:
    return await call.parts.series.report(call.org, None)


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
        answer=SeriesReport,
        errors=(SeriesNotFound,),
    ),
    Route(
        method="GET",
        path="/api/v1/everything/report",
        callers=ORGANISER,
        summary="The same over all shows of the organisation",
        handler=everything,
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
