"""Who of a show's applicants said to belong to which priority group, read back from what is stored."""

import hashlib
import hmac
from collections.abc import Mapping
from uuid import UUID

from storage import raw_rows
from storage.pool import Transaction
from storage.raw_rows import rows
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.domain.priority import Priority
from stream_jobs.keys import Keys
from stream_jobs.verify.applicants import OUTCOMES
from stream_jobs.verify.places import Figures

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
        place = "priority", stored[row["priority"]]
        figures.add(place, "applicants", row["people"])
        figures.add(place, "applications", row["applications"])
        for outcome in list(OUTCOMES)[: row["level"]]:
            figures.add(place, outcome, row["people"])
