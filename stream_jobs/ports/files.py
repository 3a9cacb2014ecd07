"""Résumé files: sent in pieces that stay whatever happens to the line, checked, kept for employers applied to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import (
    ApplicationId,
    BroadcastId,
    EmployerId,
    OrgId,
    PersonId,
    ReceiptId,
    ResumeFileId,
    ViewerId,
)
from stream_jobs.domain.resume_files import FileKind, FileState
from stream_jobs.ports.bus import By


class Sender(NamedTuple):
    """The device that sends, by one of its own receipts."""

    broadcast_id: BroadcastId
    viewer_id: ViewerId
    receipt_id: ReceiptId


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file about to be sent; name in clear: never to be logged."""

    id: ResumeFileId
    kind: FileKind
    name: str
    length: int


class ResumeFileBody(Body):
    """A file as who sent it sees it; refused: why it was not taken."""

    id: ResumeFileId
    name: str | None
    kind: FileKind
    state: FileState
    length: int
    received: int
    refused: str | None
    at: datetime
    expires_at: datetime | None


class ReadyFile(Body):
    """A file that has been checked, as who recruits sees it."""

    id: ResumeFileId
    name: str
    kind: FileKind
    bytes: int
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Inspected:
    """text: for search, in clear. content: what is kept instead of what was sent; None: what was sent."""

    text: str
    content: bytes | None


# Reads a whole file of that kind by its structure; raises FileRefused.
Inspect = Callable[[FileKind, bytes], Awaitable[Inspected]]


class ResumeFiles(Protocol):
    """Each raises ApplicationNotFound when the receipt, ResumeFileNotFound when the file is not this device's."""

    async def create(
        self, org_id: OrgId, sender: Sender, new: NewFile, *, at: datetime, expires_at: datetime, most: int
    ) -> ResumeFileBody:
        """most: files this device may have in this broadcast. Raises TooManyFiles."""

    async def of_sender(self, org_id: OrgId, sender: Sender, at: datetime) -> Sequence[ResumeFileBody]:
        """Newest first."""

    async def one(self, org_id: OrgId, sender: Sender, file_id: ResumeFileId, at: datetime) -> ResumeFileBody: ...

    async def append(
        self,
        org_id: OrgId,
        sender: Sender,
        file_id: ResumeFileId,
        offset: int,
        chunks: AsyncIterator[bytes],
        *,
        at: datetime,
        expires_at: datetime,
    ) -> ResumeFileBody:
        """Keeps, encrypted and durable, whatever comes before the chunks end; the last byte has it checked.

        Raises UploadMoved when the upload is at another offset, FileTooBig for more bytes than were announced.
        """

    async def delete(self, org_id: OrgId, sender: Sender, file_id: ResumeFileId, at: datetime) -> None:
        """Unreadable at once; a file that is gone already stays gone."""

    async def fetch(
        self,
        org_id: OrgId,
        application_id: ApplicationId,
        file_id: ResumeFileId,
        *,
        employer_id: EmployerId | None,
        by: By,
        at: datetime,
    ) -> tuple[ReadyFile, AsyncIterator[bytes]]:
        """The clear bytes, once it is recorded; only of an application this account may act on."""

    async def own(self, org_id: OrgId, person_id: PersonId) -> Sequence[tuple[ReadyFile, AsyncIterator[bytes]]]:
        """A person's own checked files with their clear bytes, oldest first; the caller has it recorded.

        Reading one raises FileGone when it is missing or damaged.
        """

    async def check(self, org_id: OrgId, file_id: ResumeFileId, inspect: Inspect, at: datetime) -> None:
        """Ready or refused when it returns; what has been checked or deleted meanwhile is left alone."""

    async def sweep(self, at: datetime) -> int:
        """Bytes nobody can read any more go: of expired uploads, deleted, refused and forgotten files."""
