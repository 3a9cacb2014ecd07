"""What a viewer does to apply, and staff on someone's behalf: commit first, then say thank you."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from stream_jobs.actions.batching import Batcher
from stream_jobs.domain.errors import StreamJobsError, TooMany, Unavailable
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import (
    NO_CHANNEL,
    AccountId,
    ApplicationId,
    BroadcastId,
    ChannelId,
    EmployerId,
    JobId,
    OrgId,
    ReceiptId,
    ViewerId,
    uuid7,
)
from stream_jobs.domain.phone import parse_phone
from stream_jobs.domain.text import clean_name
from stream_jobs.ports import (
    ApplicantFilter,
    ApplicantPage,
    Applicants,
    ApplicationBody,
    Applications,
    Bus,
    By,
    Clock,
    Consent,
    HandOver,
    HandOverLine,
    MineRow,
    NewApplication,
    Receipt,
    Receipts,
    Resume,
    Topic,
)

ConsentGiven = Literal["in_person", "by_telephone", "on_platform"]


@dataclass(frozen=True, slots=True, repr=False)
class Recorded:
    """Somebody staff record an application for; phone is E.164."""

    key: UUID
    job: JobId
    phone: str
    name: str | None


class ApplyingActions:
    def __init__(
        self,
        applications: Applications,
        receipts: Receipts,
        applicants: Applicants,
        batcher: Batcher[NewApplication, Receipt],
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._applications = applications
        self._receipts = receipts
        self._applicants = applicants
        self._batcher = batcher
        self._bus = bus
        self._clock = clock

    async def consent(self, org: OrgId, broadcast: BroadcastId, job: JobId) -> Consent:
        """The text a viewer must agree to before applying for this job, naming the employer."""
        return await self._applications.consent(org, broadcast, job, self._clock())

    async def submit(
        self,
        org: OrgId,
        broadcast: BroadcastId,
        watcher: Watcher,
        *,
        key: UUID,
        job: JobId,
        phone: str,
        name: str | None,
        consent_sha256: str,
        push_seq: int | None,
    ) -> Receipt:
        """Durable when it returns; the same key and body again returns the same receipt.

        Raises PhoneInvalid, ConsentMissing, JobNotFound, JobPaused, JobFull, JobClosed, KeyReused, Unavailable.
        """
        now = self._clock()
        return await self._store(
            NewApplication(
                receipt_id=ReceiptId(uuid7(now)),
                org_id=org,
                broadcast_id=broadcast,
                job_id=job,
                viewer_id=watcher.viewer_id,
                key=key,
                phone=parse_phone(phone),
                name=clean_name(name),
                consent_sha256=consent_sha256,
                push_seq=push_seq,
                channel_id=watcher.channel_id,
                visit_id=watcher.visit_id,
                recorded_by=None,
                consent_given="ticked",
                at=now,
            )
        )

    async def record_for(
        self,
        org: OrgId,
        broadcast: BroadcastId,
        by: By,
        *,
        key: UUID,
        job: JobId,
        phone: str,
        name: str | None,
        channel: ChannelId | None,
        consent_given: ConsentGiven,
    ) -> Receipt:
        """Staff record an application for someone who agreed in person or on the telephone."""
        if by.account_id is None:
            raise AssertionError("staff have an account")
        now = self._clock()
        consent = await self._applications.consent(org, broadcast, job, now)
        someone = Recorded(key, job, parse_phone(phone), clean_name(name))
        return await self._store(
            _recorded(org, broadcast, someone, by.account_id, consent, channel, consent_given, now)
        )

    async def record_all(
        self,
        org: OrgId,
        broadcast: BroadcastId,
        account: AccountId,
        people: Sequence[Recorded],
        *,
        channel: ChannelId | None,
        consent_given: ConsentGiven,
    ) -> Sequence[Receipt | StreamJobsError]:
        """The same for those of a list, in its order: what each would be told. Raises Unavailable, and then again."""
        now = self._clock()
        jobs = {one.job for one in people}
        consents = {job: await self._applications.consent(org, broadcast, job, now) for job in jobs}
        answers = await asyncio.gather(
            *(
                self._batcher.add(
                    _recorded(org, broadcast, one, account, consents[one.job], channel, consent_given, now)
                )
                for one in people
            ),
            return_exceptions=True,
        )
        await self._bus.announce(broadcast, Topic.DESK)
        return [_told(answer) for answer in answers]

    async def withdraw(self, org: OrgId, broadcast: BroadcastId, viewer: ViewerId, receipt: ReceiptId) -> datetime:
        at = await self._receipts.withdraw(org, broadcast, viewer, receipt, self._clock())
        await self._bus.announce(broadcast, Topic.DESK)
        return at

    async def mine(self, org: OrgId, broadcast: BroadcastId, viewer: ViewerId) -> Sequence[MineRow]:
        """What this device applied for, newest first."""
        return await self._receipts.mine(org, broadcast, viewer, self._clock())

    async def save_resume(
        self, org: OrgId, broadcast: BroadcastId, viewer: ViewerId, receipt: ReceiptId, resume: Resume
    ) -> None:
        await self._receipts.save_resume(org, broadcast, viewer, receipt, resume, self._clock())

    async def resume_of(self, org: OrgId, broadcast: BroadcastId, viewer: ViewerId, receipt: ReceiptId) -> Resume:
        return await self._receipts.resume_of(org, broadcast, viewer, receipt)

    async def listed(
        self, org: OrgId, broadcast: BroadcastId, employer: EmployerId | None = None
    ) -> Sequence[ApplicationBody]:
        """Applications of a broadcast, newest first, masked."""
        return await self._applicants.listed(org, broadcast, employer)

    async def page(self, org: OrgId, broadcast: BroadcastId, wanted: ApplicantFilter) -> ApplicantPage:
        """Some of a broadcast's applications, newest first, masked."""
        return await self._applicants.page(org, broadcast, wanted)

    async def hand_over(
        self, org: OrgId, broadcast: BroadcastId, employer: EmployerId, *, purpose: str, receiver: str, by: By
    ) -> tuple[HandOver, Sequence[HandOverLine]]:
        """One employer's list in clear, in one recorded act."""
        return await self._applicants.hand_over(
            org, broadcast, employer, purpose=purpose, receiver=receiver, by=by, at=self._clock()
        )

    async def reveal(
        self, org: OrgId, application: ApplicationId, *, purpose: str, by: By, employer: EmployerId | None = None
    ) -> tuple[str | None, str]:
        """One applicant's name and phone in clear, after the audit row is written."""
        return await self._applicants.reveal(
            org, application, purpose=purpose, by=by, at=self._clock(), employer_id=employer
        )

    async def handed_over(self, org: OrgId, broadcast: BroadcastId) -> Sequence[HandOver]:
        return await self._applicants.handed_over(org, broadcast)

    async def _store(self, application: NewApplication) -> Receipt:
        receipt = await self._batcher.add(application)
        await self._bus.announce(application.broadcast_id, Topic.DESK)
        return receipt


def _recorded(
    org: OrgId,
    broadcast: BroadcastId,
    someone: Recorded,
    account: AccountId,
    consent: Consent,
    channel: ChannelId | None,
    consent_given: ConsentGiven,
    now: datetime,
) -> NewApplication:
    """On a device of its own, named by the key: what staff record is nobody's visit."""
    return NewApplication(
        receipt_id=ReceiptId(uuid7(now)),
        org_id=org,
        broadcast_id=broadcast,
        job_id=someone.job,
        viewer_id=ViewerId(someone.key),
        key=someone.key,
        phone=someone.phone,
        name=someone.name,
        consent_sha256=consent.text_sha256,
        push_seq=None,
        channel_id=channel or NO_CHANNEL,
        visit_id=None,
        recorded_by=account,
        consent_given=consent_given,
        at=now,
    )


def _told(answer: Receipt | BaseException) -> Receipt | StreamJobsError:
    """A refusal is the row's own; that something is away concerns them all."""
    if isinstance(answer, StreamJobsError) and not isinstance(answer, Unavailable | TooMany):
        return answer
    if isinstance(answer, BaseException):
        raise answer
    return answer
