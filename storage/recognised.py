"""What is known of a batch of submissions before it is stored: its persons, its keys, the applications that stand."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg

from storage.locking import Raced
from storage.people import People, Person
from storage.pool import Transaction
from stream_jobs.domain.ids import ApplicationId, BroadcastId, ChannelId, OrgId, PersonId, ReceiptId, ViewerId
from stream_jobs.ports import NewApplication

Device: TypeAlias = tuple[ViewerId, UUID]


@dataclass(frozen=True, slots=True)
class Told:
    """The first receipt of a device for an application, and whether that device took it back."""

    receipt_id: ReceiptId
    number: int
    at: datetime
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """The person's application for this job of this broadcast, whoever's device made it."""

    id: ApplicationId
    viewer_id: ViewerId
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Known:
    """Of one submission.

    mac: of the body this device sent under this key before; person: whose phone number it is; standing: their
    application; told: what this device was told for the key's application, or else for that one; first_channel: what
    brought the device to the show; visit_channel: what opened the page that it was sent from.
    """

    mac: bytes | None = None
    person: Person | None = None
    standing: Standing | None = None
    told: Told | None = None
    first_channel: ChannelId | None = None
    visit_channel: ChannelId | None = None


NOTHING = Known()

# Of the broadcast $1 of the organisation $2; only submissions of which something is known. Each limit keeps a part a
# look-up in an index: a planner that has not seen the tables grow would read them whole.
RECOGNISE = """
    SELECT d.nth, r.body_mac, p.person_id, p.wrapped, a.id AS application_id, a.viewer_id, a.state, t.id AS receipt_id,
        t.number, t.at, t.withdrawn_at, m.first_channel_id, v.channel_id AS visit_channel_id
    FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::bytea[], $7::uuid[]) WITH ORDINALITY
        AS d (viewer_id, key, job_id, phone_hmac, visit_id, nth)
    LEFT JOIN LATERAL (
        SELECT id, body_mac, application_id FROM receipt
        WHERE broadcast_id = $1 AND viewer_id = d.viewer_id AND key = d.key LIMIT 1
    ) r ON true
    LEFT JOIN LATERAL (
        SELECT k.person_id, k.wrapped FROM (
            SELECT id FROM person WHERE org_id = $2 AND phone_hmac = d.phone_hmac LIMIT 1
        ) one JOIN keys.person_key k ON k.person_id = one.id LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
        SELECT id, viewer_id, state FROM application
        WHERE broadcast_id = $1 AND job_id = d.job_id AND person_id = p.person_id LIMIT 1
    ) a ON true
    LEFT JOIN LATERAL (
        SELECT id, number, at, withdrawn_at FROM receipt
        WHERE application_id = coalesce(r.application_id, a.id) AND viewer_id = d.viewer_id ORDER BY at, id LIMIT 1
    ) t ON true
    LEFT JOIN LATERAL (
        SELECT viewer_id, first_channel_id FROM audience_member
        WHERE broadcast_id = $1 AND viewer_id = d.viewer_id LIMIT 1
    ) m ON true
    LEFT JOIN LATERAL (
        SELECT channel_id FROM visit WHERE broadcast_id = $1 AND id = d.visit_id AND viewer_id = d.viewer_id LIMIT 1
    ) v ON true
    WHERE coalesce(r.id, p.person_id, m.viewer_id, v.channel_id) IS NOT NULL
"""

# The persons $1, in the order given: a nested loop, with each look-up in the index as above.
HOLD = """
    SELECT one.id, one.phone_hmac FROM unnest($1::uuid[]) AS o (id) CROSS JOIN LATERAL (
        SELECT id, phone_hmac FROM person WHERE id = o.id LIMIT 1 FOR KEY SHARE
    ) one
"""


async def recognise(
    tx: Transaction,
    people: People,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    batch: Sequence[NewApplication],
    hmacs: Mapping[str, bytes],
) -> Sequence[Known]:
    """In the batch's order; hmacs are the keyed hashes of its phone numbers."""
    known = [NOTHING] * len(batch)
    for row in await tx.fetch(
        RECOGNISE,
        broadcast_id,
        org_id,
        [new.viewer_id for new in batch],
        [new.key for new in batch],
        [new.job_id for new in batch],
        [hmacs[new.phone] for new in batch],
        [new.visit_id for new in batch],
    ):
        known[row["nth"] - 1] = _known(people, row)
    return known


async def earlier_keys(
    tx: Transaction, people: People, broadcast_id: BroadcastId, devices: Sequence[Device]
) -> Mapping[Device, Sequence[bytes]]:
    """The keys that what these devices sent before may have been sealed with.

    That of the person whose application it is by now, and those of whoever became this person.
    """
    rows = await tx.fetch(
        """
        SELECT r.viewer_id, r.key, k.person_id, k.wrapped, f.former_id, f.key AS former
        FROM unnest($2::uuid[], $3::uuid[]) AS d (viewer_id, key)
        CROSS JOIN LATERAL (
            SELECT viewer_id, key, application_id FROM receipt
            WHERE broadcast_id = $1 AND viewer_id = d.viewer_id AND key = d.key LIMIT 1
        ) r CROSS JOIN LATERAL (SELECT person_id FROM application WHERE id = r.application_id LIMIT 1) a
        CROSS JOIN LATERAL (SELECT person_id, wrapped FROM keys.person_key WHERE person_id = a.person_id LIMIT 1) k
        LEFT JOIN LATERAL (SELECT former_id, key FROM vault.former_key WHERE person_id = k.person_id OFFSET 0) f ON true
        """,
        broadcast_id,
        [viewer_id for viewer_id, _ in devices],
        [key for _, key in devices],
    )
    found: dict[Device, list[bytes]] = defaultdict(list)
    for row in rows:
        person, keys = people.person(row), found[ViewerId(row["viewer_id"]), row["key"]]
        keys.append(person.key)
        if row["former"] is not None:
            keys.append(people.former_key(person, row["former_id"], row["former"]))
    return found


async def hold(tx: Transaction, people: Mapping[PersonId, bytes]) -> None:
    """Holds them as they were found, with the keyed hash of their phone, until the transaction ends.

    Raises Raced when one has been merged or erased since, or has another phone.
    """
    if not people:
        return
    rows = await tx.fetch(HOLD, sorted(people))
    if any(row["phone_hmac"] != people[row["id"]] for row in rows):
        raise Raced


def _known(people: People, row: asyncpg.Record) -> Known:
    return Known(
        mac=row["body_mac"],
        person=people.person(row) if row["person_id"] else None,
        standing=Standing(row["application_id"], row["viewer_id"], row["state"] == "withdrawn")
        if row["application_id"]
        else None,
        told=Told(row["receipt_id"], row["number"], row["at"], row["withdrawn_at"] is not None)
        if row["receipt_id"]
        else None,
        first_channel=row["first_channel_id"],
        visit_channel=row["visit_channel_id"],
    )
