"""What the organisation says of itself: to its organisers, and to viewers."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from admin.api.programme import Line
from admin.api.public import BROADCAST
from admin.api.shapes import Input, Text
from admin.call import Call, json_response
from admin.declare import Anyone, Route, SignedIn
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.programme import NameTaken
from stream_jobs.domain.units import UnitKind
from stream_jobs.ports import AccountRole
from stream_jobs.ports.organisation import NoticeBody, OrganisationBody

ORGANISER = (SignedIn(AccountRole.ORGANISER),)
OWN = "/api/v1/organisation"
NOTICE_SECONDS = 60


class OrganisationChanges(Input):
    """What is left out stays; null empties."""

    name: Line | None = None
    kind: Annotated[UnitKind, Field(strict=False)] | None = None
    service_phone: Line | None = Field(default=None, description="For shows that have none of their own")
    keeper_contact: Line | None = Field(
        default=None, description="How to reach who keeps applicants' data; without it, the service phone"
    )
    privacy_notice: Annotated[Text, Field(max_length=4000)] | None = Field(
        default=None, description="Shown to viewers beside what every show says"
    )


async def read(call: Call) -> OrganisationBody:
    return await call.actions.organisation.read(call.org)


async def change(call: Call) -> OrganisationBody:
    changes = call.body(OrganisationChanges).model_dump(exclude_unset=True)
    return await call.actions.organisation.change(call.org, changes, call.by)


async def notice(call: Call) -> web.Response:
    told = await call.actions.organisation.notice(call.org)
    return json_response(told, cache=f"public, max-age={NOTICE_SECONDS}")


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=OWN,
        callers=ORGANISER,
        summary="The organisation as its shows, consents and notices name it",
        handler=read,
        answer=OrganisationBody,
    ),
    Route(
        method="PATCH",
        path=OWN,
        callers=ORGANISER,
        summary="Change what the organisation says of itself; audited",
        handler=change,
        body=OrganisationChanges,
        answer=OrganisationBody,
        errors=(NameTaken,),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/notice",
        callers=(Anyone(),),
        summary="What the organiser of a show says about data, in its own words",
        handler=notice,
        answer=NoticeBody,
        errors=(BroadcastNotFound,),
    ),
)
