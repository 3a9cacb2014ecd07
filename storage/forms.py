"""A bureau's own workbooks, kept by name."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from storage.pool import Database
from stream_jobs.domain.form.errors import FormNotFound
from stream_jobs.domain.ids import FormId, OrgId
from stream_jobs.domain.programme import NameTaken
from stream_jobs.ports import By
from stream_jobs.ports.forms import FormBody, FormFile

_BODY = """
    SELECT id, name, file_name, marks, unknown, length(content) AS bytes, by_name AS by, created_at, changed_at
    FROM form WHERE org_id = $1
"""


class FormStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, org_id: OrgId) -> Sequence[FormBody]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(f"{_BODY} ORDER BY name", org_id)
        return [_body(row) for row in rows]

    async def one(self, org_id: OrgId, form_id: FormId) -> FormBody:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(f"{_BODY} AND id = $2", org_id, form_id)
        if row is None:
            raise FormNotFound
        return _body(row)

    async def file(self, org_id: OrgId, form_id: FormId) -> FormFile:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                "SELECT file_name, content, marks, unknown FROM form WHERE org_id = $1 AND id = $2", org_id, form_id
            )
        if row is None:
            raise FormNotFound
        return FormFile(row["file_name"], bytes(row["content"]), row["marks"], row["unknown"])

    async def add(self, org_id: OrgId, form_id: FormId, name: str, file: FormFile, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            added = await tx.fetchval(
                """
                INSERT INTO form (id, org_id, name, file_name, content, marks, unknown, by_name, created_at, changed_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
                ON CONFLICT (org_id, name) DO NOTHING RETURNING true
                """,
                form_id,
                org_id,
                name,
                file.file_name,
                file.content,
                file.marks,
                file.unknown,
                by.name,
                at,
            )
        if not added:
            raise NameTaken

    async def replace(self, org_id: OrgId, form_id: FormId, file: FormFile, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            replaced = await tx.fetchval(
                """
                UPDATE form SET file_name = $3, content = $4, marks = $5, unknown = $6, by_name = $7, changed_at = $8
                WHERE org_id = $1 AND id = $2 RETURNING true
                """,
                org_id,
                form_id,
                file.file_name,
                file.content,
                file.marks,
                file.unknown,
                by.name,
                at,
            )
        if not replaced:
            raise FormNotFound

    async def rename(self, org_id: OrgId, form_id: FormId, name: str, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            # Two who choose one name at once look one after the other.
            forms = await tx.fetch("SELECT id, name FROM form WHERE org_id = $1 ORDER BY id FOR UPDATE", org_id)
            if form_id not in {row["id"] for row in forms}:
                raise FormNotFound
            if any(row["name"] == name and row["id"] != form_id for row in forms):
                raise NameTaken
            await tx.execute("UPDATE form SET name = $2, changed_at = $3 WHERE id = $1", form_id, name, at)

    async def remove(self, org_id: OrgId, form_id: FormId) -> None:
        async with self._database.transaction(org_id) as tx:
            if not await tx.fetchval("DELETE FROM form WHERE org_id = $1 AND id = $2 RETURNING true", org_id, form_id):
                raise FormNotFound


def _body(row: asyncpg.Record) -> FormBody:
    return FormBody.model_validate(dict(row))
