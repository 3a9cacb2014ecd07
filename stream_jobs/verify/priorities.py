"""Who of a show's applicants said to belong to which priority group, read back from what is stored."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from storage import raw_rows
from storage.pool import Transaction
from storage.raw_rows import rows
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.domain.priority import Priority
from stream_jobs.keys import Keys
from stream_jobs.verify.places import SHOW, Figures

Row = Any

GROUPS = tuple(Priority)
"""Places are told by their number here."""


def stored_as(keys: Keys, org_id: OrgId) -> Mapping[int, int]:
    """By what stands for it in this organisation: which group it is."""
    key = hmac.new(keys.pepper, b"priority groups", "sha256").digest()
    key = hmac.new(key, org_id.bytes, "sha256").digest()
    found = {}
    for nth, group in enumerate(GROUPS):
        said = hashlib.blake2b(str(group).encode(), key=key, digest_size=4).digest()
        found[int.from_bytes(said, "big", signed=True)] = nth
    return found


async def said_by(
    tx: Transaction, broadcast_id: BroadcastId, stored: Mapping[int, int]
) -> Mapping[UUID, frozenset[int]]:
    """By person: the groups, as numbers of GROUPS."""
    said = await rows(tx, raw_rows.PRIORITIES, broadcast_id)
    return {row["person_id"]: frozenset(stored[one] for one in row["groups"]) for row in said}


async def add_left(tx: Transaction, broadcast_id: BroadcastId, stored: Mapping[int, int], figures: Figures) -> None:
    """Those who were erased since: nobody can count them again, so their number is taken as it was left."""
    for row in await rows(tx, raw_rows.PRIORITIES_LEFT, broadcast_id):
        figures.add(("priority", stored[row["priority"]]), "applicants", row["people"])


def limit_of(small_group: int) -> int:
    """No setting makes it fewer than five people."""
    return small_group if small_group > 5 else 5


def told(figures: Figures, small_group: int, show: Row, at: datetime) -> frozenset[int]:
    """Groups that may be told, as numbers of GROUPS: not of few, nor of all but few, nor while people apply."""
    if show["ended_at"] is None or at < show["ended_at"] + timedelta(days=show["apply_days"]):
        return frozenset()
    everybody, limit = figures.of(SHOW, "applicants"), limit_of(small_group)
    return frozenset(
        nth for nth in range(len(GROUPS)) if limit <= figures.of(("priority", nth), "applicants") <= everybody - limit
    )
