"""The bytes of a résumé file: kept in parts as they arrive, each encrypted under a key of its own."""

import hmac
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.pool import Database, Transaction
from storage.sealing import seal, unseal
from stream_jobs.domain.errors import FileGone
from stream_jobs.domain.ids import OrgId, ResumeFileId, uuid7
from stream_jobs.ports.objects import Objects

COLUMN = "resume_file_part"


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """A file and the key of its bytes."""

    org_id: OrgId
    id: ResumeFileId
    key: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of a file, from `begins` on, under their key in the object store."""

    id: UUID
    begins: int
    bytes: int
    object_key: str


class FileParts:
    def __init__(self, database: Database, objects: Objects) -> None:
        self._database = database
        self._objects = objects

    async def put(self, file: Kept, begins: int, content: bytes, at: datetime) -> Part:
        """Durable when it returns, and nobody's yet: `claim` makes it the file's."""
        part = Part(uuid7(at), begins, len(content), self._objects.new_key())
        async with self._database.transaction(file.org_id) as tx:
            await tx.execute(
                """
                INSERT INTO resume_file_part (id, org_id, file_id, begins, bytes, object_key, kept, at)
                VALUES ($1, $2, $3, $4, $5, $6, false, $7)
                """,
                part.id,
                file.org_id,
                file.id,
                begins,
                part.bytes,
                part.object_key,
                at,
            )
        await self._objects.put(part.object_key, seal(_key(file, part), COLUMN, part.id, _whole(content)))
        return part

    async def read(self, file: Kept, parts: Sequence[Part], length: int) -> AsyncIterator[bytes]:
        """All of it in clear. Raises FileGone when anything is missing, damaged or in another place."""
        place = 0
        for part in parts:
            async for piece in unseal(_key(file, part), COLUMN, part.id, self._objects.get(part.object_key)):
                place += len(piece)
                yield piece
            if place != part.begins + part.bytes:
                raise FileGone("The file is damaged")
        if place != length:
            raise FileGone("The file is damaged")


async def claim(tx: Transaction, part: Part) -> None:
    await tx.execute("UPDATE resume_file_part SET kept = true WHERE id = $1", part.id)


async def let_go(tx: Transaction, file_id: ResumeFileId) -> None:
    """None of what was kept is the file's any more."""
    await tx.execute("UPDATE resume_file_part SET kept = false WHERE file_id = $1 AND kept", file_id)


async def parts_of(tx: Transaction, file_id: ResumeFileId) -> Sequence[Part]:
    rows = await tx.fetch(
        "SELECT id, begins, bytes, object_key FROM resume_file_part WHERE file_id = $1 AND kept ORDER BY begins",
        file_id,
    )
    return [_part(row) for row in rows]


def _part(row: asyncpg.Record) -> Part:
    return Part(row["id"], row["begins"], row["bytes"], row["object_key"])


def _key(file: Kept, part: Part) -> bytes:
    """From the file's, for this part at this place of this file alone: moved, it opens nothing."""
    return hmac.digest(
        file.key, b"resume_file" + file.id.bytes + part.id.bytes + part.begins.to_bytes(8, "big"), "sha256"
    )


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
