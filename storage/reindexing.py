"""Makes names, phones and résumés searchable that were stored before there was a search."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import asyncpg

from storage.grams import as_text
from storage.people import People
from storage.pool import Database, Transaction
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports import Resume

AT_ONCE = 500
# From the first id on; a person whose key is gone stays unread. Who has a row locked makes it searchable.
FIRST = UUID(int=0)

_APPLICATIONS = """
    SELECT p.id, p.employer_id, p.person_id, k.wrapped, v.phone, w.name
    FROM vault.application w JOIN application p ON p.id = w.application_id
    JOIN keys.person_key k ON k.person_id = p.person_id JOIN vault.person v ON v.person_id = p.person_id
    WHERE w.grams IS NULL AND w.org_id = $1 AND w.application_id > $2 ORDER BY w.application_id LIMIT $3
    FOR NO KEY UPDATE OF w SKIP LOCKED
"""
_RESUMES = """
    SELECT s.id, s.person_id, s.resume, k.wrapped
    FROM vault.resume s JOIN keys.person_key k ON k.person_id = s.person_id
    WHERE s.grams IS NULL AND s.org_id = $1 AND s.id > $2 ORDER BY s.id LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED
"""
Kind = Literal["application", "resume"]
_READ = {"application": _APPLICATIONS, "resume": _RESUMES}
_WRITE = {
    "application": """
        UPDATE vault.application w SET grams = n.grams::int4[]
        FROM unnest($1::uuid[], $2::text[]) AS n (id, grams) WHERE w.application_id = n.id AND w.grams IS NULL
    """,
    "resume": """
        UPDATE vault.resume w SET grams = n.grams::int4[]
        FROM unnest($1::uuid[], $2::text[]) AS n (id, grams) WHERE w.id = n.id AND w.grams IS NULL
    """,
}


class Reindexing:
    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    async def make_searchable(self) -> int:
        """Reads every row that is not searchable yet, some at a time; returns how many became so."""
        orgs = await self._database.tenants()
        return sum([await self._of(org, kind) for org in orgs for kind in ("application", "resume")])

    async def _of(self, org_id: OrgId, kind: Kind) -> int:
        done, last = 0, FIRST
        while True:
            async with self._database.transaction(org_id) as tx:
                rows = await tx.fetch(_READ[kind], org_id, last, AT_ONCE)
                await _write(tx, kind, [(row["id"], self._grams(org_id, kind, row)) for row in rows])
            done += len(rows)
            if len(rows) < AT_ONCE:
                return done
            last = rows[-1]["id"]

    def _grams(self, org_id: OrgId, kind: Kind, row: asyncpg.Record) -> list[int]:
        if kind == "application":
            contact = self._people.contact(row)
            return self._people.grams.of_application(row["employer_id"], contact.name, contact.phone or "")
        key = self._people.vault.unwrap(row["person_id"], row["wrapped"])
        clear = self._people.vault.open(key, "vault.resume.resume", row["id"], row["resume"])
        return self._people.grams.of_resume(org_id, Resume.model_validate_json(clear))


async def _write(tx: Transaction, kind: Kind, rows: Sequence[tuple[UUID, list[int]]]) -> None:
    await tx.execute(_WRITE[kind], [id_ for id_, _ in rows], [as_text(grams) for _, grams in rows])
