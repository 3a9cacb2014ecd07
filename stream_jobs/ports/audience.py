"""Visits, watched intervals, signals and questions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from stream_jobs.domain.events import QuestionKind, Signal, Watcher
from stream_jobs.domain.ids import BroadcastId, CardId, OrgId, ViewerId, VisitId, WorkerId


class Audience(Protocol):
    async def open_visits(
        self, org_id: OrgId, broadcast_id: BroadcastId, visits: Sequence[tuple[Watcher, datetime]]
    ) -> None:
        """Counts each page load once, however often it is opened."""

    async def open_intervals(self, rows: Sequence[tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime]]) -> None: ...

    async def close_intervals(
        self, rows: Sequence[tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime, datetime]]
    ) -> None:
        """(…, from, to) of connections that ended."""

    async def append(
        self, org_id: OrgId, broadcast_id: BroadcastId, batch: Sequence[tuple[Watcher, Signal]], received_at: datetime
    ) -> None:
        """Stores and counts signals; those stored before change nothing; those that cannot be true count as fraud."""

    async def ask(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        viewer_id: ViewerId,
        card_id: CardId,
        kind: QuestionKind,
        at: datetime,
    ) -> tuple[int, str | None]:
        """How many asked this by now, and the answer if there is one."""

    async def questions(
        self, org_id: OrgId, broadcast_id: BroadcastId
    ) -> Mapping[CardId, Mapping[QuestionKind, int]]: ...

    async def beat(self, worker_id: WorkerId, rooms: Mapping[BroadcastId, int], at: datetime) -> None:
        """This worker is alive and holds that many distinct viewers in each room."""

    async def watching_elsewhere(self, broadcast_id: BroadcastId, worker_id: WorkerId, at: datetime) -> int: ...
