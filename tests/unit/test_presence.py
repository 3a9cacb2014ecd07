"""Comings and goings walked through in order."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stream_jobs.verify.presence import EPOCH, Presence, united

connections = st.lists(st.tuples(st.integers(0, 240), st.integers(0, 240)), max_size=5)


def _at(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


@given(st.lists(connections, max_size=6), st.lists(st.integers(0, 240), min_size=1, max_size=6, unique=True))
def test_presence_is_what_looking_every_second_sees(devices: list[list[tuple[int, int]]], begins: list[int]) -> None:
    """Peak, its first moment, time watched, and the highest within each stretch."""
    presence = Presence()
    for own in devices:
        presence.add((_at(low), _at(high)) for low, high in own)
    there = [sum(any(low <= second < high for low, high in own) for own in devices) for second in range(241)]
    starts = sorted(begins)

    assert presence.peak() == ((max(there), _at(there.index(max(there)))) if any(there) else (0, None))
    assert presence.milliseconds == sum(there) * 1_000
    assert presence.devices == sum(any(low < high for low, high in own) for own in devices)
    ends = [*starts[1:], 241]
    assert presence.highest([_at(start) for start in starts]) == [
        max(there[start:end]) for start, end in zip(starts, ends, strict=True)
    ]


def test_overlapping_and_touching_times_are_one() -> None:
    """And empty ones none."""
    assert united([(5, 9), (0, 3), (3, 5), (7, 8), (12, 12), (20, 21)]) == [(0, 9), (20, 21)]
