"""Photos: good ones as people send them, hostile ones as somebody might."""

import io
import struct
import zlib

from PIL import Image, PngImagePlugin

from tests.drills.made_case import PHOTO, Case


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


def hostile_photos() -> list[Case]:
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
        refused("that is HTML with a photo behind it", b"<html>" + good, "file_not_supported"),
    ]


def a_scan() -> bytes:
    """A photo in a PDF."""
    made = io.BytesIO()
    Image.open(io.BytesIO(a_photo())).save(made, "PDF")
    return made.getvalue()


def good_photos() -> list[Case]:
    return [
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
