"""Wall screens: links the organiser makes and closes, and what a screen behind one asks all the time."""

from uuid import UUID

from pydantic import Field

from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Anyone, Route, SignedIn
from admin.qr import qr_data
from stream_jobs.actions.walls import Opened
from stream_jobs.domain.errors import BadInput, BroadcastNotFound
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, SeriesId, WallId
from stream_jobs.domain.series import SeriesNotFound
from stream_jobs.domain.walls import Wall, WallClosed, WallNotFound
from stream_jobs.ports import AccountRole
from stream_jobs.ports.walls import WallLink, WallOf

ORGANISER = (SignedIn(AccountRole.ORGANISER),)


class WallBody(Body):
    """A link to a wall screen, and a code to scan; whoever has it may look until it is closed."""

    link: WallLink
    url: str
    qr: str = Field(description="The link as an image, data:image/svg+xml")


class WallList(Body):
    """Newest first, closed ones too."""

    walls: list[WallBody]


class WallOfQuery(Input):
    broadcast_id: UUID | None = Field(default=None, description="The show; or else series_id")
    series_id: UUID | None = None


class WallRequest(Input):
    broadcast_id: UUID | None = Field(default=None, description="The show; or else series_id")
    series_id: UUID | None = None


async def listed(call: Call) -> WallList:
    of = _of(call, call.query(WallOfQuery))
    return WallList(walls=[_body(call, wall) for wall in await call.actions.walls.listed(of)])


async def open_wall(call: Call) -> WallBody:
    return _body(call, await call.actions.walls.open(_of(call, call.body(WallRequest)), call.by))


async def close(call: Call) -> WallBody:
    wall = WallId(call.id("wall_id", WallNotFound))
    return _body(call, await call.actions.walls.close(call.org, wall, call.by))


async def shown(call: Call) -> Wall:
    try:
        return await call.actions.walls.shown(call.request.match_info["wall_code"])
    except WallClosed:
        # Whoever guesses is slowed down; a screen that was closed asks once.
        await call.limits.open_link(call.address)
        raise


def _of(call: Call, wanted: WallOfQuery | WallRequest) -> WallOf:
    if (wanted.broadcast_id is None) == (wanted.series_id is None):
        raise BadInput(field="broadcast_id", expected="a show or a series, one of them")
    return WallOf(
        call.org,
        BroadcastId(wanted.broadcast_id) if wanted.broadcast_id else None,
        SeriesId(wanted.series_id) if wanted.series_id else None,
    )


def _body(call: Call, opened: Opened) -> WallBody:
    url = f"{call.parts.public_url().rstrip('/')}/wall/{opened.code}"
    return WallBody(link=opened.link, url=url, qr=qr_data(url))


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/walls",
        callers=ORGANISER,
        summary="Links to wall screens of a show or a series",
        handler=listed,
        query=WallOfQuery,
        answer=WallList,
        errors=(BroadcastNotFound, SeriesNotFound),
    ),
    Route(
        method="POST",
        path="/api/v1/walls",
        callers=ORGANISER,
        summary="Make a public, read-only link to a wall screen",
        handler=open_wall,
        body=WallRequest,
        answer=WallBody,
        errors=(BroadcastNotFound, SeriesNotFound),
    ),
    Route(
        method="POST",
        path="/api/v1/walls/{wall_id}/close",
        callers=ORGANISER,
        summary="Close a link; its screens show nothing more within five seconds",
        handler=close,
        answer=WallBody,
        errors=(WallNotFound,),
    ),
    Route(
        method="GET",
        path="/api/v1/wall/{wall_code}",
        callers=(Anyone(),),
        summary="What a wall screen shows now: figures, and of applicants a surname and a number",
        handler=shown,
        answer=Wall,
        errors=(WallClosed,),
    ),
)
