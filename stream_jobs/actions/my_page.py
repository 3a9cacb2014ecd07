"""What applicants do on their own page: look, take back, correct, take a copy, have everything erased.

A device may see and change everything of a person whose number it has proven. Of anybody else it applied for, it sees
masked what it was told, may take that back, and may have what it typed deleted.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from stream_jobs.actions.person import PersonActions
from stream_jobs.domain.errors import BadInput, ConsentMissing
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, PersonId, ViewerId
from stream_jobs.domain.phone import parse_phone
from stream_jobs.domain.phone_code import PhoneUnverified
from stream_jobs.domain.priority import Priority, named
from stream_jobs.ports import Bus, Clock, MyData, Topic
from stream_jobs.ports.files import ReadyFile, ResumeFiles
from stream_jobs.ports.my_page import MyGroups, MyPage, MyPages
from stream_jobs.ports.priority import Priorities


@dataclass(frozen=True, slots=True, repr=False)
class MyCopy:
    """All that is kept of a person: the data, and the bytes of their checked files."""

    data: MyData
    files: Sequence[tuple[ReadyFile, AsyncIterator[bytes]]]


class MyPageActions:
    def __init__(
        self,
        pages: MyPages,
        person: PersonActions,
        files: ResumeFiles,
        bus: Bus,
        clock: Clock,
        priorities: Priorities,
        asked: Sequence[Priority] = tuple(Priority),
    ) -> None:
        """asked: the priority groups that people may say to belong to; none asks nobody."""
        self._priorities = priorities
        self._asked = tuple(asked)
        self._pages = pages
        self._person = person
        self._files = files
        self._bus = bus
        self._clock = clock

    async def page(self, org: OrgId, viewer: ViewerId) -> MyPage:
        page = await self._pages.page(org, viewer, self._clock())
        return page.model_copy(update={"asks_groups": bool(self._asked)})

    async def last_show(self, viewer: ViewerId, orgs: Sequence[OrgId]) -> BroadcastId | None:
        """Where this device applied last, in any of these organisations."""
        found = [await self._pages.last_show(org, viewer) for org in orgs]
        return max((last for last in found if last), key=lambda last: last[1], default=(None, None))[0]

    async def withdraw(self, org: OrgId, viewer: ViewerId, application: ApplicationId) -> datetime:
        """Also what staff or another device recorded for a proven number. Raises ApplicationNotFound."""
        broadcast, at = await self._pages.withdraw(org, viewer, application, self._clock())
        await self._bus.announce(broadcast, Topic.DESK)
        return at

    async def data(self, org: OrgId, viewer: ViewerId, ref: str) -> MyCopy:
        """Everything kept of this person, once that is recorded. Raises PersonNotFound, PhoneUnverified."""
        person = await self._proven(org, viewer, ref)
        data = await self._person.export(org, viewer, person)
        return MyCopy(data, await self._files.own(org, person))

    async def correct(
        self, org: OrgId, viewer: ViewerId, ref: str, *, name: str | None = None, phone: str | None = None
    ) -> None:
        """A new phone must be proven as well; whoever has it already is the same person from then on.

        Raises PersonNotFound, PhoneUnverified (field: phone, when it is the new one), PhoneInvalid, BadInput.
        """
        person = await self._proven(org, viewer, ref)
        if phone is not None:
            number = parse_phone(phone, field="phone")
            if not await self._pages.has_verified(org, viewer, number, self._clock()):
                raise PhoneUnverified(field="phone", expected="the code that was sent to the new number")
        await self._person.correct(org, viewer, person, name=name, phone=phone)

    async def erase(self, org: OrgId, viewer: ViewerId, ref: str) -> None:
        """With the number proven, everything at once; else what this device typed, and the rest if there is none.

        Either way the answer is the same, so that nobody learns whether somebody else recorded this person.
        Raises PersonNotFound.
        """
        person, verified = await self._pages.person(org, viewer, ref, self._clock())
        if verified:
            await self._person.erase(org, person)
            return
        for broadcast in await self._pages.forget_here(org, viewer, person, self._clock()):
            await self._bus.announce(broadcast, Topic.DESK)
        await self._person.erase_of_device(org, viewer, person)

    async def groups(self, org: OrgId, viewer: ViewerId, ref: str) -> MyGroups:
        """Raises PersonNotFound, PhoneUnverified."""
        said = await self._priorities.declared(org, await self._proven(org, viewer, ref))
        return MyGroups(
            asked=tuple(named(one) for one in self._asked),
            said=tuple(one for one in self._asked if one in said),
            consent=await self._priorities.consent(org),
        )

    async def say_groups(
        self, org: OrgId, viewer: ViewerId, ref: str, groups: Collection[Priority], consent_sha256: str
    ) -> None:
        """These and no others. Raises as groups, and ConsentMissing, BadInput."""
        person = await self._proven(org, viewer, ref)
        if not set(groups) <= set(self._asked):
            raise BadInput(field="groups", expected=f"of {', '.join(self._asked) or 'no groups'}")
        consent = await self._priorities.consent(org)
        if consent.sha256 != consent_sha256:
            raise ConsentMissing(field="consent_sha256", expected="consent to the text as it is now")
        await self._priorities.declare(org, person, groups, consent, self._clock())

    async def take_back_groups(self, org: OrgId, viewer: ViewerId, ref: str) -> None:
        """Nothing of it is kept. Raises as groups."""
        await self._priorities.take_back(org, await self._proven(org, viewer, ref))

    async def _proven(self, org: OrgId, viewer: ViewerId, ref: str) -> PersonId:
        person, verified = await self._pages.person(org, viewer, ref, self._clock())
        if not verified:
            raise PhoneUnverified(field="phone", expected="the code that was sent to this number")
        return person
