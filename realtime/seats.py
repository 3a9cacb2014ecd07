"""Places in a room: one per subscribed connection, counted per device."""

from collections.abc import Collection
from typing import Protocol

from realtime.protocol import Disconnect
from stream_jobs.domain.ids import ViewerId
from stream_jobs.tokens import Identity, Role


class Line(Protocol):
    """How a room speaks to one connection."""

    open: bool

    def send(self, ready: bytes) -> bool: ...

    def close(self, why: Disconnect) -> None: ...

    @property
    def drained(self) -> bool: ...


class Seat:
    """One subscription of one connection: `told` is the seq of the last entry it was sent."""

    __slots__ = ("role", "told", "viewer_id", "wanted", "wire")

    def __init__(self, wire: Line, identity: Identity) -> None:
        self.wire = wire
        self.role: Role = identity.role
        self.viewer_id: ViewerId | None = identity.watcher.viewer_id if identity.watcher else None
        self.told = 0
        self.wanted = True


class Seats:
    """Who follows the stage; two tabs of one device are one viewer."""

    def __init__(self) -> None:
        self.stage: dict[Seat, None] = {}
        self.viewers: dict[ViewerId, int] = {}

    def add(self, seat: Seat) -> None:
        self.stage[seat] = None
        if seat.viewer_id is not None:
            self.viewers[seat.viewer_id] = self.viewers.get(seat.viewer_id, 0) + 1

    def remove(self, seat: Seat) -> None:
        """Removing a seat that is not there changes nothing."""
        if seat not in self.stage:
            return
        del self.stage[seat]
        if seat.viewer_id is not None:
            self.viewers[seat.viewer_id] -= 1
            if not self.viewers[seat.viewer_id]:
                del self.viewers[seat.viewer_id]

    def viewers_not_reached(self, missed: Collection[Seat]) -> int:
        """Distinct viewers of these seats that have no other seat here."""
        missing = {seat.viewer_id for seat in missed if seat.viewer_id is not None}
        if missing:
            missing -= {seat.viewer_id for seat in self.stage if seat not in missed}
        return len(missing)
