"""Long contents encrypted piece by piece: each bound to what it belongs to, its place, and whether it is the last."""

import struct
from collections.abc import AsyncIterator
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stream_jobs.domain.errors import FileGone

# A key seals one content once, so that a piece's place is a nonce nobody uses twice (NIST SP 800-38D §8.2.1).
# Whether it is the last, and how long it is.
_HEAD = struct.Struct(">?I")
_TAG_BYTES = 16
PIECE_BYTES = 1 << 18


async def seal(key: bytes, column: str, row: UUID, clear: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces of one size, each AES-256-GCM. key must never seal anything else."""
    cipher, place, held = AESGCM(key), 0, b""
    async for chunk in clear:
        held += chunk
        while len(held) > PIECE_BYTES:
            yield _sealed(cipher, column, row, place, held[:PIECE_BYTES], last=False)
            held, place = held[PIECE_BYTES:], place + 1
    yield _sealed(cipher, column, row, place, held, last=True)


async def unseal(key: bytes, column: str, row: UUID, sealed: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The clear pieces. Raises FileGone when anything was changed, moved, cut off or added."""
    cipher, place, held, ended = AESGCM(key), 0, b"", False
    async for chunk in sealed:
        held += chunk
        while (end := _end(held)) and not ended:
            ended, _ = _HEAD.unpack_from(held)
            try:
                yield cipher.decrypt(_nonce(place), held[_HEAD.size : end], _bound(column, row, last=ended))
            except InvalidTag:
                raise _damaged() from None
            held, place = held[end:], place + 1
    if held or not ended:
        raise _damaged()


def _end(held: bytes) -> int:
    """Where the first piece ends; 0 while it is not all there."""
    if len(held) < _HEAD.size:
        return 0
    _, length = _HEAD.unpack_from(held)
    if not _TAG_BYTES <= length <= PIECE_BYTES + _TAG_BYTES:
        raise _damaged()
    end: int = _HEAD.size + length
    return end if len(held) >= end else 0


def _sealed(cipher: AESGCM, column: str, row: UUID, place: int, clear: bytes, *, last: bool) -> bytes:
    piece = cipher.encrypt(_nonce(place), clear, _bound(column, row, last=last))
    return _HEAD.pack(last, len(piece)) + piece


def _nonce(place: int) -> bytes:
    return place.to_bytes(12, "big")


def _bound(column: str, row: UUID, *, last: bool) -> bytes:
    return column.encode() + row.bytes + (b"\1" if last else b"\0")


def _damaged() -> FileGone:
    return FileGone("The file is damaged")
