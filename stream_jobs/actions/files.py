"""Sending résumé files, from the phone that applied; reading them, at the desk."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import ApplicationId, EmployerId, OrgId, ResumeFileId, uuid7
from stream_jobs.domain.resume_files import FileTooBig, clean_file_name, kind_of
from stream_jobs.ports import By, Clock
from stream_jobs.ports.files import NewFile, ReadyFile, ResumeFileBody, ResumeFiles, Sender


class FileActions:
    def __init__(
        self, files: ResumeFiles, clock: Clock, *, most_bytes: int, most_files: int, upload_hours: int
    ) -> None:
        self._files = files
        self._clock = clock
        self.most_bytes = most_bytes
        self._most_files = most_files
        self._upload = timedelta(hours=upload_hours)

    async def create(self, org: OrgId, sender: Sender, *, name: str, media_type: str, length: int) -> ResumeFileBody:
        """A place for a file of that length, to be filled from its beginning.

        Raises FileTooBig, FileNotSupported, TooManyFiles, ApplicationNotFound, BadInput.
        """
        if length > self.most_bytes:
            raise FileTooBig(field="Upload-Length", expected=f"at most {self.most_bytes} bytes")
        if length < 1:
            raise BadInput(field="Upload-Length", expected="a file that is not empty")
        name = clean_file_name(name)
        now = self._clock()
        new = NewFile(ResumeFileId(uuid7(now)), kind_of(name, media_type), name, length)
        return await self._files.create(org, sender, new, at=now, expires_at=now + self._upload, most=self._most_files)

    async def listed(self, org: OrgId, sender: Sender) -> Sequence[ResumeFileBody]:
        """This device's files of the receipt's person, newest first."""
        return await self._files.of_sender(org, sender, self._clock())

    async def one(self, org: OrgId, sender: Sender, file: ResumeFileId) -> ResumeFileBody:
        return await self._files.one(org, sender, file, self._clock())

    async def append(
        self, org: OrgId, sender: Sender, file: ResumeFileId, offset: int, chunks: AsyncIterator[bytes]
    ) -> ResumeFileBody:
        """Whatever came before the chunks ended stays. Raises UploadMoved, FileTooBig, ResumeFileNotFound."""
        now = self._clock()
        return await self._files.append(org, sender, file, offset, chunks, at=now, expires_at=now + self._upload)

    async def delete(self, org: OrgId, sender: Sender, file: ResumeFileId) -> None:
        """Nobody can read it any more. Raises ResumeFileNotFound."""
        await self._files.delete(org, sender, file, self._clock())

    async def fetch(
        self, org: OrgId, application: ApplicationId, file: ResumeFileId, by: By, *, employer: EmployerId | None
    ) -> tuple[ReadyFile, AsyncIterator[bytes]]:
        """As at the desk, recorded first. Raises ApplicationNotFound, ResumeFileNotFound."""
        return await self._files.fetch(org, application, file, employer_id=employer, by=by, at=self._clock())
