"""Word files: good ones as people send them, hostile ones as somebody might."""

import io
import random
import struct
import zipfile
from collections.abc import Callable, Mapping

from tests.drills.made_case import DOCX, WORDS, Case
from tests.drills.made_photos import a_photo

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/package/2006/relationships"
T = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def a_zip(entries: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        archive.comment = comment
    return made.getvalue()


def docx_parts(words: str = WORDS, body: str = "") -> dict[str, bytes]:
    types = (
        f'<Types xmlns="{T}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        f'<Override PartName="/word/document.xml" ContentType="{MAIN}"/></Types>'
    )
    runs = "".join(f"<w:p><w:r><w:t>{word}</w:t></w:r></w:p>" for word in words.split())
    return {
        "[Content_Types].xml": (XML + types).encode(),
        "_rels/.rels": _relations(("rId1", f"{R}/officeDocument", "word/document.xml", "")),
        "word/document.xml": f'{XML}<w:document xmlns:w="{W}"><w:body>{runs}{body}</w:body></w:document>'.encode(),
    }


def _relations(*relations: tuple[str, str, str, str]) -> bytes:
    lines = "".join(
        f'<Relationship Id="{id_}" Type="{kind}" Target="{target}"{mode and f" TargetMode={mode!r}"}/>'
        for id_, kind, target, mode in relations
    )
    return f'{XML}<Relationships xmlns="{P}">{lines}</Relationships>'.encode()


def a_docx(words: str = WORDS, body: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    return a_zip({**docx_parts(words, body), **(more or {})})


def _with_relation(kind: str, target: str, mode: str = "External") -> bytes:
    return a_docx(more={"word/_rels/document.xml.rels": _relations(("rId9", f"{R}/{kind}", target, mode))})


def _with_types(change: Callable[[str], str]) -> bytes:
    parts = docx_parts()
    parts["[Content_Types].xml"] = change(parts["[Content_Types].xml"].decode()).encode()
    return a_zip(parts)


def _with_document(document: bytes) -> bytes:
    return a_zip({**docx_parts(), "word/document.xml": document})


def _with_entry(name: str, **facts: int) -> bytes:
    made = io.BytesIO(a_docx())
    with zipfile.ZipFile(made, "a") as archive:
        entry = zipfile.ZipInfo(name)
        for fact, value in facts.items():
            setattr(entry, fact, value)
        archive.writestr(entry, b"/etc/passwd")
    return made.getvalue()


def _encrypted_entry() -> bytes:
    data = bytearray(a_docx())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(signature)
        data[place + at] |= 1
    return bytes(data)


def _lying_sizes() -> bytes:
    """The directory says a few bytes where there are sixty million."""
    data = bytearray(a_zip({**docx_parts(), "word/media/a.xml": b"<a>" + b" " * 60_000_000 + b"</a>"}))
    entry = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 100)
    return bytes(data)


def _overlapping() -> bytes:
    """Many names for the same bytes."""
    data = a_docx()
    directory = data.find(b"PK\x01\x02")
    end = data.rfind(b"PK\x05\x06")
    entries = data[directory:end]
    last = entries[entries.rfind(b"PK\x01\x02") :]
    copies = b"".join(
        last.replace(b"word/document.xml", f"word/documen{n:02}.xm".encode()[:17].ljust(17, b"l")) for n in range(90)
    )
    tail = bytearray(data[end:])
    count = struct.unpack_from("<H", tail, 10)[0] + 90
    struct.pack_into("<HHI", tail, 8, count, count, len(entries) + len(copies))
    return data[:directory] + entries + copies + bytes(tail)


def _many_entries(count: int) -> bytes:
    """Empty ones, written out by hand: an archive of 64-bit numbers, as so many need."""
    fields = struct.Struct("<HHHHHIIIHH")
    places, local = [], bytearray()
    for nth in range(count):
        places.append(len(local))
        local += b"PK\3\4" + fields.pack(20, 0, 0, 0, 33, 0, 0, 0, 6, 0) + b"%06d" % nth
    directory = b"".join(
        b"PK\1\2"
        + struct.pack("<H", 20)
        + fields.pack(20, 0, 0, 0, 33, 0, 0, 0, 6, 0)
        + struct.pack("<HHHII", 0, 0, 0, 0, place)
        + b"%06d" % nth
        for nth, place in enumerate(places)
    )
    at = len(local)
    end = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(directory), at)
    where = b"PK\6\7" + struct.pack("<IQI", 0, at + len(directory), 1)
    return (
        bytes(local)
        + directory
        + end
        + where
        + b"PK\5\6"
        + struct.pack("<HHHHIIH", 0, 0, 65535, 65535, len(directory), at, 0)
    )


