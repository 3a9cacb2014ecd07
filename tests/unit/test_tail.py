"""The part of the stage log that a room keeps in memory."""

import json
from datetime import UTC, datetime

import pytest

from realtime.tail import Tail, first_that_fit
from stream_jobs.domain.events import StageEntry, TrayChanged

AT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def _entry(seq: int) -> StageEntry:
    return StageEntry(seq, TrayChanged(tray_version=seq), AT)


def test_what_came_after_a_covered_offset_is_given_in_order() -> None:
    """A viewer who missed two entries gets those two."""
    tail = Tail(10, head=4)
    for seq in (5, 6, 7):
        tail.append(_entry(seq))

    assert [json.loads(publication)["offset"] for publication in tail.after(5)] == [6, 7]
    assert tail.after(7) == []


def test_forgotten_and_future_offsets_are_not_covered() -> None:
    """Below the floor something would be missing; above the head nobody has been told."""
    tail = Tail(3)
    for seq in range(1, 6):
        tail.append(_entry(seq))

    assert [tail.covers(offset) for offset in range(8)] == [False, False, True, True, True, True, False, False]


def test_an_entry_out_of_turn_is_refused() -> None:
    """A gap or a repetition never reaches a viewer."""
    tail = Tail(3, head=4)

    for seq in (4, 6):
        with pytest.raises(ValueError, match="does not follow"):
            tail.append(_entry(seq))


@pytest.mark.parametrize(("most", "taken"), [(0, 1), (5, 1), (7, 1), (8, 2), (99, 3)])
def test_as_many_are_taken_as_fit_and_one_always(most: int, taken: int) -> None:
    """Whoever waits for one that is larger would wait for ever."""
    publications = [b"12345", b"678", b"9"]

    assert first_that_fit(publications, most) == publications[:taken]
    assert first_that_fit([], most) == []


def test_what_is_said_around_each_takes_room_too() -> None:
    """Short entries would double a page otherwise."""
    assert first_that_fit([b"12345", b"678", b"9"], 12, around=2) == [b"12345", b"678"]
