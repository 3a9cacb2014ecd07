"""Links by which employers collect their lists: the organiser's side, and that of whoever has link and code."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import Field

from admin.api.applications import HandOverRequest, dialled, hand_over_sheet
from admin.api.public import BROADCAST
from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Anyone, Route, SignedIn
from admin.files import XLSX, download, file_name, xlsx_file
from stream_jobs.domain.collecting import CollectionNotFound, CollectionRefused, CollectionUsedUp
from stream_jobs.domain.errors import BroadcastNotFound, EmployerNotFound, TooMany
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import CollectionId, EmployerId
from stream_jobs.ports import AccountRole, HandOverLine
from stream_jobs.ports.collecting import Collection

ORGANISER = (SignedIn(AccountRole.ORGANISER),)
ANYONE = (Anyone(),)
LINKS = f"{BROADCAST}/collections"
LINK = "/api/v1/collections/{token}"


class MadeCollection(Body):
    """A link with its code, told this once; the code goes to the receiver by telephone, apart from the link."""

    collection: Collection
    url: str
    code: str


class CollectionList(Body):
    """Newest first."""

    collections: list[Collection]


class EnterRequest(Input):
    code: str = Field(min_length=1, max_length=20)
    to: Literal["open", "bring_back"] = Field(
        default="open", description="open counts one opening and shows the list; bring_back shows nothing"
    )


class TicketRequest(Input):
    ticket: str = Field(min_length=1, max_length=100)


class CollectedList(Body):
    """What link and code open. lines are in clear; null where a list is only brought back.

    ticket: takes the file along and brings the list back, for two hours at most. openings_left: after this one.
    """

    ticket: str
    employer: str
    title: str
    openings_left: int
    expires_at: datetime
    lines: list[HandOverLine] | None


async def make(call: Call) -> MadeCollection:
    wanted = call.body(HandOverRequest)
    made = await call.actions.collecting.make(
        call.org,
        call.broadcast,
        EmployerId(wanted.employer_id),
        purpose=wanted.purpose,
        receiver=wanted.receiver,
        by=call.by,
    )
    url = f"{call.parts.public_url()}/collect/{made.token}"
    return MadeCollection(collection=made.collection, url=url, code=made.code)


async def listed(call: Call) -> CollectionList:
    return CollectionList(collections=list(await call.actions.collecting.listed(call.org, call.broadcast)))


async def revoke(call: Call) -> Collection:
    collection = CollectionId(call.id("collection_id", CollectionNotFound))
    return await call.actions.collecting.revoke(call.org, call.broadcast, collection, call.by)


async def enter(call: Call) -> CollectedList:
    await call.limits.open_link(call.address)
    wanted = call.body(EnterRequest)
    ticket, entered = await call.actions.collecting.enter(
        call.request.match_info["token"], _digits(wanted.code), shows=wanted.to == "open"
    )
    return CollectedList(
        ticket=ticket,
        employer=entered.collector.employer,
        title=entered.collector.title,
        openings_left=entered.openings_left,
        expires_at=entered.expires_at,
        lines=None if entered.lines is None else _dialled(entered.lines),
    )


async def file(call: Call) -> web.Response:
    collector, lines = await call.actions.collecting.lines(
        call.request.match_info["token"], call.body(TicketRequest).ticket
    )
    content = await asyncio.to_thread(xlsx_file, [hand_over_sheet(lines)], call.parts.clock())
    return download(content, file_name(collector.employer, "报名名单", str(len(lines)), ending=".xlsx"), XLSX)


def _dialled(lines: Sequence[HandOverLine]) -> list[HandOverLine]:
    return [line.model_copy(update={"phone": dialled(line.phone)}) for line in lines]


def _digits(code: str) -> str:
    """As it was told: spaces and full-width digits are the same code."""
    return "".join(str(int(c)) for c in code if c.isdecimal())


ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path=LINKS,
        callers=ORGANISER,
        summary="Make a link by which an employer collects its list, and the code to be told by telephone",
        handler=make,
        body=HandOverRequest,
        answer=MadeCollection,
        errors=(BroadcastNotFound, EmployerNotFound),
    ),
    Route(
        method="GET",
        path=LINKS,
        callers=ORGANISER,
        summary="Links of this show's lists, how often each was opened, newest first",
        handler=listed,
        answer=CollectionList,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="POST",
        path=f"{LINKS}/{{collection_id}}/revoke",
        callers=ORGANISER,
        summary="Take a link back: it opens nothing any more",
        handler=revoke,
        answer=Collection,
        errors=(BroadcastNotFound, CollectionNotFound),
    ),
    Route(
        method="POST",
        path=f"{LINK}/enter",
        callers=ANYONE,
        summary="With link and code: open the list, which is counted and recorded, or bring one back",
        handler=enter,
        body=EnterRequest,
        answer=CollectedList,
        errors=(CollectionRefused, CollectionUsedUp, TooMany),
    ),
    Route(
        method="POST",
        path=f"{LINK}/file",
        callers=ANYONE,
        summary="The list of this opening as a workbook to fill in",
        handler=file,
        body=TicketRequest,
        media_type=XLSX,
        errors=(CollectionRefused,),
    ),
)
