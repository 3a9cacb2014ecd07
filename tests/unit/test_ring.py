"""Many descriptors written to in one system call: the same as one by one, over real sockets."""

import os
import socket
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from realtime import ring, row
from realtime.row import AT_ONCE, BUSY, GONE, WriteToEach, write_to_each


@pytest.fixture(params=["one by one", "ring"])
def write(request: pytest.FixtureRequest) -> WriteToEach:
    if request.param == "one by one":
        return write_to_each
    try:
        return ring.Ring().write_to_each
    except OSError as error:
        pytest.skip(f"this kernel allows no io_uring: {error}")


@contextmanager
def _lines(count: int) -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    with ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(count)]
        for ours, theirs in pairs:
            stack.enter_context(ours)
            stack.enter_context(theirs)
            ours.setblocking(False)
            theirs.setblocking(False)
        yield pairs


def test_everybody_hears_everything_in_order_however_many_they_are(write: WriteToEach) -> None:
    """The ring's places are used again and again: no message stays in one, and none is for somebody else."""
    with _lines(AT_ONCE) as pairs:
        descriptors = array("i", [ours.fileno() for ours, _ in pairs])
        assert write(descriptors, b"start") == []
        assert [theirs.recv(100) for _, theirs in pairs] == [b"start"] * AT_ONCE
        for nth, count in enumerate([1, 300, AT_ONCE - 1, 7, 500, 0, 333]):
            said = b"card %d" % nth

            assert write(descriptors[:count] + array("i", [BUSY]), said) == [(count, BUSY)]

            assert [theirs.recv(100) for _, theirs in pairs[:count]] == [said] * count
        for _, theirs in pairs:
            with pytest.raises(BlockingIOError):
                theirs.recv(1)


def test_who_did_not_take_all_is_named_with_what_they_took(write: WriteToEach) -> None:
    """A busy place, a full line, a peer that is gone and a descriptor that is closed; the others hear it all."""
    with _lines(4) as ((ours, theirs), (full, slow), (left, gone), (closed, _)):
        gone.close()
        while write_to_each(array("i", [full.fileno()]), b"x" * 65_536) == []:
            pass
        descriptors = array("i", [BUSY, full.fileno(), left.fileno(), closed.fileno(), ours.fileno()])
        closed.close()

        assert write(descriptors, b"card") == [(0, BUSY), (1, 0), (2, GONE), (3, GONE)]

        assert theirs.recv(100) == b"card"
        slow.close()


def test_a_message_that_does_not_fit_is_taken_in_part(write: WriteToEach) -> None:
    """The connection sends the rest: nothing is left with the kernel when the call has returned."""
    with _lines(1) as ((ours, theirs),):
        much = os.urandom(4 << 20)

        ((nth, size),) = write(array("i", [ours.fileno()]), much)

        assert nth == 0 and 0 < size < len(much)
        assert theirs.recv(len(much), socket.MSG_WAITALL) == much[:size]


def test_where_the_kernel_allows_no_ring_rooms_are_written_to_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in most containers; and where the settings say so."""

    def forbidden(*_: int) -> int:
        raise PermissionError(1, "not permitted")

    assert ring.quickest_way(allowed=False) is row.write_to_each

    monkeypatch.setattr(ring, "_call", forbidden)

    assert ring.quickest_way() is row.write_to_each


def test_what_the_kernel_does_not_look_at_is_left_to_the_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be short of memory for a moment: nobody's message is lost, and the next call is as any other."""
    with _lines(3) as pairs:
        descriptors = array("i", [ours.fileno() for ours, _ in pairs])
        try:
            one = ring.Ring()
        except OSError as error:
            pytest.skip(f"this kernel allows no io_uring: {error}")
        with monkeypatch.context() as patch:
            patch.setattr(one, "_submit", lambda _: 0)
            assert one.write_to_each(descriptors, b"first") == [(0, 0), (1, 0), (2, 0)]

        assert one.write_to_each(descriptors[2:], b"second") == []

        assert pairs[2][1].recv(100) == b"second"
        for _, theirs in pairs:
            with pytest.raises(BlockingIOError):
                theirs.recv(1)
