"""Bytes under random keys, kept beside the database: exports, files."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple, Protocol


class Object(NamedTuple):
    key: str
    bytes: int
    at: datetime


class Objects(Protocol):
    """Opaque to it and to whoever reads its disk: what is put here has been encrypted before.

    Each raises FilesUnavailable, and FilesFull where there is no room.
    """

    def new_key(self) -> str:
        """One nobody guesses. Written down before the bytes are put, so that none of them is ever without an owner."""

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Returns once the bytes are durable; all of them or none. What was there under this key is replaced."""

    def get(self, key: str) -> AsyncIterator[bytes]:
        """Raises FileGone when it is not there, with the first chunk."""

    async def delete(self, *keys: str) -> None:
        """What is not there stays so."""

    def listed(self) -> AsyncIterator[Object]:
        """In no order."""
