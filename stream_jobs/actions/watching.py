"""What a viewer does by watching: visits, signals, questions; all counted, none replayed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from stream_jobs.domain.events import QuestionKind, Signal, Watcher
from stream_jobs.domain.ids import BroadcastId, CardId, OrgId, VisitId, WorkerId
from stream_jobs.ports import Audience, Bus, Clock, Topic


class WatchingActions:
    def __init__(self, audience: Audience, bus: Bus, clock: Clock) -> None:
        self._audience = audience
        self._bus = bus
        self._clock = clock

    async def visit(self, org: OrgId, broadcast: BroadcastId, watcher: Watcher) -> None:
        """One page load; opening it again with the same visit id changes nothing."""
        await self.visits(org, broadcast, [(watcher, self._clock())])

    async def visits(self, org: OrgId, broadcast: BroadcastId, visits: Sequence[tuple[Watcher, datetime]]) -> None:
        """Many page loads at once, each with its time."""
        await self._audience.open_visits(org, broadcast, visits)
        await self._bus.announce(broadcast, Topic.DESK)

    async def opened(self, rows: Sequence[tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime]]) -> None:
        """Connections that began, as the start of watched intervals."""
        await self._audience.open_intervals(rows)

    async def closed(self, rows: Sequence[tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime, datetime]]) -> None:
        """Connections that ended: (…, from, to)."""
        await self._audience.close_intervals(rows)

    async def record(
        self, org: OrgId, broadcast: BroadcastId, batch: Sequence[tuple[Watcher, Signal]]
    ) -> Sequence[UUID]:
        """Stores and counts what viewers saw and did; returns the event ids that need not be sent again."""
        await self._audience.append(org, broadcast, batch, self._clock())
        await self._bus.announce(broadcast, Topic.DESK)
        return [signal.event_id for _, signal in batch]

    async def ask(
        self, org: OrgId, broadcast: BroadcastId, watcher: Watcher, card: CardId, kind: QuestionKind
    ) -> tuple[int, str | None]:
        """How many devices asked this by now, and the answer if there is one."""
        asked = await self._audience.ask(org, broadcast, watcher.viewer_id, card, kind, self._clock())
        await self._bus.announce(broadcast, Topic.DESK)
        return asked

    async def questions(self, org: OrgId, broadcast: BroadcastId) -> Mapping[CardId, Mapping[QuestionKind, int]]:
        return await self._audience.questions(org, broadcast)

    async def beat(self, worker: WorkerId, rooms: Mapping[BroadcastId, int]) -> None:
        """This worker lives and holds that many distinct viewers in each room."""
        await self._audience.beat(worker, rooms, self._clock())

    async def watching_elsewhere(self, broadcast: BroadcastId, worker: WorkerId) -> int:
        """Viewers that other workers hold, as of their last beat."""
        return await self._audience.watching_elsewhere(broadcast, worker, self._clock())

    def now(self) -> datetime:
        return self._clock()
