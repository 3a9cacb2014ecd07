"""Résumé files: what may be sent, under which name, and why one is refused."""

import unicodedata
from enum import StrEnum

from stream_jobs.domain.errors import BadInput, Conflict, NotFound

LONGEST_NAME = 100
# A résumé's words fit many times; what comes after them is not searched.
MOST_TEXT = 20_000


class FileKind(StrEnum):
    """A photo is a JPEG or a PNG; either is made anew as a JPEG."""

    PDF = "pdf"
    DOCX = "docx"
    PHOTO = "photo"


class FileState(StrEnum):
    UPLOADING = "uploading"
    CHECKING = "checking"
    READY = "ready"
    REFUSED = "refused"


MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.PHOTO: "image/jpeg",
}
ENDING_OF = {FileKind.PDF: ".pdf", FileKind.DOCX: ".docx", FileKind.PHOTO: ".jpg"}
ENDINGS = {
    "pdf": FileKind.PDF,
    "docx": FileKind.DOCX,
    "jpg": FileKind.PHOTO,
    "jpeg": FileKind.PHOTO,
    "png": FileKind.PHOTO,
}
# What browsers say of a file they do not know.
_UNSAID = ("", "application/octet-stream")
_OF_PHOTOS = ("image/jpeg", "image/jpg", "image/pjpeg", "image/png")
SUPPORTED = "a PDF, a Word document (.docx) or a photo (.jpg, .png)"


class ResumeFileNotFound(NotFound):
    """There is no such file, or its upload has expired."""

    code = "resume_file_not_found"


class UploadMoved(Conflict):
    """The upload is not at this offset; ask where it is."""

    code = "upload_moved"


class TooManyFiles(Conflict):
    """There are as many files as there may be; delete one first."""

    code = "too_many_files"


class FileRefused(BadInput):
    """The file cannot be taken."""

    code = "file_refused"


class FileTooBig(FileRefused):
    """The file is too big; make it smaller, or send a photo of it."""

    code = "file_too_big"


class FileNotSupported(FileRefused):
    """Files of this kind are not taken, or the file is not what its name says."""

    code = "file_not_supported"


class FileEncrypted(FileRefused):
    """The file is protected by a password; save it without one."""

    code = "file_encrypted"


class FileUnsafe(FileRefused):
    """The file holds a program, an attachment or a link that acts by itself; save it anew without them."""

    code = "file_unsafe"


class FileTooLong(FileRefused):
    """The file has too many pages."""

    code = "file_too_long"


class FileDamaged(FileRefused):
    """The file cannot be read: it is cut off or damaged; save it anew."""

    code = "file_damaged"


REFUSALS: dict[str, type[FileRefused]] = {
    cls.code: cls for cls in (FileTooBig, FileNotSupported, FileEncrypted, FileUnsafe, FileTooLong, FileDamaged)
}


def clean_file_name(name: str) -> str:
    """The last part of a path, without what a screen or a file system takes for something else.

    Control characters and those that turn the direction of writing go, so that what ends in "fdp.exe" says so.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if _is_plain(c)).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}" if dot and len(ending) < 10 else shown[:LONGEST_NAME]


def _is_plain(character: str) -> bool:
    return (
        unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in ':*?"<>|'
    )


def kind_of(name: str, media_type: str) -> FileKind:
    """By the name's ending, with which the media type must agree where one is said. Raises FileNotSupported."""
    stem, _, ending = name.rpartition(".")
    kind = ENDINGS.get(ending.lower()) if stem else None
    if kind is None:
        raise FileNotSupported(field="filename", expected=SUPPORTED)
    said = media_type.partition(";")[0].strip().lower()
    if said not in (*_UNSAID, *(_OF_PHOTOS if kind is FileKind.PHOTO else (MEDIA_TYPES[kind],))):
        raise FileNotSupported(field="filetype", expected=SUPPORTED)
    return kind
