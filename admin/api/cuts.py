"""Several shows by job, employer, place of work and channel, distinct where devices and people are counted."""

from admin.api.series import ORGANISER, DaysQuery, days_of
from admin.call import Call
from admin.declare import Route
from stream_jobs.domain.cuts import Cuts
from stream_jobs.domain.ids import SeriesId, UnitId
from stream_jobs.domain.series import SeriesNotFound
from stream_jobs.domain.units import UnitNotFound
from stream_jobs.ports.series import ShowsOf


async def of_series(call: Call) -> Cuts:
    since, until = days_of(call)
    series = SeriesId(call.id("series_id", SeriesNotFound))
    return await call.parts.cuts.cuts(call.org, ShowsOf(series=series, since=since, until=until))


async def of_unit(call: Call) -> Cuts:
    since, until = days_of(call)
    unit = UnitId(call.id("unit_id", UnitNotFound))
    return await call.parts.cuts.cuts(call.org, ShowsOf(unit=unit, since=since, until=until))


async def of_everything(call: Call) -> Cuts:
    since, until = days_of(call)
    return await call.parts.cuts.cuts(call.org, ShowsOf(since=since, until=until))


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/series/{series_id}/cuts",
        callers=ORGANISER,
        summary="All shows of a series by job, employer, place of work and channel; a device counts once in each line",
        handler=of_series,
        query=DaysQuery,
        answer=Cuts,
        errors=(SeriesNotFound,),
    ),
    Route(
        method="GET",
        path="/api/v1/everything/cuts",
        callers=ORGANISER,
        summary="The same over all shows of the organisation",
        handler=of_everything,
        query=DaysQuery,
        answer=Cuts,
    ),
    Route(
        method="GET",
        path="/api/v1/units/{unit_id}/cuts",
        callers=ORGANISER,
        summary="The same over all shows of a unit and of everything beneath it",
        handler=of_unit,
        query=DaysQuery,
        answer=Cuts,
        errors=(UnitNotFound,),
    ),
)
