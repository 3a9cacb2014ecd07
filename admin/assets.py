"""The files of the pages: read and compressed once, served from memory under addresses that carry their version."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aiohttp import web

from admin.problems import PathNotFound

STATIC = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
COMPRESSED = {".js", ".css", ".json", ".svg", ".txt", ".md"}
# Not left to the machine's own table of types.
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}
TEXTS = {"text/javascript", "text/css", "application/json", "text/plain"}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    gzipped: bytes | None
    etag: str
    content_type: str


class Assets:
    """All files of a folder. One version names them all, so that modules may import each other by relative address."""

    def __init__(self, folder: Path = STATIC) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self._assets = {path.relative_to(folder).as_posix(): _read(path) for path in paths}
        named = "".join(f"{name}\0{asset.etag}\0" for name, asset in sorted(self._assets.items()))
        self.version = "v-" + hashlib.sha256(named.encode()).hexdigest()[:12]

    def __contains__(self, name: str) -> bool:
        return name in self._assets

    def names(self, prefix: str) -> list[str]:
        return [name for name in self._assets if name.startswith(prefix)]

    def text(self, name: str) -> str:
        return self._assets[name].body.decode()

    def url(self, name: str) -> str:
        """An address that may be kept for ever, because another content has another."""
        return f"/static/{self.version}/{name}"

    def response(self, request: web.Request, path: str) -> web.Response:
        """Raises PathNotFound. Pages of an older version get the files of this one, and do not keep them."""
        version, _, rest = path.partition("/") if path.startswith("v-") else ("", "", path)
        asset = self._assets.get(rest)
        if asset is None:
            raise PathNotFound
        headers = {
            "Cache-Control": FOREVER if version == self.version else ASK_AGAIN,
            "ETag": f'"{asset.etag}"',
            "Vary": "Accept-Encoding",
        }
        if any(tag.value == asset.etag for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        body, headers = _encoded(asset, request, headers)
        charset = "utf-8" if asset.content_type in TEXTS else None
        return web.Response(body=body, content_type=asset.content_type, charset=charset, headers=headers)


def _encoded(asset: Asset, request: web.Request, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    if asset.gzipped is None or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return asset.body, headers
    return asset.gzipped, {**headers, "Content-Encoding": "gzip"}


@cache
def _read(path: Path) -> Asset:
    """Once a process: its files are those it was started with."""
    body = path.read_bytes()
    gzipped = gzip.compress(body, 9, mtime=0) if path.suffix in COMPRESSED else None
    content_type = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, gzipped, hashlib.sha256(body).hexdigest()[:20], content_type)
