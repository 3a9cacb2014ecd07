"""The recruiter's side of applications: carried from applied to hired and stayed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from storage.moves import move_all, undo_batch
from storage.people import People
from storage.pool import Database
from stream_jobs.domain.ids import EmployerId, OrgId
from stream_jobs.ports import By, Move, Moved


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
