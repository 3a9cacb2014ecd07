"""One person's own data: copied out, corrected, erased."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from storage.audit import write_audit
from storage.correcting import Correcting
from storage.erasing import applied_in, erase
from storage.locking import RACES, Raced, lock_people
from storage.my_data import read_my_data
from storage.people import People
from storage.pool import Database, Transaction
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.domain.ids import BroadcastId, OrgId, PersonId, ViewerId
from stream_jobs.ports import By, Erasure, MyData, WhyErased


class PersonStore:
    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    async def export(self, org_id: OrgId, viewer_id: ViewerId, person_id: PersonId, at: datetime) -> MyData:
        async with self._database.transaction(org_id) as tx:
            key = await self._people.key_of(tx, org_id, person_id)
            data = await read_my_data(tx, self._people.vault, org_id, person_id, key, at)
            # Committed before the copy leaves this function: nobody has it without a record.
            await write_audit(
                tx,
                org_id,
                by=By(None, "applicant"),
                action="export_own",
                subject=str(person_id),
                purpose="own_request",
                detail={
                    "viewer": str(viewer_id),
                    "applications": len(data.applications),
                    "files": len(data.files),
                },
                at=at,
            )
        return data

    async def erase(
        self, org_id: OrgId, person_id: PersonId, *, why: WhyErased, by: str, at: datetime
    ) -> tuple[Sequence[Erasure], tuple[BroadcastId, ...]]:
        async with self._database.transaction(org_id) as tx:
            erasures = await erase(tx, org_id, person_id, why=why, by=by, at=at)
            return erasures, await applied_in(tx, org_id, person_id)

    async def erase_of_device(
        self, org_id: OrgId, viewer_id: ViewerId, person_id: PersonId, *, by: str, at: datetime
    ) -> tuple[Sequence[Erasure], tuple[BroadcastId, ...]]:
        async with self._database.transaction(org_id) as tx:
            # Another device that applies for this person just now has done so by the time we look.
            await lock_people(tx, [person_id])
            if await _is_known_elsewhere(tx, org_id, viewer_id, person_id):
                return (), ()
            erasures = await erase(tx, org_id, person_id, why="asked", by=by, at=at)
            return erasures, await applied_in(tx, org_id, person_id)

    async def correct(
        self,
        org_id: OrgId,
        viewer_id: ViewerId,
        person_id: PersonId,
        *,
        name: str | None,
        phone: str | None,
        at: datetime,
    ) -> tuple[BroadcastId, ...]:
        for _ in range(RACES):
            with suppress(Raced):
                async with self._database.transaction(org_id) as tx:
                    correcting = Correcting(tx, self._people, org_id, person_id, at)
                    await correcting.correct(viewer_id, name=name, phone=phone)
                    return await applied_in(tx, org_id, person_id)
        raise StorageUnavailable(retry_after_seconds=1)


async def _is_known_elsewhere(tx: Transaction, org_id: OrgId, viewer_id: ViewerId, person_id: PersonId) -> bool:
    return bool(
        await tx.fetchval(
            """
            SELECT EXISTS (SELECT FROM application WHERE person_id = $2 AND org_id = $1 AND viewer_id <> $3)
                OR EXISTS (SELECT FROM receipt r JOIN application a ON a.id = r.application_id
                           WHERE a.person_id = $2 AND a.org_id = $1 AND r.viewer_id <> $3)
                OR EXISTS (SELECT FROM verified_phone WHERE person_id = $2 AND org_id = $1 AND viewer_id <> $3)
                OR EXISTS (SELECT FROM person WHERE id = $2 AND org_id = $1 AND merged_into IS NOT NULL)
            """,
            org_id,
            person_id,
            viewer_id,
        )
    )
