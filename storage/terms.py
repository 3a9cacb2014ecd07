"""On what terms the jobs of a show take people: whether they do now, and what an applicant must agree to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from storage.pool import Transaction
from storage.verified_phones import Proven
from stream_jobs.domain.consent import FIELDS, PURPOSE, SHOWN_FOR, ConsentText, consent_text
from stream_jobs.domain.errors import ConsentMissing, JobClosed, JobFull, JobNotFound, JobPaused
from stream_jobs.domain.events import Status
from stream_jobs.domain.ids import BroadcastId, CardId, EmployerId, JobId, OrgId
from stream_jobs.domain.phone_code import PhoneCheck, PhoneUnverified
from stream_jobs.domain.vetting import apply_until, expires_at
from stream_jobs.ports import Consent, NewApplication


@dataclass(frozen=True, slots=True)
class Terms:
    """A job of a show as an applicant meets it; closes is None while it takes people without an end."""

    card_id: CardId
    employer_id: EmployerId
    state: str
    closes: datetime | None
    employer: str
    contact_name: str | None
    contact_phone: str | None
    keeper: str
    wants_proof: bool

    def must_be_open(self, at: datetime) -> None:
        """Raises JobPaused, JobFull, JobClosed."""
        match self.state:
            case "paused":
                raise JobPaused
            case "full":
                raise JobFull
            case "closed":
                raise JobClosed
        if self.closes is not None and at >= self.closes:
            raise JobClosed

    def must_be_proven(self, new: NewApplication, proven: Proven) -> None:
        """Raises PhoneUnverified; staff have asked the applicant themselves."""
        if self.wants_proof and new.recorded_by is None and (new.viewer_id, new.phone) not in proven:
            raise PhoneUnverified(field="contact.phone", expected="the code that was sent to this number")

    def text(self, at: datetime, retention_days: int) -> ConsentText:
        """What an applicant is shown at this time."""
        return consent_text(
            employer=self.employer,
            contact_name=self.contact_name,
            contact_phone=self.contact_phone,
            at=at,
            retention_days=retention_days,
        )

    def agreed(self, sha256: str, at: datetime, retention_days: int) -> ConsentText:
        """The text whose hash was sent: of now, or of the day before. Raises ConsentMissing."""
        for shown in (at, at - SHOWN_FOR):
            text = self.text(shown, retention_days)
            if text.sha256 == sha256:
                return text
        raise ConsentMissing(field="consent.text_sha256", expected="consent to the text as it is now")


# Of the jobs $3 in the broadcast $1 of the organisation $2.
TERMS = """
    SELECT c.job_id, c.id, c.state, j.employer_id, j.valid_until, m.full_name, m.contact_name, m.contact_phone,
        b.status, b.apply_days, b.ended_at, b.phone_check,
        concat_ws(' ', o.name, coalesce(o.keeper_contact, b.service_phone, o.service_phone)) AS keeper
    FROM card c JOIN broadcast b ON b.id = c.broadcast_id JOIN job j ON j.id = c.job_id
    JOIN employer m ON m.id = j.employer_id JOIN organisation o ON o.id = c.org_id
    WHERE c.broadcast_id = $1 AND c.org_id = $2 AND c.job_id = ANY($3::uuid[])
"""


async def terms_of(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, jobs: Sequence[JobId]
) -> Mapping[JobId, Terms]:
    """Those of them that are in the show."""
    return {row["job_id"]: _terms(row) for row in await tx.fetch(TERMS, broadcast_id, org_id, jobs)}


async def consent_of(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, job_id: JobId, at: datetime, retention_days: int
) -> Consent:
    """What a page shows before applying. Raises JobNotFound."""
    terms = (await terms_of(tx, org_id, broadcast_id, [job_id])).get(job_id)
    if terms is None:
        raise JobNotFound(field="job_id", expected="a job of this broadcast")
    text = terms.text(at, retention_days)
    return Consent(
        text=text.text,
        text_sha256=text.sha256,
        english=text.english,
        employer=terms.employer,
        fields=FIELDS,
        purpose=PURPOSE,
        keeper=terms.keeper,
        until=text.until,
        given="ticked",
    )


def _terms(row: asyncpg.Record) -> Terms:
    return Terms(
        card_id=row["id"],
        employer_id=row["employer_id"],
        state=row["state"],
        closes=_closes(row["status"], row["ended_at"], row["apply_days"], row["valid_until"]),
        employer=row["full_name"],
        contact_name=row["contact_name"],
        contact_phone=row["contact_phone"],
        keeper=row["keeper"],
        wants_proof=row["phone_check"] == PhoneCheck.BEFORE,
    )


def _closes(status: str, ended_at: datetime | None, apply_days: int, valid_until: date | None) -> datetime | None:
    """Before its end a show's closing date is not known yet: until then only the posting's own last day counts."""
    if status != Status.ENDED or ended_at is None:
        return expires_at(valid_until)
    return apply_until(show_at=ended_at, apply_days=apply_days, valid_until=valid_until)
