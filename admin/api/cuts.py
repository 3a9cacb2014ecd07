"""Several shows by job, employer, place of work and channel, distinct where devices and people are counted."""

from admin.api.series import ORGANISER
from admin.call import Call
from admin.declare import Route
from stream_jobs.domain.cuts import Cuts
from stream_jobs.domain.ids import SeriesId
from stream_jobs.domain.series import SeriesNotFound


async def of_series(call: Call) -> Cuts:
    return await call.parts.cuts.cuts(call.org, SeriesId(call.id("series_id", SeriesNotFound)))


async def of_everything(call: Call) -> Cuts:
    return await call.parts.cuts.cuts(call.org, None)


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/series/{series_id}/cuts",
        callers=ORGANISER,
        summary="All shows of a series by job, employer, place of work and channel; a device counts once in each line",
        handler=of_series,
        answer=Cuts,
        errors=(SeriesNotFound,),
    ),
    Route(
        method="GET",
        path="/api/v1/everything/cuts",
        callers=ORGANISER,
        summary="The same over all shows of the organisation",
        handler=of_everything,
        answer=Cuts,
    ),
)
