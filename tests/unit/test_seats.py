"""Places in a room."""

from uuid import UUID, uuid4

from realtime.protocol import Disconnect
from realtime.seats import Seat, Seats
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import NO_CHANNEL, BroadcastId, OrgId, ViewerId, VisitId
from stream_jobs.tokens import Identity
from tests.builders import Clock


class _Line:
    open = True
    drained = True

    def send(self, ready: bytes) -> bool:
        return True

    def close(self, why: Disconnect) -> None:
        self.open = False


def _a_seat(viewer: UUID) -> Seat:
    watcher = Watcher(ViewerId(viewer), VisitId(uuid4()), NO_CHANNEL)
    identity = Identity("viewer", OrgId(uuid4()), BroadcastId(uuid4()), str(viewer), Clock().now, watcher=watcher)
    return Seat(_Line(), identity)


def test_two_tabs_of_one_device_are_one_viewer() -> None:
    """The second tab's leaving leaves the viewer there; the last one's does not."""
    seats, viewer = Seats(), uuid4()
    first, second = _a_seat(viewer), _a_seat(viewer)
    seats.add(first)
    seats.add(second)

    seats.remove(first)
    assert len(seats.viewers) == 1

    seats.remove(second)
    seats.remove(second)
    assert len(seats.viewers) == 0


def test_a_viewer_reached_in_one_tab_is_reached() -> None:
    """Only devices none of whose tabs got the card count as not reached."""
    seats, viewer, other = Seats(), uuid4(), uuid4()
    slow, quick, slow_too = _a_seat(viewer), _a_seat(viewer), _a_seat(other)
    for seat in (slow, quick, slow_too):
        seats.add(seat)

    assert seats.viewers_not_reached([slow]) == 0
    assert seats.viewers_not_reached([slow, slow_too]) == 1
