"""A Word document: its archive looked at before anything is unpacked, its parts read as XML that defines nothing."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from stream_jobs.domain.resume_files import (
    MOST_TEXT,
    FileDamaged,
    FileEncrypted,
    FileNotSupported,
    FileTooLong,
    FileUnsafe,
)

MOST_ENTRIES = 500
MOST_UNPACKED = 50 * 1024 * 1024
MOST_RATIO = 100
# Small parts of nothing but blanks compress better than any text.
RATIO_FROM = 64 * 1024
_CHUNK = 65_536
_FLAG_ENCRYPTED = 0x1
_END_BYTES = 22
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
# An archive, a compound file, a program of Windows, of Unix, of Java or macOS, a script.
_PROGRAMS = (
    b"PK\x03\x04",
    _COMPOUND,
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"#!",
    b"Rar!",
    b"7z\xbc\xaf",
)
_ACTING_PARTS = re.compile(r"vbaproject|vbadata|oleobject|activex|embeddings/|customui|afchunk|\.(bin|exe|dll|js|vbs)$")
TYPES = "[Content_Types].xml"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
PLAIN_LINKS = ("http:", "https:", "mailto:", "tel:")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
# Fields that fetch or run something (ECMA-376 part 1 §17.16.5).
_ACTING_FIELDS = re.compile(
    r"^\s*(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|INCLUDE|IMPORT|LINK|DATABASE|MACROBUTTON)\b", re.I
)


def text_of(data: bytes) -> str:
    """Raises FileNotSupported, FileEncrypted, FileUnsafe, FileTooLong, FileDamaged."""
    if data.startswith(_COMPOUND):
        raise FileEncrypted if _ENCRYPTED_STREAM in data else FileNotSupported
    if not data.startswith(b"PK\x03\x04"):
        raise FileNotSupported
    end = data.rfind(b"PK\x05\x06")
    if end < 0:
        raise FileDamaged
    if end + _END_BYTES != len(data):
        raise FileUnsafe
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive, len(data))
            parts = _unpacked(archive)
        trees = {name: fromstring(content, forbid_dtd=True) for name, content in parts.items() if _is_xml(name)}
    except (DefusedXmlException, zipfile.LargeZipFile):
        raise FileUnsafe from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        OSError,
        ParseError,
        ValueError,
        LookupError,
    ):
        raise FileDamaged from None
    main = _main_part(trees)
    for name, tree in trees.items():
        if name.endswith(".rels"):
            _check_relations(tree)
        _check_fields(tree)
    return _text(trees[main])


def _check_archive(archive: zipfile.ZipFile, size: int) -> None:
    """By what the archive says of itself; what it says is held against what is unpacked."""
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise FileTooLong
    if not entries or min(entry.header_offset for entry in entries) != 0:
        raise FileUnsafe
    if len({entry.filename.lower() for entry in entries}) != len(entries):
        raise FileUnsafe
    if sum(entry.compress_size for entry in entries) + _END_BYTES > size:
        # Entries that lie in each other.
        raise FileUnsafe
    for entry in entries:
        _check_entry(entry)
    if TYPES not in archive.namelist():
        raise FileNotSupported


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if entry.flag_bits & _FLAG_ENCRYPTED:
        raise FileEncrypted
    steps = name.replace("\\", "/").split("/")
    if name != entry.orig_filename or "\\" in name or name.startswith("/") or ".." in steps or ":" in steps[0]:
        raise FileUnsafe
    if stat.S_ISLNK(entry.external_attr >> 16) or _ACTING_PARTS.search(name.lower()):
        raise FileUnsafe
    if entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        raise FileTooLong


def _unpacked(archive: zipfile.ZipFile) -> Mapping[str, bytes]:
    left = MOST_UNPACKED
    parts: dict[str, bytes] = {}
    for entry in archive.infolist():
        content = bytearray()
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                content += chunk
                left -= len(chunk)
                if left < 0:
                    raise FileTooLong
        if content.startswith(_PROGRAMS):
            raise FileUnsafe
        parts[entry.filename] = bytes(content) if _is_xml(entry.filename) else b""
    return parts


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels"))


def _main_part(trees: Mapping[str, Element]) -> str:
    """Raises FileNotSupported for an archive of another kind, FileUnsafe for one with macros."""
    said = [(one.get("PartName", ""), one.get("ContentType", "")) for one in trees[TYPES]]
    if any("macroenabled" in kind.lower() or "ms-office.vba" in kind.lower() for _, kind in said):
        raise FileUnsafe
    found = [part.removeprefix("/") for part, kind in said if kind == MAIN]
    if len(found) != 1 or found[0] not in trees or _local(trees[found[0]]) != "document":
        raise FileNotSupported
    return found[0]


def _check_relations(tree: Element) -> None:
    """A link may lead outside once somebody follows it; whatever else lies outside would be fetched by itself."""
    for relation in tree:
        kind, target = relation.get("Type", "").rpartition("/")[2], relation.get("Target", "").strip().lower()
        scheme = _SCHEME.match(target)
        if relation.get("TargetMode", "").lower() == "external":
            if kind != "hyperlink" or target.startswith(("\\\\", "//")) or (scheme and scheme[0] not in PLAIN_LINKS):
                raise FileUnsafe
        elif scheme or target.startswith(("\\\\", "//")) or kind in ("aFChunk", "oleObject", "vbaProject", "package"):
            raise FileUnsafe


def _check_fields(tree: Element) -> None:
    """A field's words may be spread over several runs."""
    words = ""
    for one in tree.iter():
        name = _local(one)
        if name == "instrText":
            words += one.text or ""
        elif name == "fldSimple":
            _check_field(_attribute(one, "instr"))
        elif name == "fldChar":
            if _attribute(one, "fldCharType") != "begin":
                _check_field(words)
            words = ""
    _check_field(words)


def _check_field(words: str) -> None:
    if _ACTING_FIELDS.match(words):
        raise FileUnsafe


def _attribute(element: Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(document: Element) -> str:
    said, length = [], 0
    for word in _words(document):
        said.append(word)
        length += len(word)
        if length > MOST_TEXT:
            break
    return "".join(said)


def _words(document: Element) -> Iterator[str]:
    for one in document.iter():
        match _local(one):
            case "t":
                yield one.text or ""
            case "p" | "br" | "cr":
                yield "\n"
            case "tab":
                yield "\t"
