"""Background work: everything that is done later, and how much of it waits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import ExportId, NoticeId, OrgId, ResumeFileId


class DeleteObjects(Body):
    """Bytes nobody can read any more leave the object store."""

    kind: Literal["delete_objects"] = "delete_objects"
    keys: tuple[str, ...] = Field(max_length=1000)


class TidyQueue(Body):
    """The queue's own log of what was done is shortened."""

    kind: Literal["tidy_queue"] = "tidy_queue"


class WriteExport(Body):
    """A list that somebody asked for is read, encrypted and stored."""

    kind: Literal["write_export"] = "write_export"
    export_id: ExportId


class ExpireExports(Body):
    """Lists past their day lose their key, and then their bytes."""

    kind: Literal["expire_exports"] = "expire_exports"


class TellEmployer(Body):
    """An employer's contact is told what a row of employer_notice says."""

    kind: Literal["tell_employer"] = "tell_employer"
    notice_id: NoticeId


class TellWhoIsDue(Body):
    """Each employer that has people to call and has not, is told so."""

    kind: Literal["tell_who_is_due"] = "tell_who_is_due"


class Purge(Body):
    """What its period has ended for goes."""

    kind: Literal["purge"] = "purge"


class CheckFile(Body):
    """A résumé file that has arrived is read by structure, and then ready or refused."""

    kind: Literal["check_file"] = "check_file"
    file_id: ResumeFileId


class SweepFiles(Body):
    """Bytes of résumé files nobody can read any more leave the object store."""

    kind: Literal["sweep_files"] = "sweep_files"


# Bodies hold ids, never names, numbers or texts of people: the queue is no vault.
Work = (
    DeleteObjects
    | TidyQueue
    | WriteExport
    | ExpireExports
    | TellEmployer
    | TellWhoIsDue
    | Purge
    | CheckFile
    | SweepFiles
)


class Order(Body):
    """Work as it lies in the queue: whose, asked for when, and what."""

    org_id: OrgId | None
    at: datetime
    work: Annotated[Work, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """How much waits to be done now, since when the oldest of it, and how much is held after failing too often."""

    waiting: int
    oldest_at: datetime | None
    held: int


@dataclass(frozen=True, slots=True)
class HeldWork:
    """Work that failed too often and waits for somebody to look."""

    id: int
    kind: str
    attempts: int
    held_at: datetime
