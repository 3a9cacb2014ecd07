"""Devices kept out of a broadcast."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, ViewerId
from stream_jobs.ports.bus import By


class BanRow(Body):
    """A device kept out: why, by whom, and since when; lifted when it may come back.

    number: of the newest application it made in the broadcast.
    """

    id: UUID
    number: str | None = None
    reason: str
    by: str
    at: datetime
    lifted_at: datetime | None = None
    lifted_by: str | None = None


class Bans(Protocol):
    async def ban(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        application_id: ApplicationId,
        *,
        reason: str,
        by: By,
        at: datetime,
    ) -> BanRow:
        """The device that made the application; one that is kept out already stays so. Raises ApplicationNotFound."""

    async def lift(self, org_id: OrgId, broadcast_id: BroadcastId, ban_id: UUID, *, by: By, at: datetime) -> None:
        """Doing it again changes nothing. Raises BanNotFound."""

    async def of(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[BanRow]:
        """Newest first."""

    async def standing(self) -> frozenset[tuple[BroadcastId, ViewerId]]:
        """Every device that is kept out of anywhere."""
