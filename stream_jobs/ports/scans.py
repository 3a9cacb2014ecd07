"""How often channels' links were opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from stream_jobs.domain.ids import BroadcastId, ChannelId, OrgId


@dataclass(frozen=True, slots=True)
class Scanned:
    """A channel's link was opened so many times, until then."""

    id: UUID
    org_id: OrgId
    broadcast_id: BroadcastId
    channel_id: ChannelId
    times: int
    at: datetime


class Scans(Protocol):
    async def add(self, scanned: Sequence[Scanned]) -> None:
        """Stored once; the same again changes nothing."""
