"""Carrying applications from applied to hired and stayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import Field

from stream_jobs.domain.events import Body
from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.ids import ApplicationId, BroadcastId, EmployerId, OrgId
from stream_jobs.ports.bus import By


@dataclass(frozen=True, slots=True)
class Move:
    """An application to be brought to a state; refused when it is not in the expected one, where one is given."""

    application_id: ApplicationId
    state: State
    reason: Reason | None = None
    expected: State | None = None


class MoveVerdict(Body):
    """What became of a move. state: as it is now, null where there is no such application; code: why it was refused."""

    application_id: ApplicationId
    verdict: Literal["moved", "unchanged", "refused"]
    state: State | None = None
    code: str | None = None


class Moved(Body):
    """A batch of moves, with a verdict for each in the order given; batch_id, null when nothing moved, undoes it."""

    batch_id: UUID | None
    moved: int
    verdicts: tuple[MoveVerdict, ...]
    broadcasts: tuple[BroadcastId, ...] = Field(default=(), exclude=True)


class Recruiting(Protocol):
    """employer_id limits whose applications they are; without one, those of employers that have no recruiter account.

    What is outside of that looks like what is missing.
    """

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
        """In one transaction; each application is moved or told why not. all_or_none: one refusal and nothing moves."""

    async def undo(
        self, org_id: OrgId, batch_id: UUID, *, employer_id: EmployerId | None, by: By, at: datetime
    ) -> Moved:
        """Takes back those moves of the batch that nothing has followed. Raises MoveNotFound, UndoOver."""
