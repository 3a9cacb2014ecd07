"""Which devices have proven to hold a person's number."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeAlias

from storage.keeper import Moving
from storage.locking import RACES, Raced
from storage.people import People
from storage.phone_codes import PhoneCodeStore
from storage.pool import Database, Transaction
from storage.recognised import hold
from storage.wrapping import share_wrapping
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.domain.ids import OrgId, PersonId, ViewerId
from stream_jobs.domain.phone_code import VERIFIED_FOR
from stream_jobs.ports import NewApplication

# Devices and the phones (E.164) they have proven to hold.
Proven: TypeAlias = frozenset[tuple[ViewerId, str]]


class VerifiedPhoneStore:
    def __init__(self, database: Database, people: People, codes: PhoneCodeStore) -> None:
        self._database = database
        self._people = people
        self._codes = codes

    async def asked_by(self, org_id: OrgId) -> str:
        async with self._database.transaction(org_id) as tx:
            return str(await tx.fetchval("SELECT name FROM organisation WHERE id = $1", org_id))

    async def confirm(self, org_id: OrgId, viewer_id: ViewerId, phone: str, code: str, at: datetime) -> bool:
        for _ in range(RACES):
            with suppress(Raced):
                async with self._database.transaction(org_id) as tx:
                    wraps = await share_wrapping(tx, self._people.vault)
                    if is_right := await self._codes.take(tx, org_id, viewer_id, phone, code, at):
                        await self._record(tx, org_id, viewer_id, phone, at, wraps=wraps)
                return is_right
        raise StorageUnavailable(retry_after_seconds=1)

    async def _record(
        self, tx: Transaction, org_id: OrgId, viewer_id: ViewerId, phone: str, at: datetime, *, wraps: int
    ) -> None:
        """Whoever is not known yet is from now on: they have shown that the number is theirs. Raises Raced."""
        hmac = self._people.vault.phone_hmac(org_id, phone)
        person = (await self._people.find(tx, org_id, [phone])).get(phone)
        if person:
            await hold(tx, {person.id: hmac})
        else:
            person = (await self._people.make(tx, org_id, {phone: hmac}, at, wraps=wraps))[phone]
        await tx.execute(
            """
            INSERT INTO verified_phone (viewer_id, person_id, org_id, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (viewer_id, person_id) DO UPDATE SET at = excluded.at
            """,
            viewer_id,
            person.id,
            org_id,
            at,
        )


async def proven_among(
    tx: Transaction, org_id: OrgId, applications: Sequence[NewApplication], hmacs: Mapping[str, bytes]
) -> Proven:
    """Those devices and phones of them that belong together; hmacs are the keyed hashes of the phones (E.164)."""
    phones = {hmacs[new.phone]: new.phone for new in applications}
    rows = await tx.fetch(
        """
        SELECT v.viewer_id, p.phone_hmac FROM person p JOIN verified_phone v ON v.person_id = p.id
        WHERE p.org_id = $1 AND p.phone_hmac = ANY($2::bytea[]) AND v.viewer_id = ANY($3::uuid[]) AND v.at > $4
        """,
        org_id,
        list(phones),
        list({new.viewer_id for new in applications}),
        max(new.at for new in applications) - VERIFIED_FOR,
    )
    return frozenset((ViewerId(row["viewer_id"]), phones[row["phone_hmac"]]) for row in rows)


async def forget(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
    await tx.execute("DELETE FROM verified_phone WHERE person_id = $1 AND org_id = $2", person_id, org_id)


async def move(tx: Transaction, org_id: OrgId, moving: Moving) -> None:
    """The other's number is the one that is left: who has proven the one given up has proven nothing of it."""
    await forget(tx, org_id, moving.new)
    await tx.execute(
        "UPDATE verified_phone SET person_id = $3 WHERE person_id = $1 AND org_id = $2",
        moving.old,
        org_id,
        moving.new,
    )


async def tell(tx: Transaction, org_id: OrgId, person_id: PersonId, _: bytes) -> Mapping[str, object]:
    rows = await tx.fetch(
        "SELECT at FROM verified_phone WHERE person_id = $1 AND org_id = $2 ORDER BY at", person_id, org_id
    )
    return {"phone_verified_at": [row["at"] for row in rows]}
