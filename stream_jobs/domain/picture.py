"""The picture of a show, where the organiser has one of their own."""

import re
from urllib.parse import urlsplit

from stream_jobs.domain.errors import BadInput

ENDINGS = (".m3u8", ".mp4")
# What may stand in a header that names whom the page may ask: letters, digits, dots and hyphens.
HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


def picture_origin(url: str) -> str:
    """Whom the viewers' page asks for it: https://live.example.cn, with the port where it has one.

    Raises BadInput for what is no https address of an HLS playlist or an mp4.
    """
    wrong = BadInput(field="picture_url", expected="an https:// address that ends with .m3u8 or .mp4")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    host = parts.hostname or ""
    fits = parts.scheme == "https" and "@" not in parts.netloc and HOST.fullmatch(host) is not None
    if not fits or not parts.path.lower().endswith(ENDINGS):
        raise wrong
    return f"https://{host}:{port}" if port else f"https://{host}"
