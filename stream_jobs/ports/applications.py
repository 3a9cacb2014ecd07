"""Applying: storing, the applicant's side, the staff's side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from stream_jobs.domain.events import Body
from stream_jobs.domain.following import Told
from stream_jobs.domain.ids import (
    AccountId,
    ApplicationId,
    BroadcastId,
    ChannelId,
    EmployerId,
    JobId,
    OrgId,
    ReceiptId,
    ViewerId,
    VisitId,
)
from stream_jobs.ports.bus import By


@dataclass(frozen=True, slots=True)
class Consent:
    """What the applicant agreed to, in the text they were shown."""

    text: str
    text_sha256: str
    english: str
    employer: str
    fields: tuple[str, ...]
    purpose: str
    keeper: str
    until: date
    given: Literal["ticked", "in_person", "by_telephone", "on_platform"]


@dataclass(frozen=True, slots=True)
class NewApplication:
    """An application on its way to storage; phone is E.164 and, like name, is encrypted there."""

    receipt_id: ReceiptId
    org_id: OrgId
    broadcast_id: BroadcastId
    job_id: JobId
    viewer_id: ViewerId
    key: UUID
    phone: str
    name: str | None
    consent_sha256: str
    push_seq: int | None
    channel_id: ChannelId
    visit_id: VisitId | None
    recorded_by: AccountId | None
    consent_given: Literal["ticked", "in_person", "by_telephone", "on_platform"]
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a device is told: its own receipt, also when another device applied for the same person before."""

    receipt_id: ReceiptId
    number: int
    at: datetime
    repeated: bool
    counted: bool = False


class ApplicationBody(Body):
    """An application as staff see it: masked."""

    id: ApplicationId
    number: str
    broadcast_id: BroadcastId
    job_id: JobId
    card_label: str
    job_title: str
    employer_id: EmployerId
    employer: str
    state: str
    at: datetime
    channel: str | None = None
    first_channel: str | None = None
    name_masked: str
    phone_masked: str
    recorded_by: str | None = None
    same_person: int = 1
    # The device that applied has proven the number; of one recorded by staff, any device.
    phone_verified: bool = False


class MineRow(Body):
    receipt_id: ReceiptId
    job_id: JobId
    number: int
    state: Told
    at: datetime
    contact_masked: str


class Resume(Body):
    """A short résumé; every part is optional."""

    education: str | None = None
    experience: str | None = None
    skills: str | None = None
    wanted_job: str | None = None
    wanted_place: str | None = None
    wanted_pay: str | None = None


class HandOver(Body):
    """One employer's list handed over, in one recorded act; by_link: it was opened by its link and code.

    receiver: as long as anybody who was on the list is kept.
    """

    id: UUID
    employer_id: EmployerId
    employer: str
    purpose: str
    receiver: str | None
    count: int
    by: str
    at: datetime
    by_link: bool = False


class HandOverLine(Body):
    """A line of the list handed to an employer: in clear."""

    number: str
    name: str | None
    phone: str
    job: str
    at: datetime


class Applications(Protocol):
    async def submit(self, batch: Sequence[NewApplication]) -> Sequence[Receipt | BaseException]:
        """Stores and counts the batch, a transaction a broadcast; answers in the batch's order.

        A repeated key with the same body gets its receipt again; with another body, KeyReused. JobPaused, JobFull,
        JobClosed, JobNotFound and ConsentMissing are answers of their own row.
        """

    async def consent(self, org_id: OrgId, broadcast_id: BroadcastId, job_id: JobId, at: datetime) -> Consent: ...


class Receipts(Protocol):
    """An applicant's side: what this device did, and may take back or add to.

    Each raises ApplicationNotFound when the receipt is not this device's.
    """

    async def mine(
        self, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId, at: datetime
    ) -> Sequence[MineRow]:
        """How each stands as this device is told; of a number it has proven, how it stands."""

    async def withdraw(
        self, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId, receipt_id: ReceiptId, at: datetime
    ) -> datetime:
        """When it was withdrawn; doing it again changes nothing."""

    async def save_resume(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        viewer_id: ViewerId,
        receipt_id: ReceiptId,
        resume: Resume,
        at: datetime,
    ) -> None: ...

    async def resume_of(
        self, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId, receipt_id: ReceiptId
    ) -> Resume: ...


@dataclass(frozen=True, slots=True)
class ApplicantFilter:
    """Which applications of a broadcast; waiting: those of people nobody has contacted yet."""

    employer_id: EmployerId | None = None
    job_id: JobId | None = None
    states: tuple[str, ...] = ()
    waiting: bool = False
    limit: int = 50
    offset: int = 0


class ApplicantPage(Body):
    """Applications, newest first, masked; total is how many the filter finds.

    with_recruiter: those employers whose own recruiter alone may see a number in full.
    """

    total: int
    applications: tuple[ApplicationBody, ...]
    with_recruiter: tuple[EmployerId, ...] = ()


class Applicants(Protocol):
    """The staff's side: masked lists, and clear text only after an audit row."""

    async def page(self, org_id: OrgId, broadcast_id: BroadcastId, wanted: ApplicantFilter) -> ApplicantPage: ...

    async def listed(
        self, org_id: OrgId, broadcast_id: BroadcastId, employer_id: EmployerId | None
    ) -> Sequence[ApplicationBody]: ...

    async def reveal(
        self,
        org_id: OrgId,
        application_id: ApplicationId,
        *,
        purpose: str,
        by: By,
        at: datetime,
        employer_id: EmployerId | None,
    ) -> tuple[str | None, str]:
        """Name and phone in clear; employer_id limits whose application it may be."""

    async def hand_over(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        employer_id: EmployerId,
        *,
        purpose: str,
        receiver: str,
        by: By,
        at: datetime,
    ) -> tuple[HandOver, Sequence[HandOverLine]]: ...

    async def handed_over(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[HandOver]: ...
