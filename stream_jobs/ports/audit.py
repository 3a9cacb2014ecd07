"""The audit as it is read: who did what, newest first, without applicants' data but for what a reason says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import AccountId, OrgId


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """subject: an id, whatever it is of. since is included, until is not."""

    subject: str | None = None
    account_id: AccountId | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditEntry(Body):
    """One recorded act. actor is null where somebody came by a link: their name is kept with what they took alone.

    subject_kind says what the id is of: null in rows of older versions that this one does not know. subject_name: how
    an employer, job, unit or account is called now, of an application its number in its show; null where it is gone.
    """

    number: int
    at: datetime
    account_id: AccountId | None = None
    actor: str | None = None
    action: str
    name: str
    name_en: str
    subject_kind: str | None = None
    subject: str
    subject_name: str | None = None
    purpose: str | None = None
    detail: Mapping[str, object]


class Audit(Protocol):
    async def listed(
        self, org_id: OrgId, wanted: AuditFilter, *, before: int | None, limit: int
    ) -> tuple[AuditEntry, ...]:
        """Those with a smaller number than before, the newest first."""
