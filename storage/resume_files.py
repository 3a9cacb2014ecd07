"""Résumé files: taken in parts that are durable before they are acknowledged, checked, read by who recruits."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import asyncpg

from storage.audit import write_audit
from storage.file_parts import FileParts, Kept, Part, claim, let_go, parts_of
from storage.file_reading import FILE, Inside, inside, ready_body, ready_files
from storage.file_sweeping import ENDS, UNCLAIMED_FOR, sweep
from storage.locking import hold_people, steady
from storage.moves import locked, mark_viewed
from storage.people import People
from storage.pool import Database, Transaction
from storage.work import enqueue
from stream_jobs.domain.errors import ApplicationNotFound, FileGone
from stream_jobs.domain.ids import ApplicationId, EmployerId, OrgId, PersonId, ResumeFileId
from stream_jobs.domain.resume_files import (
    FileDamaged,
    FileKind,
    FileRefused,
    FileState,
    FileTooBig,
    ResumeFileNotFound,
    TooManyFiles,
    UploadMoved,
)
from stream_jobs.ports import By
from stream_jobs.ports.files import Inspect, Inspected, NewFile, ReadyFile, ResumeFileBody, Sender
from stream_jobs.ports.objects import Objects
from stream_jobs.ports.work import CheckFile, SweepFiles

# As much as is lost at most when the server dies; also what an upload holds in memory.
PART_BYTES = 1 << 20
# How long a refusal can be read.
REFUSED_FOR = timedelta(hours=24)

# Of a device and the person of one of its receipts, whichever broadcast it was sent in.
_OF_SENDER = f"{FILE} WHERE f.org_id = $1 AND f.viewer_id = $2 AND f.person_id = $3 AND coalesce({ENDS} > $4, true)"


class ResumeFileStore:
    def __init__(self, database: Database, people: People, objects: Objects) -> None:
        self._database = database
        self._people = people
        self._objects = objects
        self._parts = FileParts(database, objects)

    # ── who sends ─────────────────────────────────────────────────────────────────────────────────────────────

    async def create(
        self, org_id: OrgId, sender: Sender, new: NewFile, *, at: datetime, expires_at: datetime, most: int
    ) -> ResumeFileBody:
        async with self._database.transaction(org_id) as tx:
            # Whoever erases this person comes before or after, never between.
            person = await steady(tx, lambda: _person(tx, org_id, sender), lambda person: hold_people(tx, [person]))
            await _one_after_the_other(tx, sender)
            if await _files_here(tx, sender, at) >= most:
                raise TooManyFiles(field="files", expected=f"at most {most}")
            key = await self._key(tx, person)
            await tx.execute(
                """
                WITH file AS (
                    INSERT INTO resume_file
                        (id, org_id, broadcast_id, viewer_id, person_id, kind, state, length, received, at, expires_at)
                    VALUES ($1, $2, $3, $4, $5, $6, 'uploading', $7, 0, $8, $9) RETURNING id
                )
                INSERT INTO vault.resume_file (file_id, org_id, person_id, kept, at)
                SELECT id, $2, $5, $10, $8 FROM file
                """,
                new.id,
                org_id,
                sender.broadcast_id,
                sender.viewer_id,
                person,
                new.kind.value,
                new.length,
                at,
                expires_at,
                Inside(name=new.name, key=self._people.vault.new_key().hex()).sealed(self._people, key, new.id),
            )
            return self._body(await _one(tx, org_id, sender, person, new.id, at))

    async def of_sender(self, org_id: OrgId, sender: Sender, at: datetime) -> Sequence[ResumeFileBody]:
        async with self._database.transaction(org_id) as tx:
            person = await _person(tx, org_id, sender)
            rows = await tx.fetch(f"{_OF_SENDER} ORDER BY f.at DESC, f.id DESC", org_id, sender.viewer_id, person, at)
        return [self._body(row) for row in rows]

    async def one(self, org_id: OrgId, sender: Sender, file_id: ResumeFileId, at: datetime) -> ResumeFileBody:
        return self._body(await self._row(org_id, sender, file_id, at))

    async def append(
        self,
        org_id: OrgId,
        sender: Sender,
        file_id: ResumeFileId,
        offset: int,
        chunks: AsyncIterator[bytes],
        *,
        at: datetime,
        expires_at: datetime,
    ) -> ResumeFileBody:
        row = await self._row(org_id, sender, file_id, at)
        if row["received"] != offset:
            raise UploadMoved(field="Upload-Offset", expected=str(row["received"]))
        file = Kept(org_id, file_id, inside(self._people, row).bytes_key)
        held, place, length = bytearray(), offset, row["length"]
        try:
            async for chunk in chunks:
                if place + len(held) + len(chunk) > length:
                    raise FileTooBig(field="Upload-Length", expected=f"{length} bytes, as announced")
                held += chunk
                while len(held) >= PART_BYTES:
                    place = await self._keep(file, place, bytes(held[:PART_BYTES]), at, expires_at)
                    del held[:PART_BYTES]
        finally:
            # Whatever ended it, a cancelled request too: what has come need not come again.
            if held:
                await self._keep(file, place, bytes(held), at, expires_at)
        return await self.one(org_id, sender, file_id, at)

    async def _keep(self, file: Kept, begins: int, content: bytes, at: datetime, expires_at: datetime) -> int:
        """Where the next part begins. Raises UploadMoved when another sent the same bytes first."""
        part = await self._parts.put(file, begins, content, at)
        async with self._database.transaction(file.org_id) as tx:
            row = await tx.fetchrow(
                """
                UPDATE resume_file f SET received = $3, expires_at = $4,
                    state = CASE WHEN $3 = f.length THEN 'checking' ELSE f.state END
                WHERE f.id = $1 AND f.received = $2 AND f.state = 'uploading'
                    AND EXISTS (SELECT FROM vault.resume_file v WHERE v.file_id = f.id)
                RETURNING f.received, f.state
                """,
                file.id,
                begins,
                begins + part.bytes,
                expires_at,
            )
            if row is None:
                raise UploadMoved(field="Upload-Offset", expected="ask where the upload is")
            await claim(tx, part)
            if row["state"] == FileState.CHECKING:
                await enqueue(tx, file.org_id, CheckFile(file_id=file.id), at=at, dedupe=str(file.id))
        return begins + part.bytes

    async def delete(self, org_id: OrgId, sender: Sender, file_id: ResumeFileId, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            person = await _person(tx, org_id, sender)
            await _one(tx, org_id, sender, person, file_id, at)
            await tx.execute("DELETE FROM vault.resume_file WHERE file_id = $1", file_id)
            await enqueue(tx, None, SweepFiles(), at=at, dedupe="sweep")

    async def _row(self, org_id: OrgId, sender: Sender, file_id: ResumeFileId, at: datetime) -> asyncpg.Record:
        async with self._database.transaction(org_id) as tx:
            person = await _person(tx, org_id, sender)
            return await _one(tx, org_id, sender, person, file_id, at)

    async def _key(self, tx: Transaction, person_id: PersonId) -> bytes:
        wrapped = await tx.fetchval("SELECT wrapped FROM keys.person_key WHERE person_id = $1", person_id)
        if wrapped is None:
            raise ApplicationNotFound
        return self._people.vault.unwrap(person_id, wrapped)

    def _body(self, row: asyncpg.Record) -> ResumeFileBody:
        shown = ("id", "kind", "state", "length", "received", "refused", "at", "expires_at")
        return ResumeFileBody(name=inside(self._people, row).name, **{name: row[name] for name in shown})

    # ── checking ──────────────────────────────────────────────────────────────────────────────────────────────

    async def check(self, org_id: OrgId, file_id: ResumeFileId, inspect: Inspect, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                f"{FILE} WHERE f.id = $1 AND f.org_id = $2 AND f.state = 'checking'", file_id, org_id
            )
            parts = await parts_of(tx, file_id)
        if row is None:
            return
        file = Kept(org_id, file_id, inside(self._people, row).bytes_key)
        try:
            content = b"".join([piece async for piece in self._parts.read(file, parts, row["length"])])
            found = await inspect(FileKind(row["kind"]), content)
        except FileRefused as refusal:
            await self._refuse(org_id, file_id, refusal.code, at)
        except FileGone:
            await self._refuse(org_id, file_id, FileDamaged.code, at)
        else:
            await self._accept(file, row, found, len(content), at)

    async def _accept(self, file: Kept, row: asyncpg.Record, found: Inspected, size: int, at: datetime) -> None:
        anew = await self._parts.put(file, 0, found.content, at) if found.content is not None else None
        clear = inside(self._people, row).model_copy(update={"said": found.text})
        async with self._database.transaction(file.org_id) as tx:
            await hold_people(tx, [row["person_id"]])
            if not await tx.fetchval(
                """
                UPDATE resume_file SET state = 'ready', bytes = $2, expires_at = NULL
                WHERE id = $1 AND state = 'checking' RETURNING true
                """,
                file.id,
                anew.bytes if anew else size,
            ):
                return
            if anew:
                await let_go(tx, file.id)
                await claim(tx, anew)
                await enqueue(tx, None, SweepFiles(), at=at, after=UNCLAIMED_FOR, dedupe=str(file.id))
            kept = await tx.fetchval(
                """
                UPDATE vault.resume_file SET kept = $2, grams = $3 WHERE file_id = $1 AND person_id = $4 RETURNING true
                """,
                file.id,
                clear.sealed(self._people, self._people.person(row).key, file.id),
                self._people.grams.of_text(file.org_id, found.text),
                row["person_id"],
            )
            if not kept:
                # It became another's, or was deleted, while it was read: looked at again, it is as it is then.
                raise ResumeFileNotFound

    async def _refuse(self, org_id: OrgId, file_id: ResumeFileId, code: str, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            await tx.execute(
                """
                UPDATE resume_file SET state = 'refused', refused = $2, expires_at = $3
                WHERE id = $1 AND state = 'checking'
                """,
                file_id,
                code,
                at + REFUSED_FOR,
            )
            await enqueue(tx, None, SweepFiles(), at=at, dedupe="sweep")

    # ── who recruits ──────────────────────────────────────────────────────────────────────────────────────────

    async def fetch(
        self,
        org_id: OrgId,
        application_id: ApplicationId,
        file_id: ResumeFileId,
        *,
        employer_id: EmployerId | None,
        by: By,
        at: datetime,
    ) -> tuple[ReadyFile, AsyncIterator[bytes]]:
        async with self._database.transaction(org_id) as tx:
            if application_id not in await locked(tx, org_id, {application_id}, employer_id):
                raise ApplicationNotFound
            rows = await ready_files(tx, application_id)
            row = next((row for row in rows if row["id"] == file_id), None)
            if row is None:
                raise ResumeFileNotFound
            parts = await parts_of(tx, file_id)
            if employer_id:
                await mark_viewed(tx, org_id, [application_id], by=by, at=at)
            await write_audit(
                tx,
                org_id,
                by=by,
                action="file_fetched",
                subject=str(application_id),
                purpose="contact",
                detail={"file": str(file_id)},
                at=at,
            )
        return ready_body(self._people, row), self._read(org_id, row, parts)

    # ── whose they are ────────────────────────────────────────────────────────────────────────────────────────

    async def own(self, org_id: OrgId, person_id: PersonId) -> Sequence[tuple[ReadyFile, AsyncIterator[bytes]]]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                f"{FILE} WHERE f.org_id = $1 AND f.person_id = $2 AND f.state = 'ready' ORDER BY f.at, f.id",
                org_id,
                person_id,
            )
            parts = [await parts_of(tx, row["id"]) for row in rows]
        return [
            (ready_body(self._people, row), self._read(org_id, row, kept))
            for row, kept in zip(rows, parts, strict=True)
        ]

    def _read(self, org_id: OrgId, row: asyncpg.Record, parts: Sequence[Part]) -> AsyncIterator[bytes]:
        key = inside(self._people, row).bytes_key
        return self._parts.read(Kept(org_id, row["id"], key), parts, row["bytes"])

    # ── taking away ───────────────────────────────────────────────────────────────────────────────────────────────

    async def sweep(self, at: datetime) -> int:
        return await sweep(self._database, self._objects, at)


async def _one_after_the_other(tx: Transaction, sender: Sender) -> None:
    """Creations by one device in one broadcast: by its first receipt alone, so that nobody waits in a circle."""
    await tx.execute(
        "SELECT FROM receipt WHERE broadcast_id = $1 AND viewer_id = $2 ORDER BY id LIMIT 1 FOR NO KEY UPDATE",
        sender.broadcast_id,
        sender.viewer_id,
    )


async def _person(tx: Transaction, org_id: OrgId, sender: Sender) -> PersonId:
    """Raises ApplicationNotFound."""
    person: PersonId | None = await tx.fetchval(
        """
        SELECT p.person_id FROM receipt r JOIN application p ON p.id = r.application_id
        WHERE r.id = $1 AND r.org_id = $2 AND r.broadcast_id = $3 AND r.viewer_id = $4
        """,
        sender.receipt_id,
        org_id,
        sender.broadcast_id,
        sender.viewer_id,
    )
    if person is None:
        raise ApplicationNotFound
    return person


async def _one(
    tx: Transaction, org_id: OrgId, sender: Sender, person_id: PersonId, file_id: ResumeFileId, at: datetime
) -> asyncpg.Record:
    row = await tx.fetchrow(f"{_OF_SENDER} AND f.id = $5", org_id, sender.viewer_id, person_id, at, file_id)
    if row is None:
        raise ResumeFileNotFound
    return row


async def _files_here(tx: Transaction, sender: Sender, at: datetime) -> int:
    return int(
        await tx.fetchval(
            f"""
            SELECT count(*) FROM resume_file f JOIN vault.resume_file v ON v.file_id = f.id
            WHERE f.broadcast_id = $1 AND f.viewer_id = $2 AND f.state <> 'refused' AND coalesce({ENDS} > $3, true)
            """,  # noqa: S608  # constants
            sender.broadcast_id,
            sender.viewer_id,
            at,
        )
    )
