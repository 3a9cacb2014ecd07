"""A photo: made anew from its pixels, so that nothing else of it is left, where and when it was taken least of all."""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from stream_jobs.domain.resume_files import FileDamaged, FileNotSupported, FileTooLong

MOST_PIXELS = 64_000_000
# A page photographed with this many along its longer side is read easily.
LONGEST_SIDE = 2560
QUALITY = 85
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def made_anew(data: bytes) -> bytes:
    """A JPEG, upright. Raises FileNotSupported, FileTooLong, FileDamaged."""
    if not data.startswith(_SIGNATURES):
        raise FileNotSupported
    warnings.simplefilter("ignore")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise FileTooLong(expected=f"at most {MOST_PIXELS} pixels")
            return _encoded(image)
    except Image.DecompressionBombError:
        raise FileTooLong(expected=f"at most {MOST_PIXELS} pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise FileDamaged from None


def _encoded(image: Image.Image) -> bytes:
    # Reads a large JPEG at a fraction of its size.
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image)
    page = Image.new("RGB", upright.size, "white")
    opaque = upright.convert("RGBA")
    page.paste(opaque, mask=opaque.getchannel("A"))
    made = io.BytesIO()
    page.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()
