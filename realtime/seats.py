"""Places in a room: one per subscribed connection, side by side so that all are told in one walk."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from realtime.protocol import Disconnect
from realtime.row import AT_ONCE, BUSY, Row, WriteToEach, an_empty_row, write_to_each
from stream_jobs.domain.ids import ViewerId
from stream_jobs.tokens import Identity, Role

FEWEST_GAPS = 100


class Line(Protocol):
    """How a room speaks to one connection."""

    open: bool

    def send(self, ready: bytes) -> bool: ...

    def written(self, ready: bytes, size: int) -> None:
        """So much of it was written past the connection, which sees to the rest; GONE: its peer is."""

    def stand_in(self, row: "Row | None", place: int) -> None:
        """From now on its descriptor, or BUSY, stands at this place of the row; in none when it is None."""

    def close(self, why: Disconnect) -> None: ...

    @property
    def drained(self) -> bool: ...

    async def until_drained(self) -> None:
        """Until the kernel has taken everything sent so far, or nothing can be sent any more."""


class Seat:
    """One subscription of one connection. Whoever sits has been told all that the room knows of the log."""

    __slots__ = ("place", "role", "viewer_id", "wanted", "wire")

    def __init__(self, wire: Line, identity: Identity) -> None:
        self.wire = wire
        self.role: Role = identity.role
        self.viewer_id: ViewerId | None = identity.watcher.viewer_id if identity.watcher else None
        self.place = -1
        self.wanted = True


@dataclass(slots=True, eq=False)
class Walk:
    """Along a row, from one end to where it ended when the walk began; late: who was not told all of it at once."""

    at: int
    end: int
    late: list[Seat] = field(default_factory=list)

    def leaves(self, seat: Seat) -> None:
        if self.at <= seat.place < self.end:
            self.late.append(seat)


class Seats:
    """Who follows the stage; two tabs of one device are one viewer."""

    def __init__(self, write_to_each: WriteToEach = write_to_each) -> None:
        self._write_to_each = write_to_each
        self._row: Row = an_empty_row()
        self._seats: list[Seat | None] = []
        self._gaps = 0
        self._walks: list[Walk] = []
        self.viewers: dict[ViewerId, int] = {}

    def __len__(self) -> int:
        return len(self._seats) - self._gaps

    def __iter__(self) -> Iterator[Seat]:
        return (seat for seat in self._seats if seat is not None)

    def add(self, seat: Seat) -> None:
        self._seat(seat)
        if seat.viewer_id is not None:
            self.viewers[seat.viewer_id] = self.viewers.get(seat.viewer_id, 0) + 1

    def remove(self, seat: Seat) -> None:
        """Removing a seat that is not there changes nothing."""
        if seat.place < 0:
            return
        for walk in self._walks:
            walk.leaves(seat)
        seat.wire.stand_in(None, seat.place)
        self._row[seat.place] = BUSY
        self._seats[seat.place] = None
        self._gaps += 1
        seat.place = -1
        if seat.viewer_id is not None:
            self.viewers[seat.viewer_id] -= 1
            if not self.viewers[seat.viewer_id]:
                del self.viewers[seat.viewer_id]

    def _seat(self, seat: Seat) -> None:
        seat.place = len(self._seats)
        self._seats.append(seat)
        self._row.append(BUSY)
        seat.wire.stand_in(self._row, seat.place)

    def _move_up(self) -> None:
        """Closes the gaps that others left, once they are half of the row; never while somebody walks along it."""
        if self._walks or self._gaps < max(FEWEST_GAPS, len(self._seats) // 2):
            return
        staying = list(self)
        self._row, self._seats, self._gaps = an_empty_row(), [], 0
        for seat in staying:
            self._seat(seat)

    # ── telling ───────────────────────────────────────────────────────────────────────────────────────────────

    async def tell(self, ready: bytes, otherwise: Callable[[Seat], None]) -> list[Seat]:
        """Writes to everybody who sits here now, and to nobody who sits down meanwhile.

        Those whose connection has something waiting are handed to `otherwise` in their turn. Returns those of whose
        bytes the kernel did not take all, whose connection sees to the rest, and those who left before their turn.
        """
        self._move_up()
        walk = Walk(0, len(self._row))
        self._walks.append(walk)
        try:
            while walk.at < walk.end:
                self._tell_some(walk, ready, otherwise)
                if walk.at < walk.end:
                    await asyncio.sleep(0)
        finally:
            self._walks.remove(walk)
        return walk.late

    def _tell_some(self, walk: Walk, ready: bytes, otherwise: Callable[[Seat], None]) -> None:
        first, walk.at = walk.at, min(walk.at + AT_ONCE, walk.end)
        for nth, size in self._write_to_each(self._row[first : walk.at], ready):
            seat = self._seats[first + nth]
            if seat is None:
                continue
            if size == BUSY:
                otherwise(seat)
            else:
                walk.late.append(seat)
                seat.wire.written(ready, size)

    def viewers_not_reached(self, missed: Collection[Seat]) -> int:
        """Distinct viewers of these seats that have no other seat here."""
        missing = {seat.viewer_id for seat in missed if seat.viewer_id is not None}
        if missing:
            missing -= {seat.viewer_id for seat in self if seat not in missed}
        return len(missing)
