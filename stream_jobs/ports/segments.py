"""Typed parts of a show: what is being talked about, from when to when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, OrgId, SegmentId

SegmentKind = Literal["job", "policy", "qa"]


class SegmentBody(Body):
    """A part that has begun; open where ended_at is None, and then it lasts until the next one begins."""

    id: SegmentId
    kind: SegmentKind
    started_at: datetime
    ended_at: datetime | None


class Segments(Protocol):
    """Each call takes its turn with everything else that changes the show."""

    async def listed(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[SegmentBody]: ...

    async def begin(
        self, org_id: OrgId, broadcast_id: BroadcastId, segment_id: SegmentId, kind: SegmentKind, at: datetime
    ) -> None: ...

    async def end(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> None: ...

    async def remove(self, org_id: OrgId, broadcast_id: BroadcastId, segment_id: SegmentId) -> None: ...
