"""Writing to many descriptors in one system call: Linux's io_uring, where there is one and it is allowed."""

import errno
import logging
import mmap
import os
import struct
import sys
import weakref
from array import array
from contextlib import suppress
from typing import Any

import cffi

from realtime.row import AT_ONCE, BUSY, GONE, Row, WriteToEach, write_to_each

logger = logging.getLogger(__name__)

# <linux/io_uring.h>, whose layout is a promise of the kernel's.
_SETUP, _ENTER = 425, 426
_SUBMIT_ALL, _GET_ANSWERS, _SQES_OFFSET = 1 << 7, 1, 0x10000000
_PARAMETERS = struct.Struct("7I12x 8IQ 8IQ")
_REQUEST = struct.Struct("BBHiQQIIQ24x")
_ANSWER_BYTES = 16
_SEND, _NOW_OR_NEVER = 26, 0x4000 | 0x40  # MSG_NOSIGNAL, MSG_DONTWAIT
_WORD = 1 << 32
_NOT_NOW = (-errno.EAGAIN, -errno.EINTR, -errno.ENOBUFS, -errno.ENOMEM)

_ffi = cffi.FFI()
_ffi.cdef("long syscall(long, long, long, long, long, long, long);")
_libc: Any = _ffi.dlopen(None)


def quickest_way(*, allowed: bool = True) -> WriteToEach:
    """To write to each of a row: by a ring of its own, or one system call each where there can be none."""
    try:
        ring = Ring() if allowed else None
    except OSError as error:
        ring = None
        logger.info("there is no io_uring here", extra={"reason": error.errno})
    logger.info("rooms are written to", extra={"by": "io_uring" if ring else "one call each"})
    return ring.write_to_each if ring else write_to_each


class Ring:
    """A queue of requests to the kernel and one of its answers; both are empty between two calls.

    No request is ever under way when a call returns: each is done at once or not at all.
    """

    def __init__(self) -> None:
        """Raises OSError where the kernel is another, too old, or does not allow it."""
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, "io_uring")
        said = bytearray(_PARAMETERS.size)
        struct.pack_into("3I", said, 0, AT_ONCE, 0, _SUBMIT_ALL)
        self._fd = _call(_SETUP, AT_ONCE, _address(said))
        weakref.finalize(self, os.close, self._fd)
        self._map(*_PARAMETERS.unpack(said))

    def _map(self, *said: int) -> None:
        answers, sq, cq = said[1], said[7:16], said[16:]
        sq_tail, sq_array, cq_head, cq_tail, cqes = sq[1], sq[6], cq[0], cq[1], cq[5]
        shared = memoryview(mmap.mmap(self._fd, max(sq_array + 4 * AT_ONCE, cqes + _ANSWER_BYTES * answers)))
        shared[sq_array : sq_array + 4 * AT_ONCE] = memoryview(array("I", range(AT_ONCE))).cast("B")
        self._asked, self._heard, self._answered = (shared[at : at + 4].cast("I") for at in (sq_tail, cq_head, cq_tail))
        self._places, self._answers = answers, shared[cqes : cqes + _ANSWER_BYTES * answers]
        requests = memoryview(mmap.mmap(self._fd, _REQUEST.size * AT_ONCE, offset=_SQES_OFFSET))
        for slot in range(AT_ONCE):
            _REQUEST.pack_into(requests, slot * _REQUEST.size, _SEND, 0, 0, BUSY, 0, 0, 0, _NOW_OR_NEVER, slot)
        self._descriptors, self._addresses = requests.cast("i")[1::16], requests.cast("Q")[2::8]
        self._sizes = requests.cast("I")[6::16]
        self._said: bytes | None = None

    def write_to_each(self, row: Row, ready: bytes) -> list[tuple[int, int]]:
        """As that of `realtime.row`, for at most AT_ONCE."""
        count, began = len(row), self._asked[0]
        self._ask(began, row, ready)
        done = self._submit(count)
        # What the kernel did not look at is taken back.
        self._asked[0] = (began + done) % _WORD
        answers = self._hear(done)
        results = array("i", answers)[2::4]
        if results == array("i", [len(ready)]) * count:
            return []
        slots = array("Q", answers)[::2]
        taken = {(slot - began) % AT_ONCE: result for slot, result in zip(slots, results, strict=True)}
        return [(nth, _size(fd, taken.get(nth, 0))) for nth, fd in enumerate(row) if taken.get(nth) != len(ready)]

    def _ask(self, began: int, row: Row, ready: bytes) -> None:
        first = began % AT_ONCE
        until_the_end = AT_ONCE - first
        self._descriptors[first : first + len(row)] = memoryview(row)[:until_the_end]
        self._descriptors[: max(0, len(row) - until_the_end)] = memoryview(row)[until_the_end:]
        if ready is not self._said:
            self._addresses[:] = memoryview(array("Q", [_address(ready)]) * AT_ONCE)
            self._sizes[:] = memoryview(array("I", [len(ready)]) * AT_ONCE)
            self._said = ready
        self._asked[0] = (began + len(row)) % _WORD

    def _submit(self, count: int) -> int:
        try:
            return _call(_ENTER, self._fd, count, count, _GET_ANSWERS)
        except OSError:
            return 0

    def _hear(self, count: int) -> bytes:
        """What the kernel said of each that was done: its slot, its result and flags."""
        began = self._heard[0]
        while (waiting := count - (self._answered[0] - began) % _WORD) > 0:
            with suppress(InterruptedError):
                _call(_ENTER, self._fd, 0, waiting, _GET_ANSWERS)
        first = began % self._places
        beyond = max(0, first + count - self._places)
        answers = self._answers[_ANSWER_BYTES * first :][: _ANSWER_BYTES * count].tobytes()
        answers += self._answers[: _ANSWER_BYTES * beyond].tobytes()
        self._heard[0] = (began + count) % _WORD
        return answers


def _size(descriptor: int, result: int) -> int:
    if descriptor < 0:
        return BUSY
    return result if result >= 0 else 0 if result in _NOT_NOW else GONE


def _address(of: bytes | bytearray) -> int:
    """Of bytes that somebody else keeps until the kernel has read them."""
    return int(_ffi.cast("uintptr_t", _ffi.from_buffer(of)))


def _call(number: int, *arguments: int) -> int:
    """Raises OSError."""
    done = int(_libc.syscall(number, *arguments, *[0] * (6 - len(arguments))))
    if done < 0:
        raise OSError(_ffi.errno, "io_uring")
    return done
