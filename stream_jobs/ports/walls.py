"""Wall screens: their public links, and what they show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, OrgId, SeriesId, WallId
from stream_jobs.domain.walls import WallCounts, WallCourse, WallHead
from stream_jobs.ports.bus import By


@dataclass(frozen=True, slots=True)
class WallOf:
    """What a wall shows: a show, or a series."""

    org_id: OrgId
    broadcast_id: BroadcastId | None = None
    series_id: SeriesId | None = None

    def __post_init__(self) -> None:
        if (self.broadcast_id is None) == (self.series_id is None):
            raise ValueError("a wall is of a show or of a series")


class WallLink(Body):
    """A link as its organiser keeps it."""

    id: UUID
    by: str
    at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewWall:
    id: WallId
    of: WallOf


class Walls(Protocol):
    async def add(self, new: NewWall, *, by: By, at: datetime) -> WallLink:
        """Raises BroadcastNotFound, SeriesNotFound."""

    async def listed(self, of: WallOf) -> Sequence[WallLink]:
        """Newest first. Raises BroadcastNotFound, SeriesNotFound."""

    async def revoke(self, org_id: OrgId, wall_id: WallId, *, by: By, at: datetime) -> WallLink:
        """Raises WallNotFound."""

    async def opens(self, wall_id: WallId) -> WallOf:
        """Raises WallClosed."""

    async def counts(self, of: WallOf, at: datetime) -> tuple[WallHead, WallCounts]:
        """All of one moment. Raises WallClosed when there is no such show or series any more."""

    async def course(self, of: WallOf, at: datetime) -> WallCourse:
        """Raises WallClosed."""
