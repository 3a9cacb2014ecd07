"""Which shows are read together, as every address of several shows says it: a series, everything, a unit; on days."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import Field

from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Handler, Route, SignedIn
from stream_jobs.domain.errors import BadInput, StreamJobsError
from stream_jobs.domain.ids import SeriesId, UnitId
from stream_jobs.domain.series import SeriesNotFound, StillCounting
from stream_jobs.domain.units import UnitNotFound
from stream_jobs.ports import AccountRole
from stream_jobs.ports.series import ShowsOf

ORGANISER = (SignedIn(AccountRole.ORGANISER),)
# Days near the ends of the calendar have no day before or after them.
YEARS = range(2020, 2100)
PLACES: tuple[tuple[str, str, tuple[type[StreamJobsError], ...]], ...] = (
    ("/api/v1/series/{series_id}", "of a series", (SeriesNotFound,)),
    ("/api/v1/everything", "of the organisation", ()),
    ("/api/v1/units/{unit_id}", "of a unit and everything beneath it", (UnitNotFound,)),
)


class DaysQuery(Input):
    since: date | None = Field(default=None, description="Shows begun on this day of China's calendar or later")
    until: date | None = Field(default=None, description="Shows begun on this day or before")


def of_each_place(ending: str, summary: str, handler: Handler, **more: Any) -> Iterator[Route]:
    """The same of a series, of everything and of a unit; the handler asks `shows_asked` of which."""
    for path, of, errors in PLACES:
        told = {"callers": ORGANISER, "query": DaysQuery, "errors": (*errors, StillCounting), **more}
        yield Route(method="GET", path=f"{path}/{ending}", summary=f"{summary}: {of}", handler=handler, **told)


def shows_asked(call: Call) -> ShowsOf:
    """Raises BadInput; SeriesNotFound and UnitNotFound where the path names none."""
    since, until = _days(call.query(DaysQuery))
    named = call.request.match_info
    return ShowsOf(
        series=SeriesId(call.id("series_id", SeriesNotFound)) if "series_id" in named else None,
        unit=UnitId(call.id("unit_id", UnitNotFound)) if "unit_id" in named else None,
        since=since,
        until=until,
    )


def _days(asked: DaysQuery) -> tuple[date | None, date | None]:
    """The first and the last day asked for, each where it is. Raises BadInput."""
    for name, day in (("since", asked.since), ("until", asked.until)):
        if day is not None and day.year not in YEARS:
            raise BadInput(field=name, expected=f"a day between {YEARS.start} and {YEARS.stop}")
    if asked.since and asked.until and asked.since > asked.until:
        raise BadInput(field="since", expected="a day before until")
    return asked.since, asked.until
