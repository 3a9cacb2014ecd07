"""Everything kept about one person: copied out, corrected, erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from pydantic import Field

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, PersonId, ResumeFileId, ViewerId
from stream_jobs.domain.resume_files import FileKind, FileState
from stream_jobs.ports.applications import Resume

WhyErased = Literal["asked", "retention", "no_key"]


class MyEvent(Body):
    """What became of an application, and when."""

    kind: str
    at: datetime


class MyConsent(Body):
    """What was agreed to, in the words that were shown."""

    text: str
    employer: str
    fields: tuple[str, ...]
    purpose: str
    keeper: str
    until: date
    given: str
    at: datetime


class MyDisclosure(Body):
    """Somebody saw or received the name and number in clear."""

    how: str
    by: str
    receiver: str | None = None
    purpose: str | None = None
    at: datetime


class MyContact(Body):
    """What staff noted: a call, a message, a visit, or words; said is without telephone numbers."""

    kind: str
    by: str | None
    at: datetime
    said: str | None = None


class MyApplication(Body):
    id: ApplicationId
    number: int
    broadcast: str
    broadcast_at: datetime
    job: str
    employer: str
    name: str | None
    state: str
    at: datetime
    events: tuple[MyEvent, ...]
    consents: tuple[MyConsent, ...]
    disclosed: tuple[MyDisclosure, ...]
    contacts: tuple[MyContact, ...] = ()
    next_on: date | None = Field(default=None, description="The day staff mean to do something next")


class MyResume(Body):
    resume: Resume
    at: datetime


class MyFile(Body):
    """A résumé file, whatever has become of it."""

    id: ResumeFileId
    name: str
    kind: FileKind
    state: FileState
    bytes: int
    at: datetime
    saved_as: str | None = Field(default=None, description="Where it lies in the copy; null: it cannot be read now")


class MyData(Body):
    """All that is kept about a person, in clear, ready to be written as JSON."""

    taken_at: datetime
    known_since: datetime
    phone: str | None
    applications: tuple[MyApplication, ...]
    resumes: tuple[MyResume, ...]
    files: tuple[MyFile, ...] = ()
    priority_groups: tuple[str, ...] = Field(default=(), description="Said by the person, for counting alone")
    more: Mapping[str, Any] = Field(default_factory=dict, description="What other parts keep, by its name")


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody was erased: nothing of them but a pseudonym."""

    org_id: OrgId
    person_id: PersonId
    at: datetime


class Persons(Protocol):
    """One person's own data. Each raises PersonNotFound, for an erased person too."""

    async def export(self, org_id: OrgId, viewer_id: ViewerId, person_id: PersonId, at: datetime) -> MyData:
        """Read after the audit row that says so."""

    async def erase(
        self, org_id: OrgId, person_id: PersonId, *, why: WhyErased, by: str, at: datetime
    ) -> tuple[Sequence[Erasure], tuple[BroadcastId, ...]]:
        """Unreadable when it returns: this person, whoever became this person, and the broadcasts they applied in."""

    async def erase_of_device(
        self, org_id: OrgId, viewer_id: ViewerId, person_id: PersonId, *, by: str, at: datetime
    ) -> tuple[Sequence[Erasure], tuple[BroadcastId, ...]]:
        """The same, where nothing is known of the person but by this device; else nothing is done."""

    async def correct(
        self,
        org_id: OrgId,
        viewer_id: ViewerId,
        person_id: PersonId,
        *,
        name: str | None,
        phone: str | None,
        at: datetime,
    ) -> tuple[BroadcastId, ...]:
        """phone is E.164; None leaves a name or phone as it is. Returns the broadcasts concerned."""
