"""Which requests for a page are somebody opening it, as far as they say so themselves."""

import re

from aiohttp import web

# Search engines, and programs that fetch a link to show a preview of it; CUBOT makes phones.
_PROGRAM = re.compile(
    r"(?<!cu)bot\b|spider|crawl|slurp|preview|externalhit|curl/|wget/|python-|okhttp|go-http", re.IGNORECASE
)


def is_scan(request: web.Request) -> bool:
    """Not where only the head is asked for, a browser fetches ahead, or a program says that it is one."""
    headers = request.headers
    ahead = "prefetch" in headers.get("Sec-Purpose", headers.get("Purpose", ""))
    agent = headers.get("User-Agent", "")
    return request.method == "GET" and not ahead and bool(agent) and not _PROGRAM.search(agent)
