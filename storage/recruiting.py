"""The recruiter's side of applications: read, contacted, carried from applied to hired and stayed."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from storage.audit import write_audit
from storage.file_reading import ready_body, ready_files
from storage.followed import Reader, events_of, follow_up_body, followed, sealed_follow_ups, undo_of
from storage.locking import hold_people, steady
from storage.moves import locked, mark_viewed, move_all, undo_batch
from storage.people import People
from storage.pool import Database, Transaction
from storage.workloads import EMPLOYERS_WITHOUT_RECRUITER, HAS_RECRUITER, workload
from stream_jobs.domain.errors import ApplicationNotFound, EmployerNotFound, NotAllowed
from stream_jobs.domain.following import OPEN, State
from stream_jobs.domain.ids import ApplicationId, EmployerId, OrgId, uuid7
from stream_jobs.ports import (
    By,
    EmployerWork,
    FollowedFilter,
    FollowedPage,
    FollowUp,
    FollowUpMade,
    Move,
    Moved,
    NewFollowUp,
    OpenedApplication,
    Workload,
)
from stream_jobs.ports.recruiting import REACHED


class RecruitingStore:
    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    async def move(
        self,
        org_id: OrgId,
        moves: Sequence[Move],
        *,
        employer_id: EmployerId | None,
        by: By,
        at: datetime,
        all_or_none: bool = False,
    ) -> Moved:
        async with self._database.transaction(org_id) as tx:
            return await move_all(tx, org_id, moves, employer_id=employer_id, by=by, at=at, all_or_none=all_or_none)

    async def undo(
        self, org_id: OrgId, batch_id: UUID, *, employer_id: EmployerId | None, by: By, at: datetime
    ) -> Moved:
        async with self._database.transaction(org_id) as tx:
            return await undo_batch(tx, org_id, batch_id, employer_id=employer_id, by=by, at=at)

    async def listed(self, org_id: OrgId, employer_id: EmployerId, wanted: FollowedFilter, today: date) -> FollowedPage:
        async with self._database.transaction(org_id) as tx:
            return await Reader(self._people, org_id, employer_id).page(tx, wanted, today)

    async def workload(self, org_id: OrgId, employer_id: EmployerId, today: date) -> Workload:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            return await workload(tx, org_id, employer_id, today)

    async def must_work_for(self, org_id: OrgId, employer_id: EmployerId) -> None:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(HAS_RECRUITER, employer_id, org_id)
        if row is None:
            raise EmployerNotFound
        if row["has_recruiter"]:
            raise NotAllowed(expected="the employer's own recruiter")

    async def without_recruiter(self, org_id: OrgId) -> Sequence[EmployerWork]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(EMPLOYERS_WITHOUT_RECRUITER, org_id, OPEN)
        return [EmployerWork.model_validate(dict(row)) for row in rows]

    async def open(
        self, org_id: OrgId, application_id: ApplicationId, *, employer_id: EmployerId | None, by: By, at: datetime
    ) -> OpenedApplication:
        async with self._database.transaction(org_id) as tx:
            reader = await self._reader(tx, org_id, application_id, employer_id)
            if employer_id:
                await mark_viewed(tx, org_id, [application_id], by=by, at=at)
            row = await reader.one(tx, application_id)
            if row is None:
                raise ApplicationNotFound
            notes = await sealed_follow_ups(tx, application_id)
            files = await ready_files(tx, application_id)
            if row["resume"] is not None or files or any(note["said"] is not None for note in notes):
                await _record_reading(tx, org_id, application_id, by, at)
            events = await events_of(tx, application_id)
            others = await reader.others(tx, row)
            undo = await undo_of(tx, application_id, at)
        # Read only after the commit: nobody sees a résumé or a note whose audit row is not durable.
        clear = reader.opened(row)
        return OpenedApplication(
            application=followed(row, clear.contact),
            events=tuple(events),
            follow_ups=tuple(follow_up_body(self._people, row, note) for note in notes),
            resume=clear.resume,
            files=tuple(ready_body(self._people, file) for file in files),
            others=tuple(others),
            undo=undo,
        )

    async def _reader(
        self, tx: Transaction, org_id: OrgId, application_id: ApplicationId, employer_id: EmployerId | None
    ) -> Reader:
        """Raises ApplicationNotFound where it is not theirs."""
        found = await locked(tx, org_id, {application_id}, employer_id)
        if application_id not in found:
            raise ApplicationNotFound
        return Reader(self._people, org_id, found[application_id]["employer_id"])

    async def follow_up(
        self, org_id: OrgId, new: NewFollowUp, *, employer_id: EmployerId | None, by: By, at: datetime
    ) -> FollowUpMade:
        async with self._database.transaction(org_id) as tx:
            if new.said:
                await _hold_person(tx, new.application_id)
            found = await locked(tx, org_id, {new.application_id}, employer_id)
            application = found.get(new.application_id)
            if application is None:
                raise ApplicationNotFound
            id_ = await self._record_follow_up(tx, org_id, new, application, by, at)
            next_on = new.next_on if new.sets_next else application["next_on"]
            if new.sets_next:
                await _set_next(tx, new.application_id, new.next_on)
            moved = None
            if new.kind in REACHED and application["state"] in OPEN:
                first = [Move(new.application_id, State.CONTACTED)]
                moved = await move_all(tx, org_id, first, employer_id=employer_id, by=by, at=at)
        said = FollowUp(id=id_, kind=new.kind, by=by.name, at=at, said=new.said)
        return FollowUpMade(follow_up=said, next_on=next_on, moved=moved)

    async def _record_follow_up(
        self, tx: Transaction, org_id: OrgId, new: NewFollowUp, application: asyncpg.Record, by: By, at: datetime
    ) -> UUID:
        id_, person_id = uuid7(at), application["person_id"]
        await tx.execute(
            """
            INSERT INTO follow_up (id, org_id, application_id, kind, account_id, by_name, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            id_,
            org_id,
            new.application_id,
            new.kind,
            by.account_id,
            by.name,
            at,
        )
        if new.said:
            wrapped = await tx.fetchval("SELECT wrapped FROM keys.person_key WHERE person_id = $1", person_id)
            if wrapped is None:
                raise ApplicationNotFound
            vault = self._people.vault
            sealed = vault.seal(vault.unwrap(person_id, wrapped), "vault.follow_up.said", id_, new.said)
            await tx.execute(
                "INSERT INTO vault.follow_up (follow_up_id, org_id, person_id, said) VALUES ($1, $2, $3, $4)",
                id_,
                org_id,
                person_id,
                sealed,
            )
        return id_

    async def set_next(
        self, org_id: OrgId, application_id: ApplicationId, on: date | None, *, employer_id: EmployerId | None
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await self._reader(tx, org_id, application_id, employer_id)
            await _set_next(tx, application_id, on)


async def _hold_person(tx: Transaction, application_id: ApplicationId) -> None:
    """What was said will be sealed with this person's key."""

    async def person() -> Sequence[UUID]:
        rows = await tx.fetch("SELECT person_id FROM application WHERE id = $1", application_id)
        return [row["person_id"] for row in rows]

    await steady(tx, person, lambda people: hold_people(tx, people))


async def _set_next(tx: Transaction, application_id: ApplicationId, on: date | None) -> None:
    """There is nothing more to do about who was erased. Raises ApplicationNotFound; the caller holds its lock."""
    done = await tx.fetchval(
        """
        UPDATE application p SET next_on = $2
        WHERE id = $1
            AND ($2::date IS NULL OR EXISTS (SELECT FROM keys.person_key k WHERE k.person_id = p.person_id))
        RETURNING true
        """,
        application_id,
        on,
    )
    if not done:
        raise ApplicationNotFound


async def _record_reading(tx: Transaction, org_id: OrgId, application_id: ApplicationId, by: By, at: datetime) -> None:
    await write_audit(
        tx, org_id, by=by, action="open", subject=str(application_id), purpose="contact", detail={}, at=at
    )
