"""Résumé files made in code: good ones as people send them, hostile ones as somebody might."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, PngImagePlugin

from stream_jobs.domain.resume_files import FileKind

PDF, DOCX, PHOTO = FileKind.PDF, FileKind.DOCX, FileKind.PHOTO
WORDS = "王师傅 13800000001 注塑操作工 五年经验 叉车证"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/package/2006/relationships"
T = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


@dataclass(frozen=True)
class Case:
    name: str
    kind: FileKind
    data: bytes
    # How it may be refused; empty: it must be taken.
    codes: tuple[str, ...] = ()


# ── PDF ───────────────────────────────────────────────────────────────────────────────────────────────────────


def a_pdf(
    change: Callable[[pikepdf.Pdf], None] | None = None, *, pages: int = 1, words: str = WORDS, **save: object
) -> bytes:
    """Chinese text in a font that every reader has; change: what else is in it."""
    document = pikepdf.new()
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name("/STSong-Light"),
        Encoding=Name("/UniGB-UCS2-H"),
        DescendantFonts=Array(
            [
                Dictionary(
                    Type=Name.Font,
                    Subtype=Name.CIDFontType0,
                    BaseFont=Name("/STSong-Light"),
                    CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("GB1"), Supplement=4),
                )
            ]
        ),
    )
    for _ in range(pages):
        said = words.encode("utf-16-be").hex().encode()
        content = b"BT /F1 12 Tf 72 720 Td <" + said + b"> Tj ET"
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, 595, 842]),
            Resources=Dictionary(Font=Dictionary(F1=font)),
            Contents=document.make_stream(content),
        )
        document.pages.append(pikepdf.Page(document.make_indirect(page)))
    if change:
        change(document)
    made = io.BytesIO()
    document.save(made, **save)  # type: ignore[arg-type]  # as in pikepdf
    return made.getvalue()


def a_large_pdf(size: int, words: str = WORDS) -> bytes:
    """Of that many bytes and a little more: what takes its room does not pack."""

    def fill(document: pikepdf.Pdf) -> None:
        document.Root[Name("/PieceInfo")] = document.make_stream(random.Random(size).randbytes(size))

    return a_pdf(fill, words=words)


def _opening(action: object) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        document.Root.OpenAction = action

    return change


def _on_page(**entries: object) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        for name, value in entries.items():
            document.pages[0].obj[Name("/" + name)] = value

    return change


def _annotated(**entries: Any) -> Callable[[pikepdf.Pdf], None]:
    rect = Array([0, 0, 100, 100])
    return _on_page(Annots=Array([Dictionary(Type=Name.Annot, Rect=rect, **entries)]))


def _linked(action: object) -> Callable[[pikepdf.Pdf], None]:
    return _annotated(Subtype=Name.Link, A=action)


def _uri(target: str) -> Callable[[pikepdf.Pdf], None]:
    return _linked(Dictionary(S=Name.URI, URI=String(target)))


def _action(name: str, **entries: Any) -> pikepdf.Dictionary:
    return Dictionary(S=Name("/" + name), **entries)


def _attached(document: pikepdf.Pdf) -> None:
    document.attachments["setup.exe"] = b"MZ" + bytes(100)


def _rich(document: pikepdf.Pdf) -> None:
    _annotated(Subtype=Name("/RichMedia"), RichMediaContent=Dictionary())(document)


def _unreached(document: pikepdf.Pdf) -> None:
    """No page leads there; a reader that repairs might."""
    document.Root[Name("/PieceInfo")] = document.make_indirect(
        Dictionary(Inner=Array([Dictionary(Deep=_action("JavaScript", JS=String("app.alert(1)")))]))
    )


def _form(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = Dictionary(Fields=Array([]), XFA=document.make_stream(b"<xdp/>"))


def _goto(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = Array([document.pages[0].obj, Name.Fit])


def _goto_action(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = _action("GoTo", D=Array([document.pages[0].obj, Name.Fit]))


def _looping(document: pikepdf.Pdf) -> None:
    document.Root.Pages.Kids.append(document.Root.Pages)


def _bomb(document: pikepdf.Pdf) -> None:
    squeeze = zlib.compressobj(1)
    packed = b"".join([*(squeeze.compress(b"q Q " * 250_000) for _ in range(200)), squeeze.flush()])
    packed = zlib.compress(packed)
    stream = pikepdf.Stream(document, packed)
    stream.Filter = Array([Name.FlateDecode, Name.FlateDecode])
    document.pages[0].obj.Contents = document.make_indirect(stream)


def _many_pages(count: int) -> bytes:
    """Written out by hand: one page after the other, each empty."""
    kids = b" ".join(b"%d 0 R" % (n + 3) for n in range(count))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, kids)]
    objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * count
    made, places = bytearray(b"%PDF-1.4\n"), []
    for nth, content in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (nth, content)
    at = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(made) + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, at)


def _nested_arrays() -> bytes:
    return b"%PDF-1.4\n1 0 obj\n" + b"[" * 200_000 + b"]" * 200_000 + b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def _pdf_cases() -> list[Case]:
    def refused(name: str, data: bytes, *codes: str) -> Case:
        return Case(f"pdf {name}", PDF, data, codes or ("file_unsafe",))

    good = a_pdf()
    script = _action("JavaScript", JS=String("app.launchURL('http://127.0.0.1')"))
    secret = pikepdf.Encryption(owner="o", user="u")
    owned = pikepdf.Encryption(owner="o", user="")
    hexed = a_pdf(_opening(_action("Placeholder_ab")), object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return [
        refused("that runs a script when opened", a_pdf(_opening(script))),
        refused("with its script's name in hexadecimal", hexed.replace(b"/Placeholder_ab", b"/J#61v#61Script")),
        refused("that starts a program when opened", a_pdf(_opening(_action("Launch", F=String("calc.exe"))))),
        refused("that opens an address when opened", a_pdf(_opening(_action("URI", URI=String("http://127.0.0.1"))))),
        refused("with a script behind a link", a_pdf(_linked(script))),
        refused("with a program behind a link", a_pdf(_linked(_action("Launch", F=String("cmd.exe"))))),
        refused(
            "with a script after another action", a_pdf(_linked(_action("URI", URI=String("http://a.cn"), Next=script)))
        ),
        refused("whose page acts when shown", a_pdf(_on_page(AA=Dictionary(O=script)))),
        refused("with a script among its names", a_pdf(_named_script)),
        refused("with a script where no page leads", a_pdf(_unreached)),
        refused(
            "with a script in an object stream", a_pdf(_unreached, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        ),
        refused("with a program attached", a_pdf(_attached)),
        refused("with a file on a page", a_pdf(_annotated(Subtype=Name("/FileAttachment"), FS=Dictionary()))),
        refused("with rich media", a_pdf(_rich)),
        refused("with a film", a_pdf(_annotated(Subtype=Name("/Movie"), Movie=Dictionary()))),
        refused("with a screen", a_pdf(_annotated(Subtype=Name("/Screen")))),
        refused("with a solid", a_pdf(_annotated(Subtype=Name("/3D")))),
        refused("with a form of XML", a_pdf(_form)),
        refused("that sends a form", a_pdf(_linked(_action("SubmitForm", F=String("http://127.0.0.1"))))),
        refused("that reads a form", a_pdf(_linked(_action("ImportData", F=String("a.fdf"))))),
        refused("that goes to another file", a_pdf(_linked(_action("GoToR", F=String("\\\\127.0.0.1\\a.pdf"))))),
        refused("that goes into an attachment", a_pdf(_linked(_action("GoToE")))),
        refused("linking to a file", a_pdf(_uri("file:///etc/passwd"))),
        refused("linking to a script", a_pdf(_uri(" JavaScript:alert(1)"))),
        refused("linking to another machine's folder", a_pdf(_uri("\\\\127.0.0.1\\share"))),
        refused("under a password", a_pdf(encryption=secret), "file_encrypted"),
        refused("under its owner's password", a_pdf(encryption=owned), "file_encrypted"),
        refused("and page of HTML", b"<html><script>1</script>" + good, "file_not_supported"),
        refused("with HTML behind it", good + b"<html><script>1</script></html>"),
        refused("and archive", good + _zip({"a.txt": b"a"})),
        refused(
            "with an archive before its end",
            good[:-6] + _zip({"a.txt": b"a"}) + b"%%EOF\n",
            "file_unsafe",
            "file_damaged",
        ),
        refused("of 51 pages", a_pdf(pages=51), "file_too_long"),
        refused("of 10,000 pages", _many_pages(10_000), "file_too_long"),
        refused("without pages", a_pdf(pages=0), "file_damaged"),
        refused("cut in half", good[: len(good) // 2], "file_damaged"),
        refused("without its end", good[:-200], "file_damaged"),
        refused("that is its first line alone", b"%PDF-1.7\n", "file_damaged"),
        refused("that says it ends at once", b"%PDF-1.7\n%%EOF\n", "file_damaged"),
        refused("whose pages hold themselves", a_pdf(_looping), "file_damaged", "file_too_long"),
        refused("of arrays in arrays", _nested_arrays(), "file_damaged", "file_too_long"),
        refused("that unpacks to 200 MB", a_pdf(_bomb), "file_damaged", "file_too_long"),
        refused("that is a Word document", a_docx(), "file_not_supported"),
        refused("that is a program", b"MZ" + bytes(5000), "file_not_supported"),
        refused("that is text", "简历".encode() * 100, "file_not_supported"),
        refused("of one byte", b"%", "file_not_supported"),
        refused("of nothing", b"", "file_not_supported"),
    ]


def _named_script(document: pikepdf.Pdf) -> None:
    action = _action("JavaScript", JS=String("1"))
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action])))


# ── DOCX ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _zip(entries: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
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
    return _zip({**docx_parts(words, body), **(more or {})})


def _with_relation(kind: str, target: str, mode: str = "External") -> bytes:
    return a_docx(more={"word/_rels/document.xml.rels": _relations(("rId9", f"{R}/{kind}", target, mode))})


def _with_types(change: Callable[[str], str]) -> bytes:
    parts = docx_parts()
    parts["[Content_Types].xml"] = change(parts["[Content_Types].xml"].decode()).encode()
    return _zip(parts)


def _with_document(document: bytes) -> bytes:
    return _zip({**docx_parts(), "word/document.xml": document})


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
    data = bytearray(_zip({**docx_parts(), "word/media/a.xml": b"<a>" + b" " * 60_000_000 + b"</a>"}))
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


def _docx_cases() -> list[Case]:
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
            _zip({**docx_parts(), "word/a.xml": random.Random(1).randbytes(300) * 200_000}),
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
            _zip({"AndroidManifest.xml": b"\3\0", "classes.dex": b"dex\n"}),
            "file_not_supported",
        ),
        refused(
            "that is a workbook",
            _with_types(lambda said: said.replace("wordprocessingml.document.main", "spreadsheetml.sheet.main")),
            "file_not_supported",
        ),
        refused("that is any archive", _zip({"a.txt": b"a"}), "file_not_supported"),
        refused("with something before it", b"#!/bin/sh\n" + good, "file_not_supported"),
        refused("with something behind it", good + b"<html>" * 20, "file_damaged", "file_unsafe"),
        refused("with a remark behind it", _zip(docx_parts(), comment=b"<html><script>1</script>")),
        refused("behind another archive", _zip({"a": b"a"}) + good),
        refused(
            "without its document",
            _zip({k: v for k, v in docx_parts().items() if "document" not in k}),
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
        refused("that is a PDF", a_pdf(), "file_not_supported"),
    ]


COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


# ── photos ────────────────────────────────────────────────────────────────────────────────────────────────────


def a_photo(form: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **save: object) -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(made, form, **save)
    return made.getvalue()


def a_located_photo() -> bytes:
    """As a phone takes it: on its side, with the place and the phone's name."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Example Phone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (23.0, 1.0, 2.0)
    return a_photo(exif=exif)


