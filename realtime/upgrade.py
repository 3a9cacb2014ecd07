"""The upgrade request as every browser and SDK sends it (RFC 6455 §4.2); anything else is left to the library.

Thousands come back in the same second after a lost server: reading them may cost little.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha1

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# A whole request and nothing after it: visible characters, one line a header, nothing folded.
_REQUEST = re.compile(
    rb"GET /[!-~]* HTTP/1\.1\r\n((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~]*\r\n)+)\r\n",
)
_KEY = re.compile(rb"[A-Za-z0-9+/]{21}[AQgw]==")
_ONCE = (b"upgrade", b"connection", b"sec-websocket-key", b"sec-websocket-version", b"host", b"origin")
# What may change the answer, or say that a body follows.
_UNUSUAL = (b"sec-websocket-protocol", b"content-length", b"transfer-encoding", b"expect")
_MOST_HEADERS = 64
_MOST_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A valid request for a WebSocket, as far as it matters to us."""

    key: bytes
    origin: str | None
    host: str | None
    forwarded_for: tuple[str, ...]

    def answer(self) -> bytes:
        """101: nothing is negotiated, no extension and no subprotocol."""
        accept = b64encode(sha1(self.key + GUID, usedforsecurity=False).digest())
        return (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
        )


def read_upgrade(request: bytes) -> Upgrade | None:
    """None for whatever is wrong, incomplete or merely unusual."""
    matched = _REQUEST.fullmatch(request) if len(request) <= _MOST_BYTES else None
    if matched is None:
        return None
    lines = matched[1].split(b"\r\n")[:-1]
    found: dict[bytes, bytes] = {}
    forwarded: list[str] = []
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name == b"x-forwarded-for":
            forwarded.append(value.strip().decode("ascii"))
        elif name in _UNUSUAL or (name in found and name in _ONCE):
            return None
        found[name] = value.strip(b" \t")
    if len(lines) > _MOST_HEADERS or not _asks_for_websocket(found):
        return None
    return Upgrade(
        found[b"sec-websocket-key"], _text(found.get(b"origin")), _text(found.get(b"host")), tuple(forwarded)
    )


def _asks_for_websocket(found: dict[bytes, bytes]) -> bool:
    return (
        b"host" in found
        and found.get(b"upgrade", b"").lower() == b"websocket"
        and b"upgrade" in [option.strip() for option in found.get(b"connection", b"").lower().split(b",")]
        and found.get(b"sec-websocket-version") == b"13"
        and _KEY.fullmatch(found.get(b"sec-websocket-key", b"")) is not None
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("ascii")
