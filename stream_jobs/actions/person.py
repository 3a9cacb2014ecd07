"""What a person may do with what is kept about them: take a copy, correct it, have it erased."""

from collections.abc import Awaitable, Callable, Sequence

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import BroadcastId, OrgId, PersonId, ViewerId
from stream_jobs.domain.phone import parse_phone
from stream_jobs.domain.text import clean_name
from stream_jobs.ports import Bus, Clock, Erasure, MyData, Persons, Topic, WhyErased

BY_THE_PERSON = "applicant"

# Told of each erasure after its commit, so that a restored backup can erase again.
Remember = Callable[[Erasure], Awaitable[None]]


async def forget(erasure: Erasure) -> None:
    """Where no backup can be restored."""


class PersonActions:
    """The caller has made sure that this device's holder is the person: a verified phone, nothing less."""

    def __init__(self, persons: Persons, bus: Bus, clock: Clock, remember: Remember = forget) -> None:
        self._persons = persons
        self._bus = bus
        self._clock = clock
        self._remember = remember

    async def export(self, org: OrgId, viewer: ViewerId, person: PersonId) -> MyData:
        """Everything kept about the person; that it was taken is recorded first. Raises PersonNotFound."""
        return await self._persons.export(org, viewer, person, self._clock())

    async def erase(
        self, org: OrgId, person: PersonId, *, why: WhyErased = "asked", by: str = BY_THE_PERSON
    ) -> Erasure:
        """Name, phone, résumé and files can be read by nobody when it returns; every statistic stays.

        The same phone may apply again, as a new person. Erasing again changes nothing. Raises PersonNotFound.
        """
        erasures, broadcasts = await self._persons.erase(org, person, why=why, by=by, at=self._clock())
        await self._erased(erasures, broadcasts)
        return erasures[0]

    async def erase_of_device(self, org: OrgId, viewer: ViewerId, person: PersonId) -> None:
        """The same, where nothing is known of the person but by this device; else nothing. Raises PersonNotFound."""
        await self._erased(
            *await self._persons.erase_of_device(org, viewer, person, by=BY_THE_PERSON, at=self._clock())
        )

    async def _erased(self, erasures: Sequence[Erasure], broadcasts: tuple[BroadcastId, ...]) -> None:
        for erasure in erasures:
            await self._remember(erasure)
        await self._tell(broadcasts)

    async def correct(
        self, org: OrgId, viewer: ViewerId, person: PersonId, *, name: str | None = None, phone: str | None = None
    ) -> None:
        """Another name, another phone, or both; None leaves it as it is.

        The caller has verified the new phone as well: whoever has it already is the same person from now on, and
        their applications are this person's. Raises PersonNotFound, PhoneInvalid, BadInput.
        """
        clean = clean_name(name)
        if name is not None and clean is None:
            raise BadInput(field="name", expected="how you are called")
        e164 = parse_phone(phone) if phone is not None else None
        await self._tell(await self._persons.correct(org, viewer, person, name=clean, phone=e164, at=self._clock()))

    async def _tell(self, broadcasts: tuple[BroadcastId, ...]) -> None:
        for broadcast in broadcasts:
            await self._bus.announce(broadcast, Topic.DESK)