BILLION_LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


def hostile_docx() -> list[Case]:
    def refused(name: str, data: bytes, *codes: str) -> Case:
        return Case(f"docx {name}", DOCX, data, codes or ("file_unsafe",))

    good = a_docx()
    macro = MAIN.replace("openxmlformats-officedocument.wordprocessingml.document", "ms-word.document.macroEnabled")
    laughing = f'{XML}{BILLION_LAUGHS}<w:document xmlns:w="{W}">&i;</w:document>'.encode()
    entity = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    outside = f'{XML}{entity}<w:document xmlns:w="{W}">&x;</w:document>'.encode()
    field = '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{}</w:instrText></w:r></w:p>'
    return [
        refused("with macros", a_docx(more={"word/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"})),
        refused(
            "renamed from .docm",
            _with_types(lambda said: said.replace(MAIN, macro)),
            "file_unsafe",
            "file_not_supported",
        ),
        refused("with an object", a_docx(more={"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0"})),
        refused("with a control", a_docx(more={"word/activeX/activeX1.xml": b"<a/>"})),
        refused("with a program among its pictures", a_docx(more={"word/media/image1.png": b"MZ" + bytes(1000)})),
        refused("with an archive among its pictures", a_docx(more={"word/media/image1.png": good})),
        refused("with another document in it", a_docx(more={"word/embeddings/a.docx": good})),
        refused("with a template elsewhere", _with_relation("attachedTemplate", "http://127.0.0.1/a.dotm")),
        refused("with a picture elsewhere", _with_relation("image", "http://127.0.0.1/a.png")),
        refused("with an object elsewhere", _with_relation("oleObject", "http://127.0.0.1/a")),
        refused("with a frame elsewhere", _with_relation("frame", "\\\\127.0.0.1\\a")),
        refused("linking to a file", _with_relation("hyperlink", "file:///C:/Windows/System32/calc.exe")),
        refused("linking to a script", _with_relation("hyperlink", "javascript:alert(1)")),
        refused("linking to another machine's folder", _with_relation("hyperlink", "\\\\127.0.0.1\\a")),
        refused("with a page of HTML in it", _with_relation("aFChunk", "chunk.mht", "")),
        refused("with a field that starts a program", a_docx(body=field.format('DDEAUTO c:\\\\cmd.exe "/k calc"'))),
        refused(
            "with a field in pieces", a_docx(body=field.format("DDE</w:instrText></w:r><w:r><w:instrText>AUTO cmd"))
        ),
        refused(
            "with a field that fetches", a_docx(body='<w:fldSimple w:instr=" INCLUDEPICTURE http://127.0.0.1/a "/>')
        ),
        refused("that defines entities in entities", _with_document(laughing)),
        refused("that reads a file of ours", _with_document(outside)),
        refused(
            "that says where its form is kept",
            _with_document(f'{XML}<!DOCTYPE a SYSTEM "http://127.0.0.1/a"><a/>'.encode()),
        ),
        refused("with a path out of its folder", _with_entry("../../etc/x")),
        refused("with a path from the root", _with_entry("/etc/x")),
        refused("with a path of Windows", _with_entry("C:/x")),
        refused("with backslashes in a path", _with_entry("word\\..\\..\\x")),
        refused("with a link of the file system", _with_entry("word/a", external_attr=0o120777 << 16)),
        refused("with the same part twice", _with_entry("word/Document.xml")),
        refused("of 100,000 entries", _many_entries(100_000), "file_too_long"),
        refused(
            "that unpacks a thousand times its size", a_docx(more={"word/media/a": bytes(40_000_000)}), "file_too_long"
        ),
        refused(
            "that unpacks to 60 MB",
            a_zip({**docx_parts(), "word/a.xml": random.Random(1).randbytes(300) * 200_000}),
            "file_too_long",
        ),
        refused("that lies about its sizes", _lying_sizes(), "file_damaged", "file_too_long"),
        refused("whose entries lie in each other", _overlapping(), "file_unsafe", "file_damaged"),
        refused("with a password", _encrypted_entry(), "file_encrypted"),
        refused(
            "with a password, as Word does it", COMPOUND + "EncryptedPackage".encode("utf-16-le"), "file_encrypted"
        ),
        refused("that is a .doc", COMPOUND + bytes(2000), "file_not_supported"),
        refused(
            "that is an app of Android",
            a_zip({"AndroidManifest.xml": b"\3\0", "classes.dex": b"dex\n"}),
            "file_not_supported",
        ),
        refused(
            "that is a workbook",
            _with_types(lambda said: said.replace("wordprocessingml.document.main", "spreadsheetml.sheet.main")),
            "file_not_supported",
        ),
        refused("that is any archive", a_zip({"a.txt": b"a"}), "file_not_supported"),
        refused("with something before it", b"#!/bin/sh\n" + good, "file_not_supported"),
        refused("with something behind it", good + b"<html>" * 20, "file_damaged", "file_unsafe"),
        refused("with a remark behind it", a_zip(docx_parts(), comment=b"<html><script>1</script>")),
        refused("behind another archive", a_zip({"a": b"a"}) + good),
        refused(
            "without its document",
            a_zip({k: v for k, v in docx_parts().items() if "document" not in k}),
            "file_not_supported",
        ),
        refused("whose XML does not end", _with_document(b"<w:document"), "file_damaged"),
        refused(
            "of elements in elements",
            _with_document(b"<a>" * 200_000 + b"</a>" * 200_000),
            "file_damaged",
            "file_too_long",
            "file_not_supported",
        ),
        refused("cut in half", good[: len(good) // 2], "file_damaged"),
        refused("of four bytes", b"PK\3\4", "file_damaged"),
    ]


def good_docx() -> list[Case]:
    picture = {"word/media/image1.png": a_photo("PNG", (64, 64))}
    office365 = {name.replace("document.xml", "document2.xml"): content for name, content in docx_parts().items()}
    office365 = {name: content.replace(b"document.xml", b"document2.xml") for name, content in office365.items()}
    page_number = '<w:p><w:fldSimple w:instr=" PAGE "/><w:r><w:tab/><w:t>1</w:t></w:r></w:p>'
    return [
        Case("good docx", DOCX, a_docx()),
        Case("good docx with a picture", DOCX, a_docx(more=picture)),
        Case("good docx with a mail address", DOCX, _with_relation("hyperlink", "mailto:wang@example.cn")),
        Case("good docx with an address", DOCX, _with_relation("hyperlink", "https://example.cn")),
        Case("good docx with page numbers", DOCX, a_docx(body=page_number)),
        Case("good docx of Office 365", DOCX, a_zip(office365)),
        Case("good docx that is not packed", DOCX, a_zip(docx_parts(), zipfile.ZIP_STORED)),
        Case("good docx of many pages", DOCX, a_docx(words=" ".join([WORDS, *(f"经验{n * n}" for n in range(5000))]))),
    ]
