"""What is not kept for ever, and how much of it was due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.ports.bus import By


class PurgeClass(StrEnum):
    """PEOPLE go with all that is theirs; RECEIVERS out of rows that stay; the others are rows of one kind."""

    PEOPLE = "people"
    RESUMES = "resumes"
    RESUME_FILES = "resume_files"
    COMMAND_KEYS = "command_keys"
    SESSIONS = "sessions"
    PHONE_CODES = "phone_codes"
    EXPORT_RECORDS = "export_records"
    NOTICE_RECORDS = "notice_records"
    PEOPLE_LISTS = "people_lists"
    COLLECTION_LINKS = "collection_links"
    RECEIVERS = "receivers"
    JOB_LISTS = "job_lists"


@dataclass(frozen=True, slots=True)
class Periods:
    """How long each class is kept: résumés since they were written, keys since the show ended, records since made;
    one-time codes until they are worth nothing.

    Records are sessions and links since they ended, exports, notices and lists of people since they were made, lists of
    jobs since something was last done with them. Who received a list of people is named longer: as long as anybody who
    was on it is kept.

    People are kept until the last day their consents name; people_after is for who has none, also who never applied.
    """

    people_after: timedelta
    resumes: timedelta
    keys: timedelta
    records: timedelta


class PurgeCount(Body):
    """due: what a purge would take; done: what it took."""

    kind: PurgeClass
    due: int
    done: int


class Purges(Protocol):
    async def organisations(self) -> Sequence[OrgId]: ...

    async def people_due(self, org_id: OrgId, periods: Periods, at: datetime, *, most: int) -> Sequence[PersonId]:
        """Those whose every consent has ended, longest ago first."""

    async def erase_due(self, org_id: OrgId, person_id: PersonId, periods: Periods, *, by: By, at: datetime) -> bool:
        """Erases a person who is still due, looked at again under the lock that erases; whether they were.

        Raises PersonNotFound.
        """

    async def rows_due(self, org_id: OrgId, periods: Periods, at: datetime) -> Sequence[PurgeCount]:
        """A class may come several times: of several tables."""

    async def take_rows(self, org_id: OrgId, periods: Periods, at: datetime) -> Sequence[PurgeCount]:
        """Everything but people, in one transaction; but for rows that somebody else has at the moment."""

    async def record(self, org_id: OrgId, counts: Sequence[PurgeCount], *, by: By, at: datetime) -> None:
        """One audit row, when anything was taken."""
