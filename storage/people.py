"""Persons and their contact: found by keyed hash, kept under a key of their own."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from storage.locking import Raced
from storage.pool import Transaction
from storage.vault import Vault
from stream_jobs.domain.errors import DataDamaged, PersonNotFound
from stream_jobs.domain.ids import OrgId, PersonId, uuid7

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """In clear: never to be logged or kept; None where the person's key is gone, or what it sealed is damaged."""

    name: str | None
    phone: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    id: PersonId
    key: bytes


class People:
    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.grams = vault.grams

    def contact(self, row: asyncpg.Record) -> Contact:
        """Reads a row with person_id, wrapped, phone, and the id and name of an application; damage is logged."""
        try:
            return self.whole_contact(row)
        except DataDamaged:
            logger.error("personal data is damaged", extra={"person": str(row["person_id"]), "row": str(row["id"])})
            return Contact(None, None)

    def whole_contact(self, row: asyncpg.Record) -> Contact:
        """The same, for whoever must not take damage for an empty field. Raises DataDamaged."""
        if row["wrapped"] is None:
            return Contact(None, None)
        key = self.vault.unwrap(row["person_id"], row["wrapped"])
        phone = self.vault.open(key, "vault.person.phone", row["person_id"], row["phone"]) if row["phone"] else None
        name = self.vault.open(key, "vault.application.name", row["id"], row["name"]) if row["name"] else None
        return Contact(name, phone)

    def person(self, row: asyncpg.Record) -> Person:
        """Reads a row with person_id and wrapped."""
        return Person(row["person_id"], self.vault.unwrap(row["person_id"], row["wrapped"]))

    def seal_former(self, person: Person, former: Person) -> bytes:
        """The key of who became this person, under this person's key."""
        return self.vault.seal(person.key, "vault.former_key.key", former.id, former.key.hex())

    def former_key(self, person: Person, former_id: PersonId, sealed: bytes) -> bytes:
        return bytes.fromhex(self.vault.open(person.key, "vault.former_key.key", former_id, sealed))

    async def make(
        self, tx: Transaction, org_id: OrgId, strangers: Mapping[str, bytes], at: datetime, *, wraps: int
    ) -> Mapping[str, Person]:
        """Persons for phone numbers (E.164, with their keyed hash) that nobody has; wraps as in wrapping.py.

        Raises Raced: somebody has one.
        """
        # In the order of their hashes, so that two batches never wait for each other.
        phones = sorted(strangers, key=lambda phone: strangers[phone])
        made = [Person(PersonId(uuid7(at)), self.vault.new_key()) for _ in phones]
        stored = await tx.fetch(
            MAKE_PEOPLE,
            org_id,
            at,
            [person.id for person in made],
            [strangers[phone] for phone in phones],
            [self.vault.wrap(person.id, person.key, wraps) for person in made],
            [
                self.vault.seal(person.key, "vault.person.phone", person.id, phone)
                for phone, person in zip(phones, made, strict=True)
            ],
        )
        if len(stored) < len(made):
            # To wait for the winner here would be out of order: persons are held before any is made.
            raise Raced
        return dict(zip(phones, made, strict=True))

    async def find(self, tx: Transaction, org_id: OrgId, phones: Iterable[str]) -> Mapping[str, Person]:
        """Those of them who are known; held by nobody yet."""
        wanted = {self.vault.phone_hmac(org_id, phone): phone for phone in phones}
        rows = await tx.fetch(
            """
            SELECT p.id AS person_id, p.phone_hmac, k.wrapped FROM person p JOIN keys.person_key k ON k.person_id = p.id
            WHERE p.org_id = $1 AND p.phone_hmac = ANY($2::bytea[])
            """,
            org_id,
            list(wanted),
        )
        return {wanted[row["phone_hmac"]]: self.person(row) for row in rows}

    async def key_of(self, tx: Transaction, org_id: OrgId, person_id: PersonId) -> bytes:
        """Holds the person as they are until the transaction ends. Raises PersonNotFound, DataDamaged."""
        wrapped = await tx.fetchval(
            """
            SELECT k.wrapped FROM person p JOIN keys.person_key k ON k.person_id = p.id
            WHERE p.id = $1 AND p.org_id = $2 AND p.phone_hmac IS NOT NULL FOR KEY SHARE OF p
            """,
            person_id,
            org_id,
        )
        if wrapped is None:
            raise PersonNotFound
        return self.vault.unwrap(person_id, wrapped)


# Of the organisation $1 at $2: a key and a contact for each person that is new.
MAKE_PEOPLE = """
    WITH new AS MATERIALIZED (
        SELECT * FROM unnest($3::uuid[], $4::bytea[], $5::bytea[], $6::bytea[]) AS n (id, phone_hmac, wrapped, phone)
    ), made AS (
        INSERT INTO person (id, org_id, phone_hmac, created_at) SELECT id, $1, phone_hmac, $2 FROM new
        ON CONFLICT DO NOTHING RETURNING id
    ), locked AS (
        INSERT INTO keys.person_key (person_id, org_id, wrapped) SELECT id, $1, wrapped FROM new JOIN made USING (id)
    ), kept AS (
        INSERT INTO vault.person (person_id, org_id, phone) SELECT id, $1, phone FROM new JOIN made USING (id)
    )
    SELECT id FROM made
"""
