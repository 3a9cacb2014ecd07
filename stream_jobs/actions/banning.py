"""Keeping a device out of a broadcast, and letting it back in."""

from collections.abc import Sequence
from uuid import UUID

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, ViewerId
from stream_jobs.domain.text import clean_name
from stream_jobs.ports import BanRow, Bans, Bus, By, Clock, Topic


class BanActions:
    """Who is kept out is known here without asking: every process looks again within seconds of a change."""

    def __init__(self, bans: Bans, bus: Bus, clock: Clock) -> None:
        self._bans = bans
        self._bus = bus
        self._clock = clock
        self._standing: frozenset[tuple[BroadcastId, ViewerId]] = frozenset()

    async def ban(
        self, org: OrgId, broadcast: BroadcastId, application: ApplicationId, *, reason: str, by: By
    ) -> BanRow:
        """Keeps out the device that made this application; its sockets close. Raises ApplicationNotFound, BadInput."""
        clean = clean_name(reason)
        if clean is None:
            raise BadInput(field="reason", expected="why this device is kept out")
        row = await self._bans.ban(org, broadcast, application, reason=clean, by=by, at=self._clock())
        await self._changed(broadcast)
        return row

    async def lift(self, org: OrgId, broadcast: BroadcastId, ban: UUID, by: By) -> None:
        """Raises BanNotFound."""
        await self._bans.lift(org, broadcast, ban, by=by, at=self._clock())
        await self._changed(broadcast)

    async def listed(self, org: OrgId, broadcast: BroadcastId) -> Sequence[BanRow]:
        return await self._bans.of(org, broadcast)

    async def look(self) -> None:
        """Learns who is kept out now. Raises Unavailable."""
        self._standing = await self._bans.standing()

    def is_banned(self, broadcast: BroadcastId, viewer: ViewerId) -> bool:
        """As of the last look."""
        return (broadcast, viewer) in self._standing

    @property
    def any(self) -> bool:
        return bool(self._standing)

    async def _changed(self, broadcast: BroadcastId) -> None:
        await self.look()
        await self._bus.announce(broadcast, Topic.ACCESS)
