"""An applicant's own page; a viewer's token says which device asks."""

from aiohttp import web
from pydantic import Field

from admin.api.public import BROADCAST, Withdrawn
from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Route, ViewerToken
from admin.files import attachment, begun
from admin.my_copy import archive
from admin.words import Catalogues, language
from stream_jobs.domain.errors import (
    ApplicationNotFound,
    ConsentMissing,
    FilesUnavailable,
    PersonNotFound,
    PhoneInvalid,
    TooMany,
)
from stream_jobs.domain.ids import ApplicationId
from stream_jobs.domain.phone_code import PhoneUnverified
from stream_jobs.domain.priority import Priority
from stream_jobs.ports.my_page import MyGroups, MyPage

DEVICE = (ViewerToken(kept_out=True),)
ME = f"{BROADCAST}/me"
PERSON = f"{ME}/people/{{person}}"
ZIP = "application/zip"


class GroupsRequest(Input):
    groups: list[Priority] = Field(min_length=1, max_length=20, description="Of those asked about; each once")
    consent_sha256: str = Field(max_length=64, description="Of the text that was shown and agreed to")


class Correction(Input):
    """What is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=40)
    phone: str | None = Field(default=None, min_length=1, max_length=40, description="Proven by a code before")


async def page(call: Call) -> MyPage:
    await _must_be_patient(call)
    return await call.actions.my_page.page(call.org, call.watcher.viewer_id)


async def withdraw(call: Call) -> Withdrawn:
    await _must_be_patient(call)
    application = ApplicationId(call.id("application_id", ApplicationNotFound))
    at = await call.actions.my_page.withdraw(call.org, call.watcher.viewer_id, application)
    return Withdrawn(application_id=application, at=at)


async def data(call: Call) -> web.Response:
    await _must_be_patient(call)
    everything = await call.actions.my_page.data(call.org, call.watcher.viewer_id, _person(call))
    words = Catalogues(call.assets).words(language(call.request))
    return web.Response(
        body=await begun(archive(everything, words)),
        content_type=ZIP,
        headers=attachment(f"{words.t('me.data.file')}.zip"),
    )


async def correct(call: Call) -> None:
    await _must_be_patient(call)
    given = call.body(Correction)
    await call.actions.my_page.correct(
        call.org, call.watcher.viewer_id, _person(call), name=given.name, phone=given.phone
    )


async def erase(call: Call) -> None:
    await _must_be_patient(call)
    await call.actions.my_page.erase(call.org, call.watcher.viewer_id, _person(call))


async def groups(call: Call) -> MyGroups:
    await _must_be_patient(call)
    return await call.actions.my_page.groups(call.org, call.watcher.viewer_id, _person(call))


async def say_groups(call: Call) -> None:
    await _must_be_patient(call)
    said = call.body(GroupsRequest)
    await call.actions.my_page.say_groups(
        call.org, call.watcher.viewer_id, _person(call), frozenset(said.groups), said.consent_sha256
    )


async def take_back_groups(call: Call) -> None:
    await _must_be_patient(call)
    await call.actions.my_page.take_back_groups(call.org, call.watcher.viewer_id, _person(call))


async def _must_be_patient(call: Call) -> None:
    await call.limits.my_page(call.org, call.watcher.viewer_id)


def _person(call: Call) -> str:
    return call.request.match_info["person"]


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=ME,
        callers=DEVICE,
        summary="What this device applied for in all shows, and all of those whose number it has proven",
        handler=page,
        answer=MyPage,
        errors=(TooMany,),
    ),
    Route(
        method="POST",
        path=f"{ME}/applications/{{application_id}}/withdraw",
        callers=DEVICE,
        summary="Take an application of any show back; doing it again changes nothing",
        handler=withdraw,
        answer=Withdrawn,
        errors=(ApplicationNotFound, TooMany),
    ),
    Route(
        method="GET",
        path=f"{PERSON}/data",
        callers=DEVICE,
        summary="All that is kept of this person, as data and files in one archive; needs the number proven",
        handler=data,
        media_type=ZIP,
        errors=(PersonNotFound, PhoneUnverified, FilesUnavailable, TooMany),
    ),
    Route(
        method="GET",
        path=f"{PERSON}/groups",
        callers=DEVICE,
        summary="Priority groups this person said to belong to, and what is agreed to; needs the number proven",
        handler=groups,
        answer=MyGroups,
        errors=(PersonNotFound, PhoneUnverified, TooMany),
    ),
    Route(
        method="PUT",
        path=f"{PERSON}/groups",
        callers=DEVICE,
        summary="Say to which priority groups this person belongs, for counting alone; needs the number proven",
        handler=say_groups,
        body=GroupsRequest,
        errors=(PersonNotFound, PhoneUnverified, ConsentMissing, TooMany),
    ),
    Route(
        method="DELETE",
        path=f"{PERSON}/groups",
        callers=DEVICE,
        summary="Take that back: nothing of it is kept, and it counts nowhere any more",
        handler=take_back_groups,
        errors=(PersonNotFound, PhoneUnverified, TooMany),
    ),
    Route(
        method="POST",
        path=f"{PERSON}/correct",
        callers=DEVICE,
        summary="Another name or phone; a phone that is known makes the people one. Needs both numbers proven",
        handler=correct,
        body=Correction,
        errors=(PersonNotFound, PhoneUnverified, TooMany),
        refusals={"phone": PhoneInvalid},
    ),
    Route(
        method="POST",
        path=f"{PERSON}/erase",
        callers=DEVICE,
        summary="Erase this person; without the number proven, what this device typed",
        handler=erase,
        errors=(PersonNotFound, TooMany),
    ),
)
