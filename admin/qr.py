"""Codes to scan, as images."""

import io
from xml.sax.saxutils import escape

import segno

# The middle level: a poster may be scratched, and the link is short.
ERROR_CORRECTION = "m"
BORDER = 4
PNG_SCALE = 16
# Of the square's width, so that the name stays readable at any size.
NAME_HEIGHT = 0.12
CHARACTERS_A_LINE = 20


def qr_png(link: str) -> bytes:
    """Large enough to print a hand's breadth."""
    image = io.BytesIO()
    segno.make(link, error=ERROR_CORRECTION).save(image, kind="png", scale=PNG_SCALE, border=BORDER)
    return image.getvalue()


def qr_data(link: str) -> str:
    """As the address of an image on one of our own pages."""
    return str(segno.make(link, error=ERROR_CORRECTION).svg_data_uri(scale=4, border=2, light="#fff"))


def qr_svg(link: str, name: str) -> bytes:
    """The code with its name below, drawn to any size."""
    code = segno.make(link, error=ERROR_CORRECTION)
    width = code.symbol_size(border=BORDER)[0]
    line = width * NAME_HEIGHT
    drawn = code.svg_inline(border=BORDER, omitsize=True, light="#fff")
    shown = escape(name)
    size = min(line * 0.7, (width - 2 * BORDER) / max(1, min(len(name), CHARACTERS_A_LINE)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {width + line:.1f}" role="img">'
        f"<title>{shown}</title>"
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<svg width="{width}" height="{width}">{drawn}</svg>'
        f'<text x="{width / 2}" y="{width + line * 0.45:.1f}" font-family="sans-serif" font-size="{size:.2f}" '
        f'text-anchor="middle" fill="#000">{shown}</text></svg>'
    ).encode()
