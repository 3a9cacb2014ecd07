"""Résumé files as who recruits reads them: those of devices which made the application, checked."""

from collections.abc import Mapping, Sequence

import asyncpg

from storage.file_sweeping import ENDS
from storage.people import People
from storage.pool import Transaction
from storage.vault import Vault
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import ApplicationId, OrgId, PersonId, ResumeFileId
from stream_jobs.domain.searching import plain
from stream_jobs.ports import MyFile
from stream_jobs.ports.files import ReadyFile

COLUMN = "vault.resume_file.kept"
FILE = f"""
    SELECT f.id, f.person_id, f.kind, f.state, f.length, f.received, f.bytes, f.refused, f.at, {ENDS} AS expires_at,
        v.kept, k.wrapped
    FROM resume_file f JOIN vault.resume_file v ON v.file_id = f.id
    JOIN keys.person_key k ON k.person_id = f.person_id
"""  # noqa: S608  # constants


class Inside(Body):
    """What is sealed of a file: its name, the key of its bytes, and what it says."""

    name: str
    key: str
    said: str = ""

    @property
    def bytes_key(self) -> bytes:
        return bytes.fromhex(self.key)

    def sealed(self, people: People, person_key: bytes, file_id: ResumeFileId) -> bytes:
        return people.vault.seal(person_key, COLUMN, file_id, self.model_dump_json())


def inside(people: People, row: asyncpg.Record) -> Inside:
    """Reads a row with id, kept, person_id and wrapped."""
    return Inside.model_validate_json(people.vault.open(people.person(row).key, COLUMN, row["id"], row["kept"]))


async def ready_files(tx: Transaction, application_id: ApplicationId) -> Sequence[asyncpg.Record]:
    """Newest first: those of devices which made the application; nobody else's papers are the applicant's."""
    return await tx.fetch(
        f"""
        {FILE} WHERE f.state = 'ready' AND EXISTS (
            SELECT FROM application p JOIN receipt t ON t.application_id = p.id AND t.own
            WHERE p.id = $1 AND p.person_id = f.person_id AND t.viewer_id = f.viewer_id)
        ORDER BY f.at DESC, f.id DESC LIMIT 10
        """,
        application_id,
    )


async def own_files(
    tx: Transaction, vault: Vault, org_id: OrgId, person_id: PersonId, key: bytes
) -> tuple[MyFile, ...]:
    """Everything this person's devices have sent, oldest first, whatever has become of it."""
    rows = await tx.fetch(
        """
        SELECT f.id, f.kind, f.state, coalesce(f.bytes, f.length) AS bytes, f.at, v.kept
        FROM resume_file f JOIN vault.resume_file v ON v.file_id = f.id
        WHERE f.org_id = $1 AND f.person_id = $2 ORDER BY f.at, f.id
        """,
        org_id,
        person_id,
    )
    return tuple(
        MyFile(
            name=Inside.model_validate_json(vault.open(key, COLUMN, row["id"], row["kept"])).name,
            **{field: row[field] for field in ("id", "kind", "state", "bytes", "at")},
        )
        for row in rows
    )


async def said_in_files(
    tx: Transaction, people: People, applications: Sequence[ApplicationId]
) -> Mapping[ApplicationId, str]:
    """What the files of each say, as it is compared; in clear: never to be logged or kept."""
    rows = await tx.fetch(
        """
        SELECT p.id AS application_id, f.id, f.person_id, k.wrapped, v.kept
        FROM application p JOIN resume_file f ON f.person_id = p.person_id AND f.state = 'ready'
        JOIN vault.resume_file v ON v.file_id = f.id JOIN keys.person_key k ON k.person_id = f.person_id
        WHERE p.id = ANY($1::uuid[]) AND EXISTS (
            SELECT FROM receipt t WHERE t.application_id = p.id AND t.own AND t.viewer_id = f.viewer_id)
        """,
        list(applications),
    )
    said: dict[ApplicationId, str] = {}
    for row in rows:
        text = plain(inside(people, row).said)
        said[row["application_id"]] = f"{said.get(row['application_id'], '')} {text}"
    return said


def ready_body(people: People, row: asyncpg.Record) -> ReadyFile:
    return ReadyFile(id=row["id"], name=inside(people, row).name, kind=row["kind"], bytes=row["bytes"], at=row["at"])
