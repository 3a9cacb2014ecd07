"""What the operator or the organiser says is going on now: jobs, policy, questions."""

from collections.abc import Sequence

from stream_jobs.domain.ids import BroadcastId, OrgId, SegmentId, uuid7
from stream_jobs.ports import Clock
from stream_jobs.ports.segments import SegmentBody, SegmentKind, Segments


class SegmentActions:
    """Each answers all parts so far, oldest first."""

    def __init__(self, segments: Segments, clock: Clock) -> None:
        self._segments = segments
        self._clock = clock

    async def listed(self, org: OrgId, broadcast: BroadcastId) -> Sequence[SegmentBody]:
        """Raises BroadcastNotFound."""
        return await self._segments.listed(org, broadcast)

    async def begin(self, org: OrgId, broadcast: BroadcastId, kind: SegmentKind) -> Sequence[SegmentBody]:
        """The part before ends here; beginning what is going on already changes nothing.

        Raises BroadcastNotFound, BroadcastNotLive.
        """
        now = self._clock()
        await self._segments.begin(org, broadcast, SegmentId(uuid7(now)), kind, now)
        return await self._segments.listed(org, broadcast)

    async def end(self, org: OrgId, broadcast: BroadcastId) -> Sequence[SegmentBody]:
        """Nothing is going on from here; changes nothing where nothing was. Raises as begin."""
        await self._segments.end(org, broadcast, self._clock())
        return await self._segments.listed(org, broadcast)

    async def remove(self, org: OrgId, broadcast: BroadcastId, segment: SegmentId) -> Sequence[SegmentBody]:
        """As if it had never been begun: the one before goes on. Raises BroadcastNotFound, SegmentNotFound."""
        await self._segments.remove(org, broadcast, segment)
        return await self._segments.listed(org, broadcast)
