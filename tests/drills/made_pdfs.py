"""PDFs: good ones as people send them, hostile ones as somebody might."""

import io
import random
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from tests.drills.made_case import PDF, WORDS, Case
from tests.drills.made_docx import a_zip


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


def hostile_pdfs() -> list[Case]:
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
        refused("and archive", good + a_zip({"a.txt": b"a"})),
        refused(
            "with an archive before its end",
            good[:-6] + a_zip({"a.txt": b"a"}) + b"%%EOF\n",
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
        refused("that is a program", b"MZ" + bytes(5000), "file_not_supported"),
        refused("that is text", "简历".encode() * 100, "file_not_supported"),
        refused("of one byte", b"%", "file_not_supported"),
        refused("of nothing", b"", "file_not_supported"),
    ]


def _named_script(document: pikepdf.Pdf) -> None:
    action = _action("JavaScript", JS=String("1"))
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action])))


def good_pdfs() -> list[Case]:
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
    ]
