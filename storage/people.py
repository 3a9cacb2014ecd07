"""Persons and their contact: found by keyed hash, kept under a key of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from storage.pool import Transaction
from storage.vault import Vault
from stream_jobs.domain.ids import OrgId, PersonId, uuid7


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """In clear: never to be logged or kept; None where the person's key is gone."""

    name: str | None
    phone: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    id: PersonId
    key: bytes


class People:
    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    def contact(self, row: asyncpg.Record) -> Contact:
        """Reads a row with person_id, wrapped, phone, and the id and name of an application."""
        if row["wrapped"] is None:
            return Contact(None, None)
        key = self.vault.unwrap(row["person_id"], row["wrapped"])
        phone = self.vault.open(key, "vault.person.phone", row["person_id"], row["phone"]) if row["phone"] else None
        name = self.vault.open(key, "vault.application.name", row["id"], row["name"]) if row["name"] else None
        return Contact(name, phone)

    async def find_or_make(
        self, tx: Transaction, org_id: OrgId, phones: Iterable[str], at: datetime
    ) -> Mapping[str, Person]:
        """The person behind each phone number (E.164) in this organisation."""
        wanted = self._by_hmac(org_id, phones)
        known = await self._known(tx, org_id, wanted)
        strangers = sorted(hmac for hmac, phone in wanted.items() if phone not in known)
        if strangers:
            await self._make(tx, org_id, {hmac: wanted[hmac] for hmac in strangers}, at)
            # Whoever lost a race reads the winner's row, invisible to the statement that collided.
            known |= await self._known(tx, org_id, {hmac: wanted[hmac] for hmac in strangers})
        return known

    async def find(self, tx: Transaction, org_id: OrgId, phones: Iterable[str]) -> Mapping[str, Person]:
        """Those of them who are known already."""
        wanted = self._by_hmac(org_id, phones)
        return await self._known(tx, org_id, wanted) if wanted else {}

    def _by_hmac(self, org_id: OrgId, phones: Iterable[str]) -> dict[bytes, str]:
        return {self.vault.phone_hmac(org_id, phone): phone for phone in phones}

    async def _known(self, tx: Transaction, org_id: OrgId, wanted: Mapping[bytes, str]) -> dict[str, Person]:
        rows = await tx.fetch(
            """
            SELECT p.id, p.phone_hmac, k.wrapped FROM person p JOIN keys.person_key k ON k.person_id = p.id
            WHERE p.org_id = $1 AND p.phone_hmac = ANY($2::bytea[])
            """,
            org_id,
            list(wanted),
        )
        return {
            wanted[row["phone_hmac"]]: Person(row["id"], self.vault.unwrap(row["id"], row["wrapped"])) for row in rows
        }

    async def _make(self, tx: Transaction, org_id: OrgId, strangers: Mapping[bytes, str], at: datetime) -> None:
        made = await tx.fetch(
            """
            INSERT INTO person (id, org_id, phone_hmac, created_at)
            SELECT id, $2, phone_hmac, $4 FROM unnest($1::uuid[], $3::bytea[]) AS new (id, phone_hmac)
            ON CONFLICT DO NOTHING RETURNING id, phone_hmac
            """,
            [uuid7(at) for _ in strangers],
            org_id,
            list(strangers),
            at,
        )
        keys = [self.vault.new_key() for _ in made]
        await tx.executemany(
            "INSERT INTO keys.person_key (person_id, org_id, wrapped) VALUES ($1, $2, $3)",
            [(row["id"], org_id, self.vault.wrap(row["id"], key)) for row, key in zip(made, keys, strict=True)],
        )
        await tx.executemany(
            "INSERT INTO vault.person (person_id, org_id, phone) VALUES ($1, $2, $3)",
            [
                (row["id"], org_id, self.vault.seal(key, "vault.person.phone", row["id"], strangers[row["phone_hmac"]]))
                for row, key in zip(made, keys, strict=True)
            ],
        )
