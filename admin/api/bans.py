"""Keeping a device out of a broadcast, and letting it back in."""

from uuid import UUID

from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.shapes import Input, Said
from admin.call import Call
from admin.declare import Route, SignedIn
from stream_jobs.domain.errors import ApplicationNotFound, BadInput, BanNotFound, BroadcastNotFound
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import ApplicationId
from stream_jobs.ports import AccountRole, BanRow

HOST_SIDE = (SignedIn(AccountRole.ORGANISER, AccountRole.HOST, AccountRole.OPERATOR),)


class BanRequest(Input):
    application_id: UUID = Field(description="The device that made it is kept out")
    reason: Said = Field(max_length=100)


class BanList(Body):
    """Newest first, with those that were lifted."""

    bans: list[BanRow]


async def ban(call: Call) -> BanRow:
    wanted = call.body(BanRequest)
    return await call.actions.bans.ban(
        call.org, call.broadcast, ApplicationId(wanted.application_id), reason=wanted.reason, by=call.by
    )


async def lift(call: Call) -> None:
    await call.actions.bans.lift(call.org, call.broadcast, call.id("ban_id", BanNotFound), call.by)


async def listed(call: Call) -> BanList:
    return BanList(bans=list(await call.actions.bans.listed(call.org, call.broadcast)))


ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path=f"{BROADCAST}/bans",
        callers=HOST_SIDE,
        summary="Keep out the device that made an application; its sockets close within seconds",
        handler=ban,
        body=BanRequest,
        answer=BanRow,
        errors=(BroadcastNotFound, ApplicationNotFound, BadInput),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/bans",
        callers=HOST_SIDE,
        summary="Devices kept out, and those let back in",
        handler=listed,
        answer=BanList,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="DELETE",
        path=f"{BROADCAST}/bans/{{ban_id}}",
        callers=HOST_SIDE,
        summary="Let a device back in",
        handler=lift,
        errors=(BroadcastNotFound, BanNotFound),
    ),
)