def _claiming(width: int, height: int) -> bytes:
    data = bytearray(a_photo("PNG", (8, 8)))
    struct.pack_into(">II", data, 16, width, height)
    struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    return bytes(data)


def _texts_in_png() -> bytes:
    info = PngImagePlugin.PngInfo()
    for n in range(20):
        info.add_text(f"a{n}", "x" * 5_000_000, zip=True)
    return a_photo("PNG", (8, 8), pnginfo=info)


def _photo_cases() -> list[Case]:
    def refused(name: str, data: bytes, *codes: str) -> Case:
        return Case(f"photo {name}", PHOTO, data, codes)

    good = a_photo()
    return [
        refused("that says it has 10,000,000,000 pixels", _claiming(100_000, 100_000), "file_too_long", "file_damaged"),
        refused("whose pixels are not there", _claiming(7000, 7000), "file_damaged"),
        refused("with 100 MB of text", _texts_in_png(), "file_damaged", "file_too_long"),
        refused("cut in half", good[: len(good) // 2], "file_damaged"),
        refused("of three bytes", b"\xff\xd8\xff", "file_damaged"),
        refused("that is a GIF", a_photo("GIF"), "file_not_supported"),
        refused("that is a TIFF", a_photo("TIFF"), "file_not_supported"),
        refused("that is drawn by a script", b"<svg onload='alert(1)'/>", "file_not_supported"),
        refused("that is PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n", "file_not_supported"),
        refused("that is a PDF", a_pdf(), "file_not_supported"),
        refused("that is HTML with a photo behind it", b"<html>" + good, "file_not_supported"),
    ]


# ── all of them ───────────────────────────────────────────────────────────────────────────────────────────────


def good_files() -> list[Case]:
    picture = {"word/media/image1.png": a_photo("PNG", (64, 64))}
    office365 = {name.replace("document.xml", "document2.xml"): content for name, content in docx_parts().items()}
    office365 = {name: content.replace(b"document.xml", b"document2.xml") for name, content in office365.items()}
    page_number = '<w:p><w:fldSimple w:instr=" PAGE "/><w:r><w:tab/><w:t>1</w:t></w:r></w:p>'
    streams = pikepdf.ObjectStreamMode.generate
    return [
        Case("good pdf", PDF, a_pdf()),
        Case("good pdf of 50 pages", PDF, a_pdf(pages=50)),
        Case("good pdf with object streams", PDF, a_pdf(object_stream_mode=streams)),
        Case("good pdf for slow lines", PDF, a_pdf(linearize=True)),
        Case("good pdf that begins at its first page", PDF, a_pdf(_goto)),
        Case("good pdf that goes to its first page", PDF, a_pdf(_goto_action)),
        Case("good pdf with an address", PDF, a_pdf(_uri("https://example.cn/me"))),
        Case("good pdf with a mail address", PDF, a_pdf(_uri("mailto:wang@example.cn"))),
        Case("good pdf with blanks behind it", PDF, a_pdf() + b"\r\n\0\0"),
        Case("good pdf of a scan", PDF, _scan()),
        Case("good docx", DOCX, a_docx()),
        Case("good docx with a picture", DOCX, a_docx(more=picture)),
        Case("good docx with a mail address", DOCX, _with_relation("hyperlink", "mailto:wang@example.cn")),
        Case("good docx with an address", DOCX, _with_relation("hyperlink", "https://example.cn")),
        Case("good docx with page numbers", DOCX, a_docx(body=page_number)),
        Case("good docx of Office 365", DOCX, _zip(office365)),
        Case("good docx that is not packed", DOCX, _zip(docx_parts(), zipfile.ZIP_STORED)),
        Case("good docx of many pages", DOCX, a_docx(words=" ".join([WORDS, *(f"经验{n * n}" for n in range(5000))]))),
        Case("good photo", PHOTO, a_photo()),
        Case("good photo with a place", PHOTO, a_located_photo()),
        Case("good photo of 12 million pixels", PHOTO, a_photo(size=(4000, 3000))),
        Case("good photo in steps", PHOTO, a_photo(progressive=True)),
        Case("good photo for print", PHOTO, a_photo(mode="CMYK")),
        Case("good photo in grey", PHOTO, a_photo(mode="L")),
        Case("good screenshot", PHOTO, a_photo("PNG", (1080, 2400))),
        Case("good screenshot one can see through", PHOTO, a_photo("PNG", mode="RGBA")),
        Case("good screenshot of few colours", PHOTO, a_photo("PNG", mode="P")),
    ]


def _scan() -> bytes:
    made = io.BytesIO()
    Image.open(io.BytesIO(a_photo())).save(made, "PDF")
    return made.getvalue()


def hostile_files() -> list[Case]:
    return [*_pdf_cases(), *_docx_cases(), *_photo_cases()]


def mutations(count: int, seed: int) -> list[Case]:
    """Good files with bytes changed, taken out, doubled, cut off or mixed with another's."""
    chance = random.Random(seed)
    good = [case for case in good_files() if len(case.data) < 60_000]
    return [_mutated(chance, nth, chance.choice(good), chance.choice(good).data) for nth in range(count)]


def _mutated(chance: random.Random, nth: int, case: Case, other: bytes) -> Case:
    data = bytearray(case.data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        at = chance.randrange(len(data))
        length = min(chance.choice((1, 4, 32, 512)), len(data) - at)
        match chance.randrange(6):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + length] = chance.randbytes(length)
            case 2 if len(data) > 2 * length:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                begin = chance.randrange(len(other))
                data[at : at + length] = other[begin : begin + length]
            case _:
                data[at : at + 4] = chance.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"/JS ", b"%%EOF", b"PK\3\4"))
    return Case(f"mutation {nth} of {case.name}", case.kind, bytes(data))
