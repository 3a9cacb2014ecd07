"""Parts of a show: jobs, policy, questions; the report is cut by them."""

from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Route, SignedIn
from stream_jobs.domain.errors import BroadcastNotFound, BroadcastNotLive
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import SegmentId
from stream_jobs.domain.programme import SegmentNotFound
from stream_jobs.ports import AccountRole
from stream_jobs.ports.segments import SegmentBody, SegmentKind

STAFF = (SignedIn(AccountRole.ORGANISER, AccountRole.HOST, AccountRole.OPERATOR),)


class SegmentList(Body):
    """Oldest first; the last one is going on while its ended_at is null and the show is live."""

    segments: list[SegmentBody]


class SegmentRequest(Input):
    kind: SegmentKind | None = Field(description="What is going on from now; null: nothing in particular")


async def segments(call: Call) -> SegmentList:
    return SegmentList(segments=list(await call.actions.segments.listed(call.org, call.broadcast)))


async def set_segment(call: Call) -> SegmentList:
    kind, actions = call.body(SegmentRequest).kind, call.actions.segments
    if kind is None:
        return SegmentList(segments=list(await actions.end(call.org, call.broadcast)))
    return SegmentList(segments=list(await actions.begin(call.org, call.broadcast, kind)))


async def remove_segment(call: Call) -> SegmentList:
    segment = SegmentId(call.id("segment_id", SegmentNotFound))
    return SegmentList(segments=list(await call.actions.segments.remove(call.org, call.broadcast, segment)))


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{BROADCAST}/segments",
        callers=STAFF,
        summary="The parts of a show so far",
        handler=segments,
        answer=SegmentList,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="PUT",
        path=f"{BROADCAST}/segments/current",
        callers=STAFF,
        summary="Say what is going on from now; saying it again changes nothing",
        handler=set_segment,
        body=SegmentRequest,
        answer=SegmentList,
        errors=(BroadcastNotFound, BroadcastNotLive),
    ),
    Route(
        method="DELETE",
        path=f"{BROADCAST}/segments/{{segment_id}}",
        callers=STAFF,
        summary="Take a part back that was begun by mistake; the one before it goes on",
        handler=remove_segment,
        answer=SegmentList,
        errors=(BroadcastNotFound, SegmentNotFound),
    ),
)
