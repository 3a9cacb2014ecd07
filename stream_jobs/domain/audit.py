"""The audit chain: each row carries the hash of the one before, so that no change goes unnoticed."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from stream_jobs.domain.ids import OrgId

RULE = 2
Wrong = Literal["changed", "missing", "head", "anchor"]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what with whose data; detail holds no personal data. rule: how its hash was made."""

    org_id: OrgId
    number: int
    at: datetime
    account_id: UUID | None
    actor: str
    action: str
    subject: str
    purpose: str | None
    detail: Mapping[str, object]
    rule: int
    hash: bytes = b""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """How far a chain had come: the number and hash of its newest row."""

    org_id: OrgId
    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditFault:
    """Where a chain is not as it was written.

    changed: the row, or the one before it, says something else. missing: there is no such row. head: the newest row is
    not the one the head names. anchor: what was noted outside the database is not there any more, or is another row.
    """

    org_id: OrgId
    number: int
    wrong: Wrong


def row_hash(before: bytes, row: AuditRow) -> bytes:
    """SHA-256(hash of the row before ‖ every other column of this row as canonical JSON)."""
    said: tuple[object, ...] = (
        row.rule,
        row.org_id,
        row.number,
        row.at.astimezone(UTC).isoformat(),
        row.account_id,
        row.actor,
        row.action,
        row.subject,
        row.purpose,
        row.detail,
    )
    if row.rule == 1:
        # As it was done before the account was under the hash.
        said = (row.number, row.at, row.actor, row.action, row.subject, row.purpose, row.detail)
    text = json.dumps(said, default=str, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(before + text.encode()).digest()


class ChainCheck:
    """Reads one organisation's chain from its beginning, row by row, and says where it is wrong."""

    def __init__(self, org_id: OrgId, anchors: Iterable[AuditHead] = ()) -> None:
        self._org_id = org_id
        # Where rows were taken off the end and others put in their place, both are noted under one number.
        self._anchors: dict[int, set[bytes]] = defaultdict(set)
        for anchor in anchors:
            self._anchors[anchor.number].add(anchor.hash)
        self._number = 0
        self._hash = b""
        self.faults: list[AuditFault] = []

    def add(self, row: AuditRow) -> None:
        """Rows in the order of their numbers."""
        for number in range(self._number + 1, row.number):
            self._wrong(number, "missing")
        # After a wrong row the check goes on from what that row claims, so that each fault is told where it is.
        if row.number <= self._number or row.org_id != self._org_id or row_hash(self._hash, row) != row.hash:
            self._wrong(row.number, "changed")
        if self._anchors.pop(row.number, {row.hash}) != {row.hash}:
            self._wrong(row.number, "anchor")
        self._number, self._hash = row.number, row.hash

    def end(self, head: AuditHead | None) -> list[AuditFault]:
        """All that is wrong, once the last row was added."""
        if (self._number, self._hash) != ((head.number, head.hash) if head else (0, b"")):
            self._wrong(self._number, "head")
        for number in sorted(self._anchors):
            self._wrong(number, "anchor")
        return self.faults

    def _wrong(self, number: int, wrong: Wrong) -> None:
        self.faults.append(AuditFault(self._org_id, number, wrong))
