"""What every act on a list of people asks: whose it is, whether it is still there, and what was typed in it."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import asyncpg

from storage.pool import Transaction
from storage.vault import Vault
from stream_jobs.domain.errors import ImportNotFound
from stream_jobs.domain.ids import PeopleImportId
from stream_jobs.ports.people_imports import ListScope

# As long as what was typed can be read, and the whole be taken back.
KEPT_FOR = timedelta(days=1)
SAID = "vault.people_import_row.said"
# An organiser reads, and takes back, what came by links, too.
READ = """
    i.org_id = $1 AND i.broadcast_id = $2 AND ($3::uuid IS NULL OR i.employer_id = $3)
    AND ($4::uuid IS NULL OR i.collection_id = $4)
"""


def given(scope: ListScope) -> tuple[object, ...]:
    """The arguments of READ."""
    return scope.org_id, scope.broadcast_id, scope.employer_id, scope.collection_id


def is_mine(row: asyncpg.Record, scope: ListScope) -> bool:
    """Of a link: its own; of an employer or an organiser: those of the same reach."""
    return row["employer_id"] == scope.employer_id and scope.collection_id in (None, row["collection_id"])


async def locked(
    tx: Transaction, scope: ListScope, import_id: PeopleImportId, *, of_links: bool = False
) -> asyncpg.Record:
    """of_links: also those that an employer brought by its link. Raises ImportNotFound."""
    row = await tx.fetchrow(
        f"""
        SELECT i.kind, i.state, i.employer_id, i.collection_id, i.created_at, i.confirmed_at FROM people_import i
        WHERE {READ} AND i.id = $5 FOR UPDATE
        """,  # noqa: S608  # a constant of this module
        *given(scope),
        import_id,
    )
    if row is None or not (is_mine(row, scope) or (of_links and row["collection_id"] is not None)):
        raise ImportNotFound
    return row


async def key_of(tx: Transaction, vault: Vault, import_id: PeopleImportId) -> bytes | None:
    """None once what was typed can be read no more."""
    wrapped = await tx.fetchval("SELECT wrapped FROM keys.people_import_key WHERE import_id = $1", import_id)
    return vault.unwrap_for("keys.people_import_key", import_id, wrapped) if wrapped else None


def said(vault: Vault, key: bytes | None, row: asyncpg.Record) -> Mapping[str, Any]:
    """What was typed in a row; empty once it can be read no more."""
    if key is None or row["said"] is None:
        return {}
    opened: Mapping[str, Any] = json.loads(vault.open(key, SAID, row["key"], row["said"]))
    return opened


WRITTEN = ("moved", "unchanged", "noted", "recorded")


async def count(tx: Transaction, import_id: PeopleImportId) -> None:
    """Sums up anew what became of its rows."""
    await tx.execute(
        """
        UPDATE people_import i SET done = n.done, totals = i.totals || jsonb_build_object('refused', n.refused)
        FROM (
            SELECT count(*) FILTER (WHERE result = ANY($2::text[])) AS done,
                count(*) FILTER (WHERE result IS NOT NULL AND result <> ALL($2::text[])) AS refused
            FROM people_import_row WHERE import_id = $1
        ) n WHERE i.id = $1
        """,
        import_id,
        list(WRITTEN),
    )
