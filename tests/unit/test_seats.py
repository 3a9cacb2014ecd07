"""Places in a room, and telling everybody who sits there, over real sockets."""

import asyncio
import socket
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from realtime.protocol import Disconnect
from realtime.row import AT_ONCE, BUSY, GONE, Row
from realtime.seats import FEWEST_GAPS, Seat, Seats
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import NO_CHANNEL, BroadcastId, OrgId, ViewerId, VisitId
from stream_jobs.tokens import Identity
from tests.builders import Clock


class _Line:
    """One connection: what the room wrote to it, and how much of that was left to do."""

    open = True
    drained = True

    def __init__(self, descriptor: int = BUSY) -> None:
        self.descriptor = descriptor
        self.left: list[int] = []
        self.row: Row | None = None
        self.place = -1

    def send(self, ready: bytes) -> bool:
        return True

    def written(self, ready: bytes, size: int) -> None:
        self.left.append(size)

    def stand_in(self, row: "Row | None", place: int) -> None:
        self.row, self.place = row, place
        if row is not None:
            row[place] = self.descriptor

    def close(self, why: Disconnect) -> None:
        self.open = False

    async def until_drained(self) -> None:
        pass


class _Phone:
    """A seat, its connection and the other end of it."""

    def __init__(self, *, busy: bool = False) -> None:
        ours, self.theirs = socket.socketpair()
        self.ours = ours
        ours.setblocking(False)
        self.theirs.setblocking(False)
        self.line = _Line(BUSY if busy else ours.fileno())
        self.seat = _a_seat(uuid4(), self.line)

    @property
    def heard(self) -> bytes:
        try:
            return self.theirs.recv(1 << 20)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def phones() -> Iterator[list[_Phone]]:
    made: list[_Phone] = []
    yield made
    for phone in made:
        phone.close()


def _a_seat(viewer: UUID, line: _Line | None = None) -> Seat:
    watcher = Watcher(ViewerId(viewer), VisitId(uuid4()), NO_CHANNEL)
    identity = Identity("viewer", OrgId(uuid4()), BroadcastId(uuid4()), str(viewer), Clock().now, watcher=watcher)
    return Seat(line or _Line(), identity)


def _sit(seats: Seats, phones: list[_Phone], count: int, *, busy: bool = False) -> list[_Phone]:
    sitting = [_Phone(busy=busy) for _ in range(count)]
    for phone in sitting:
        seats.add(phone.seat)
    phones += sitting
    return sitting


def _nobody(seat: Seat) -> None:
    raise AssertionError("everybody here may be written to")


def test_two_tabs_of_one_device_are_one_viewer() -> None:
    """The second tab's leaving leaves the viewer there; the last one's does not."""
    seats, viewer = Seats(), uuid4()
    first, second = _a_seat(viewer), _a_seat(viewer)
    seats.add(first)
    seats.add(second)

    seats.remove(first)
    assert (len(seats.viewers), list(seats)) == (1, [second])

    seats.remove(second)
    seats.remove(second)
    assert (len(seats.viewers), len(seats)) == (0, 0)


def test_a_viewer_reached_in_one_tab_is_reached() -> None:
    """Only devices none of whose tabs got the card count as not reached."""
    seats, viewer, other = Seats(), uuid4(), uuid4()
    slow, quick, slow_too = _a_seat(viewer), _a_seat(viewer), _a_seat(other)
    for seat in (slow, quick, slow_too):
        seats.add(seat)

    assert seats.viewers_not_reached([slow]) == 0
    assert seats.viewers_not_reached([slow, slow_too]) == 1


async def test_everybody_hears_the_same_and_whoever_has_something_waiting_is_handed_over(phones: list[_Phone]) -> None:
    """A connection with something waiting is not written past: what it is told comes behind that."""
    seats = Seats()
    free, busy = _sit(seats, phones, 3), _sit(seats, phones, 2, busy=True)
    handed: list[Seat] = []

    late = await seats.tell(b"card", handed.append)

    assert [phone.heard for phone in (*free, *busy)] == [b"card"] * 3 + [b""] * 2
    assert (handed, late) == ([phone.seat for phone in busy], [])


async def test_what_the_kernel_did_not_take_is_left_to_the_connection(phones: list[_Phone]) -> None:
    """A full line and one whose peer is gone are late, and their connections are told what became of it."""
    seats = Seats()
    full, gone, free = _sit(seats, phones, 3)
    gone.theirs.close()
    much = b"x" * (64 << 20)

    late = await seats.tell(much, _nobody)

    assert late == [full.seat, gone.seat, free.seat]
    assert 0 < full.line.left[0] < len(much)
    assert gone.line.left == [GONE]


async def test_who_sits_down_during_a_walk_is_not_told_and_who_leaves_before_their_turn_is_late(
    phones: list[_Phone],
) -> None:
    """The answer that seated a newcomer said it already; a place that was left is written to no more."""
    seats = Seats()
    first = _sit(seats, phones, AT_ONCE)
    early, leaver, stayer = first[0], *_sit(seats, phones, 2)
    walk = asyncio.create_task(seats.tell(b"card", _nobody))
    await asyncio.sleep(0)
    assert (early.heard, leaver.heard) == (b"card", b"")

    seats.remove(early.seat)
    seats.remove(leaver.seat)
    (newcomer,) = _sit(seats, phones, 1)

    assert await walk == [leaver.seat]
    assert [phone.heard for phone in (early, leaver, newcomer, stayer)] == [b"", b"", b"", b"card"]


async def test_places_that_many_left_are_closed_up(phones: list[_Phone]) -> None:
    """Everybody who stays is still told once, and their connection knows where it stands now."""
    seats = Seats()
    leaving, staying = _sit(seats, phones, FEWEST_GAPS), _sit(seats, phones, 3)
    for phone in leaving:
        seats.remove(phone.seat)

    await seats.tell(b"card", _nobody)

    assert [phone.heard for phone in staying] == [b"card"] * 3
    assert [phone.line.place for phone in staying] == [0, 1, 2]
    assert staying[0].line.row is staying[2].line.row
    assert len(staying[0].line.row or ()) == len(seats) == 3
