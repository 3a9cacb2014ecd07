"""Several shows by job, employer, place of work and channel, distinct where devices and people are counted."""

from uuid import UUID

from pydantic import Field

from admin.api.several import DaysQuery, of_each_place, shows_asked
from admin.call import Call
from admin.declare import Route
from stream_jobs.domain.cuts import CutPage, CutPart, Cuts, page_of


class LinesQuery(DaysQuery):
    part: CutPart
    cursor: UUID | None = Field(default=None, description="next_cursor of the page before")
    limit: int = Field(default=100, ge=1, le=1000)


async def whole(call: Call) -> Cuts:
    return await call.actions.cuts.cuts(call.org, shows_asked(call))


async def lines(call: Call) -> CutPage:
    asked = call.query(LinesQuery)
    cuts = await call.actions.cuts.cuts(call.org, shows_asked(call))
    return page_of(cuts, asked.part, after=asked.cursor, limit=asked.limit)


ROUTES: tuple[Route, ...] = (
    *of_each_place(
        "cuts",
        "Several shows by job, employer, place of work and channel; a device or person counts once in each line",
        whole,
        answer=Cuts,
    ),
    *of_each_place(
        "cuts/lines",
        "One of these tables a page at a time, in an order that stays while figures change",
        lines,
        query=LinesQuery,
        answer=CutPage,
    ),
)
