"""A PDF: a plain document of at most fifty pages, in which nothing acts by itself."""

import io
import re
import zipfile
from collections.abc import Iterator

import pikepdf
import pypdfium2

from stream_jobs.domain.resume_files import (
    MOST_TEXT,
    FileDamaged,
    FileEncrypted,
    FileNotSupported,
    FileTooLong,
    FileUnsafe,
)

MOST_PAGES = 50
MOST_OBJECTS = 100_000
MOST_VALUES = 2_000_000
# Fonts of Chinese take up to twenty million.
MOST_UNPACKED = 64 * 1024 * 1024
# ISO 32000-2 §12.6.4 (actions), §7.11.4 (embedded files), §12.5.6 (annotations), §12.7 (forms of XML).
ACTING_KEYS = frozenset(
    {"/JavaScript", "/JS", "/AA", "/Launch", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA"}
)
ACTING_NAMES = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Sound", "/Movie",
     "/EmbeddedFile", "/RichMedia", "/RichMediaExecute", "/FileAttachment", "/Screen", "/3D", "/Goto3DView"}
)  # fmt: skip
NAMED_BY = ("/S", "/Subtype", "/Type")
PLAIN_LINKS = ("http:", "https:", "mailto:", "tel:")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")


def text_of(data: bytes) -> str:
    """Raises FileNotSupported, FileEncrypted, FileUnsafe, FileTooLong, FileDamaged."""
    _check_ends(data)
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=False) as document:
            if document.is_encrypted:
                raise FileEncrypted
            _check(document)
    except pikepdf.PasswordError:
        raise FileEncrypted from None
    except pikepdf.PdfError:
        raise FileDamaged from None
    return _text(data)


def _check_ends(data: bytes) -> None:
    """Nothing before it and nothing behind it: a file of two kinds is read as the other one by somebody."""
    if not data.startswith(b"%PDF-"):
        raise FileNotSupported
    end = data.rfind(b"%%EOF")
    if end < 0:
        raise FileDamaged
    if data[end + 5 :].strip(b"\0\t\n\f\r ") or zipfile.is_zipfile(io.BytesIO(data)):
        raise FileUnsafe


def _check(document: pikepdf.Pdf) -> None:
    if len(document.objects) > MOST_OBJECTS or len(document.pages) > MOST_PAGES:
        raise FileTooLong(expected=f"at most {MOST_PAGES} pages")
    if len(document.pages) == 0:
        raise FileDamaged
    opens = document.Root.get("/OpenAction")
    # Where to begin reading is no action, though it has that name: many writers say it.
    if isinstance(opens, pikepdf.Dictionary) and opens.get("/S") != pikepdf.Name.GoTo:
        raise FileUnsafe
    left = MOST_UNPACKED
    for nth, value in enumerate(_values(document)):
        if isinstance(value, pikepdf.Stream):
            left -= _unpacked(value)
        if nth > MOST_VALUES or left < 0:
            raise FileTooLong
        if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            _check_dictionary(value)


def _values(document: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Every object of the file and whatever lies in it, whether a page leads there or not."""
    for whole in document.objects:
        ahead = [whole]
        while ahead:
            value = ahead.pop()
            yield value
            if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
                inside = [part for _, part in value.items()]
            else:
                inside = list(value) if isinstance(value, pikepdf.Array) else []
            # What is referred to comes by itself.
            ahead += [part for part in inside if isinstance(part, pikepdf.Object) and not part.is_indirect]


def _unpacked(stream: pikepdf.Stream) -> int:
    """How long it is; of a picture, nothing: what it takes is bounded by its own reader."""
    if stream.get("/Subtype") == pikepdf.Name.Image:
        return 0
    try:
        return len(stream.read_bytes())
    except pikepdf.DataDecodingError:
        return len(stream.read_raw_bytes())


def _check_dictionary(value: pikepdf.Object) -> None:
    if not ACTING_KEYS.isdisjoint(value.keys()):
        raise FileUnsafe
    if any(str(value.get(key)) in ACTING_NAMES for key in NAMED_BY if isinstance(value.get(key), pikepdf.Name)):
        raise FileUnsafe
    if "/URI" in value and value.get("/S") == pikepdf.Name.URI:
        _check_link(str(value["/URI"]).strip().lower())


def _check_link(link: str) -> None:
    scheme = _SCHEME.match(link)
    if link.startswith(("\\\\", "//")) or (scheme and scheme[0] not in PLAIN_LINKS):
        raise FileUnsafe


def _text(data: bytes) -> str:
    """By another reader than the one that checked: what that one cannot read is not taken either."""
    try:
        said: list[str] = []
        document = pypdfium2.PdfDocument(data)
        for page in document:
            said.append(page.get_textpage().get_text_bounded())
            if sum(map(len, said)) > MOST_TEXT:
                break
    except pypdfium2.PdfiumError:
        raise FileDamaged from None
    return "\n".join(said)
