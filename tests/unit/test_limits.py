"""How much one connection may ask."""

from realtime.client import HOST_SIDE_PACE, VIEWER_PACE
from realtime.limits import SocketPace


def test_a_burst_passes_and_then_a_steady_rate() -> None:
    """Ten at once, then three in two seconds."""
    pace = SocketPace(VIEWER_PACE)

    at_once = [pace.wait(100.0) == 0 for _ in range(12)]
    later = [pace.wait(102.0) == 0 for _ in range(4)]

    assert at_once == [True] * 10 + [False] * 2
    assert later == [True] * 3 + [False]


def test_the_host_side_may_ask_four_times_as_much() -> None:
    """An operator with quick fingers is not a flood."""
    pace = SocketPace(VIEWER_PACE)
    pace.become(HOST_SIDE_PACE)

    assert [pace.wait(1.0) == 0 for _ in range(41)] == [True] * 40 + [False]
