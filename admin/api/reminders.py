"""Lists nobody collected: who, since when reminded, and reminding them."""

from uuid import UUID

from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Route, SignedIn
from stream_jobs.domain.errors import BroadcastNotFound, NoGateway
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import EmployerId
from stream_jobs.ports import AccountRole
from stream_jobs.ports.reminders import UncollectedList

ORGANISER = (SignedIn(AccountRole.ORGANISER),)


class Uncollected(Body):
    """can_send: whether a message gateway is there; without one, the texts are to be copied."""

    can_send: bool
    employers: list[UncollectedList]


class RemindRequest(Input):
    employer_ids: list[UUID] = Field(min_length=1, max_length=200)


async def uncollected(call: Call) -> Uncollected:
    actions = call.actions.reminders
    return Uncollected(can_send=actions.can_send, employers=list(await actions.uncollected(call.org, call.broadcast)))


async def remind(call: Call) -> Uncollected:
    employers = {EmployerId(id_) for id_ in call.body(RemindRequest).employer_ids}
    await call.actions.reminders.remind(call.org, call.broadcast, employers, call.by)
    return await uncollected(call)


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{BROADCAST}/reminders",
        callers=ORGANISER,
        summary="Employers who have not collected their list, and whether and when they were reminded",
        handler=uncollected,
        answer=Uncollected,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="POST",
        path=f"{BROADCAST}/reminders",
        callers=ORGANISER,
        summary="Remind them by message, in the background; nobody twice within an hour",
        handler=remind,
        body=RemindRequest,
        answer=Uncollected,
        errors=(BroadcastNotFound, NoGateway),
    ),
)
