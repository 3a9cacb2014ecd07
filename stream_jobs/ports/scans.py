"""How often channels' links were opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from stream_jobs.domain.ids import BroadcastId, ChannelId, OrgId


@dataclass(frozen=True, slots=True)
class Scanned:
    """Until then a process gave out the page of a channel's link so many times in all."""

    process_id: UUID
    org_id: OrgId
    broadcast_id: BroadcastId
    channel_id: ChannelId
    times: int
    at: datetime


class Scans(Protocol):
    async def set(self, scanned: Sequence[Scanned]) -> None:
        """In place of what these processes said before; fewer than that changes nothing."""
