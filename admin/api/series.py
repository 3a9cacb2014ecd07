"""Several shows read together: the report of a series, of everything, and a show beside the earlier ones."""

from admin.api.public import BROADCAST
from admin.api.several import ORGANISER, of_each_place, shows_asked
from admin.call import Call
from admin.declare import Route
from stream_jobs.domain.comparison import Comparison
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Body
from stream_jobs.domain.series import SeriesReport, SeriesRow


class SeriesList(Body):
    """The one that had a show last first."""

    series: list[SeriesRow]


async def listed(call: Call) -> SeriesList:
    return SeriesList(series=list(await call.actions.series.listed(call.org)))


async def report(call: Call) -> SeriesReport:
    return await call.actions.series.report(call.org, shows_asked(call))


async def comparison(call: Call) -> Comparison:
    return await call.actions.series.comparison(call.org, call.broadcast)


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/series",
        callers=ORGANISER,
        summary="The organisation's series",
        handler=listed,
        answer=SeriesList,
    ),
    *of_each_place(
        "report",
        "Several shows together, distinct where devices and people are counted, with a row for each show and each unit",
        report,
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
