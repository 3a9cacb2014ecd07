"""A person's copy of what is kept of them: one archive with the data, which names every file, and the files."""

import io
import zipfile
from collections.abc import AsyncIterator

from admin.words import Words
from stream_jobs.actions.my_page import MyCopy
from stream_jobs.domain.errors import FileGone
from stream_jobs.domain.ids import ResumeFileId
from stream_jobs.domain.resume_files import ENDING_OF
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports.files import ReadyFile


class _Made(io.RawIOBase):
    """Takes what the archive writes, and gives it on."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        given = bytes(content)  # type: ignore[call-overload]  # anything that holds bytes
        self._bytes += given
        return len(given)

    def taken(self) -> bytes:
        given = bytes(self._bytes)
        self._bytes.clear()
        return given


async def archive(copy: MyCopy, words: Words) -> AsyncIterator[bytes]:
    """A .zip, a file at a time; one that cannot be read is named in the data, without a place in the archive."""
    made, saved = _Made(), dict[ResumeFileId, str]()
    with zipfile.ZipFile(made, "w") as zipped:
        for file, pieces in copy.files:
            try:
                content = b"".join([piece async for piece in pieces])
            except FileGone:
                continue
            saved[file.id] = _place(file, words, taken=frozenset(saved.values()))
            zipped.writestr(_entry(saved[file.id], copy), content)
            yield made.taken()
        files = tuple(file.model_copy(update={"saved_as": saved.get(file.id)}) for file in copy.data.files)
        data = copy.data.model_copy(update={"files": files})
        zipped.writestr(_entry(f"{words.t('me.data.file')}.json", copy), data.model_dump_json(indent=2))
    yield made.taken()


def _place(file: ReadyFile, words: Words, *, taken: frozenset[str]) -> str:
    """As it was called, with the ending of what it is; two of one name are told apart."""
    name, nth = file.name.rpartition(".")[0], 1
    place = f"{words.t('me.data.files')}/{name}{ENDING_OF[file.kind]}"
    while place in taken:
        nth += 1
        place = f"{words.t('me.data.files')}/{name} {nth}{ENDING_OF[file.kind]}"
    return place


def _entry(name: str, copy: MyCopy) -> zipfile.ZipInfo:
    at = copy.data.taken_at.astimezone(CHINA)
    entry = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    # Readable by its owner alone, wherever it is unpacked.
    entry.external_attr = 0o600 << 16
    return entry
