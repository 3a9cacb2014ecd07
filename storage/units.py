"""The units of an organisation: rows of its tree, changed one after the other."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from storage.audit import write_audit
from storage.pool import Database, Transaction
from stream_jobs.domain.audited import AuditAction
from stream_jobs.domain.ids import OrgId, UnitId, uuid7
from stream_jobs.domain.programme import NameTaken
from stream_jobs.domain.units import Tree, Unit, UnitClosed, UnitInUse, UnitKind
from stream_jobs.ports import By

UNITS = """
    SELECT o.id, o.parent_id, o.kind, o.name, o.closed_at,
        (SELECT count(*) FROM broadcast b
         WHERE b.unit_id = o.id AND b.started_at IS NOT NULL AND NOT b.rehearsal) AS shows,
        o.parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM broadcast b WHERE b.unit_id = o.id)
            AND NOT EXISTS (SELECT FROM organisation c WHERE c.parent_id = o.id) AS empty
    FROM organisation o WHERE o.top_id = $1 ORDER BY o.id
"""
ADD = """
    INSERT INTO organisation (id, top_id, parent_id, kind, name, created_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (top_id, name) DO NOTHING RETURNING true
"""


async def read_tree(tx: Transaction, org_id: OrgId) -> Tree:
    return Tree.of(Unit.model_validate(dict(row)) for row in await tx.fetch(UNITS, org_id))


async def unit_named(tx: Transaction, org_id: OrgId, name: str | None, *, by: By, at: datetime) -> UnitId:
    """A base of its own beneath the organisation when it is new; without a name the organisation. Raises UnitClosed."""
    if not name:
        return UnitId(org_id)
    tree = await _held(tx, org_id)
    known = next((unit for unit in tree.units.values() if unit.name == name), None)
    if known is None:
        return await _add(tx, org_id, UnitId(uuid7(at)), UnitId(org_id), UnitKind.BASE, name, by=by, at=at)
    if known.closed_at is not None:
        raise UnitClosed(field="unit", expected="a unit that is open")
    return known.id


class UnitStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, org_id: OrgId) -> Sequence[Unit]:
        async with self._database.transaction(org_id) as tx:
            tree = await read_tree(tx, org_id)
        return [tree[unit].model_copy(update={"depth": depth}) for unit, depth in tree.beneath(tree.top)]

    async def add(
        self, org_id: OrgId, unit_id: UnitId, parent_id: UnitId, kind: UnitKind, name: str, *, by: By, at: datetime
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            (await _held(tx, org_id)).must_take(parent_id)
            await _add(tx, org_id, unit_id, parent_id, kind, name, by=by, at=at)

    async def change(
        self, org_id: OrgId, unit_id: UnitId, parent_id: UnitId, kind: UnitKind, name: str, *, by: By, at: datetime
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            tree = await _held(tx, org_id)
            before = tree[unit_id]
            if parent_id != before.parent_id:
                tree.must_take(parent_id, unit_id)
            if name != before.name and any(unit.name == name for unit in tree.units.values()):
                raise NameTaken(field="name")
            await tx.execute(
                "UPDATE organisation SET parent_id = $3, kind = $4, name = $5 WHERE id = $1 AND top_id = $2",
                unit_id,
                org_id,
                parent_id,
                kind,
                name,
            )
            was = {"was_parent": before.parent_id, "was_kind": before.kind, "was_name": before.name}
            await _audit(tx, org_id, unit_id, "unit_changed", by, at, parent=parent_id, kind=kind, name=name, **was)

    async def close(self, org_id: OrgId, unit_id: UnitId, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            (await _held(tx, org_id)).must_close(unit_id)
            await _set_closed(tx, org_id, unit_id, at)
            await _audit(tx, org_id, unit_id, "unit_closed", by, at)

    async def reopen(self, org_id: OrgId, unit_id: UnitId, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            tree = await _held(tx, org_id)
            if (parent := tree[unit_id].parent_id) is not None:
                tree.must_take(parent)
            await _set_closed(tx, org_id, unit_id, None)
            await _audit(tx, org_id, unit_id, "unit_reopened", by, at)

    async def delete(self, org_id: OrgId, unit_id: UnitId, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            unit = (await _held(tx, org_id))[unit_id]
            if not unit.empty:
                raise UnitInUse
            await tx.execute("DELETE FROM organisation WHERE id = $1 AND top_id = $2", unit_id, org_id)
            await _audit(tx, org_id, unit_id, "unit_deleted", by, at, kind=unit.kind, name=unit.name)


async def _held(tx: Transaction, org_id: OrgId) -> Tree:
    """Nobody else changes the tree until the commit: two moves at once could make a ring of it."""
    await tx.execute("SELECT FROM organisation WHERE id = $1 FOR NO KEY UPDATE", org_id)
    return await read_tree(tx, org_id)


async def _add(
    tx: Transaction,
    org_id: OrgId,
    unit_id: UnitId,
    parent_id: UnitId,
    kind: UnitKind,
    name: str,
    *,
    by: By,
    at: datetime,
) -> UnitId:
    if not await tx.fetchval(ADD, unit_id, org_id, parent_id, kind, name, at):
        raise NameTaken(field="name")
    await _audit(tx, org_id, unit_id, "unit_added", by, at, parent=parent_id, kind=kind, name=name)
    return unit_id


async def _set_closed(tx: Transaction, org_id: OrgId, unit_id: UnitId, at: datetime | None) -> None:
    await tx.execute(
        """
        UPDATE organisation SET closed_at = CASE WHEN $3::timestamptz IS NULL THEN NULL ELSE coalesce(closed_at, $3) END
        WHERE id = $1 AND top_id = $2
        """,
        unit_id,
        org_id,
        at,
    )


async def _audit(
    tx: Transaction, org_id: OrgId, unit_id: UnitId, action: AuditAction, by: By, at: datetime, **detail: Any
) -> None:
    said = {name: None if value is None else str(value) for name, value in detail.items()}
    await write_audit(
        tx, org_id, by=by, action=action, subject=str(unit_id), purpose="organisation", detail=said, at=at
    )
